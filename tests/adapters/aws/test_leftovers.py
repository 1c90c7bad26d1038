"""What exists already, on moto: each type is found under the id that the provider imports it by, with its tags."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from hybridctl.adapters.aws.leftovers import AwsLeftovers
from hybridctl.domain.adoption import KEYS, Wanted
from hybridctl.domain.environment import Place

ACCOUNT = "123456789012"
TAGS = {"Project": "p", "Environment": "local", "ManagedBy": "terraform"}
LISTED = [{"Key": name, "Value": value} for name, value in TAGS.items()]
Make = Callable[[Callable[[str], Any]], tuple[dict[str, Any], str]]


@pytest.fixture
def aws() -> Iterator[Callable[[str], Any]]:
    with mock_aws():
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in made:
                keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
                made[service] = boto3.client(service, region_name="us-east-1", **keys)
            return made[service]

        yield client


def leftovers(aws: Callable[[str], Any]) -> AwsLeftovers:
    return AwsLeftovers(aws, Place("local", ACCOUNT, "us-east-1"))


def table(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    aws("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=LISTED,
    )
    return {"name": "t"}, "t"


def role(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    principal = {"Service": "lambda.amazonaws.com"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    aws("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust), Tags=LISTED)
    return {"name": "r"}, "r"


def role_policy(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    role(aws)
    allow = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    aws("iam").put_role_policy(RoleName="r", PolicyName="function", PolicyDocument=json.dumps(policy))
    return {"name": "function", "role": "r"}, "r:function"


def log_group(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    for name in ("/aws/x/g", "/aws/x/g-other"):
        aws("logs").create_log_group(logGroupName=name, tags=TAGS)
    return {"name": "/aws/x/g"}, "/aws/x/g"


def function(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    role(aws)
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    code = {"ZipFile": b"PK\x05\x06" + b"\0" * 18}
    asked = {"Runtime": "python3.13", "Role": arn, "Handler": "a.b", "Code": code, "Publish": True}
    aws("lambda").create_function(FunctionName="f", Tags=TAGS, **asked)
    return {"function_name": "f"}, "f"


def alias(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    function(aws)
    aws("lambda").create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return {"function_name": "f", "name": "live"}, "f/live"


def permission(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    function(aws)
    asked = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    aws("lambda").add_permission(FunctionName="f", StatementId="AllowHttpApi", **asked)
    return {"function_name": "f", "statement_id": "AllowHttpApi", "qualifier": None}, "f/AllowHttpApi"


def metric_alarm(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    numbers = {"EvaluationPeriods": 1, "Period": 60, "Threshold": 1.0, "Statistic": "Sum"}
    where = {"MetricName": "Errors", "Namespace": "AWS/Lambda", "ComparisonOperator": "GreaterThanThreshold"}
    aws("cloudwatch").put_metric_alarm(AlarmName="errors", Tags=LISTED, **where, **numbers)
    return {"alarm_name": "errors"}, "errors"


def dashboard(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    aws("cloudwatch").put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    return {"dashboard_name": "d"}, "d"


def topic(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    return {"name": "alarms"}, aws("sns").create_topic(Name="alarms", Tags=LISTED)["TopicArn"]


def subscription(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    _, arn = topic(aws)
    made = aws("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint="a@b.c", ReturnSubscriptionArn=True)
    return {"topic_arn": arn, "protocol": "email", "endpoint": "a@b.c"}, made["SubscriptionArn"]


def queue(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    return {"name": "q"}, aws("sqs").create_queue(QueueName="q", tags=TAGS)["QueueUrl"]


def mapping(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    function(aws)
    queue(aws)
    source = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    made = aws("lambda").create_event_source_mapping(EventSourceArn=source, FunctionName="f")
    return {"event_source_arn": source, "function_name": made["FunctionArn"]}, made["UUID"]


def rule(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    aws("events").put_rule(Name="nightly", ScheduleExpression="rate(1 day)", Tags=LISTED)
    return {"name": "nightly"}, "nightly"


def rule_target(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    rule(aws)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f:live"
    aws("events").put_targets(Rule="nightly", Targets=[{"Id": "other", "Arn": f"{arn}2"}, {"Id": "made", "Arn": arn}])
    return {"rule": "nightly", "arn": arn}, "nightly/made"


SCALED = {
    "service_namespace": "dynamodb",
    "resource_id": "table/t",
    "scalable_dimension": "dynamodb:table:ReadCapacityUnits",
}
WHERE = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/t",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


def target(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    table(aws)
    aws("application-autoscaling").register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=5)
    return dict(SCALED), "dynamodb/table/t/dynamodb:table:ReadCapacityUnits"


def scaling_policy(aws: Callable[[str], Any]) -> tuple[dict[str, Any], str]:
    target(aws)
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    }
    aws("application-autoscaling").put_scaling_policy(
        PolicyName="p:table/t",
        PolicyType="TargetTrackingScaling",
        **WHERE,
        TargetTrackingScalingPolicyConfiguration=tracking,
    )
    return SCALED | {"name": "p:table/t"}, "dynamodb/table/t/dynamodb:table:ReadCapacityUnits/p:table/t"


MADE: dict[str, Make] = {
    "aws_appautoscaling_policy": scaling_policy,
    "aws_appautoscaling_target": target,
    "aws_cloudwatch_dashboard": dashboard,
    "aws_cloudwatch_event_rule": rule,
    "aws_cloudwatch_event_target": rule_target,
    "aws_cloudwatch_log_group": log_group,
    "aws_cloudwatch_metric_alarm": metric_alarm,
    "aws_dynamodb_table": table,
    "aws_iam_role": role,
    "aws_iam_role_policy": role_policy,
    "aws_lambda_alias": alias,
    "aws_lambda_event_source_mapping": mapping,
    "aws_lambda_function": function,
    "aws_lambda_permission": permission,
    "aws_sns_topic": topic,
    "aws_sns_topic_subscription": subscription,
    "aws_sqs_queue": queue,
}
# tests/faults/test_killed_engine.py adopts these on the sandbox.
NOT_ON_MOTO = {"aws_lambda_provisioned_concurrency_config", "aws_cloudwatch_composite_alarm"} | {
    kind for kind in KEYS if "apigatewayv2" in kind
}


def test_every_type_that_is_looked_for_is_tried_here():
    assert set(MADE) | NOT_ON_MOTO == set(KEYS)


@pytest.mark.parametrize("kind", MADE)
def test_each_type_is_found_by_its_name_and_under_the_id_that_it_is_imported_by(aws, kind):
    values, identity = MADE[kind](aws)
    wanted = Wanted("module.x.this", kind, values | {"tags_all": TAGS})
    [found] = leftovers(aws).find([wanted])
    assert (found.id, found.is_ours) == (identity, True)
    assert found.tags in (None, TAGS)
    assert found.remove.startswith("aws ") or found.tags is None


@pytest.mark.parametrize("kind", MADE)
def test_what_is_not_there_is_not_found(aws, kind):
    values, _ = MADE[kind](aws)
    given = ("service_namespace", "scalable_dimension")
    absent = {name: f"{value}x" if value and name not in given else value for name, value in values.items()}
    assert leftovers(aws).find([Wanted("module.x.this", kind, absent)]) == []


def test_what_may_not_be_looked_at_is_not_found_and_stops_nothing():
    client = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("get_role", "AccessDenied", http_status_code=403)
        found = AwsLeftovers(lambda _service: client, Place("local", ACCOUNT, "us-east-1"))
        assert found.find([Wanted("a", "aws_iam_role", {"name": "r"})]) == []
