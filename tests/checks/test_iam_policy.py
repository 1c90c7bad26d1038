"""The policy of the docs: every call that is made, every type of the HCL, and nothing that AWS does not have."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.session import get_session

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_roles
from hybridctl.domain.iam.policy import engineer_policy

REPOSITORY = Path(__file__).resolve().parents[2]
ADAPTERS = REPOSITORY / "src" / "hybridctl" / "adapters" / "aws"
PLACE = Place("staging", "123456789012", "us-east-1")
NAMES = Names("hybrid-ci-cd", "staging")
CI = ci_roles(NAMES, PLACE, "acme/backend", is_protected=False)[0].permissions
ENGINEER = engineer_policy(NAMES, PLACE)


def actions(policy: Mapping[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def grants(policy: Mapping[str, Any], action: str) -> bool:
    return any(fnmatchcase(action, pattern) for pattern in actions(policy))


GRANTED = actions(ENGINEER)

# The clients that each adapter is handed; a new adapter has to be entered here.
SERVICES = {
    "alarms": ("cloudwatch",),
    "caller": ("sts", "iam"),
    "ci_access": ("iam",),
    "function_settings": ("lambda",),
    "functions": ("lambda",),
    "journal": ("s3",),
    "record_store": ("s3",),
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
    "lambda:Invoke": "lambda:InvokeFunction",
}
NOT_GRANTED = {
    "sts:GetCallerIdentity": "needs no permission",
    "cloudwatch:SetAlarmState": "on the sandbox alone",
}
NO_OPERATION = {
    "lambda:InvokeFunction",
    "s3:ListBucket",
    "iam:PassRole",
    *(action for action in GRANTED if action.startswith("apigateway:")),
    *(value for value in CALLED.values() if value.startswith("s3:")),
    # API Gateway's side of an access log, without an operation of CloudWatch Logs.
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
    "logs:ListLogDeliveries",
}
# What the provider creates for a resource type; its reads, tags and deletions are granted with it.
CREATES = {
    "aws_apigatewayv2_api": "apigateway:POST",
    "aws_apigatewayv2_integration": "apigateway:POST",
    "aws_apigatewayv2_route": "apigateway:POST",
    "aws_apigatewayv2_stage": "apigateway:POST",
    "aws_appautoscaling_policy": "application-autoscaling:PutScalingPolicy",
    "aws_appautoscaling_target": "application-autoscaling:RegisterScalableTarget",
    "aws_cloudwatch_composite_alarm": "cloudwatch:PutCompositeAlarm",
    "aws_cloudwatch_dashboard": "cloudwatch:PutDashboard",
    "aws_cloudwatch_log_group": "logs:CreateLogGroup",
    "aws_cloudwatch_metric_alarm": "cloudwatch:PutMetricAlarm",
    "aws_dynamodb_table": "dynamodb:CreateTable",
    "aws_iam_role": "iam:CreateRole",
    "aws_iam_role_policy": "iam:PutRolePolicy",
    "aws_lambda_alias": "lambda:CreateAlias",
    "aws_lambda_function": "lambda:CreateFunction",
    "aws_lambda_permission": "lambda:AddPermission",
    "aws_lambda_provisioned_concurrency_config": "lambda:PutProvisionedConcurrencyConfig",
    "aws_sns_topic": "sns:CreateTopic",
    "aws_sns_topic_subscription": "sns:Subscribe",
}


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by the name of boto3's method."""
    return {xform_name(name): name for name in get_session().get_service_model(service).operation_names}


def called() -> Iterator[tuple[str, str]]:
    """Each action that an adapter's code calls, and where."""
    for path in sorted(ADAPTERS.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            method = node.func.attr
            if method == "get_paginator" and isinstance(node.args[0], ast.Constant):
                method = str(node.args[0].value)
            for service in SERVICES.get(path.stem, ()):
                if method in operations(service):
                    action = f"{service}:{operations(service)[method]}"
                    yield CALLED.get(action, action), path.name


def test_every_adapter_says_which_services_it_calls():
    with_client = {
        path.stem for path in ADAPTERS.glob("*.py") if re.search(r"self\._open|\.client\(", path.read_text())
    }
    assert with_client - set(SERVICES) == set()


def test_everything_that_hybridctl_calls_is_granted():
    missing = {
        f"{where}: {action}" for action, where in called() if not grants(ENGINEER, action) and action not in NOT_GRANTED
    }
    assert missing == set()
    assert len({action for action, _ in called()}) > 40


def test_everything_that_the_hcl_creates_is_granted():
    files = [*REPOSITORY.glob("terraform/modules/*/*.tf"), *REPOSITORY.glob("terraform/environments/*/*.tf")]
    types = {found for path in files for found in re.findall(r'^resource "(\w+)"', path.read_text(), re.MULTILINE)}
    assert types - set(CREATES) == set()
    assert [one for one in types if not grants(CI, CREATES[one])] == []


def test_every_granted_action_is_one_that_aws_has():
    unknown = set()
    for action in GRANTED - NO_OPERATION:
        service, _, name = action.partition(":")
        if not any(fnmatchcase(one, name) for one in get_session().get_service_model(service).operation_names):
            unknown.add(action)
    assert unknown == set()


def test_what_changes_anything_is_named_in_full():
    reads = ("Get", "List", "Describe")
    assert not [one for one in GRANTED if "*" in one and not one.partition(":")[2].startswith(reads)]


def test_another_environment_is_out_of_reach():
    text = json.dumps(ENGINEER)
    assert "production" not in text
    assert "hybrid-ci-cd-*-staging" in text


def test_the_command_prints_what_iam_takes(hybridctl):
    ran: Any = hybridctl("bootstrap", "staging", "--policy")
    assert ran.code == 0
    assert json.loads(ran.out)["Version"] == "2012-10-17"


def test_it_fits_into_a_roles_inline_policies():
    """IAM counts no white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    assert len(json.dumps(ENGINEER, separators=(",", ":"))) <= 10_240
