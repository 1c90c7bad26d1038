"""Durations, as they are typed and as they are read."""

import pytest

from hybridctl.durations import describe_duration, describe_milliseconds, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("1.5h", 5400), ("250ms", 0.25), ("1w", 604_800), ("0s", 0)],
)
def test_a_duration_is_a_sum_of_amounts_and_units(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5x", "-5m", "1h30", "5m!", "٣m", "5M"])
def test_other_text_is_not_a_duration(text):
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),  # another machine's clock is ahead
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (119, "119 s"),
        (12 * 60, "12 min"),
        (3600, "1 h"),
        (5400, "90 min"),
        (27 * 3600, "27 h"),
        (86_400, "1 d"),
        (48 * 3600, "2 d"),
        (900 * 86_400, "2 y"),
    ],
)
def test_it_is_read_in_the_largest_unit_that_says_enough(seconds, text):
    assert describe_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(300, "5 min"), (7260, "121 min"), (7200, "2 h"), (90, "90 s"), (0, "0 s")]
)
def test_an_exact_one_is_never_rounded(seconds, text):
    assert describe_duration(seconds, exact=True) == text


@pytest.mark.parametrize(("milliseconds", "text"), [(4.21, "4.2 ms"), (512.3, "512 ms"), (1250, "1.25 s")])
def test_what_was_measured_keeps_three_digits(milliseconds, text):
    assert describe_milliseconds(milliseconds) == text
