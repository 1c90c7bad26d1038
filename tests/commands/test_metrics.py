"""`hybridctl metrics` as it is typed and as it prints, at 80 and at 120 columns."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from fakes import FakeBackend
from fakes.clock import NOON, FakeClock
from fakes.logs import InterruptedClock
from fakes.measured import LIVE, STAGE, busy, make_measured
from fakes.metrics import HOUR_AGO
from hybridctl.domain.metrics.series import Unit
from hybridctl.domain.metrics.span import Span
from hybridctl.domain.release import Kind, Outcome, Release
from hybridctl.errors import AwsRefused
from hybridctl.operations.metrics import all_series, compare_release, read_metrics
from hybridctl.views.figures import figure, sparkline
from hybridctl.views.metrics_plot import draw_plot, runs
from hybridctl.views.render import render

SPAN = Span(HOUR_AGO, 60, 60)
DENIED = AwsRefused("reading the metrics (cloudwatch:GetMetricData): access denied: not you", hint="hybridctl doctor")


def print_at(result, width):
    out = io.StringIO()
    Console(file=out, width=width, no_color=True, highlight=False).print(render(result))
    return out.getvalue()


def release_new_version(backend, **more):
    values = {
        "outcome": Outcome.LIVE,
        "finished": NOON - timedelta(minutes=21),
        "version_before": 1,
        "version_after": 2,
    }
    began = NOON - timedelta(minutes=24)
    release = Release("20260301T113600-7", Kind.DEPLOY, "local", "0", "ada", "host", began, **(values | more))
    backend.journal.records = {release.id: release}
    return backend


def test_an_hour_at_a_glance(hybridctl, golden):
    backend = busy()
    golden("metrics.txt", hybridctl("metrics", backend=backend).transcript)
    assert len(backend.metrics.calls) == 1


def test_a_wide_terminal_has_a_place_for_each_minute(golden):
    backend = busy()
    report = read_metrics(backend, all_series(backend, [], versions=False), SPAN, NOON)
    golden("metrics-120.txt", print_at(report, 120))


@pytest.mark.parametrize(("endpoint", "filling"), [("http://127.0.0.1:4566", 1), (None, 3)])
def test_minutes_that_can_still_change_are_no_latest_value_and_no_trend(hybridctl, clock, endpoint, filling):
    """Half a minute after the hour: in the sandbox the running minute fills, on AWS two more may."""
    backend = make_measured(1)
    backend.place = replace(backend.place, endpoint=endpoint)
    clock.at = NOON + timedelta(seconds=30)
    backend.metrics.put("Count", [60.0] * 58 + [20.0, 10.0, 1.0], of=STAGE)
    ran = hybridctl("--output", "json", "metrics", "--plot", "api.requests", backend=backend)
    answer = json.loads(ran.out)
    [series] = answer["series"]
    assert answer["filling_periods"] == filling
    assert series["latest"] == (10.0 if filling == 1 else 60.0)
    assert series["summary"] == sum(value for value in series["values"] if value is not None)
    text = hybridctl("metrics", backend=backend).out
    assert ("the last period can still change" in text) == (filling == 1)
    assert ("the last 3 periods can still change" in text) == (filling == 3)


def test_an_environment_that_nobody_used_has_no_data_and_no_zeros(hybridctl, golden):
    golden("metrics-no-data.txt", hybridctl("metrics", backend=make_measured()).transcript)


def test_an_environment_where_nothing_went_wrong_has_zeros(hybridctl, golden):
    backend = make_measured()
    backend.metrics.put("Invocations", [0.0] * 60, of=LIVE).put("Errors", [0.0] * 60, of=LIVE)
    golden("metrics-zero.txt", hybridctl("metrics", "--since", "30m", backend=backend).transcript)


def test_before_any_deploy_there_is_nothing_to_measure(hybridctl, golden):
    golden("metrics-not-deployed.txt", hybridctl("metrics", backend=FakeBackend()).transcript)


def test_a_missing_permission_says_which(hybridctl, golden):
    backend = busy()
    backend.metrics.troubles = [DENIED]
    golden("metrics-denied.txt", hybridctl("metrics", backend=backend).transcript)


def test_a_chart_of_one_series(hybridctl, golden):
    golden("metrics-plot.txt", hybridctl("metrics", "--plot", "function.requests", backend=busy()).transcript)


def test_there_is_no_chart_where_nothing_can_be_drawn(hybridctl):
    argv = ("metrics", "--plot", "function.p95", "--plot", "function.p50")
    ran = hybridctl(*argv, backend=FakeBackend.deployed(1))
    assert ran.out.splitlines()[-2:] == ["function.p95: no data", "function.p50: no data"]
    assert "┌" not in ran.out


def test_data_that_can_still_change_is_named_instead_of_drawn():
    backend = busy()
    report = read_metrics(backend, all_series(backend, ["function.requests"], versions=False), SPAN, NOON)
    (reading,) = report.readings
    span = replace(report.span, filling=1)
    young = replace(reading, values=(*([None] * (span.count - 1)), 3.0))
    shown = draw_plot(replace(report, span=span, readings=(young,)), 80, 20, painted=False)
    assert shown == "function.requests: nothing to draw yet, because its only data can still change"


def test_a_chart_of_several_with_two_units(hybridctl, golden):
    argv = ("--plot", "function.p50", "--plot", "function.p99", "--plot", "function.requests", "--plot", "api.4xx")
    golden("metrics-plot-several.txt", hybridctl("metrics", *argv, backend=busy()).transcript)


def test_a_chart_at_120_columns(golden):
    backend = busy()
    report = read_metrics(backend, all_series(backend, ["api.p95", "dynamodb.user-errors"], versions=False), SPAN, NOON)
    golden("metrics-plot-120.txt", draw_plot(report, 120, 20, painted=False))


def test_a_chart_is_drawn_without_a_bridge_over_a_gap():
    assert list(runs((1.0, 2.0, None, None, 0.0, None))) == [([0, 1], [1.0, 2.0]), ([4], [0.0])]
    assert list(runs((None, None))) == []


def test_only_what_is_drawn_is_asked_for(hybridctl):
    backend = busy()
    assert hybridctl("metrics", "--plot", "function.error-rate", backend=backend).code == 0
    ((asked, _),) = backend.metrics.calls
    assert [query.metric for query in asked] == ["Errors", "Invocations"]


def test_three_units_do_not_fit_on_two_sides(hybridctl):
    argv = ("--plot", "function.p50", "--plot", "function.requests", "--plot", "api.error-rate")
    ran = hybridctl("metrics", *argv, backend=busy())
    assert (ran.code, "two units" in ran.err) == (2, True)


def test_an_unknown_series_names_the_known_ones(hybridctl, golden):
    golden("metrics-unknown-series.txt", hybridctl("metrics", "--plot", "p95", backend=busy()).transcript)


def test_csv_leaves_no_data_empty_and_writes_zero(hybridctl):
    ran = hybridctl("metrics", "--csv", "--plot", "function.errors", "--plot", "function.error-rate", backend=busy())
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert rows[0] == ["time", "function.errors", "function.error-rate"]
    assert len(rows) == 61
    assert rows[1] == ["2026-03-01T11:00:00Z", "0", "0"]
    assert rows[22] == ["2026-03-01T11:21:00Z", "", ""]
    assert rows[51] == ["2026-03-01T11:50:00Z", "5", "0.125"]


def test_json_is_one_document_with_null_for_no_data(hybridctl):
    ran = hybridctl("--output", "json", "metrics", "--plot", "function.requests", backend=busy())
    found = json.loads(ran.out)
    assert (found["period_seconds"], len(found["times"]), found["start"]) == (60, 60, "2026-03-01T11:00:00+00:00")
    (series,) = found["series"]
    assert (series["name"], series["summary"], series["latest"]) == ("function.requests", 1650.0, 40.0)
    assert series["values"][19:26] == [20.0, None, None, None, None, None, 30.0]
    assert series["trend"]["direction"] == "rising"


def test_each_version_has_rows_of_its_own(hybridctl):
    backend = busy(1, 2, 3, 4, 5, 6, 7)
    backend.functions.alias = backend.functions.alias.__class__("live", 1, "r", {7: 0.1})
    backend.metrics.put("Invocations", [3.0], of="7")
    ran = hybridctl("metrics", "--by-version", backend=backend)
    groups = [line for line in ran.out.splitlines() if line.startswith("version-")]
    assert groups == [
        "version-7",
        *(f"version-{number}  no data" for number in (6, 5, 4, 3)),
        "version-1  no data",  # served, though it is not among the newest
    ]
    assert len(backend.metrics.calls) == 1


def test_before_and_after_a_release(hybridctl, golden):
    backend = release_new_version(busy(1, 2))
    golden("metrics-release.txt", hybridctl("metrics", "--release", "last", backend=backend).transcript)
    assert len(backend.metrics.calls) == 1


def test_a_comparison_at_120_columns(golden):
    backend = release_new_version(busy(1, 2))
    series = all_series(backend, [], versions=False)
    length = timedelta(minutes=15)
    found = compare_release(backend, series, "2026", NOON, length=length, period=None)
    assert (found.before.count, found.after.count) == (15, 15)
    golden("metrics-release-120.txt", print_at(found, 120))


def test_a_comparison_as_json_and_as_csv(hybridctl):
    argv = ("metrics", "--release", "last")
    found = json.loads(hybridctl("--output", "json", *argv, backend=release_new_version(busy(1, 2))).out)
    assert (found["version_before"], found["version_after"], found["before"]["period_seconds"]) == (1, 2, 60)
    by_name = {series["name"]: series for series in found["series"]}
    assert by_name["sessions.created"]["before"] == by_name["sessions.created"]["after"] == 4.0
    assert by_name["sessions.created"]["level"] == "per minute"
    assert by_name["table-jobs.reads"]["before"] is None
    ran = hybridctl(*argv, "--csv", backend=release_new_version(busy(1, 2)))
    assert "sessions.created,count,4,4" in ran.out.splitlines()
    assert "table-jobs.reads,capacity units,," in ran.out.splitlines()


def test_without_a_release_there_is_nothing_to_compare(hybridctl):
    assert hybridctl("metrics", "--release", "last", backend=busy()).code == 3


@pytest.mark.parametrize(
    "argv",
    [
        ("--watch", "--csv"),
        ("--watch", "--until", "5m"),
        ("--watch", "--release", "last"),
        ("--release", "last", "--plot", "api.p95"),
        ("--period", "61"),
        ("--since", "yesterday"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_asked(hybridctl, argv):
    backend = busy()
    assert hybridctl("metrics", *argv, backend=backend).code == 2
    assert backend.metrics.calls == []


class TestWatching:
    @pytest.fixture
    def clock(self) -> FakeClock:
        return InterruptedClock(lasts=100)

    def test_it_reads_again_in_a_window_that_moves_until_interrupted(self, hybridctl, clock):
        backend = busy()
        ran = hybridctl("--output", "json", "metrics", "--watch", "--plot", "api.requests", backend=backend)
        assert (ran.code, clock.slept) == (130, [30, 30, 30, 30])
        documents = [json.loads(line) for line in ran.out.splitlines()]
        assert [document["end"][11:16] for document in documents] == ["12:00", "12:01", "12:01", "12:02"]

    def test_a_reading_that_fails_is_noted_and_made_again(self, hybridctl):
        backend = busy()
        backend.metrics.troubles = [None, DENIED]
        ran = hybridctl("metrics", "--watch", "--plot", "api.requests", backend=backend)
        assert ran.code == 130
        assert "access denied: not you: retrying in 30 s" in ran.err
        assert ran.out.count("api.requests") == 3

    def test_it_names_its_price_where_reading_costs_something(self, hybridctl):
        argv = ("--watch", "--plot", "api.requests")
        assert "CloudWatch charges about $" in hybridctl("metrics", "staging", *argv, backend=busy()).err
        assert "CloudWatch charges" not in hybridctl("metrics", "local", *argv, backend=busy()).err

    def test_the_first_reading_has_to_work(self, hybridctl, clock):
        backend = busy()
        backend.metrics.troubles = [DENIED]
        assert hybridctl("metrics", "--watch", backend=backend).code == 1
        assert clock.slept == []


def test_a_line_has_a_blank_for_no_data_and_its_lowest_bar_for_zero_alone():
    assert sparkline((None, 0.0, 0.001, 4.0, 8.0), 10) == " ▁▂▅█"
    assert sparkline((0.0, 0.0, None), 10) == "▁▁ "


def test_a_line_with_too_many_values_keeps_the_highest_of_those_that_fall_together():
    assert sparkline((1.0, 3.0, None, 2.0, None, None), 3) == "█▆ "
    assert set(sparkline((5.0,) * 61, 27)) == {"█"}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.COUNT, "no data"),
        (0, Unit.COUNT, "0"),
        (0.25, Unit.COUNT, "0.25"),
        (1_234_567, Unit.COUNT, "1,234,567"),
        (12_345_678, Unit.COUNT, "12.35 M"),
        (123_456_789, Unit.COUNT, "123.5 M"),
        (0.4, Unit.MILLISECONDS, "0.4 ms"),
        (999.6, Unit.MILLISECONDS, "1.00 s"),
        (29_000, Unit.MILLISECONDS, "29.00 s"),
        (0.0, Unit.SHARE, "0%"),
        (0.0004, Unit.SHARE, "0.04%"),
        (0.125, Unit.SHARE, "12.5%"),
        (1, Unit.SHARE, "100%"),
        (20, Unit.UNITS_PER_SECOND, "20/s"),
    ],
)
def test_a_figure_is_short_and_has_its_unit(value, unit, text):
    assert figure(value, unit) == text
    assert len(text) <= 9


def test_cold_starts_are_shown_where_the_handler_has_counted_any(hybridctl):
    backend = busy()
    assert "cold-starts" not in hybridctl("metrics", backend=backend).out
    backend.metrics.put("ColdStarts", [1, 2], of="local")
    line = next(line for line in hybridctl("metrics", backend=backend).out.splitlines() if "cold-starts" in line)
    assert line.split()[1] == "3"


def test_expired_credentials_are_reported_with_the_next_step(hybridctl, golden):
    backend = busy()
    expired = "reading the metrics (cloudwatch:GetMetricData): the credentials have expired"
    backend.metrics.troubles = [AwsRefused(expired, hint="aws sso login, or renew the credentials")]
    golden("metrics-expired.txt", hybridctl("metrics", backend=backend).transcript)


@pytest.mark.parametrize("since", ["yesterday", "10x", "2027-01-01", "-5m"])
def test_an_invalid_since_is_a_usage_error(hybridctl, since):
    ran = hybridctl("metrics", f"--since={since}", backend=busy())
    assert (ran.code, f"--since {since}" in ran.err) == (2, True)
