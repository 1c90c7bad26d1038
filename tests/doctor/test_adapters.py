"""Who we are and what we may do, through Stubbers; and this machine as it is."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.stub import ANY, Stubber

from fakes.clock import NOON
from hybridctl.adapters import prerequisites
from hybridctl.adapters.aws.caller import AwsCaller
from hybridctl.adapters.aws.errors import explain_failures, explain_refusal
from hybridctl.adapters.prerequisites import ThisMachine
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.permissions import Need, needs
from hybridctl.domain.identity import Identity
from hybridctl.errors import AwsRefused, ConfigurationInvalid, EngineMissing, FileUnwritable, NotFound, SandboxFailed

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


def judged(action, decision, *specific):
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
    told = explain_refusal("asking AWS who we are", ClientError(error, "GetCallerIdentity"))
    assert "clock is wrong" in str(told)
    assert told.hint is not None
    assert "ntp" in told.hint


def test_an_answer_that_is_not_from_aws_is_reported_as_such():
    with (
        pytest.raises(AwsRefused, match=r"asking AWS: the response did not come from AWS"),
        explain_failures("asking AWS"),
    ):
        raise ResponseParserError("Unable to parse response (no element found: line 1, column 0)")


def test_a_roles_session_is_simulated_as_the_role_with_its_path(aws):
    caller, _, iam = aws
    made = datetime(2026, 1, 1, tzinfo=UTC)
    role = {"Path": "/", "RoleName": "deployer", "RoleId": "A" * 16, "Arn": ROLE, "CreateDate": made}
    iam.add_response("get_role", {"Role": role}, {"RoleName": "deployer"})
    results = [judged("s3:GetObject", "allowed"), judged("s3:PutObject", "implicitDeny")]
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
    one_of_two = judged("s3:GetObject", "implicitDeny", "implicitDeny", "allowed")
    results = [one_of_two, judged("s3:PutObject", "explicitDeny")]
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
    iam.add_response("simulate_principal_policy", {"EvaluationResults": [judged("iam:PassRole", "allowed")]}, asked)
    assert caller.find_denied(Identity("1", "arn:aws:iam::1:user/ada"), passing) == []


def test_where_nothing_can_be_simulated_the_reason_is_reported(aws):
    caller, _, iam = aws
    iam.add_client_error("get_role", "AccessDenied", "no")
    with pytest.raises(AwsRefused, match="SimulatePrincipalPolicy"):
        caller.find_denied(Identity("1", "arn:aws:sts::1:assumed-role/deployer/ada"), NEED)
    with pytest.raises(AwsRefused, match="federated"):
        caller.find_denied(Identity("1", "arn:aws:sts::1:federated-user/ada"), NEED)


def test_every_need_is_of_this_environment_alone():
    place = Place("staging", "111122223333", "eu-west-1")
    for need in needs(Names("hybrid-ci-cd", "staging"), place):
        for resource in need.resources:
            shared = ("apigateway", "aws-service-role")  # these ids and this role are AWS's
            assert resource == "*" or "hybrid-ci-cd" in resource or any(one in resource for one in shared)


def machine(tmp_path, **environ):
    (tmp_path / "src").mkdir(exist_ok=True)
    needed = {"function.source": tmp_path / "src"}
    return ThisMachine(tmp_path, tmp_path / ".hybridctl", None, {"PATH": os.environ["PATH"]} | environ, needed)


def test_this_machine_is_what_it_says(tmp_path):
    here = machine(tmp_path)
    assert str(sys.version_info[1]) in here.python()
    assert "GB free" in here.private_folder()
    assert here.source() == "src"
    assert here.sandbox() == "its packages are installed"
    assert here.proxy() == "no proxy for AWS"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / ".hybridctl").write_text("a file")
    with pytest.raises(FileUnwritable, match=r"\.hybridctl cannot be written"):
        machine(tmp_path).private_folder()


def test_a_disk_that_is_nearly_full_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(prerequisites, "ROOM_GB", 10**9)
    with pytest.raises(FileUnwritable, match="GB free"):
        machine(tmp_path).private_folder()


def test_a_sandbox_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(prerequisites, "_SANDBOX_PARTS", ("tf", "no_such_part"))
    with pytest.raises(SandboxFailed, match="not installed: no_such_part"):
        machine(tmp_path).sandbox()


def test_a_source_folder_that_is_not_there_is_named(tmp_path):
    here = machine(tmp_path)
    (tmp_path / "src").rmdir()
    with pytest.raises(ConfigurationInvalid, match="there is no folder"):
        here.source()


def test_without_git_or_an_engine_of_the_name_it_says_so(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotFound, match="git is not on PATH"):
        machine(tmp_path, PATH=str(empty)).git()
    with pytest.raises(EngineMissing, match="terraform: not on PATH"):
        ThisMachine(tmp_path, tmp_path, "terraform", {"PATH": str(empty)}, {}).engine()


@pytest.mark.parametrize("address", ["http://[::1", "://", "http://"])
def test_a_proxy_that_is_not_an_address_is_named(tmp_path, address):
    with pytest.raises(ConfigurationInvalid, match="HTTPS_PROXY is not a proxy address"):
        machine(tmp_path, HTTPS_PROXY=address).proxy()


def test_a_proxy_has_to_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert machine(tmp_path, https_proxy=f"127.0.0.1:{port}").proxy() == f"127.0.0.1:{port} (https_proxy)"
    with pytest.raises(NotFound, match=f"the proxy 127.0.0.1:{port} in HTTPS_PROXY does not respond"):
        machine(tmp_path, HTTPS_PROXY=f"http://127.0.0.1:{port}").proxy()


def test_only_plans_of_dead_processes_are_left_over(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    plans = tmp_path / ".hybridctl" / "terraform" / "plans"
    plans.mkdir(parents=True)
    for name in (f"local-{ended.pid}.tfplan", f"local-{os.getpid()}.tfplan", "mine.tfplan"):
        (plans / name).touch()
    here = machine(tmp_path)
    assert here.leftovers() == [f"local-{ended.pid}.tfplan"]
    assert here.remove_leftovers() == "deleted 1 plan file"
    assert sorted(path.name for path in plans.iterdir()) == sorted([f"local-{os.getpid()}.tfplan", "mine.tfplan"])
