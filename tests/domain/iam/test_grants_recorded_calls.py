"""Every statement of every role is needed by a call that was really made, and every call is one that AWS decides so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from domain.iam.evaluator import Policies
from domain.iam.recorded import Call, read_calls
from domain.iam.reference import ON_A_RESOURCE, ON_EVERYTHING_TOO, ONLY_ON_EVERYTHING, UNLISTED, can_be, look_up
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policy
from hybridctl.domain.iam.subject import Subject

NAMES, PLACE = Names("hybrid-ci-cd", "local"), Place("local", "000000000000", "us-east-1")
DEPLOYS, PLANS = ci_access(NAMES, PLACE, Subject("repo:a/b:environment:{environment}"), is_protected=True).roles
POLICIES: Mapping[str, Any] = {
    "engineer": engineer_policy(NAMES, PLACE),
    "ci": DEPLOYS.permissions,
    "plan": PLANS.permissions,
}
CALLS = read_calls()


def statements() -> Iterator[Any]:
    for role, policy in POLICIES.items():
        for statement in policy["Statement"]:
            yield pytest.param(role, statement["Sid"], id=f"{role} {statement['Sid']}")


def find_denied(calls: Sequence[Call], statements: Sequence[Any]) -> Iterator[Call]:
    policies = Policies([{"Statement": statements}])
    return (call for call in calls if not policies.allow(call.action, call.resource, call.keys))


@pytest.mark.parametrize("role", POLICIES)
def test_a_role_may_make_the_calls_that_it_made(role: str):
    assert list(find_denied(CALLS[role], POLICIES[role]["Statement"])) == []


@pytest.mark.parametrize(("role", "sid"), list(statements()))
def test_without_a_statement_a_call_is_denied(role: str, sid: str):
    rest = [one for one in POLICIES[role]["Statement"] if one["Sid"] != sid]
    assert any(find_denied(CALLS[role], rest))


@pytest.mark.parametrize("role", CALLS)
def test_aws_evaluates_these_actions_on_such_resources(role: str):
    wrong = []
    for call in CALLS[role]:
        known = look_up(call.action)
        if known is None:
            is_right = call.action in UNLISTED
        elif call.resource == "*":
            is_right = not known.forms or call.action in (*ONLY_ON_EVERYTHING, *ON_EVERYTHING_TOO)
        else:
            is_right = call.action in ON_A_RESOURCE or any(can_be(call.resource, form) for form in known.forms)
        if not is_right:
            wrong.append(call)
    assert wrong == []


def test_no_role_but_an_engineers_reads_sessions_and_destroys():
    for role in ("ci", "plan"):
        actions = {call.action for call in CALLS[role]}
        assert not {one for one in actions if one.startswith("dynamodb:") and one.endswith(("Item", "Scan", "Query"))}
        assert "dynamodb:DeleteTable" not in actions
