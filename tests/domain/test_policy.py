"""What a plan is refused for, rule by rule."""

import json

import pytest

from hybridctl.domain.policy import Refusal, find_protected, find_protected_tables, refusals

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
def test_a_dangerous_change_is_refused_until_it_is_allowed(rule, content):
    [refusal] = refusals(content)
    assert (refusal.rule, refusal.allow) == (rule, f"{rule}:{refusal.address}")
    assert refusals(content, allowed=[refusal.allow]) == []


@pytest.mark.parametrize("content", PASSED)
def test_what_is_harmless_passes(content):
    assert refusals(content) == []


TABLE, DOCUMENT, BUCKET = "aws_dynamodb_table", "aws_iam_policy_document", "aws_s3_bucket"
WHY = [
    ("protection-lifted", plan(TABLE, table(protected=False), table()), "deletion protection would be switched off"),
    ("protection-lifted", plan(TABLE, table(recoverable=False), table()), "its continuous backups would be lost"),
    (
        "protection-lifted",
        plan(TABLE, {}, table()),
        "deletion protection would be switched off and its continuous backups would be lost",
    ),
    (
        "wildcard-action",
        plan("aws_iam_user_policy", {"policy": policy(action=["s3:Get*", "dynamodb:GetItem", "*", "s3:Get*"])}),
        "allows *, s3:Get*: list the actions instead",
    ),
    (
        "wildcard-action",
        plan(DOCUMENT, {"statement": [{"actions": ["s3:*"]}, {"actions": None}]}, actions=("read",)),
        "allows s3:*: list the actions instead",
    ),
    (
        "wildcard-action",
        plan(
            DOCUMENT,
            {"statement": [{"effect": "Deny", "actions": ["a:*"]}, {"effect": "Allow", "actions": ["b:*"]}]},
        ),
        "allows b:*: list the actions instead",
    ),
    (
        "wildcard-action",
        plan("aws_iam_policy", {"policy": json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*"}})}),
        "allows s3:*: list the actions instead",
    ),
    (
        "wildcard-action",
        plan("aws_iam_policy", {"policy": json.dumps({"Statement": ["text", {"Effect": "Allow", "Action": "s3:*"}]})}),
        "allows s3:*: list the actions instead",
    ),
    (
        "wildcard-action",
        plan("aws_iam_policy", {"policy": json.dumps({"Statement": {"Effect": "Allow", "NotAction": "iam:PassRole"}})}),
        "allows *: list the actions instead",
    ),
    (
        "wildcard-action",
        plan(DOCUMENT, {"statement": [{"not_actions": ["iam:PassRole"]}]}, actions=("read",)),
        "allows *: list the actions instead",
    ),
    (
        "open-origins",
        plan(
            "aws_apigatewayv2_api",
            {"cors_configuration": [{"allow_credentials": True, "allow_origins": ["https://a", "*"]}]},
        ),
        "allows credentials from every origin: list the origins instead",
    ),
    (
        "public-bucket",
        plan(BLOCK, dict.fromkeys(("restrict_public_buckets", "ignore_public_acls", "block_public_policy"), False)),
        "switches off block_public_policy, ignore_public_acls, restrict_public_buckets",
    ),
    (
        "public-bucket",
        plan(BLOCK, None, CLOSED, actions=("delete",)),
        "public access to the bucket would no longer be blocked",
    ),
    ("public-bucket", plan(f"{BUCKET}_acl", {"acl": "public-read-write"}), "its ACL would be public-read-write"),
    ("public-bucket", plan(BUCKET, {"acl": "public-read"}), "its ACL would be public-read"),
    ("public-bucket", plan(f"{BUCKET}_policy", {"policy": policy(Principal="*")}), "its policy would allow everyone"),
    ("table-destroyed", plan(TABLE, None, {}, actions=("delete",)), "to delete: its items would be lost"),
    ("table-destroyed", plan(TABLE, {}, {}, actions=("delete", "create")), "to replace: its items would be lost"),
    (
        "log-group-destroyed",
        plan("aws_cloudwatch_log_group", None, {}, actions=("delete",)),
        "to delete: its log events would be lost",
    ),
    (
        "alias-destroyed",
        plan("aws_lambda_alias", {}, {}, actions=("create", "delete")),
        "to replace: the API would have nothing to call",
    ),
]


@pytest.mark.parametrize(("rule", "content", "why"), WHY)
def test_a_refusal_says_what_would_happen_to_what(rule, content, why):
    kind = content["resource_changes"][0]["type"]
    assert refusals(content) == [Refusal(rule, f"{kind}.this", why)]


@pytest.mark.parametrize(
    "content",
    [
        {},
        plan("aws_dynamodb_table", {}, {}),
        plan("aws_lambda_function", None, {}, actions=("delete",)),
        plan("aws_s3_bucket_policy", {"policy": policy(Principal={"Service": "s3.amazonaws.com"})}),
        plan("aws_s3_bucket_policy", {"policy": policy(Principal={"AWS": "arn:aws:iam::1:root"})}),
        plan("aws_s3_bucket_policy", {"policy": json.dumps({"Statement": {"Effect": "Allow"}})}),
        plan("aws_s3_bucket_policy", {"policy": "{}"}),
        plan("aws_s3_bucket", {"acl": None}),
        plan("aws_iam_policy", {"policy": json.dumps({"Statement": {"Effect": "Allow"}})}),
        plan("aws_iam_policy", {"policy": json.dumps({"Statement": {"Effect": "Deny", "NotAction": "iam:*"}})}),
        plan("aws_iam_policy_document", {"statement": [{"not_actions": [], "actions": ["s3:GetObject"]}]}),
        plan("aws_apigatewayv2_api", {"cors_configuration": None}),
        plan("aws_apigatewayv2_api", {"cors_configuration": [{"allow_credentials": True}]}),
        plan("aws_apigatewayv2_api", {"cors_configuration": [{"allow_origins": ["*"]}]}),
        plan("aws_dynamodb_table", table(), {"deletion_protection_enabled": True, "point_in_time_recovery": []}),
    ],
    ids=str,
)
def test_nothing_to_refuse_is_found_in_what_says_nothing_of_it(content):
    assert refusals(content) == []


def together(*plans):
    return {"resource_changes": [change for each in plans for change in each["resource_changes"]]}


def test_each_resource_is_judged_by_itself():
    content = together(*(content for _, content, _ in WHY), *PASSED)
    assert sorted(refusal.why for refusal in refusals(content)) == sorted(why for _, _, why in WHY)


def test_only_what_is_named_is_allowed():
    content = together(WHY[0][1], WHY[3][1])
    [refusal] = refusals(content, allowed=["wildcard-action:aws_iam_user_policy.this", "public-bucket:a.b"])
    assert refusal.allow == "protection-lifted:aws_dynamodb_table.this"


def plan_with(**tables):
    resources = [
        {"address": f"aws_dynamodb_table.{name}", "type": "aws_dynamodb_table", "mode": "managed", "values": values}
        for name, values in tables.items()
    ]
    return {"planned_values": {"root_module": {"resources": resources}}}


def test_tables_that_get_a_protection_are_named_by_the_name_that_allows_its_removal():
    content = plan_with(
        sessions=table(),
        audit=table(recoverable=False),
        cache=table(protected=False),
        open=table(False, False),
        bare={},
    )
    assert find_protected(content) == [
        "protection-lifted:aws_dynamodb_table.audit",
        "protection-lifted:aws_dynamodb_table.cache",
        "protection-lifted:aws_dynamodb_table.sessions",
    ]


def test_tables_that_aws_would_not_delete_are_found_in_a_plan_that_deletes():
    gone = plan(TABLE, None, table(recoverable=False), actions=("delete",))
    assert find_protected_tables(gone) == [f"{TABLE}.this"]
    assert find_protected_tables(plan(TABLE, {}, table(), actions=("delete", "create"))) == [f"{TABLE}.this"]
    for content in (
        {},
        plan(TABLE, None, table(protected=False), actions=("delete",)),
        plan(TABLE, None, None, actions=("delete",)),
        plan(TABLE, table(), table()),
        plan("aws_lambda_function", None, table(), actions=("delete",)),
    ):
        assert find_protected_tables(content) == []
