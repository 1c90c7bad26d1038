"""A part of a deployed environment that someone deleted: every view reports it, and none calls it "not deployed"."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from commands.test_troubleshoot import ALLOWED, SESSIONS, quiet
from fakes import FakeBackend, FakeClock
from fakes.clock import NOON
from fakes.logs import GROUP, FakeLogSource
from hybridctl.errors import AwsRefused

TROUBLES = {
    "cold-starts": ("troubleshoot", "cold-starts"),
    "throttling": ("troubleshoot", "throttling"),
    "sessions": ("troubleshoot", "sessions"),
    "cors": ("troubleshoot", "cors", "--origin", ALLOWED[0]),
}


def without_log_group() -> FakeBackend:
    backend = quiet()
    backend.log_groups.gone = {GROUP}
    backend.logs = FakeLogSource(FakeClock(), exists_from=NOON + timedelta(days=1))
    return backend


def without_table() -> FakeBackend:
    backend = quiet()
    del backend.tables.found[SESSIONS]
    backend.tables.gone = {SESSIONS}
    return backend


def without_alias() -> FakeBackend:
    backend = quiet()
    backend.functions.alias = None
    return backend


def without_api() -> FakeBackend:
    backend = quiet()
    assert backend.state.values is not None
    backend.state.values |= {"api_id": "a1b2c3"}
    backend.http_apis.api = None
    backend.probe.allows = set()
    return backend


# What is gone, which views need it, and the words that each of them says.
GONE = {
    "log group": (without_log_group, ("cold-starts",), f"the log group {GROUP} no longer exists"),
    "table": (without_table, ("throttling", "sessions"), f"the table {SESSIONS} no longer exists"),
    "alias": (without_alias, ("cold-starts",), "the function, or the alias that serves traffic, no longer exists"),
}
CASES = [(name, trouble) for name, (_, troubles, _) in GONE.items() for trouble in troubles]


@pytest.mark.parametrize(("name", "trouble"), CASES)
def test_a_diagnosis_names_the_part_that_is_gone_and_what_makes_it_again(hybridctl, name, trouble):
    make, _, words = GONE[name]
    ran = hybridctl(*TROUBLES[trouble], backend=make(), width=200)
    assert (ran.code, ran.out.splitlines()[0]) == (5, words)
    assert json.loads(hybridctl("--output", "json", *TROUBLES[trouble], backend=make()).out)["remedy"]["deploys"]
    assert ran.out.splitlines()[-1] == "→ hybridctl deploy local"


@pytest.mark.parametrize("name", GONE)
def test_status_and_doctor_say_the_same(hybridctl, name):
    make, _, words = GONE[name]
    found = json.loads(hybridctl("--output", "json", "status", backend=make()).out)
    assert words.removeprefix("the table ") in " ".join(one["detail"] for one in found["findings"])
    assert words.removeprefix("the table ") in hybridctl("doctor", backend=make(), width=300).out


@pytest.mark.parametrize("name", GONE)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_diagnosis_calls_it_not_deployed(hybridctl, name, trouble):
    assert hybridctl(*TROUBLES[trouble], backend=GONE[name][0]()).code != 3


@pytest.mark.parametrize("argv", [("rollback", "local"), ("invoke", "local"), ("cost", "local")])
def test_whoever_needs_the_function_says_that_it_is_gone(hybridctl, argv):
    backend = without_alias()
    backend.function_settings.live = None
    ran = hybridctl("--output", "json", *argv, backend=backend)
    error = json.loads(ran.out)["error"]
    assert (ran.code, error["code"]) == (3, "not_found")
    assert error["message"].startswith("the function of local, or the alias that serves traffic, no longer exists")


def test_an_api_that_is_gone_is_not_one_that_refuses_an_origin(hybridctl, monkeypatch):
    """AWS answers for any API id, also for one that is gone: 404 without a header of CORS."""
    backend = without_api()
    answer = backend.probe.call
    monkeypatch.setattr(backend.probe, "call", lambda *asked: _not_found(answer(*asked)))
    ran = hybridctl(*TROUBLES["cors"], backend=backend)
    assert (ran.code, ran.out.splitlines()[0], ran.out.splitlines()[-1]) == (
        5, "the API a1b2c3 no longer exists", "→ hybridctl deploy local",
    )  # fmt: skip

    def refuse(_api):
        raise AwsRefused("reading the routes: access denied")

    monkeypatch.setattr(backend.http_apis, "routes", refuse)
    assert "is blocked" in hybridctl(*TROUBLES["cors"], backend=backend).out


def _not_found(answer):
    return replace(answer, status=404, headers={})
