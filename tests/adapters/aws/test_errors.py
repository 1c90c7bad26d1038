"""Failures of AWS, and of what stands between: each says what it is and what to do next."""

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session
from botocore.stub import Stubber

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.refusals import CODES
from hybridctl.errors import AwsRefused


def explain(cause: Exception) -> AwsRefused:
    with pytest.raises(AwsRefused) as caught, explain_failures("asking AWS"):
        raise cause
    return caught.value


def test_an_answer_that_is_not_from_aws_is_reported_as_such():
    refused = explain(ResponseParserError("Unable to parse response (no element found: line 1, column 0)"))
    assert str(refused) == "asking AWS: the response did not come from AWS"


@pytest.mark.parametrize("code", sorted(code for codes in CODES.values() for code in codes))
def test_each_known_refusal_says_what_to_do_next(code):
    refused = explain(ClientError({"Error": {"Code": code, "Message": "m"}}, "Op"))
    assert str(refused).startswith("asking AWS: ")
    assert refused.hint


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: f",
            "wait a minute",
        ),
        (
            "InvalidParameterValueException",
            "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions.",
            "`runtime`",
        ),
    ],
)
def test_a_refusal_that_only_its_message_explains_says_what_to_do_next(code, message, hint):
    refused = explain(ClientError({"Error": {"Code": code, "Message": message}}, "Op"))
    assert message in str(refused)
    assert hint in str(refused.hint)


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("ReservedFunctionConcurrentInvocationLimitExceeded", "the function's reserved concurrency is used up"),
        ("ConcurrentInvocationLimitExceeded", "the account's concurrency is used up"),
        ("CallerRateLimitExceeded", "AWS throttles the requests"),
    ],
)
def test_a_throttled_invocation_says_which_limit_it_met(reason, what):
    client = Session().create_client(
        "lambda", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        stub.add_client_error(
            "invoke", "TooManyRequestsException", "Rate Exceeded.", 429, modeled_fields={"Reason": reason}
        )
        with pytest.raises(AwsRefused, match=what), explain_failures("invoking f"):
            client.invoke(FunctionName="f")


def test_full_code_storage_leads_to_prune():
    cause = ClientError(
        {"Error": {"Code": "CodeStorageExceededException", "Message": "Code storage limit exceeded."}}, "Op"
    )
    assert "hybridctl releases prune" in str(explain(cause).hint)


@pytest.mark.parametrize(
    ("cause", "hint"),
    [
        (exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "aws configure list"),
        (exceptions.ConfigParseError(path="/x"), "aws configure list"),
        (exceptions.CredentialRetrievalError(provider="custom-process", error_msg="not logged in\n"), "configure list"),
        (exceptions.LoginRefreshRequired(), "aws login"),
        (exceptions.SSLError(endpoint_url="https://x", error="[Errno 2] No such file"), "AWS_CA_BUNDLE"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x", error="x"), "hybridctl doctor"),
        (exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1/b"), "starts a sandbox that has ended"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x", error="Failed to resolve 'x'"), "`region`"),
        (RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."), "renew"),
    ],
)
def test_what_never_reached_aws_leads_to_its_setting(cause, hint):
    refused = explain(cause)
    assert hint in str(refused.hint)
    assert "\n" not in str(refused)


def test_another_runtime_error_is_a_bug_and_stays_one():
    with pytest.raises(RuntimeError, match="a bug"), explain_failures("asking AWS"):
        raise RuntimeError("a bug")
