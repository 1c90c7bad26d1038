"""The summary of a GitHub Actions job: its limit, and files that cannot be written."""

from pathlib import Path

from hybridctl.adapters.job_summary import LIMIT, JobSummary
from hybridctl.views.markdown import escape, table
from views.test_markdown import cells


def test_a_long_table_is_cut_and_says_so():
    rows, _ = cells(table(("n",), [(str(number),) for number in range(250)]))
    assert len(rows) == 201
    assert "and 50 more" in table(("n",), [(str(number),) for number in range(250)])
    assert len(escape("x" * 5000)) == 500


def test_a_summary_that_cannot_be_written_stops_nothing(tmp_path: Path):
    for path in (tmp_path, tmp_path / "gone" / "summary"):
        summary = JobSummary(path)
        summary.write("x")
        summary.write("y")
    whole = tmp_path / "summary"
    summary = JobSummary(whole)
    for _ in range(3):
        summary.write("x" * (LIMIT // 2 - 1))
    assert whole.stat().st_size == LIMIT - 2
