"""Whom the roles of CI trust, and what they may not do."""

import json

import pytest

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import CiRole, ci_roles
from hybridctl.errors import UsageInvalid

NAMES = Names("hybrid-ci-cd", "production")
PLACE = Place("production", "123456789012", "eu-west-1")
LIMIT = 10_240  # bytes of all inline policies of a role; IAM does not count whitespace


def roles() -> tuple[CiRole, ...]:
    return ci_roles(NAMES, PLACE, "acme/backend", is_protected=True)


def actions(role: CiRole) -> set[str]:
    return {action for statement in role.permissions["Statement"] for action in statement["Action"]}


def test_each_role_trusts_one_environment_of_one_repository_to_the_letter():
    for role, job in zip(roles(), ("production", "plan-production"), strict=True):
        [statement] = role.trust["Statement"]
        assert statement["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": f"repo:acme/backend:environment:{job}",
            }
        }
        provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        assert statement["Principal"] == {"Federated": provider}


@pytest.mark.parametrize("repository", ["acme", "acme/*", "*/backend", "acme/back end", "acme/a:environment:x", "/x"])
def test_what_is_no_repository_gets_no_trust(repository: str):
    with pytest.raises(UsageInvalid, match="not a repository"):
        ci_roles(NAMES, PLACE, repository, is_protected=False)


def test_no_role_may_do_everything_of_anything_nor_delete_data():
    for role in roles():
        assert not [action for action in actions(role) if action.endswith(":*") or action == "*"]
        assert not actions(role) & {"dynamodb:DeleteTable", "logs:DeleteLogGroup", "s3:DeleteBucket", "iam:DeleteRole"}


def test_planning_writes_nothing_but_its_lock():
    _, plans = roles()
    reads = ("get", "list", "describe", "filter")
    named = ((one, action.split(":")[1].lower()) for one in plans.permissions["Statement"] for action in one["Action"])
    lock, again = [one for one, verb in named if not verb.startswith(reads)]
    assert lock is again
    assert lock["Action"] == ["s3:PutObject", "s3:DeleteObject"]
    assert [resource.rsplit(".", 1)[1] for resource in lock["Resource"]] == ["tflock"]


def test_the_policies_fit_into_a_role():
    for role in roles():
        assert len(json.dumps(role.permissions, separators=(",", ":"))) < LIMIT
