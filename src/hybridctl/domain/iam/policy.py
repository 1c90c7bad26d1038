"""What an engineer's role needs beside that of CI: every command, and taking an environment down.

The actions of a release are in `ci_role`. Tests hold both together to the calls in the adapters, to the resource types
in the HCL and to the actions that AWS has.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import Arns, allow, policy, provider_arn, reading, writing


def engineer_policy(names: Names, place: Place) -> Mapping[str, Any]:
    """The policy as IAM takes it: release, look, log users out, bootstrap, destroy; one environment, no other."""
    return policy([*reading(names, place), *writing(names, place), *_more(names, place)])


def _more(names: Names, place: Place) -> Iterator[Mapping[str, Any]]:
    arns = Arns(names, place)
    yield allow(_bucket(), arns.bucket)
    yield allow(
        (
            *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
            *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable"),
        ),
        arns.tables,
        f"{arns.tables}/index/*",
    )
    yield allow(
        ("logs:StartQuery", "logs:StartLiveTail", "logs:DeleteLogGroup", "logs:DeleteRetentionPolicy"), *arns.logs
    )
    yield allow(("logs:GetQueryResults", "logs:StopQuery", "cloudwatch:DescribeAlarmHistory"), "*")
    yield allow(("lambda:DeleteAlias",), *arns.function)
    yield allow(("iam:DeleteRole", "iam:DeleteRolePolicy"), arns.role)
    yield allow(("sns:DeleteTopic",), arns.topic)
    yield allow(("cloudwatch:DeleteDashboards",), arns.dashboard)
    account = f"arn:aws:iam::{place.account}"
    yield allow(("iam:SimulatePrincipalPolicy", "iam:GetRole"), f"{account}:role/*", f"{account}:user/*")
    # For `bootstrap --ci`.
    yield allow(
        ("iam:CreateRole", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"),
        f"{account}:role/{names.project}-ci-*{names.environment}",
    )
    provider = (
        "iam:GetOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
    )
    yield allow(provider, provider_arn(place.account))


def _bucket() -> Sequence[str]:
    kept = ("BucketVersioning", "EncryptionConfiguration", "BucketPublicAccessBlock", "BucketPolicy")
    return ("s3:CreateBucket", *(f"s3:{verb}{what}" for what in kept for verb in ("Get", "Put")))
