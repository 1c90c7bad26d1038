"""What an event says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import NOON
from fakes.log_lines import request, request_id
from fakes.logs import event
from hybridctl.domain.logs.events import LEVELS, LineKind, understand
from hybridctl.domain.logs.levels import Levels

ID = request_id(1)


@pytest.mark.parametrize(
    ("message", "kind", "level", "found"),
    [
        (f"START RequestId: {ID} Version: 7", LineKind.START, "INFO", ID),
        (f"END RequestId: {ID}", LineKind.END, "INFO", ID),
        (f"REPORT RequestId: {ID}\tDuration: 3000.00 ms\tStatus: timeout", LineKind.REPORT, "ERROR", ID),
        ("INIT_START Runtime Version: python:3.13.v1\tRuntime Version ARN: arn", LineKind.INIT, "INFO", None),
        ("INIT_REPORT Init Duration: 9 ms\tPhase: init\tStatus: error", LineKind.INIT, "ERROR", None),
        ('{"_aws": {"Timestamp": 1}, "SessionsCreated": 1}', LineKind.METRICS, "INFO", None),
        (f'{{"level": "WARNING", "message": "x", "request_id": "{ID}"}}', LineKind.RECORD, "WARNING", ID),
        (f"[ERROR]\t2026-03-01T12:00:00.000Z\t{ID}\tboom", LineKind.TEXT, "ERROR", ID),
        (f"2026-03-01T12:00:00.000Z {ID} Task timed out after 3.00 seconds", LineKind.TEXT, "ERROR", ID),
        ("Traceback (most recent call last):", LineKind.TEXT, "ERROR", None),
        ("{not json", LineKind.TEXT, "INFO", None),
        ("[1, 2]", LineKind.TEXT, "INFO", None),
        ("", LineKind.TEXT, "INFO", None),
    ],
)
def test_a_message_is_known_for_what_it_is(message, kind, level, found):
    line = understand(event(NOON, message))
    assert (line.kind, line.level, line.request_id) == (kind, level, found)


def test_lambdas_json_log_format_says_the_same_as_its_text():
    metrics = {"durationMs": 12.34, "billedDurationMs": 13, "maxMemoryUsedMB": 85, "memorySizeMB": 512}
    record = {"requestId": ID, "status": "success", "metrics": metrics}
    line = understand(event(NOON, json.dumps({"time": "t", "type": "platform.report", "record": record})))
    as_text = understand(request(NOON, 1)[3])
    assert (line.kind, line.request_id, line.fields) == (as_text.kind, as_text.request_id, as_text.fields)


def test_the_version_is_read_from_the_name_of_the_stream():
    assert understand(event(NOON, "x", stream="2026/03/01/[12]abc")).version == "12"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
names = st.sampled_from(
    ["_aws", "type", "record", "route", "status", "level", "request_id", "version", "error", "metrics"]
)


@given(
    st.text() | anything.map(json.dumps) | st.dictionaries(names, anything | st.just("platform.report")).map(json.dumps)
)
def test_no_message_is_too_strange_to_be_understood(message):
    assert understand(event(NOON, message)).level in LEVELS


def test_the_lines_of_a_traceback_are_as_severe_as_its_first():
    texts = ["Traceback (most recent call last):", '  File "x"', "Oops", "ordinary"]
    lines = Levels().inherit([understand(event(NOON, text)) for text in texts])
    assert [line.level for line in lines] == ["ERROR", "ERROR", "ERROR", "INFO"]
