"""Which lines are wanted, and which part of the filter CloudWatch gets."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import NOON
from fakes.log_lines import request, request_id
from fakes.logs import event
from hybridctl.domain.logs.events import understand
from hybridctl.domain.logs.filter import make_filter, text_pattern
from hybridctl.errors import UsageInvalid


def keep_lines(events, **wanted):
    chosen = make_filter(**wanted)
    return [one.message for one in events if chosen.matches(understand(one))]


LINES = [*request(NOON, 1), *request(NOON, 2, status=503, route="POST /auth/session"), event(NOON, "[a] plain line")]


def test_grep_takes_text_as_it_is_and_slashes_make_it_a_regular_expression():
    assert keep_lines(LINES, grep="[a] plain") == ["[a] plain line"]
    assert keep_lines(LINES, grep="/^.a. pl/") == ["[a] plain line"]
    assert keep_lines(LINES, grep="/") != []


def test_a_request_id_keeps_all_four_lines_of_its_request_and_its_first_characters_are_enough():
    assert len(keep_lines(LINES, request_id=request_id(2))) == 4
    assert len(keep_lines(LINES, request_id=request_id(2)[:8])) == 4


@pytest.mark.parametrize(("status", "count"), [("503", 1), ("5xx", 1), ("5XX", 1), ("2xx", 1), ("404", 0)])
def test_a_status_keeps_the_lines_of_requests_answered_so(status, count):
    assert len(keep_lines(LINES, status=status)) == count


def test_a_level_keeps_the_more_severe_ones_too():
    assert len(keep_lines(LINES, level="warning")) == 1
    assert len(keep_lines(LINES, level="info")) == len(LINES)


def test_a_version_keeps_the_lines_of_its_streams():
    other = event(NOON, "other", stream="2026/03/01/[8]abc")
    assert keep_lines([*LINES, other], version=8) == ["other"]


@pytest.mark.parametrize(
    "wanted", [{"status": "6xx"}, {"status": "20"}, {"level": "loud"}, {"grep": "/(/"}, {"status": "5x"}]
)
def test_what_cannot_be_meant_is_refused_by_the_options_name(wanted):
    with pytest.raises(UsageInvalid, match=f"--{next(iter(wanted))}"):
        make_filter(**wanted)


@given(st.text(min_size=1, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_the_pattern_passes_whatever_holds_the_text(text, before, behind):
    pattern = text_pattern(text)
    if pattern is not None:
        assert pattern.isascii()
        assert re.search(pattern[1:-1], before + text + behind)


DISPLAYED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(DISPLAYED, DISPLAYED, st.sampled_from(["ascii", "unicode", "html", "slashes"]))
def test_text_is_found_as_it_is_displayed_however_json_escapes_it(text, other, writer):
    """By the pattern that CloudWatch gets, which sees the raw text, and by the search here."""
    message = json.dumps({"level": "ERROR", "message": f"{other}{text}", "n": 1}, ensure_ascii=writer != "unicode")
    if writer == "html":  # as Go, .NET and Rails write it
        for sign in "<>&'+=":
            message = message.replace(sign, f"\\u{ord(sign):04x}")
    if writer == "slashes":  # as PHP writes it
        message = message.replace("/", "\\/")
    assert json.loads(message)["message"] == f"{other}{text}"
    assert keep_lines([event(NOON, message)], grep=text) or _is_regular_expression(text)
    pattern = text_pattern(text)
    assert pattern is None or re.search(pattern[1:-1], message)


def _is_regular_expression(text):
    return len(text) > 2 and text[0] == text[-1] == "/"


@pytest.mark.parametrize(
    ("grep", "found"),
    [
        ("Caf\u00e9Error", True),
        ('say "hi"', True),
        ("C:\\temp", True),
        ("/say .hi./", True),
        ("Caf\u00e9Error: say", True),  # a type and a message stand in two fields, and side by side on the screen
        ("caf\u00e9", False),
        ("level", True),
    ],
)
def test_an_error_is_found_by_what_is_displayed_of_it(grep, found):
    error = {"type": "Caf\u00e9Error", "message": 'say "hi" to C:\\temp'}
    line = event(NOON, json.dumps({"level": "ERROR", "error": error}))
    assert bool(keep_lines([line], grep=grep)) is found


def test_the_pattern_uses_only_signs_that_cloudwatch_takes():
    assert text_pattern("status 503 (100%)!") == "%status.503..100...%"
    assert text_pattern("a.b*c") == r"%a\.b\*c%"
    assert text_pattern("ab") is None


def test_a_status_is_sent_as_a_range_and_a_level_or_a_regular_expression_not_at_all():
    assert make_filter(status="5xx").pattern == "{ ($.status >= 500) && ($.status <= 599) }"
    assert make_filter(level="error").pattern is None
    assert make_filter(grep="/x+yz/").pattern is None
