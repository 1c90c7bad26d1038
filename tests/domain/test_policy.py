"""What a plan is refused for, rule by rule."""

import json

import pytest

from hybridctl.domain.policy import refusals

BLOCK = "aws_s3_bucket_public_access_block"
CLOSED = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls"), True)


def plan(kind, after, before=None, actions=("update",)):
    change = {"actions": list(actions), "before": before, "after": after}
    mode = "data" if actions == ("read",) else "managed"
    return {"resource_changes": [{"address": f"{kind}.this", "type": kind, "mode": mode, "change": change}]}


def policy(effect="Allow", action="s3:GetObject", **more):
    return json.dumps({"Statement": [{"Effect": effect, "Action": action, "Resource": "*", **more}]})


def table(protected=True, recoverable=True):
    return {"deletion_protection_enabled": protected, "point_in_time_recovery": [{"enabled": recoverable}]}


REFUSED = [
    ("protection-lifted", plan("aws_dynamodb_table", table(protected=False), table())),
    ("protection-lifted", plan("aws_dynamodb_table", table(recoverable=False), table())),
    ("wildcard-action", plan("aws_iam_role_policy", {"policy": policy(action="*")})),
    ("wildcard-action", plan("aws_iam_policy", {"policy": policy(action=["s3:GetObject", "dynamodb:*"])})),
    (
        "wildcard-action",
        plan("aws_iam_policy_document", {"statement": [{"effect": None, "actions": ["s3:*"]}]}, actions=("read",)),
    ),
    (
        "open-origins",
        plan("aws_apigatewayv2_api", {"cors_configuration": [{"allow_credentials": True, "allow_origins": ["*"]}]}),
    ),
    ("public-bucket", plan(BLOCK, {**CLOSED, "block_public_acls": False}, CLOSED)),
    ("public-bucket", plan(BLOCK, None, CLOSED, actions=("delete",))),
    ("public-bucket", plan("aws_s3_bucket_acl", {"acl": "public-read"})),
    ("public-bucket", plan("aws_s3_bucket_policy", {"policy": policy(Principal="*")})),
    ("public-bucket", plan("aws_s3_bucket_policy", {"policy": policy(Principal={"AWS": ["*"]})})),
]
PASSED = [
    plan("aws_dynamodb_table", table(), table(protected=False, recoverable=False)),
    plan("aws_dynamodb_table", {"deletion_protection_enabled": False}, actions=("create",)),
    plan("aws_iam_role_policy", {"policy": policy(action=["dynamodb:GetItem", "dynamodb:Query"])}),
    plan("aws_iam_role_policy", {"policy": policy(effect="Deny", action="*")}),
    plan("aws_iam_role_policy", {"policy": policy(action="*")}, actions=("no-op",)),
    plan("aws_iam_role_policy", {"policy": None}),
    plan("aws_iam_role_policy", {"policy": "no json"}),
    plan("aws_apigatewayv2_api", {"cors_configuration": [{"allow_credentials": False, "allow_origins": ["*"]}]}),
    plan("aws_apigatewayv2_api", {"cors_configuration": [{"allow_credentials": True, "allow_origins": ["https://a"]}]}),
    plan(BLOCK, CLOSED, actions=("create",)),
    plan("aws_s3_bucket_acl", {"acl": "private"}),
    plan("aws_s3_bucket_policy", {"policy": policy(effect="Deny", Principal="*")}),
    plan(
        "aws_s3_bucket_policy", {"policy": policy(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})}
    ),
]


@pytest.mark.parametrize(("rule", "content"), REFUSED)
def test_what_must_be_meant_is_refused_until_it_is_named(rule, content):
    [refusal] = refusals(content)
    assert (refusal.rule, refusal.allow) == (rule, f"{rule}:{refusal.address}")
    assert refusals(content, allowed=[refusal.allow]) == []


@pytest.mark.parametrize("content", PASSED)
def test_what_is_harmless_passes(content):
    assert refusals(content) == []
