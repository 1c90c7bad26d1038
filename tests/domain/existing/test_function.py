"""What is read of a function that exists: what looks like a secret, what is refused, what Terraform can describe."""

from dataclasses import replace

import pytest

from fakes.existing_functions import ARN, BEHIND_API, LIVE, PLAIN, api_calling, invoke_arn
from hybridctl.domain.changes import Action, read_changes
from hybridctl.domain.existing.function import looks_secret, must_be_taken_over, must_be_zip
from hybridctl.domain.existing.statements import Statement, qualifier_of, read_statements
from hybridctl.errors import UsageInvalid


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "x"),
        ("STRIPE_API_KEY", "abc"),
        ("ApiKey", "abc"),
        ("GITHUB_TOKEN", "abc"),
        ("CLIENT_SECRET", "abc"),
        ("DATABASE", "postgres://ada:engine@db.example.com/shop"),
        ("ANYTHING", "AKIAIOSFODNN7EXAMPLE"),
        ("ANYTHING", "-----BEGIN RSA PRIVATE KEY-----\nabc"),
        ("SLACK", "https://hooks.slack.com/services/T0/B0/x"),
        ("SENTRY_DSN", "abc"),
    ],
)
def test_it_looks_like_a_secret(name, value):
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABLE_NAME", "orders"),
        ("TOKENS_TABLE", "tokens"),
        ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("PASSWORD_PARAMETER", "/shop/password"),
        ("SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("TOKEN_TTL_SECONDS", "3600"),
        ("REQUIRE_TOKEN", "true"),
        ("ENDPOINT", "https://api.example.com/orders"),
    ],
)
def test_it_is_not_a_secret(name, value):
    assert not looks_secret(name, value)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"PackageType": "Image"}, "is a container image"),
        ({"PackageType": "Zip", "Runtime": "nodejs22.x"}, "runs on nodejs22.x"),
        ({"Runtime": "provided.al2023"}, "runs on provided.al2023"),
        ({"Runtime": "python3.12", "Handler": "handle"}, "takes module.function"),
    ],
)
def test_what_cannot_be_built_is_refused(configuration, expected):
    with pytest.raises(UsageInvalid, match=expected):
        must_be_zip({"FunctionName": "checkout", **configuration})


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (replace(PLAIN, alias=replace(LIVE, weights={"4": 0.1})), "a canary is in progress"),
        (replace(PLAIN, alias=replace(LIVE, version="$LATEST")), r"points to \$LATEST"),
        (replace(BEHIND_API, apis=(api_calling("", foreign="it serves other functions too"),)), "without an alias"),
    ],
)
def test_what_would_move_traffic_to_unproven_code_is_refused(function, expected):
    with pytest.raises(UsageInvalid, match=expected):
        must_be_taken_over(function)


def test_variables_that_lambda_does_not_show_are_not_left_out_of_the_project():
    hidden = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS access was denied"}}
    function = replace(PLAIN, configuration={**PLAIN.configuration, "Environment": hidden})
    with pytest.raises(UsageInvalid, match="KMS access was denied"):
        must_be_taken_over(function)


def test_payload_format_1_is_refused():
    api = api_calling(":prod")
    old = replace(api, integrations=[{**api.integrations[0], "PayloadFormatVersion": "1.0"}])
    with pytest.raises(UsageInvalid, match="sends payload format"):
        must_be_taken_over(replace(BEHIND_API, apis=(old,)))


def test_an_api_of_several_functions_that_calls_the_alias_stays_as_it_is():
    shared = replace(BEHIND_API, apis=(api_calling(":prod", foreign="it serves other functions too"),))
    must_be_taken_over(shared)
    assert not shared.owns_api


@pytest.mark.parametrize(
    ("arn", "qualifier"),
    [(ARN, ""), (f"{ARN}:prod", "prod"), (f"{ARN}:7", "7"), (invoke_arn(":prod"), "prod"), (invoke_arn(""), "")],
)
def test_the_qualifier_of_an_arn(arn, qualifier):
    assert qualifier_of(arn) == qualifier


def test_statements_are_read_as_terraform_describes_them():
    source = "arn:aws:s3:::bucket"
    policy = {
        "Statement": [
            {
                "Sid": "s3",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Resource": ARN,
                "Condition": {
                    "ArnLike": {"AWS:SourceArn": source},
                    "StringEquals": {"AWS:SourceAccount": "123456789012"},
                },
            },
            {"Sid": "alias", "Effect": "Allow", "Principal": "*", "Action": "lambda:*", "Resource": f"{ARN}:prod"},
            {
                "Sid": "org",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "lambda:InvokeFunction",
                "Resource": ARN,
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
            },
        ]
    }
    assert list(read_statements(policy, "")) == [
        Statement("s3", "lambda:InvokeFunction", "s3.amazonaws.com", "", source, "123456789012"),
        "org",
    ]


def plan_with(**more):
    before = {"memory_size": 192, "code_sha256": "abc=", "version": "3", "filename": None, "publish": None}
    after = {**before, "filename": "z.zip", "publish": True, "source_code_hash": "abc="}
    change = {"actions": ["update"], "importing": {"id": "checkout"}, "before": before, "after": {**after, **more}}
    raw = {"address": "aws_lambda_function.this", "type": "aws_lambda_function", "mode": "managed", "change": change}
    return {"resource_changes": [raw]}


def test_what_only_terraform_keeps_is_not_a_change_of_an_imported_function():
    [change] = read_changes(plan_with()).resources
    assert (change.action, change.imported, change.attributes) == (Action.IMPORT, True, ())
    assert read_changes(plan_with()).summary == "1 to import"


@pytest.mark.parametrize("more", [{"source_code_hash": "other="}, {"memory_size": 256}])
def test_other_code_and_other_settings_are_changes(more):
    changes = read_changes(plan_with(**more))
    assert changes.summary == "1 to import, 1 to change"
    assert changes.resources[0].attributes


def test_a_first_version_is_a_change():
    plan = plan_with()
    plan["resource_changes"][0]["change"]["before"]["version"] = "$LATEST"
    assert read_changes(plan).summary == "1 to import, 1 to change"
