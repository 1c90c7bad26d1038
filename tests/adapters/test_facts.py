"""What status asks of API Gateway, Lambda, CloudWatch Logs, SNS and DynamoDB, and what it makes of the answers."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from hybridctl.adapters.aws.function_settings import LambdaSettings
from hybridctl.adapters.aws.http_apis import GatewayApis
from hybridctl.adapters.aws.log_groups import CloudWatchLogGroups
from hybridctl.adapters.aws.tables import DynamoTables
from hybridctl.adapters.aws.topics import SnsTopics
from hybridctl.domain.alarms import AlarmState, Subscribers
from hybridctl.domain.http_api import Route, allows_api
from hybridctl.domain.logs.query import QueryState

REGION = "eu-west-1"
ARN = "arn:aws:execute-api:eu-west-1:111122223333:abc"


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def moto():
    with mock_aws():
        yield


def test_an_api_is_read_part_by_part_over_pages_and_one_that_is_gone_is_none():
    aws = client("apigatewayv2")
    apis = GatewayApis(lambda: aws)
    with Stubber(aws) as stubber:
        first = {"Items": [{"RouteKey": "GET /health", "Target": "integrations/i1"}], "NextToken": "t"}
        stubber.add_response("get_routes", first, {"ApiId": "abc"})
        stubber.add_response("get_routes", {"Items": [{"RouteKey": "$default"}]}, {"ApiId": "abc", "NextToken": "t"})
        integrations = {"Items": [{"IntegrationId": "i1", "IntegrationUri": "arn:f"}]}
        stubber.add_response("get_integrations", integrations, {"ApiId": "abc"})
        stubber.add_response("get_stages", {"Items": [{"StageName": "staging"}]}, {"ApiId": "abc"})
        assert apis.routes("abc") == [Route("GET /health", "integrations/i1"), Route("$default", "")]
        assert apis.integrations("abc") == {"i1": "arn:f"}
        assert apis.stages("abc") == ["staging"]
        for operation in ("get_routes", "get_integrations", "get_stages"):
            stubber.add_client_error(operation, "NotFoundException")
        assert (apis.routes("abc"), apis.integrations("abc"), apis.stages("abc")) == (None, None, None)


def test_a_log_group_is_found_by_its_whole_name(moto):
    aws = client("logs")
    aws.create_log_group(logGroupName="/aws/lambda/f-other")
    groups = CloudWatchLogGroups(lambda: aws)
    assert groups.group("/aws/lambda/f") is None
    aws.create_log_group(logGroupName="/aws/lambda/f")
    aws.put_retention_policy(logGroupName="/aws/lambda/f", retentionInDays=7)
    found = groups.group("/aws/lambda/f")
    assert found is not None
    assert found.retention == 7


def test_subscribers_are_counted_and_a_topic_that_is_gone_is_none(moto):
    aws = client("sns")
    topic = aws.create_topic(Name="alarms")["TopicArn"]
    topics = SnsTopics(lambda: aws)
    assert topics.subscribers(topic) == Subscribers(0, 0)
    assert topics.subscribers(f"{topic}-gone") is None


def test_a_table_tells_its_status_billing_and_ttl(moto):
    aws = client("dynamodb")
    key = {"AttributeName": "id", "KeyType": "HASH"}
    kind = {"AttributeName": "id", "AttributeType": "S"}
    aws.create_table(TableName="t", KeySchema=[key], AttributeDefinitions=[kind], BillingMode="PAY_PER_REQUEST")
    tables = DynamoTables(lambda: aws)
    found = tables.settings("t", expires=True)
    assert found is not None
    assert (found.status, found.billing, found.expires_by) == ("ACTIVE", "PAY_PER_REQUEST", None)
    aws.update_time_to_live(TableName="t", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"})
    found = tables.settings("t", expires=True)
    assert found is not None
    assert found.expires_by == "expires_at"
    assert tables.settings("none") is None


def test_a_function_whose_state_is_new_to_us_keeps_its_word():
    aws = client("lambda")
    settings = LambdaSettings(lambda: aws, name="f", alias="live")
    answer = {"MemorySize": 128, "Timeout": 3, "CodeSize": 1, "State": "Active", "CodeSha256": "sha"}
    with Stubber(aws) as stubber:
        stubber.add_response(
            "get_function_configuration",
            answer | {"State": "Hibernating"},
            {"FunctionName": "f", "Qualifier": "$LATEST"},
        )
        stubber.add_client_error("get_policy", "ResourceNotFoundException")
        found = settings.read_unpublished()
        assert found is not None
        assert (found.state, found.sha256) == ("Hibernating", "sha")
        assert settings.policy() is None


def test_words_that_are_new_to_us_are_unknown_and_no_error():
    assert (AlarmState.of("SNOOZED"), QueryState.of("Paused")) == (AlarmState.UNKNOWN, QueryState.UNKNOWN)
    assert all(AlarmState.of(state.value) is state for state in AlarmState)
    assert all(QueryState.of(state.value) is state for state in QueryState)


def statement(**more: Any) -> dict[str, Any]:
    condition = {"ArnLike": {"AWS:SourceArn": f"{ARN}/staging/*"}}
    service = {"Service": "apigateway.amazonaws.com"}
    made = {"Effect": "Allow", "Principal": service, "Action": "lambda:InvokeFunction", "Condition": condition}
    return made | more


def arn(*patterns: str) -> dict[str, Any]:
    return {"ArnLike": {"AWS:SourceArn": patterns[0] if len(patterns) == 1 else list(patterns)}}


@pytest.mark.parametrize(
    ("one", "allowed"),
    [
        (statement(), True),
        (statement(Condition=arn(f"{ARN}/*/*")), True),
        (statement(Condition=arn(f"{ARN}/*/*/health")), True),
        (statement(Condition=arn("arn:aws-cn:execute-api:cn-north-1:1:abc/staging/*")), True),
        (statement(Condition=arn(f"{ARN}/production/*", f"{ARN}/staging/*")), True),
        (statement(Condition={}), True),
        (statement(Principal="*", Action=["lambda:*"]), True),
        (statement(Condition=arn(f"{ARN}/production/*")), False),
        (statement(Condition=arn("arn:aws:execute-api:eu-west-1:1:other/staging/*")), False),
        (statement(Condition=arn("arn:aws:s3:::bucket")), False),
        (statement(Effect="Deny"), False),
        (statement(Principal={"Service": "events.amazonaws.com"}), False),
        (statement(Action="lambda:GetFunction"), False),
    ],
)
def test_a_resource_policy_is_read_by_principal_action_and_source(one, allowed):
    policy = json.loads(json.dumps({"Statement": [one]}))
    assert allows_api(policy, "abc", "staging") is allowed
