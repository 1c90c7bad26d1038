"""No answer is not a verdict: a lost one is asked again, and silence neither takes back nor undoes."""

import pytest

from fakes import FakeBackend
from fakes.releases import GOOD, NEW, about_to_deploy, about_to_roll_back, last, record_rollout
from hybridctl.domain.release import Outcome
from hybridctl.domain.smoke import Answer
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import ConfigurationInvalid

REQUESTS = 10  # of a release: the pulse, and the nine of the suite


@pytest.mark.parametrize("number", range(1, REQUESTS + 1))
@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_one_lost_answer_takes_nothing_back(hybridctl, verb, number):
    backend = about_to_deploy() if verb == "deploy" else about_to_roll_back()
    backend.probe.lost = {number}
    ran = hybridctl(verb, "local", backend=backend)
    assert len(backend.probe.calls) >= REQUESTS
    assert ran.code == 0, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(NEW if verb == "deploy" else GOOD)
    if number > 1:
        verify = last(backend).steps[-1].detail
        assert verify.endswith("answered on attempt 2 after 2 s: Temporary failure in name resolution")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {"apigw-requestid": "r"}, '{"message":"Not Found"}', 0.0),
        Answer(403, {"apigw-requestid": "r"}, '{"message":"Forbidden"}', 0.0),
        Answer(429, {"apigw-requestid": "r"}, '{"message":"Too Many Requests"}', 0.0),
        Answer(500, {"apigw-requestid": "r"}, '{"message":"Internal Server Error"}', 0.0),
        Answer(502, {}, "<!doctype html><title>Proxy error</title>", 0.0),
    ],
    ids=lambda answer: str(answer.status),
)
def test_the_gateways_own_answer_is_asked_again(hybridctl, answer):
    backend = about_to_deploy()
    real, left = backend.probe.call, [4]

    def call(base: str, asked: Call) -> Answer:
        if backend.functions.moves and left[0]:
            left[0] -= 1
            return answer
        return real(base, asked)

    backend.probe.call = call  # type: ignore[method-assign]
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    assert "<!doctype" not in ran.err


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_silence_is_unknown_and_leaves_the_proven_version(hybridctl, verb):
    backend = about_to_deploy() if verb == "deploy" else about_to_roll_back()
    backend.probe.is_silent = True
    ran = hybridctl(verb, "local", backend=backend)
    assert ran.code == 8, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(NEW if verb == "deploy" else GOOD)
    assert last(backend).outcome is Outcome.UNKNOWN
    assert f"hybridctl {verb} local" in ran.err
    backend.probe.is_silent = False
    if verb == "deploy":
        backend.terraform.planned, backend.terraform.publishes = {"resource_changes": []}, None
    assert hybridctl(verb, "local", backend=backend).code == 0
    assert (last(backend).outcome, last(backend).verified) == (Outcome.LIVE, True)
    assert backend.functions.alias.serves_only(NEW if verb == "deploy" else GOOD)


def test_silence_after_an_abort_is_unknown_too(hybridctl):
    backend = about_to_deploy()
    assert hybridctl("deploy", "local", "--strategy", "canary:10@20s", "--detach", backend=backend).code == 0
    backend.probe.is_silent = True
    assert hybridctl("abort", "local", backend=backend).code == 8
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)


@pytest.mark.parametrize("verb", ["deploy", "smoke"])
def test_silence_where_nothing_changes_is_unknown_and_not_red(hybridctl, verb):
    backend = FakeBackend.deployed(GOOD)
    backend.journal.records = {"one": record_rollout(GOOD)}
    backend.probe.is_silent = True
    ran = hybridctl(verb, "local", backend=backend)
    assert ran.code == 8, ran.err
    assert backend.functions.moves == []
    backend.probe.is_silent = False
    backend.probe.broken = {GOOD: {"GET /health"}}
    assert hybridctl(verb, "local", backend=backend).code == 5


def test_a_red_answer_of_the_function_counts_at_once(hybridctl, clock):
    backend = about_to_deploy()
    backend.probe.broken = {NEW: {"GET /health"}}
    assert hybridctl("deploy", "local", backend=backend).code == 7
    assert sum(clock.slept) == 0


def test_a_gateway_that_goes_on_to_report_a_failed_function_is_red(hybridctl):
    backend = about_to_deploy()
    backend.probe.down = True
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 7, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)


def test_a_rollback_that_is_red_stays_where_it_went(hybridctl):
    backend = about_to_roll_back()
    backend.probe.broken = {GOOD: {"GET /health"}}
    ran = hybridctl("rollback", "local", backend=backend)
    assert ran.code == 5, ran.err
    assert "version 1 serves all traffic and passed its smoke test" in ran.err
    assert backend.functions.moves == [(GOOD, {})]
    assert (last(backend).outcome, last(backend).verified) == (Outcome.LIVE, False)


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
def test_a_client_that_cannot_be_made_is_an_error_before_anything_moves(hybridctl, verb):
    backend = about_to_deploy() if verb == "deploy" else about_to_roll_back()
    backend.probe.unusable = ConfigurationInvalid("the HTTP client cannot use ALL_PROXY", hint="unset ALL_PROXY")
    ran = hybridctl(verb, "local", backend=backend)
    assert ran.code == 2
    assert backend.functions.moves == []
    assert backend.terraform.applied == 0


def test_a_permission_that_has_not_arrived_is_proven_again(hybridctl):
    backend = about_to_deploy()
    handler = backend.terraform.publishes
    assert handler is not None
    handler.broken = {"GET /health"}
    real, left = backend.functions.invoke, [3]

    def invoke(version: int, event: dict[str, object]) -> object:
        ran = real(version, event)
        left[0] -= 1
        if left[0] <= 0:
            handler.broken = set()
        if ran.log:
            return type(ran)(ran.version, ran.payload, ran.seconds, ran.error, ("AccessDeniedException: no",))
        return ran

    backend.functions.invoke = invoke  # type: ignore[method-assign,assignment]
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    details = [step.detail for step in last(backend).steps]
    assert any(detail.endswith("on attempt 2 after 2 s: a permission was not yet effective") for detail in details)
