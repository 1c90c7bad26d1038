"""What is called of AWS, by what it is called on: enough to say beforehand what would be denied.

Actions that Terraform's provider makes only of what it creates are represented by one of their kind each. A test holds
this to the policies that the docs ship: whoever has those is denied nothing here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hybridctl.domain.environment import Names, Place


@dataclass(frozen=True, slots=True)
class Need:
    """Actions that are called on these resources; `context` is what IAM is told of such a call, where a policy asks.

    Without what is not `for_release` a release goes through all the same.
    """

    what: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()
    for_release: bool = True


def needs(names: Names, place: Place) -> Iterator[Need]:
    """All of one environment."""
    region, account = place.region, place.account
    bucket = f"arn:aws:s3:::{names.state_bucket(account, region)}"
    function = f"arn:aws:lambda:{region}:{account}:function:{names.function}"
    table = f"arn:aws:dynamodb:{region}:{account}:table/{names.project}-sessions-{names.environment}"
    groups = f"arn:aws:logs:{region}:{account}:log-group:"
    logs = {"log": f"{groups}{names.log_group}", "access log": f"{groups}/aws/apigateway/{names.function}"}
    yield Need("state bucket", ("s3:ListBucket",), (bucket,))
    yield Need("state", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (f"{bucket}/{names.state_key}",))
    yield Need(
        "function",
        (
            "lambda:GetFunction",
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionConcurrency",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:GetAlias",
            "lambda:ListVersionsByFunction",
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:InvokeFunction",
            "lambda:PutFunctionConcurrency",
        ),
        (function, f"{function}:*"),
    )
    yield Need(
        "tables",
        (
            "dynamodb:DescribeTable",
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:DescribeContinuousBackups",
        ),
        (table,),
    )
    yield Need(
        "sessions",
        (
            *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
            *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
        ),
        (table, f"{table}/index/by_user"),
        for_release=False,
    )
    for what, group in logs.items():
        actions = ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:FilterLogEvents")
        yield Need(what, actions, (group, f"{group}:*"))
    yield Need(
        "role", ("iam:CreateRole", "iam:GetRole", "iam:GetRolePolicy", "iam:PutRolePolicy"), (_role(names, account),)
    )
    to_lambda = (("iam:PassedToService", "lambda.amazonaws.com"),)
    yield Need("role", ("iam:PassRole",), (_role(names, account),), to_lambda)
    yield Need(
        "API", ("apigateway:GET", "apigateway:POST", "apigateway:PATCH"), (f"arn:aws:apigateway:{region}::/apis",)
    )
    alarm = f"arn:aws:cloudwatch:{region}:{account}:alarm:{names.project}-errors-{names.environment}"
    yield Need("metrics", ("cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"), ("*",))
    yield Need("alarms", ("cloudwatch:PutMetricAlarm", "cloudwatch:PutCompositeAlarm"), (alarm,))
    yield Need(
        "dashboard", ("cloudwatch:PutDashboard",), (f"arn:aws:cloudwatch::{account}:dashboard/{names.function}",)
    )
    topic = f"arn:aws:sns:{region}:{account}:{names.project}-alarms-{names.environment}"
    yield Need("topic", ("sns:CreateTopic", "sns:Subscribe"), (topic,))
    yield Need(
        "scaling",
        (
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
        ),
        ("*",),
    )
    yield Need("quota", ("lambda:GetAccountSettings",), ("*",))


def _role(names: Names, account: str) -> str:
    return f"arn:aws:iam::{account}:role/{names.project}-function-{names.environment}"
