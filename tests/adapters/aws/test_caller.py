"""Who we are and what we may do, through Stubbers."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from fakes.clock import NOON
from hybridctl.adapters.aws.caller import AwsCaller
from hybridctl.adapters.aws.errors import explain_refusal
from hybridctl.domain.iam.permissions import Need
from hybridctl.domain.identity import Identity
from hybridctl.errors import AwsRefused

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
NEED = Need("state", ("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::b/k",))
ROLE = "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/deployer"


@pytest.fixture
def aws():
    sts, iam = boto3.client("sts", **KEYS), boto3.client("iam", **KEYS)
    with Stubber(sts) as for_sts, Stubber(iam) as for_iam:
        yield AwsCaller(lambda: sts, lambda: iam), for_sts, for_iam
        for_sts.assert_no_pending_responses()
        for_iam.assert_no_pending_responses()


def evaluation(action, decision, *specific):
    result = {"EvalActionName": action, "EvalResourceName": "*", "EvalDecision": decision}
    if specific:
        result["ResourceSpecificResults"] = [
            {"EvalResourceName": f"r{number}", "EvalResourceDecision": one} for number, one in enumerate(specific)
        ]
    return result


def test_the_identity_carries_awss_own_clock(aws):
    caller, sts, _ = aws
    headers = {"HTTPHeaders": {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}}
    answer = {"Account": "1", "Arn": "arn:aws:iam::1:user/ada", "UserId": "u", "ResponseMetadata": headers}
    sts.add_response("get_caller_identity", answer)
    assert caller.identity() == Identity("1", "arn:aws:iam::1:user/ada", NOON)


def test_expired_credentials_and_a_wrong_clock_are_distinguished(aws):
    caller, sts, _ = aws
    sts.add_client_error("get_caller_identity", "ExpiredToken", "The security token included in the request is expired")
    with pytest.raises(AwsRefused, match="have expired"):
        caller.identity()
    error = {
        "Error": {"Code": "SignatureDoesNotMatch", "Message": "Signature expired: 20260301T110000Z is now earlier"}
    }
    refusal = explain_refusal("asking AWS who we are", ClientError(error, "GetCallerIdentity"))
    assert "clock is wrong" in str(refusal)
    assert refusal.hint is not None
    assert "ntp" in refusal.hint


def test_a_roles_session_is_simulated_as_the_role_with_its_path(aws):
    caller, _, iam = aws
    made = datetime(2026, 1, 1, tzinfo=UTC)
    role = {"Path": "/", "RoleName": "deployer", "RoleId": "A" * 16, "Arn": ROLE, "CreateDate": made}
    iam.add_response("get_role", {"Role": role}, {"RoleName": "deployer"})
    results = [evaluation("s3:GetObject", "allowed"), evaluation("s3:PutObject", "implicitDeny")]
    asked = {
        "PolicySourceArn": ROLE,
        "ActionNames": list(NEED.actions),
        "ResourceArns": list(NEED.resources),
        "ContextEntries": [],
    }
    iam.add_response("simulate_principal_policy", {"EvaluationResults": results}, asked)
    assert caller.find_denied(Identity("1", "arn:aws:sts::1:assumed-role/deployer/ada"), NEED) == ["s3:PutObject"]


def test_an_action_is_allowed_where_one_of_its_resources_is(aws):
    caller, _, iam = aws
    one_of_two = evaluation("s3:GetObject", "implicitDeny", "implicitDeny", "allowed")
    results = [one_of_two, evaluation("s3:PutObject", "explicitDeny")]
    iam.add_response("simulate_principal_policy", {"EvaluationResults": results})
    assert caller.find_denied(Identity("1", "arn:aws:iam::1:user/ada"), NEED) == ["s3:PutObject"]


def test_iam_gets_what_a_policy_may_ask_of_the_call(aws):
    caller, _, iam = aws
    passing = Need("role", ("iam:PassRole",), (ROLE,), (("iam:PassedToService", "lambda.amazonaws.com"),))
    entry = {
        "ContextKeyName": "iam:PassedToService",
        "ContextKeyValues": ["lambda.amazonaws.com"],
        "ContextKeyType": "string",
    }
    asked = {"PolicySourceArn": ANY, "ActionNames": ANY, "ResourceArns": ANY, "ContextEntries": [entry]}
    iam.add_response("simulate_principal_policy", {"EvaluationResults": [evaluation("iam:PassRole", "allowed")]}, asked)
    assert caller.find_denied(Identity("1", "arn:aws:iam::1:user/ada"), passing) == []


def test_where_nothing_can_be_simulated_the_reason_is_reported(aws):
    caller, _, iam = aws
    iam.add_client_error("get_role", "AccessDenied", "no")
    with pytest.raises(AwsRefused, match="SimulatePrincipalPolicy"):
        caller.find_denied(Identity("1", "arn:aws:sts::1:assumed-role/deployer/ada"), NEED)
    with pytest.raises(AwsRefused, match="federated"):
        caller.find_denied(Identity("1", "arn:aws:sts::1:federated-user/ada"), NEED)
