"""What AWS's refusals mean, held against botocore's own lists and against what Terraform's provider printed."""

import re
from collections import Counter

import pytest
from botocore.loaders import Loader
from botocore.retries.standard import ThrottledRetryableChecker

from hybridctl.domain.refusals import CODES, Refused, find_kind, is_busy, kind_of, next_step

# DynamoDB's and IAM's word for a quota: repeating the call does not help.
NOT_THROTTLING = {"LimitExceededException"}


def test_no_code_has_two_meanings():
    assert [
        code for code, times in Counter(code for codes in CODES.values() for code in codes).items() if times > 1
    ] == []


def test_all_that_botocore_takes_for_throttling_is():
    known = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    assert {code for code in known - NOT_THROTTLING if kind_of(code) is not Refused.THROTTLED} == set()


def test_all_of_lambdas_errors_about_keys_and_quotas_are_known():
    model = Loader().load_service_model("lambda", "service-2")
    errors = {name for name, shape in model["shapes"].items() if shape.get("exception")}
    keys = {name for name in errors if name.startswith("KMS")}
    assert keys
    assert {kind_of(name) for name in keys} == {Refused.KEY}
    assert kind_of("CodeStorageExceededException") is Refused.QUOTA
    assert "CodeStorageExceededException" in errors


# Of container images, capacity providers and durable functions, or of the code itself: the message names what to fix.
_OTHER_REASONS = re.compile(
    r"Image|Capacity|Vcpu|Durable|EFS|FunctionError|InvalidConfiguration|ZipFile|DependencyError"
)


def test_all_of_lambdas_reasons_for_a_failed_update_have_a_next_step():
    model = Loader().load_service_model("lambda", "service-2")
    reasons = model["shapes"]["LastUpdateStatusReasonCode"]["enum"]
    known = [reason for reason in reasons if not _OTHER_REASONS.search(reason)]
    assert len(known) > 10
    # The text that hashicorp/aws adds to the state that it waited for.
    waited = (
        "waiting for Lambda Function (f) update: unexpected state 'Failed', wanted target 'Successful'. last error:"
    )
    assert [reason for reason in known if find_kind(f"{waited} {reason}: the reason") is None] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [  # each as a public report has it
        ("operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, "
         "api error ExpiredToken: The security token included in the request is expired", Refused.EXPIRED),
        ("Error saving state: failed to upload state: ExpiredToken: The provided token has expired.", Refused.EXPIRED),
        ("creating Lambda Function (f): operation error Lambda: CreateFunction, https response error StatusCode: 403, "
         "RequestID: 2, AccessDeniedException: ", Refused.DENIED),
        ("ThrottlingException: Rate exceeded", Refused.THROTTLED),
        ("api error InternalFailure: ", Refused.INTERNAL),
        # github-aws-runners/terraform-aws-github-runner#3654
        ("operation error S3: HeadBucket, https response error StatusCode: 301, RequestID: Z, HostID: z, api error "
         "MovedPermanently: Moved Permanently", Refused.REGION),
        ('operation error S3: ListObjectsV2, https response error StatusCode: 301, RequestID: Z, HostID: z, requested '
         'bucket from "us-west-1", actual location "us-east-1"', Refused.REGION),
        # transcend-io/terraform-aws-lambda-at-edge#18
        ("InvalidParameterValueException: The runtime parameter of python3.7 is no longer supported for creating or "
         "updating AWS Lambda functions.", Refused.RUNTIME),
        ("RequestEntityTooLargeException: Request must be smaller than 70167211 bytes for the UpdateFunctionCode "
         "operation", Refused.SIZE),
        ("The size must stay below 9. (main.tf:7)", None),
        ("a DENIED Throttled Error", None),
    ],
)  # fmt: skip
def test_the_kind_is_found_in_terraforms_text(text, kind):
    assert find_kind(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        # hashicorp/terraform-provider-aws#18018
        "ConflictException: Unable to complete operation due to concurrent modification. Please try again later.",
        # hashicorp/terraform#29604
        "ResourceConflictException: The operation cannot be performed at this time. An update is in progress for f",
        # hashicorp/terraform#13243
        "ResourceInUseException: Attempt to change a resource which is still in use: Index is being updated. Table: t",
        # noppoMan/npdynamodb#29
        "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted "
        "simultaneously per table",
        # go-to-k/cdkd#696
        "ValidationException: Backups are being enabled for the table: t. Please retry later",
        "InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.",
    ],
)
def test_an_object_that_aws_still_works_on_is_busy(text):
    assert is_busy(text)


def test_an_object_that_exists_is_not_busy():
    assert not is_busy("ResourceInUseException: Table already exists: sessions")
    assert not is_busy("EntityAlreadyExists: Role with name r already exists.")


# IAM guide, "Troubleshoot access denied error messages".
@pytest.mark.parametrize(
    ("ending", "step"),
    [
        ("because no identity-based policy allows the lambda:UpdateAlias action", "hybridctl doctor"),
        ("with an explicit deny in a service control policy", "the organization's service control policy must"),
        ("because no service control policy allows the lambda:UpdateAlias action", "the organization's service"),
        ("with an explicit deny in a resource control policy", "the organization's resource control policy must"),
        ("because no permissions boundary allows the lambda:UpdateAlias action", "the caller's permissions boundary"),
        ("because no session policy allows the lambda:UpdateAlias action", "the policy that the session"),
        ("because no VPC endpoint policy allows the lambda:UpdateAlias action", "the policy of the VPC endpoint"),
        ("with an explicit deny in an identity-based policy", "a policy denies it explicitly"),
    ],
)
def test_a_denial_names_the_policy_that_must_change(ending, step):
    said = f"User: arn:aws:iam::123456789012:user/ada is not authorized to perform: lambda:UpdateAlias {ending}"
    assert next_step(Refused.DENIED, said).startswith(step)
