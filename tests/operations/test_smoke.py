"""A function without an HTTP API: proven by events, verified through its alias. And handlers that name no version."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fakes import FakeBackend
from fakes.clock import FakeClock
from hybridctl.domain.api_event import Gateway
from hybridctl.domain.environment import Place
from hybridctl.domain.iam.arns import Arns
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.metrics.catalogue import catalogue, subjects_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.smoke import Answer, direct_event, read_invocation
from hybridctl.domain.smoke_plan import Call, Question, SmokePlan
from hybridctl.operations.repeat_calls import RepeatedCalls
from hybridctl.operations.smoke_suite import Expected, run_suite
from hybridctl.settings_file import load_settings

PING = {"ping": True}
PLAN = SmokePlan(questions=(Question("it answers", Call.of_event(PING), expect={"pong": 1}),), names_version=False)
OUTPUTS = Outputs(
    {
        "lambda_function_name": "worker",
        "lambda_function_version": "2",
        "lambda_alias_name": "live",
        "lambda_log_group": "/aws/lambda/worker",
    }
)
PLACE = Place("local", "123456789012", "eu-central-1")
GATEWAY = Gateway("$default", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def worker(monkeypatch):
    """A backend of versions 1 and 2, live 1, whose handlers answer an event that is no request."""
    backend = FakeBackend.deployed(1, 2)
    backend.state.values = dict(OUTPUTS.values)
    backend.smoke_plan = PLAN
    asked = []

    def invoke(version, event):
        asked.append((version, event))
        return Invocation(str(version), {"pong": backend.pong}, 0.01, None, ())

    monkeypatch.setattr(backend.functions, "invoke", invoke)
    backend.asked, backend.pong = asked, 1
    return backend


def test_a_rollback_is_proven_by_the_event_and_verified_through_the_alias(hybridctl, worker):
    ran = hybridctl("rollback", "local", "--version", "1", backend=worker)
    assert ran.code == 0, ran.err
    assert worker.asked
    assert {event == PING for _, event in worker.asked} == {True}
    assert "endpoint  worker:live" in ran.out


def test_a_version_that_answers_otherwise_gets_no_traffic(hybridctl, worker):
    worker.pong = 9
    ran = hybridctl("rollback", "local", "--version", "1", backend=worker)
    assert (ran.code, worker.functions.moves) == (5, [])
    assert "expected pong to be 1, got 9" in ran.out + ran.err


def test_status_asks_the_alias_and_reads_the_functions_own_figures(hybridctl, worker):
    seen = json.loads(hybridctl("--output", "json", "status", "local", backend=worker).out)
    assert (seen["health"]["ok"], seen["endpoint"]) == (True, None)
    assert worker.asked == [(2, PING)]


def test_there_are_no_series_of_an_api():
    groups = {one.group for one in catalogue(subjects_of(OUTPUTS, "local"))}
    assert "api" not in groups
    assert "function" in groups


def test_an_event_is_sent_as_it_is_and_lambda_says_which_version_ran():
    call = Call.of_event(PING)
    assert direct_event(call, GATEWAY) == PING
    fine = read_invocation(call, Invocation("7", ["anything"], 0.1))
    assert (fine.status, fine.json(), fine.headers["x-function-version"]) == (200, ["anything"], "7")
    assert read_invocation(call, Invocation("7", {"errorMessage": "no"}, 0.1, "Unhandled")).status == 502


def test_the_version_that_the_handler_reports_takes_precedence():
    answered = {"statusCode": 200, "headers": {"X-Function-Version": "3"}, "body": "{}"}
    assert read_invocation(Call("GET", "/"), Invocation("7", answered, 0.1)).headers["x-function-version"] == "3"


@pytest.mark.parametrize(("names_version", "ok"), [(True, False), (False, True)])
def test_answers_without_headers_are_judged_only_where_they_were_not_promised(names_version, ok):
    plan = replace(PLAN, names_version=names_version, questions=(Question("up", Call("GET", "/")),))
    report = run_suite("it", lambda _: Answer(200, {}, "{}", 0.1), user="u", expected=Expected(4, "b"), plan=plan)
    assert report.ok is ok


def test_an_answer_without_headers_is_taken_for_the_functions_unless_it_failed():
    answers = [Answer(503, {}, "", 0.1), Answer(404, {}, "", 0.1)]
    ask = RepeatedCalls(lambda _: answers.pop(0), FakeClock(), 60, names_version=False)
    assert ask(Call("GET", "/")).status == 404
    assert answers == []


@pytest.mark.parametrize("wrong", ['call = "GET /x"\nevent = { a = 1 }', ""])
def test_a_check_has_either_a_call_or_an_event(tmp_path, wrong, hybridctl):
    text = f'project = "shop"\n[environments.local]\nsandbox = true\n[[smoke.checks]]\nname = "one"\n{wrong}\n'
    (tmp_path / "hybridctl.toml").write_text(text)
    with pytest.raises(Exception, match="a check needs either a call or an event"):
        load_settings(tmp_path, {})


def test_the_toml_names_events_headers_and_a_function_with_a_name_of_its_own(tmp_path):
    (tmp_path / "hybridctl.toml").write_text(
        'project = "shop"\n[smoke]\nversion_headers = false\n[[smoke.checks]]\nname = "one"\nevent = { a = [1] }\n'
        '[environments.local]\nsandbox = true\nfunction = "checkout"\nrole = "service-role/checkout-role-1"\n'
    )
    settings = load_settings(tmp_path, {})
    assert settings.smoke.questions[0].call.event == {"a": [1]}
    assert not settings.smoke.names_version
    names = settings.names("local")
    assert Arns(names, PLACE).function_role.pattern.endswith("123456789012:role/service-role/checkout-role-1")
    assert (names.function, names.state_key) == ("checkout", "shop-local/terraform.tfstate")
    assert settings.function("local").name == "checkout"
