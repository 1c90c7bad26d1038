"""API Gateway's and IAM's settings: what is changed is what is returned."""

import json

import pytest

from sandbox.cloud.functions import TRUST


@pytest.fixture
def gateway(sandbox):
    return sandbox.client("apigatewayv2")


@pytest.fixture
def stage(gateway):
    api = gateway.create_api(Name="settings", ProtocolType="HTTP", Tags={"A": "1"})["ApiId"]
    for route in ("GET /a", "GET /b"):
        gateway.create_route(ApiId=api, RouteKey=route)
    gateway.create_stage(
        ApiId=api,
        StageName="staging",
        Tags={"A": "1"},
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x",
            "Format": "$context.path",
        },
        RouteSettings={"GET /a": {"ThrottlingBurstLimit": 1}, "GET /b": {"ThrottlingBurstLimit": 2}},
    )
    yield {"ApiId": api, "StageName": "staging"}
    gateway.delete_api(ApiId=api)


def test_a_stage_stays_when_its_access_log_and_its_route_settings_go(gateway, stage):
    gateway.delete_access_log_settings(**stage)
    assert "AccessLogSettings" not in gateway.get_stage(**stage)
    gateway.delete_route_settings(**stage, RouteKey="GET /a")
    assert list(gateway.get_stage(**stage)["RouteSettings"]) == ["GET /b"]
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.delete_access_log_settings(ApiId=stage["ApiId"], StageName="none")


def test_changed_tags_are_reported_with_what_they_are_on(gateway, stage):
    api = f"arn:aws:apigateway:us-east-1::/apis/{stage['ApiId']}"
    for arn in (api, f"{api}/stages/staging"):
        gateway.tag_resource(ResourceArn=arn, Tags={"B": "2"})
        gateway.untag_resource(ResourceArn=arn, TagKeys=["A"])
    assert gateway.get_api(ApiId=stage["ApiId"])["Tags"] == {"B": "2"}
    assert gateway.get_stage(**stage)["Tags"] == {"B": "2"}


def test_a_text_with_markup_is_reported_as_it_was_given(sandbox):
    iam, text = sandbox.client("iam"), 'a & b, "<c>"'
    tags = [{"Key": "k", "Value": "x + y"}]
    iam.create_role(RoleName="marked", AssumeRolePolicyDocument=TRUST, Description=text, Tags=tags)
    role = iam.get_role(RoleName="marked")["Role"]
    assert (role["Description"], role["Tags"]) == (text, tags)
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    )
    policy = iam.create_policy(PolicyName="marked", PolicyDocument=document, Description=text, Tags=tags)["Policy"]
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["Description"] == text
