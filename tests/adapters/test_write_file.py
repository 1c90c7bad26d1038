"""One file that several threads write."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hybridctl.files import write_file


def test_threads_that_write_one_file_do_not_take_each_others_away(tmp_path: Path) -> None:
    path = tmp_path / "lambda.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_file(path, str(number).encode() * 100), range(1000)))
    assert len(path.read_text()) % 100 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["lambda.json"]
