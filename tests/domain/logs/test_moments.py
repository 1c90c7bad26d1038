from datetime import UTC, datetime, timedelta

import pytest

from hybridctl.domain.logs.moments import parse_moment, window_of
from hybridctl.errors import UsageInvalid

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0", NOW),
        ("10m", datetime(2026, 3, 1, 11, 50, tzinfo=UTC)),
        ("1h30m", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("1.5h", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2d", datetime(2026, 2, 27, 12, 0, tzinfo=UTC)),
        ("2w", datetime(2026, 2, 15, 12, 0, tzinfo=UTC)),
        ("250ms", NOW - timedelta(milliseconds=250)),
        ("03:15", datetime(2026, 3, 1, 3, 15, tzinfo=UTC)),
        ("3:15", datetime(2026, 3, 1, 3, 15, tzinfo=UTC)),
        ("03:15:30", datetime(2026, 3, 1, 3, 15, 30, tzinfo=UTC)),
        ("2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-03-01T03:15", datetime(2026, 3, 1, 3, 15, tzinfo=UTC)),
        ("2026-03-01T03:15:00Z", datetime(2026, 3, 1, 3, 15, tzinfo=UTC)),
        ("2026-03-01T03:15:00+02:00", datetime(2026, 3, 1, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_as_people_write_it(text, moment):
    assert parse_moment(text, NOW, option="--since") == moment


@pytest.mark.parametrize(
    "text", ["", "10", "m", "10x", "-5m", "yesterday", "25:00", "2026-13-01", "9" * 30 + "d", "10 m"]
)
def test_what_cannot_be_read_is_refused_with_the_valid_forms(text):
    with pytest.raises(UsageInvalid, match="not a time") as caught:
        parse_moment(text, NOW, option="--since")
    assert "10m" in str(caught.value.hint)


@pytest.mark.parametrize("text", ["2026-03-01T12:00:01Z", "2027-01-01", "12:30"])
def test_a_future_moment_is_refused(text):
    with pytest.raises(UsageInvalid, match="in the future"):
        parse_moment(text, NOW, option="--until")


def test_an_end_before_the_beginning_is_refused():
    with pytest.raises(UsageInvalid, match="is before --since 1h"):
        window_of("1h", "2h", NOW, default=timedelta(minutes=10))


def test_without_a_beginning_the_window_is_the_default_before_its_end():
    window = window_of(None, "1h", NOW, default=timedelta(minutes=10))
    assert (window.start, window.end) == (NOW - timedelta(minutes=70), NOW - timedelta(minutes=60))
