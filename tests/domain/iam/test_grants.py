"""Every call of an adapter and of Terraform's provider is granted, to whom makes it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from domain.iam.evaluator import Policies
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.grants import Reach, grants
from hybridctl.domain.iam.permissions import needs
from hybridctl.domain.iam.policy import document, select

REPOSITORY = Path(__file__).resolve().parents[3]
ADAPTERS = REPOSITORY / "src" / "hybridctl" / "adapters" / "aws"
PLACE = Place("staging", "123456789012", "us-east-1")
NAMES = Names("hybrid-ci-cd", "staging", workers=("worker",))
TABLE = tuple(grants(NAMES, PLACE, bounded=True))
DEPLOYS = select(TABLE, Reach.PLAN, Reach.DEPLOY)

# The clients that each adapter is handed; a new adapter has to be entered here.
SERVICES = {
    "alarms": ("cloudwatch",),
    "caller": ("sts", "iam"),
    "ci_access": ("iam",),
    "function_settings": ("lambda",),
    "functions": ("lambda",),
    "http_apis": ("apigatewayv2",),
    "journal": ("s3",),
    "log_groups": ("logs",),
    "record_store": ("s3",),
    "leftovers": (
        "apigatewayv2",
        "application-autoscaling",
        "cloudwatch",
        "dynamodb",
        "iam",
        "lambda",
        "logs",
        "sns",
        "sqs",
        "events",
    ),
    "live_tail": ("logs",),
    "log_queries": ("logs",),
    "logs": ("logs",),
    "metrics": ("cloudwatch",),
    "release_records": ("s3",),
    "scaling": ("application-autoscaling", "dynamodb"),
    "session": ("sts",),
    "sessions": ("dynamodb", "lambda"),
    "state": ("s3",),
    "state_bucket": ("s3",),
    "tables": ("dynamodb",),
    "topics": ("sns",),
    "traffic_metrics": ("cloudwatch",),
}
# S3's actions and the one of Invoke are not called as the operations are.
CALLED = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "lambda:Invoke": "lambda:InvokeFunction",
}
NOT_GRANTED = {
    "sts:GetCallerIdentity": "needs no permission",
    "cloudwatch:SetAlarmState": "on the sandbox alone",
    "iam:GetPolicy": "the get_policy that is called is Lambda's",
}


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by the name of boto3's method."""
    return {xform_name(name): name for name in get_session().get_service_model(service).operation_names}


def list_calls() -> Iterator[tuple[str, str]]:
    """Each action that an adapter's code calls, and where."""
    for path in sorted(ADAPTERS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                method = node.func.attr
            elif isinstance(node, ast.Constant):  # the argument of get_paginator, or an entry of a table of calls
                method = str(node.value)
            else:
                continue
            for service in SERVICES.get(path.stem, ()):
                if method in operations(service):
                    action = f"{service}:{operations(service)[method]}"
                    if service == "apigatewayv2":  # whose actions are the methods of HTTP
                        action = f"apigateway:{'GET' if method.startswith('get_') else 'POST'}"
                    yield CALLED.get(action, action), path.name


# What hashicorp/aws 5.100.0 called while it made production's values on the sandbox, with its debug log on.
HASHICORP = {
    "apigateway": ("GET", "POST"),
    "application-autoscaling": (
        *("DescribeScalableTargets", "DescribeScalingPolicies", "ListTagsForResource"),
        *("PutScalingPolicy", "RegisterScalableTarget"),
    ),
    "cloudwatch": (
        *("DescribeAlarms", "GetDashboard", "ListTagsForResource"),
        *("PutCompositeAlarm", "PutDashboard", "PutMetricAlarm"),
    ),
    "dynamodb": (
        *("CreateTable", "DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"),
        *("UpdateContinuousBackups", "UpdateTimeToLive"),
    ),
    "iam": (
        *("CreateRole", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "PutRolePolicy"),
    ),
    "lambda": (
        *("AddPermission", "CreateAlias", "CreateFunction", "GetAlias", "GetFunction", "GetFunctionCodeSigningConfig"),
        *("GetPolicy", "ListVersionsByFunction", "PutFunctionConcurrency"),
        *("PutProvisionedConcurrencyConfig", "GetProvisionedConcurrencyConfig"),  # not modelled by the sandbox
    ),
    "logs": ("CreateLogGroup", "DescribeLogGroups", "ListTagsForResource", "PutRetentionPolicy"),
    "sns": ("CreateTopic", "GetTopicAttributes", "ListTagsForResource", "SetTopicAttributes"),
}
PROVIDER_CALLS = sorted(f"{service}:{name}" for service, names in HASHICORP.items() for name in names)


def is_granted(action: str, statements: list[Any]) -> bool:
    return any(
        Policies([document([grant])]).allow(action, grant.resources[0].example, dict(context(grant)))
        for grant in statements
    )


def context(grant: Any) -> Iterator[tuple[str, str]]:
    return (pair for test in grant.condition.values() for pair in test.items())


def test_every_adapter_says_which_services_it_calls():
    with_client = {
        path.stem for path in ADAPTERS.glob("*.py") if re.search(r"self\._open|\.client\(", path.read_text())
    }
    assert with_client - set(SERVICES) == set()


def test_everything_that_hybridctl_calls_is_granted():
    calls = {action for action, _ in list_calls()} - set(NOT_GRANTED)
    assert [action for action in sorted(calls) if not is_granted(action, list(TABLE))] == []
    assert len(calls) > 40


@pytest.mark.parametrize("action", PROVIDER_CALLS)
def test_everything_that_the_real_provider_calls_is_granted_to_ci(action: str):
    assert is_granted(action, DEPLOYS)


@pytest.mark.parametrize("action", PROVIDER_CALLS)
def test_doctor_asks_about_everything_that_the_real_provider_calls(action: str):
    asked = {one for need in needs(NAMES, PLACE) if need.for_release for one in need.actions}
    assert action in asked


def test_doctor_asks_about_every_action_that_ci_is_granted():
    asked = {one for need in needs(NAMES, PLACE) if need.for_release for one in need.actions}
    assert asked == {action for grant in DEPLOYS for action in grant.called}


def test_whoever_has_the_documented_policies_is_denied_nothing_that_doctor_asks():
    engineer = Policies([document(grants(NAMES, PLACE))])
    ci = Policies([document(DEPLOYS)])
    for need in needs(NAMES, PLACE):
        for action in need.actions:
            for who in (engineer, ci) if need.for_release else (engineer,):
                assert any(who.allow(action, resource, dict(need.context)) for resource in need.resources), action


def test_removing_a_statement_denies_a_call_that_doctor_names():
    """No statement is superfluous, and doctor names each that a release needs."""
    for gone in DEPLOYS:
        rest = Policies([document(grant for grant in DEPLOYS if grant is not gone)])
        denied = [
            action
            for need in needs(NAMES, PLACE)
            if need.what == gone.part
            for action in need.actions
            if not any(rest.allow(action, resource, dict(need.context)) for resource in need.resources)
        ]
        assert denied, gone.sid


def test_what_changes_anything_is_named_in_full():
    actions = {action for grant in TABLE for action in grant.actions}
    reads = ("Get", "List", "Describe")
    assert not [one for one in actions if "*" in one and not one.partition(":")[2].startswith(reads)]


def test_another_environment_is_out_of_reach():
    patterns = {resource.pattern for grant in TABLE for resource in grant.resources}
    free = {one for one in patterns if "staging" not in one}
    account = "arn:aws:iam::123456789012"
    assert free == {
        "*",
        "arn:aws:s3:::hybrid-ci-cd-tfstate-123456789012-us-east-1",
        *(f"arn:aws:apigateway:us-east-1::/{path}" for path in ("apis", "apis/*", "tags/*")),  # AWS chooses the ids
        "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:*",  # the same
        f"{account}:oidc-provider/token.actions.githubusercontent.com",
        f"{account}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/*",
        *(f"{account}:{kind}/*" for kind in ("role", "user")),  # to simulate, and to read a role
    }


def test_ci_can_only_write_a_function_role_within_the_boundary():
    ci = Policies([document(DEPLOYS)])
    role = "arn:aws:iam::123456789012:role/hybrid-ci-cd-function-staging"
    bounded = {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/hybrid-ci-cd-boundary-staging"}
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        assert ci.allow(action, role, bounded)
        assert not ci.allow(action, role)
        assert not ci.allow(action, role, {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/other"})
    for action in ("iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:AttachRolePolicy"):
        assert not ci.allow(action, role, bounded)
    boundary = bounded["iam:PermissionsBoundary"]
    for action in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"):
        assert not ci.allow(action, boundary)


def test_the_command_prints_what_iam_takes(hybridctl, tmp_path):
    import json

    ran: Any = hybridctl("bootstrap", "staging", "--policy")
    assert ran.code == 0
    assert json.loads(ran.out)["Version"] == "2012-10-17"
    written: Any = hybridctl("bootstrap", "staging", "--policies", str(tmp_path / "policies"))
    assert written.code == 0
    names = [path.name for path in sorted((tmp_path / "policies").iterdir())]
    assert names == [f"hybrid-ci-cd-staging-engineer-{number}.json" for number in (1, 2)]
