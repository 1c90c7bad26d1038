"""What a destroy asks of IAM before it begins: of each resource, as AWS evaluates it."""

import pytest

from domain.iam.evaluator import Policies
from domain.iam.reference import can_be, look_up
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.deletions import deletions
from hybridctl.domain.iam.engineer import engineer_policy
from hybridctl.domain.iam.subject import Subject

NAMES, PLACE = Names("hybrid-ci-cd", "staging"), Place("staging", "123456789012", "us-east-1")
HERE = "us-east-1:123456789012"
FUNCTION = f"arn:aws:lambda:{HERE}:function:hybrid-ci-cd-staging"
GONE = {
    "aws_cloudwatch_dashboard": {"dashboard_arn": "arn:aws:cloudwatch::123456789012:dashboard/hybrid-ci-cd-staging"},
    "aws_cloudwatch_log_group": {"arn": f"arn:aws:logs:{HERE}:log-group:/aws/lambda/hybrid-ci-cd-staging"},
    "aws_dynamodb_table": {"arn": f"arn:aws:dynamodb:{HERE}:table/hybrid-ci-cd-sessions-staging"},
    "aws_iam_role": {"arn": "arn:aws:iam::123456789012:role/hybrid-ci-cd-function-staging"},
    "aws_lambda_alias": {"arn": f"{FUNCTION}:live"},
    "aws_lambda_function": {"arn": FUNCTION},
    "aws_sns_topic": {"arn": f"arn:aws:sns:{HERE}:hybrid-ci-cd-alarms-staging"},
}


def plan(*actions: str) -> dict[str, object]:
    changes = [
        {"type": kind, "change": {"actions": list(actions), "before": before, "after": None}}
        for kind, before in GONE.items()
    ]
    return {"resource_changes": changes}


NEEDS = list(deletions(plan("delete")))


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.actions[0])
def test_an_engineer_may_delete_and_ci_may_not(need):
    engineer = Policies([engineer_policy(NAMES, PLACE)])
    role = ci_access(NAMES, PLACE, Subject("repo:a/b:environment:{environment}"), is_protected=True).roles[0]
    [action] = need.actions
    assert any(engineer.allow(action, resource) for resource in need.resources)
    allowed = any(Policies([role.permissions]).allow(action, resource) for resource in need.resources)
    assert allowed is (action == "lambda:DeleteFunction")  # a deploy may replace the function


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.actions[0])
def test_aws_evaluates_it_on_such_a_resource(need):
    known = look_up(need.actions[0])
    assert known is not None
    assert any(can_be(resource, form) for resource in need.resources for form in known.forms)


def test_every_kind_of_resource_is_asked_about_once_and_what_stays_is_not():
    assert len(NEEDS) == len(GONE)
    assert list(deletions(plan("update"))) == []
    assert list(deletions({"resource_changes": [{"type": "aws_sns_topic", "change": {"actions": ["delete"]}}]})) == []
