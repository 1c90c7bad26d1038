"""From points to figures: what is added up, what is the highest, what is unknown; and where it is heading."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import NOON
from hybridctl.domain.metrics.readings import (
    Direction,
    MetricChange,
    change,
    choose_series,
    compare,
    queries,
    read_series,
)
from hybridctl.domain.metrics.series import Combine, Query, Series, Summary, Unit
from hybridctl.domain.metrics.span import Span
from hybridctl.errors import UsageInvalid

A = Query("N", "A", (), "Sum")
B = Query("N", "B", (), "Sum")
SPAN = Span(NOON, 4, 60)
COUNT = Series("g", "a", Unit.COUNT, (A,))
SHARE = Series("g", "share", Unit.SHARE, (A, B), Combine.SHARE)
PEAK = Series("g", "p95", Unit.MILLISECONDS, (A,), summary=Summary.PEAK)
USED = Series("g", "use", Unit.SHARE, (A, B), Combine.USED, Summary.PEAK)


def points(**series):
    queries = {"a": A, "b": B}
    return {
        queries[name]: {
            NOON + timedelta(minutes=at): float(value) for at, value in enumerate(values) if value is not None
        }
        for name, values in series.items()
    }


def test_no_data_is_distinguished_from_zero():
    nothing = read_series(COUNT, points(a=[]), SPAN)
    assert (nothing.values, nothing.summary, nothing.latest, nothing.has_data) == ((None,) * 4, None, None, False)
    zero = read_series(COUNT, points(a=[0, None, 0]), SPAN)
    assert (zero.values, zero.summary, zero.latest, zero.has_data) == ((0, None, 0, None), 0, 0, True)


def test_a_count_is_added_up_and_of_all_else_the_highest_period_is_shown():
    assert read_series(COUNT, points(a=[1, None, 5, 2]), SPAN).summary == 8
    assert read_series(PEAK, points(a=[1, None, 5, 2]), SPAN).summary == 5


def test_a_share_of_a_window_is_that_of_its_totals_and_not_the_mean_of_its_periods():
    reading = read_series(SHARE, points(a=[1, 0], b=[1, 99]), SPAN)
    assert reading.values[:2] == (1, 0)
    assert reading.summary == pytest.approx(0.01)


def test_a_share_of_nothing_is_unknown():
    assert read_series(SHARE, points(a=[0], b=[0]), SPAN).values[0] is None
    assert read_series(SHARE, points(a=[3]), SPAN).values[0] is None


def test_used_capacity_is_units_a_second_of_those_that_were_bought():
    assert read_series(USED, points(a=[600], b=[20]), SPAN).values[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([10, 10, 20, 20], MetricChange(Direction.RISING, 1.0)),
        ([20, 20, 10, 10], MetricChange(Direction.FALLING, -0.5)),
        ([100, 100, 101, 104], MetricChange(Direction.STEADY, 0.025)),
        ([20, 20, 20, None], MetricChange(Direction.FALLING, -0.5)),  # a minute without a request is a slow minute
        ([0, 0, 1, 1], MetricChange(Direction.RISING)),
        ([0, 0, 0, 0], MetricChange(Direction.STEADY)),
        ([None, None, 5, 5], None),  # nobody knows what was before
    ],
)
def test_the_trend_of_a_count_sets_the_second_half_against_the_first(values, trend):
    assert read_series(COUNT, points(a=values), SPAN).trend == trend


@given(
    st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=40),
    st.integers(0, 5),
    st.floats(0, 1e6),
    st.sampled_from([COUNT, PEAK]),
)
def test_what_still_fills_changes_neither_latest_nor_trend(values, filling, so_far, series):
    """Whatever part of its traffic the last minutes have shown by now."""
    whole = Span(NOON, len(values), 60)
    longer = Span(NOON, len(values) + filling, 60, filling)
    found = read_series(series, points(a=[*values, *[so_far] * filling]), longer)
    expected = read_series(series, points(a=values), whole)
    assert (found.latest, found.trend) == (expected.latest, expected.trend)
    assert len(found.values) == longer.count


def test_steady_traffic_does_not_fall_because_a_minute_is_not_over():
    steady = [60.0] * 9 + [3.0]
    assert read_series(COUNT, points(a=steady), Span(NOON, 10, 60)).trend.direction is Direction.FALLING
    found = read_series(COUNT, points(a=steady), Span(NOON, 10, 60, filling=1))
    assert (found.latest, found.trend.direction, found.summary) == (60, Direction.STEADY, 543)


def test_a_missing_period_does_not_make_a_latency_fall():
    assert read_series(PEAK, points(a=[20, 20, 20, None]), SPAN).trend == MetricChange(Direction.STEADY, 0)


def test_a_release_is_compared_by_rates_medians_and_shares():
    before, after = Span(NOON, 2, 60), Span(NOON + timedelta(minutes=3), 4, 60)
    found = points(a=[10, 20, 1000, 40, 40, 40, 40], b=[100] * 7)
    rate, typical = compare(COUNT, found, before, after), compare(PEAK, found, before, after)
    assert (rate.before, rate.after) == (typical.before, typical.after) == (15, 40)
    row = compare(SHARE, found, before, after)
    assert (row.before, row.after) == (pytest.approx(0.15), pytest.approx(0.4))
    assert row.change == change(row.before, row.after)


def test_what_several_series_are_made_of_is_asked_for_once():
    assert queries([COUNT, SHARE, USED]) == [A, B]


def test_an_unknown_name_gets_the_nearest_one():
    assert choose_series([COUNT, PEAK], ["g.p95"]) == [PEAK]
    for wrong in ("p95", "g.p96"):
        with pytest.raises(UsageInvalid) as caught:
            choose_series([COUNT, PEAK], [wrong])
        assert "g.p95" in str(caught.value.hint)
