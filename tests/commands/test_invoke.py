"""`invoke`: one event to one version, and how it ended."""

import json
from pathlib import Path

import pytest

from fakes import FakeBackend, FakeCheckout


def test_it_asks_the_live_version_for_its_health_by_default(hybridctl, golden):
    ran = hybridctl("invoke", "local", backend=FakeBackend.deployed(1, 2))
    assert ran.code == 0, ran.err
    golden("invoke.txt", ran.transcript)


def test_a_function_that_fails_ends_with_5_and_shows_its_log(hybridctl, golden):
    backend = FakeBackend.deployed(1, 2)
    ran = hybridctl("invoke", "local", "--version", "1", "--payload", '{"Records": []}', backend=backend)
    assert ran.code == 5
    assert backend.functions.payloads == [{"Records": []}]
    golden("invoke-failed.txt", ran.transcript)


def test_as_json_it_has_answer_log_and_verdict(hybridctl):
    ran = hybridctl("--json", "invoke", "local", "-p", "[1, null]", backend=FakeBackend.deployed(1))
    found = json.loads(ran.out)
    assert (found["ok"], found["error"], found["version"]) == (False, "Unhandled", "1")
    assert found["payload"]["errorType"] == "KeyError"
    assert found["log"] == ["[ERROR] KeyError: 'requestContext'"]


def test_a_payload_is_read_from_a_file_and_from_stdin(hybridctl):
    checkout = FakeCheckout(files={Path("event.json"): '{"from": "file"}', Path("-"): '{"from": "stdin"}'})
    backend = FakeBackend.deployed(1)
    hybridctl("invoke", "local", "-p", "@event.json", backend=backend, checkout=checkout)
    hybridctl("invoke", "local", "-p", "-", backend=backend, checkout=checkout)
    assert backend.functions.payloads == [{"from": "file"}, {"from": "stdin"}]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("-p", "{oops"), 2, "--payload is not JSON: line 1 column 2"),
        (("-p", "NaN"), 2, "--payload is not JSON: NaN is not valid JSON"),
        (("-p", ""), 2, "is empty"),
        (("-p", "@nosuch.json"), 2, "reading nosuch.json"),
        (("--version", "9"), 3, "version 9 of hybrid-ci-cd-local is not published"),
    ],
)
def test_what_cannot_be_invoked_is_refused_before_it_is_sent(hybridctl, words, code, expected):
    backend = FakeBackend.deployed(1)
    ran = hybridctl("invoke", "local", *words, backend=backend)
    assert (ran.code, ran.out) == (code, "")
    assert expected in ran.err
    assert backend.functions.answered == 0
    assert backend.functions.payloads == []


def test_nothing_is_invoked_where_nothing_is_deployed(hybridctl):
    ran = hybridctl("invoke", "local")
    assert ran.code == 3
    assert "hybridctl deploy local" in ran.err
