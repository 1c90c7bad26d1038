"""Live Tail over a real event stream: its price comes first, gaps are reported, and it never ends without a message."""

import json

import pytest

from fakes import FakeClock
from fakes.clock import NOON
from fakes.live_tail_endpoint import BREAK, STREAM_FAULT, TIMED_OUT, LiveEndpoint, update
from fakes.log_lines import request_id, request_line
from fakes.logs import LoggingBackend
from hybridctl.adapters.aws.live_tail import CloudWatchLiveTail
from hybridctl.domain.logs.events import LineKind
from hybridctl.domain.logs.filter import make_filter
from hybridctl.domain.logs.live_tail import TERMS, LiveUpdate
from hybridctl.errors import AwsRefused, LogsUnreachable, NotDeployed
from hybridctl.operations.live_tail import tail_live
from hybridctl.sandbox.cloud import filter_pattern


def tail_all(*sessions, wanted=None, access=None):
    """The lines and notes of such sessions."""
    shown, notes = [], []
    with LiveEndpoint(list(sessions)) as endpoint:
        tail = CloudWatchLiveTail(endpoint.client, group="/g", account="111122223333", access=access)

        def take_lines(lines):
            shown.extend(
                line.event.message if line.kind is not LineKind.ACCESS else line.fields["route"] for line in lines
            )

        wanted = wanted or make_filter()
        tail_live(tail, FakeClock(), wanted, heard=take_lines, noted=notes.append, access=access is not None)
    return shown, notes, endpoint.asked


def test_lines_come_as_they_are_sent_after_the_price_and_the_end_is_reported():
    shown, notes, asked = tail_all([update("a", "b"), update(), update("c"), TIMED_OUT])
    assert shown == ["a", "b", "c"]
    assert notes == [
        TERMS,
        "tailing /g (logs:StartLiveTail): the session ended after 3 hours: run it again to continue",
    ]
    assert asked == [{"logGroupIdentifiers": ["arn:aws:logs:eu-west-1:111122223333:log-group:/g"]}]


def test_sampling_is_reported_once_and_so_is_its_end():
    answer = tail_all([update("a"), update("b", sampled=True), update("c", sampled=True), update("d"), TIMED_OUT])[1]
    assert [note.partition(":")[0] for note in answer[1:-1]] == ["sampled", "no longer sampled"]


@pytest.mark.parametrize("cut", [[BREAK], [STREAM_FAULT], []], ids=["cut", "fault", "ended unexpectedly"])
def test_a_stream_that_breaks_off_is_started_again_and_the_gap_is_reported(cut):
    shown, notes, asked = tail_all([update("a"), *cut], [update("b"), TIMED_OUT])
    assert (shown, len(asked)) == (["a", "b"], 2)
    assert notes[1].endswith(": reconnecting")
    assert notes[2].startswith(
        "gap: lines in between are not shown; to see them: hybridctl logs --since 2026-03-01T12:00:00Z"
    )


def test_a_stream_that_never_begins_ends_with_the_reason():
    with pytest.raises(LogsUnreachable, match="was interrupted"):
        tail_all(*[[STREAM_FAULT]] * 6)


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("AccessDeniedException", AwsRefused),
        ("ResourceNotFoundException", NotDeployed),
        ("LimitExceededException", AwsRefused),
        ("ExpiredTokenException", AwsRefused),
    ],
)
def test_what_asking_again_cannot_fix_is_raised(name, raised):
    with pytest.raises(raised) as caught:
        tail_all(name)
    assert type(caught.value) is raised


def test_a_log_class_without_live_tail_is_sent_to_the_query():
    with pytest.raises(AwsRefused, match="can only be queried") as caught:
        tail_all("InvalidOperationException: Live Tail is not supported for the log group class INFREQUENT_ACCESS")
    assert str(caught.value.hint).startswith("hybridctl logs query errors")


def test_cloudwatch_gets_the_pattern_and_what_it_passes_is_looked_at_again():
    shown, _, asked = tail_all([update("timeout one", "other"), TIMED_OUT], wanted=make_filter(grep="timeout"))
    assert shown == ["timeout one"]
    assert asked[0]["logEventFilterPattern"] == "%timeout%"


def request_lines(route, status="200"):
    return json.dumps({"requestId": "a=", "routeKey": route, "status": status})


def test_with_access_one_session_is_of_both_groups_and_each_line_is_read_as_its_group_writes():
    session = [update("one", '{"requestId": "x", "message": "two"}', access=(request_lines("GET /a"),)), TIMED_OUT]
    shown, _, asked = tail_all(session, access="/access")
    assert shown == ["one", "GET /a", '{"requestId": "x", "message": "two"}']
    where = "arn:aws:logs:eu-west-1:111122223333:log-group"
    assert asked[0]["logGroupIdentifiers"] == [f"{where}:/g", f"{where}:/access"]


def test_a_status_is_looked_for_in_both_as_each_writes_it():
    lines = (request_lines("GET /a", "503"), request_lines("GET /b"))
    shown, _, asked = tail_all([update(access=lines), TIMED_OUT], wanted=make_filter(status="5xx"), access="/access")
    assert shown == ["GET /a"]
    pattern = asked[0]["logEventFilterPattern"]
    assert pattern == '{ (($.status >= 500) && ($.status <= 599)) || ($.status = "5*") }'
    lets_through = filter_pattern.compile(pattern)
    assert [lets_through(line) for line in (*lines, '{"status": 503}', '{"status": 200}')] == [True, False, True, False]


def test_with_access_the_command_asks_for_both(hybridctl):
    backend = LoggingBackend(live_tail_of_both=ScriptedTail(LiveUpdate([])))
    assert hybridctl("logs", "--live", "--access", backend=backend).code == 130
    assert hybridctl("logs", "--live", "--access", "--version", "3", backend=backend).code == 2


class ScriptedTail:
    """Updates as they are given; then Ctrl-C."""

    group = "/g"

    def __init__(self, *updates):
        self._updates = updates

    def updates(self, pattern):
        yield from self._updates
        raise KeyboardInterrupt


def test_the_command_prints(hybridctl, golden):
    from hybridctl.domain.logs.events import LogEvent

    line = LogEvent("1", NOON, NOON, "2026/03/01/[7]x", request_line(NOON, 1))
    backend = LoggingBackend(live_tail=ScriptedTail(LiveUpdate([line]), LiveUpdate([], sampled=True)))
    ran = hybridctl("logs", "--live", backend=backend)
    golden("logs-live.txt", ran.transcript)
    assert (ran.code, request_id(1)[:8] in ran.out) == (130, True)


@pytest.mark.parametrize("other", [["--follow"], ["--since", "5m"], ["--limit", "3"]])
def test_live_goes_with_no_other_option(hybridctl, other):
    ran = hybridctl("logs", "--live", *other, backend=LoggingBackend())
    assert (ran.code, f"{other[0]} cannot be combined with --live" in ran.err) == (2, True)
