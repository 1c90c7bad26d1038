"""The function's resource policy: whether it lets the API invoke the function."""

import json
from typing import Any

import pytest

from hybridctl.domain.http_api import allows_api

ARN = "arn:aws:execute-api:eu-west-1:111122223333:abc"


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
