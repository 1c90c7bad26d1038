"""A sandbox that enforces IAM decides as AWS does: by the caller's policies, and by the rules that no table lists."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.sandbox.home import ACCOUNT, REGION, Home

ROLE = f"arn:aws:iam::{ACCOUNT}:role/f"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
RULE = 'ALARM("a")'


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from sandbox.conftest import SandboxProcess

    home: Path = tmp_path_factory.mktemp("enforcing")
    Home(home).enforced.touch()
    running = SandboxProcess(home).start()
    yield running
    running.stop()


@pytest.fixture
def allowed(enforcing: Any, request: pytest.FixtureRequest) -> Callable[..., Callable[[str], Any]]:
    """Makes a user with these statements, and gives what opens a client with that user's key."""

    def make(*statements: tuple[str, str], condition: Any = None) -> Callable[[str], Any]:
        iam = enforcing.client("iam")
        name = f"u{abs(hash(request.node.name))}"
        more = {"Condition": condition} if condition else {}
        rules = [{"Effect": "Allow", "Action": action, "Resource": arn, **more} for action, arn in statements]
        iam.create_user(UserName=name)
        iam.put_user_policy(
            UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": rules})
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: boto3.client(
            service,
            endpoint_url=enforcing.endpoint,
            region_name=REGION,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    return make


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    assert "not authorized to perform" in str(caught.value)
    return str(caught.value)


def test_the_owner_may_everything_and_a_stranger_nothing(enforcing, allowed):
    enforcing.client("sns").create_topic(Name="owned")
    aws = allowed(("sns:CreateTopic", f"arn:aws:sns:{REGION}:{ACCOUNT}:mine-*"))
    aws("sns").create_topic(Name="mine-1")
    assert "sns:CreateTopic" in denied(lambda: aws("sns").create_topic(Name="theirs"))
    assert "dynamodb:CreateTable" in denied(lambda: table(aws, "mine-1"))


def table(aws: Callable[[str], Any], name: str, **more: Any) -> Any:
    return aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def test_a_call_with_tags_needs_the_tag_action_and_the_denial_names_it(allowed):
    aws = allowed(("dynamodb:CreateTable", "*"), ("iam:CreateRole", "*"))
    table(aws, "plain")
    assert "dynamodb:TagResource" in denied(lambda: table(aws, "tagged", Tags=[{"Key": "A", "Value": "1"}]))
    role = {"RoleName": "f", "AssumeRolePolicyDocument": TRUST, "Tags": [{"Key": "A", "Value": "1"}]}
    assert "iam:TagRole" in denied(lambda: aws("iam").create_role(**role))


def test_a_role_is_written_within_its_boundary_alone(enforcing, allowed):
    bounds = [
        enforcing.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(ANYTHING))["Policy"]["Arn"]
        for name in ("bound", "other")
    ]
    condition = {"StringEquals": {"iam:PermissionsBoundary": bounds[0]}}
    aws = allowed(("iam:CreateRole", "*"), ("iam:PutRolePolicy", "*"), condition=condition)
    role = {"RoleName": "bounded", "AssumeRolePolicyDocument": TRUST}
    denied(lambda: aws("iam").create_role(**role))
    denied(lambda: aws("iam").create_role(**role, PermissionsBoundary=bounds[1]))
    aws("iam").create_role(**role, PermissionsBoundary=bounds[0])
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps(ANYTHING)}
    aws("iam").put_role_policy(RoleName="bounded", **policy)
    enforcing.client("iam").create_role(RoleName="free", AssumeRolePolicyDocument=TRUST)
    denied(lambda: aws("iam").put_role_policy(RoleName="free", **policy))


ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def test_lists_are_allowed_by_everything_alone(allowed):
    aws = allowed(("logs:DescribeLogGroups", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:mine"))
    denied(lambda: aws("logs").describe_log_groups(logGroupNamePrefix="mine"))


def test_a_bucket_that_insists_on_tls_is_reached_over_loopback(enforcing, allowed):
    s3 = enforcing.client("s3")
    s3.create_bucket(Bucket="tls")
    rule = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::tls", "arn:aws:s3:::tls/*"],
    }
    rule["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket="tls", Policy=json.dumps({"Version": "2012-10-17", "Statement": [rule]}))
    aws = allowed(("s3:GetObject", "arn:aws:s3:::tls/mine"), ("s3:ListBucket", "arn:aws:s3:::tls"))
    s3.put_object(Bucket="tls", Key="mine", Body=b"x")
    s3.put_object(Bucket="tls", Key="theirs", Body=b"x")
    aws("s3").get_object(Bucket="tls", Key="mine")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws("s3").get_object(Bucket="tls", Key="theirs")


def test_the_switch_starts_a_running_sandbox_again_and_is_kept(tmp_path: Path):
    local = LocalSandbox(tmp_path / "switched")
    try:
        first = local.start()
        enforcing = local.start(enforce_iam=True)
        assert enforcing.pid != first.pid
        assert local.start().pid == enforcing.pid  # said nothing: as before
        stranger = boto3.client(
            "sns",
            endpoint_url=enforcing.endpoint,
            region_name=REGION,
            aws_access_key_id="AKIASTRANGER00000000",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )
        with pytest.raises(ClientError):
            stranger.create_topic(Name="theirs")
        assert local.start(enforce_iam=False).pid != enforcing.pid
    finally:
        local.stop()
