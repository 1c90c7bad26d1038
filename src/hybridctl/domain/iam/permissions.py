"""What a release calls of AWS, by what it is called on: enough to say beforehand what would be denied.

Actions that Terraform's provider makes only of what it creates are represented by one of their kind each.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hybridctl.domain.environment import Names, Place


@dataclass(frozen=True, slots=True)
class Need:
    """Actions that are called on these resources."""

    what: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


def needs(names: Names, place: Place) -> Iterator[Need]:
    """All of one environment."""
    region, account = place.region, place.account
    bucket = f"arn:aws:s3:::{names.state_bucket(account, region)}"
    function = f"arn:aws:lambda:{region}:{account}:function:{names.function}"
    table = f"arn:aws:dynamodb:{region}:{account}:table/{names.project}-sessions-{names.environment}"
    group = f"arn:aws:logs:{region}:{account}:log-group:{names.log_group}"
    yield Need("state bucket", ("s3:ListBucket",), (bucket,))
    yield Need("state", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (f"{bucket}/{names.state_key}",))
    yield Need(
        "function",
        (
            "lambda:GetFunction",
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
    yield Need("sessions", ("dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"), (table,))
    yield Need("log", ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:FilterLogEvents"), (group, f"{group}:*"))
    yield Need("role", ("iam:CreateRole", "iam:GetRole", "iam:PutRolePolicy", "iam:PassRole"), (_role(names, account),))
    yield Need(
        "API", ("apigateway:GET", "apigateway:POST", "apigateway:PATCH"), (f"arn:aws:apigateway:{region}::/apis",)
    )
    yield Need(
        "metrics", ("cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"), ("*",)
    )


def _role(names: Names, account: str) -> str:
    return f"arn:aws:iam::{account}:role/{names.project}-function-{names.environment}"
