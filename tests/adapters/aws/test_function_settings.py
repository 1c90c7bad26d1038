"""Lambda's answers about the function's settings, from a Stubber."""

import boto3
import pytest
from botocore.stub import Stubber

from adapters.aws.test_http_apis import KEYS
from hybridctl.adapters.aws.function_settings import LambdaSettings
from hybridctl.domain.function import ONE_CPU_MB, AccountLimits, Function
from hybridctl.errors import AwsRefused


@pytest.fixture
def lambda_():
    client = boto3.client("lambda", **KEYS)
    with Stubber(client) as stubber:
        yield LambdaSettings(lambda: client, name="f", alias="live"), stubber
        stubber.assert_no_pending_responses()


def test_the_live_functions_settings_are_put_together(lambda_):
    settings, stubber = lambda_
    raw = {
        "MemorySize": 1024,
        "Architectures": ["arm64"],
        "Timeout": 10,
        "CodeSize": 24_700,
        "Runtime": "python3.13",
        "Environment": {"Variables": {"CORS_ORIGINS": "[]"}},
    }
    stubber.add_response("get_function_configuration", raw, {"FunctionName": "f", "Qualifier": "live"})
    stubber.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": 100}, {"FunctionName": "f"})
    assert settings.function() == Function(1024, "arm64", 10, 24_700, "python3.13", 100, {"CORS_ORIGINS": "[]"})


def test_variables_that_lambda_does_not_show_are_not_taken_for_none(lambda_):
    settings, stubber = lambda_
    hidden = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS access was denied"}}
    raw = {"MemorySize": 128, "Timeout": 3, "CodeSize": 1, "Environment": hidden}
    stubber.add_response("get_function_configuration", raw)
    found = settings.read_unpublished()
    assert (found.variables, found.variables_unread) == ({}, "AccessDeniedException: KMS access was denied")


def test_a_function_without_reservations_has_none(lambda_):
    settings, stubber = lambda_
    stubber.add_response("get_function_configuration", {"MemorySize": 128, "Timeout": 3, "CodeSize": 1})
    stubber.add_response("get_function_concurrency", {})
    found = settings.function()
    assert found is not None
    assert (found.architecture, found.reserved) == ("x86_64", None)
    assert found.share_of_cpu == pytest.approx(128 / ONE_CPU_MB)


def test_no_such_function_is_none_and_a_refusal_names_the_permission(lambda_):
    settings, stubber = lambda_
    stubber.add_client_error("get_function_configuration", "ResourceNotFoundException")
    assert settings.function() is None
    stubber.add_client_error("get_function_configuration", "AccessDeniedException")
    with pytest.raises(AwsRefused, match="lambda:GetFunctionConfiguration"):
        settings.function()


def test_the_accounts_limits(lambda_):
    settings, stubber = lambda_
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900, "TotalCodeSize": 10}
    stubber.add_response("get_account_settings", {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": 4}})
    assert settings.limits() == AccountLimits(1000, 900, 10, 4)


def test_a_function_whose_state_is_new_to_us_keeps_its_word():
    aws = boto3.client("lambda", **KEYS)
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
