"""The roles that CI takes: whom each trusts, to the letter, and what it may do. No key is ever handed out.

Sources: https://docs.github.com/actions/reference/openid-connect-reference (the subject of a job with an environment is
`repo:OWNER/REPO:environment:NAME`), and the actions that a release was seen to call.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

from hybridctl.domain.environment import Names, Place
from hybridctl.errors import UsageInvalid

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")  # no wildcard can get into the trust
_VERSION = "2012-10-17"


@unique
class CiPart(StrEnum):
    """What CI's access is made of, in the order in which it is made."""

    PROVIDER = "identity provider"
    ROLE = "role"
    TRUST = "trust"
    PERMISSIONS = "permissions"


@dataclass(frozen=True, slots=True)
class CiRole:
    """One role: `job` is the GitHub environment whose jobs may take it; trust and permissions are IAM policies."""

    name: str
    arn: str
    job: str
    trust: Mapping[str, Any]
    permissions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not as it must be; the identity provider belongs to no role."""

    part: CiPart
    role: str = ""


def ci_roles(names: Names, place: Place, repository: str, *, is_protected: bool) -> tuple[CiRole, ...]:
    """The role that deploys, and where releases are planned before they are approved one that only reads."""
    if not _REPOSITORY.fullmatch(repository):
        raise UsageInvalid(f"--ci {repository!r}: not a repository", hint="name it as OWNER/REPO")
    deploys = _role(names, place, repository, names.environment, [*reading(names, place), *writing(names, place)])
    if not is_protected:
        return (deploys,)
    plans = _role(names, place, repository, f"plan-{names.environment}", [*reading(names, place)])
    return (deploys, plans)


def provider_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"


def same_policy(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two policies say the same, however they are written."""
    return _plain(one) == _plain(other)


def _plain(policy: Any) -> str:
    return json.dumps(policy, sort_keys=True, separators=(",", ":"))


def _role(names: Names, place: Place, repository: str, job: str, statements: Sequence[dict[str, Any]]) -> CiRole:
    name = f"{names.project}-ci-{job}"
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": provider_arn(place.account)},
        "Condition": {
            "StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": f"repo:{repository}:environment:{job}"}
        },
    }
    return CiRole(
        name=name,
        arn=f"arn:aws:iam::{place.account}:role/{name}",
        job=job,
        trust=policy([trust]),
        permissions=policy(statements),
    )


def policy(statements: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"Version": _VERSION, "Statement": list(statements)}


def allow(actions: Sequence[str], *resources: str, **conditions: Any) -> dict[str, Any]:
    condition = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **condition}


@dataclass(frozen=True, slots=True)
class Arns:
    """Everything of one environment by name, as the HCL names it."""

    names: Names
    place: Place

    def of(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.place.region}:{self.place.account}:{resource}"

    @property
    def bucket(self) -> str:
        return f"arn:aws:s3:::{self.names.state_bucket(self.place.account, self.place.region)}"

    @property
    def function(self) -> tuple[str, str]:
        function = self.of("lambda", f"function:{self.names.function}")
        return function, f"{function}:*"

    @property
    def tables(self) -> str:
        return self.of("dynamodb", f"table/{self.names.project}-*-{self.names.environment}")

    @property
    def logs(self) -> tuple[str, ...]:
        groups = (self.names.log_group, f"/aws/apigateway/{self.names.function}")
        return tuple(self.of("logs", f"log-group:{group}{end}") for group in groups for end in ("", ":*"))

    @property
    def alarms(self) -> str:
        return self.of("cloudwatch", f"alarm:{self.names.project}-*-{self.names.environment}")

    @property
    def topic(self) -> str:
        return self.of("sns", f"{self.names.project}-alarms-{self.names.environment}")

    @property
    def role(self) -> str:
        return f"arn:aws:iam::{self.place.account}:role/{self.names.project}-function-{self.names.environment}"

    @property
    def dashboard(self) -> str:
        return f"arn:aws:cloudwatch::{self.place.account}:dashboard/{self.names.function}"

    @property
    def apis(self) -> tuple[str, ...]:
        """Ids are given by AWS, so that no name tells one API from another."""
        base = f"arn:aws:apigateway:{self.place.region}::"
        return f"{base}/apis", f"{base}/apis/*", f"{base}/tags/*"


def reading(names: Names, place: Place) -> Iterator[dict[str, Any]]:
    """What a plan asks; the one thing that it writes is its lock on the state."""
    arns = Arns(names, place)
    state = f"{arns.bucket}/{names.state_key}"
    yield allow(("s3:ListBucket", "s3:GetBucketLocation"), arns.bucket)
    yield allow(("s3:GetObject",), state, f"{state}.tflock", f"{arns.bucket}/{names.releases_prefix}*")
    yield allow(("s3:PutObject", "s3:DeleteObject"), f"{state}.tflock")
    yield allow(("lambda:Get*", "lambda:List*"), *arns.function)
    yield allow(("dynamodb:Describe*", "dynamodb:ListTagsOfResource"), arns.tables)
    yield allow(("logs:FilterLogEvents", "logs:ListTagsForResource"), *arns.logs)
    yield allow(("iam:GetRole", "iam:GetRolePolicy", "iam:List*"), arns.role)
    yield allow(("apigateway:GET",), *arns.apis)
    yield allow(("sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:GetSubscriptionAttributes"), arns.topic)
    yield allow(("cloudwatch:ListTagsForResource",), arns.alarms)
    yield allow(("cloudwatch:GetDashboard",), arns.dashboard)
    # None of these can be narrowed to a resource.
    yield allow(
        (
            "logs:DescribeLogGroups",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricData",
            "application-autoscaling:Describe*",
            "application-autoscaling:ListTagsForResource",
            "lambda:GetAccountSettings",
        ),
        "*",
    )


def writing(names: Names, place: Place) -> Iterator[dict[str, Any]]:
    """What a release changes. Deleting a table or a log group is not among it: no deploy destroys data."""
    arns = Arns(names, place)
    objects = (f"{arns.bucket}/{names.state_key}", f"{arns.bucket}/{names.releases_prefix}*")
    yield allow(("s3:PutObject", "s3:DeleteObject"), *objects)
    yield allow(
        (
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:DeleteFunction",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:InvokeFunction",
            "lambda:AddPermission",
            "lambda:RemovePermission",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PutProvisionedConcurrencyConfig",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:TagResource",
            "lambda:UntagResource",
        ),
        *arns.function,
    )
    yield allow(
        (
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
        ),
        arns.tables,
    )
    yield allow(
        ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"), *arns.logs
    )
    yield allow(
        ("iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"), arns.role
    )
    yield allow(("iam:PassRole",), arns.role, StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
    yield allow(("apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"), *arns.apis)
    yield allow(
        (
            "sns:CreateTopic",
            "sns:SetTopicAttributes",
            "sns:Subscribe",
            "sns:Unsubscribe",
            "sns:TagResource",
            "sns:UntagResource",
        ),
        arns.topic,
    )
    yield allow(
        (
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:PutCompositeAlarm",
            "cloudwatch:DeleteAlarms",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ),
        arns.alarms,
    )
    yield allow(("cloudwatch:PutDashboard",), arns.dashboard)
    yield allow(
        (
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:TagResource",
            "logs:CreateLogDelivery",  # the access log of the API
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:DescribeResourcePolicies",
            "logs:PutResourcePolicy",
        ),
        "*",
    )
    service = "dynamodb.application-autoscaling.amazonaws.com"
    linked = f"arn:aws:iam::{place.account}:role/aws-service-role/{service}/*"
    yield allow(("iam:CreateServiceLinkedRole",), linked, StringEquals={"iam:AWSServiceName": service})
