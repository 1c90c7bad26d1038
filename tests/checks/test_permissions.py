"""What `doctor` simulates and what the docs' policies grant are one list, told twice for two readers."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from test_iam_policy import CI, ENGINEER, NAMES, NOT_GRANTED, PLACE, called

from hybridctl.domain.iam.permissions import Need, needs

NEEDS = tuple(needs(NAMES, PLACE))

# Granted on these and not asked about beforehand.
NOT_SIMULATED_ON = {
    "-ci-*": "`bootstrap --ci` is a step of its own, and says itself what it could not make",
    "oidc-provider": "the same",
    "user/*": "is the asking itself",
    "aws-service-role": "is made once for an account, by whoever scales a table first",
    "apigateway:us-east-1::/apis/*": "has ids that AWS gives, and is allowed with all APIs",
    "apigateway:us-east-1::/tags/*": "the same",
    ".tflock": "is beside the state, and allowed with it",
    "releases/": "is beside the state, and allowed with it",
}
# Called by hybridctl and not asked about beforehand.
NOT_SIMULATED = {
    "bootstrap says itself what it could not make": {
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:GetOpenIDConnectProvider",
        "iam:UpdateAssumeRolePolicy",
        "s3:CreateBucket",
        *(f"s3:{verb}{what}" for verb in ("Get", "Put") for what in ("BucketPolicy", "BucketPublicAccessBlock")),
        *(f"s3:{verb}{what}" for verb in ("Get", "Put") for what in ("BucketVersioning", "EncryptionConfiguration")),
    },
    "a question whose refusal harms nothing, and names the action": {
        "cloudwatch:DescribeAlarmHistory",
        "logs:GetQueryResults",
        "logs:StartLiveTail",
        "logs:StartQuery",
        "logs:StopQuery",
    },
    "is the asking itself": {"iam:SimulatePrincipalPolicy"},
    "prunes old versions, which is tidying up": {"lambda:DeleteFunction"},
}


def allows(policy: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    """As IAM judges a policy that only allows: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""
    return any(
        any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and all(
            context.get(key) == value for key, value in statement.get("Condition", {}).get("StringEquals", {}).items()
        )
        for statement in policy["Statement"]
    )


def denied(policy: Mapping[str, Any], need: Need) -> list[str]:
    """As `doctor` reads the simulation: an action is allowed where one of the resources allows it."""
    return [
        action
        for action in need.actions
        if not any(allows(policy, action, resource, dict(need.context)) for resource in need.resources)
    ]


@pytest.mark.parametrize("need", NEEDS, ids=[f"{need.what} {need.actions[0]}" for need in NEEDS])
def test_whoever_has_the_policy_of_the_docs_is_told_of_nothing_denied(need):
    assert denied(ENGINEER, need) == []
    assert denied(CI, need) == [] or not need.for_release


def test_the_role_of_ci_is_told_that_it_cannot_look_at_sessions_and_nothing_else():
    assert {need.what for need in NEEDS if denied(CI, need)} == {"sessions"}


def test_what_the_policy_grants_on_is_asked_about():
    asked = {resource for need in NEEDS for resource in need.resources}
    granted = {pattern for statement in ENGINEER["Statement"] for pattern in statement["Resource"]}
    unasked = {pattern for pattern in granted if not any(fnmatchcase(one, pattern) for one in asked)}
    explained = {part: {pattern for pattern in unasked if part in pattern} for part in NOT_SIMULATED_ON}
    assert unasked - set().union(*explained.values()) == set()
    assert [part for part, patterns in explained.items() if not patterns] == []


def test_what_is_called_is_asked_about():
    asked = {action for need in NEEDS for action in need.actions}
    excused = set().union(*NOT_SIMULATED.values())
    calls = {action for action, _ in called()} - set(NOT_GRANTED)
    assert calls - asked == excused
