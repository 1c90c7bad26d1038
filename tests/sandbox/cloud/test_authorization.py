"""A sandbox that enforces IAM decides as AWS does: by the caller's policies, and by the rules that no table lists."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from domain.iam.test_ci_role import SUBJECTS
from domain.iam.web_identity import DENIED, take_role
from hybridctl.adapters.sandbox import LocalSandbox
from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.sandbox import AccessKey
from hybridctl.errors import SandboxFailed
from hybridctl.sandbox.home import ACCOUNT, REGION, Home

ROLE = f"arn:aws:iam::{ACCOUNT}:role/f"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
RULE = 'ALARM("a")'
TRUSTED_PLACE = Place("production", ACCOUNT, REGION)


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


def read_denial(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    assert "not authorized to perform" in str(caught.value)
    return str(caught.value)


def test_the_owner_may_do_everything_and_a_stranger_nothing(enforcing, allowed):
    enforcing.client("sns").create_topic(Name="owned")
    aws = allowed(("sns:CreateTopic", f"arn:aws:sns:{REGION}:{ACCOUNT}:mine-*"))
    aws("sns").create_topic(Name="mine-1")
    assert "sns:CreateTopic" in read_denial(lambda: aws("sns").create_topic(Name="theirs"))
    assert "dynamodb:CreateTable" in read_denial(lambda: table(aws, "mine-1"))


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
    assert "dynamodb:TagResource" in read_denial(lambda: table(aws, "tagged", Tags=[{"Key": "A", "Value": "1"}]))
    role = {"RoleName": "f", "AssumeRolePolicyDocument": TRUST, "Tags": [{"Key": "A", "Value": "1"}]}
    assert "iam:TagRole" in read_denial(lambda: aws("iam").create_role(**role))


def test_a_role_is_written_within_its_boundary_alone(enforcing, allowed):
    bounds = [
        enforcing.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(ANYTHING))["Policy"]["Arn"]
        for name in ("bound", "other")
    ]
    condition = {"StringEquals": {"iam:PermissionsBoundary": bounds[0]}}
    aws = allowed(("iam:CreateRole", "*"), ("iam:PutRolePolicy", "*"), condition=condition)
    role = {"RoleName": "bounded", "AssumeRolePolicyDocument": TRUST}
    read_denial(lambda: aws("iam").create_role(**role))
    read_denial(lambda: aws("iam").create_role(**role, PermissionsBoundary=bounds[1]))
    aws("iam").create_role(**role, PermissionsBoundary=bounds[0])
    policy = {"PolicyName": "p", "PolicyDocument": json.dumps(ANYTHING)}
    aws("iam").put_role_policy(RoleName="bounded", **policy)
    enforcing.client("iam").create_role(RoleName="free", AssumeRolePolicyDocument=TRUST)
    read_denial(lambda: aws("iam").put_role_policy(RoleName="free", **policy))


ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def test_lists_are_allowed_by_everything_alone(allowed):
    aws = allowed(("logs:DescribeLogGroups", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:mine"))
    read_denial(lambda: aws("logs").describe_log_groups(logGroupNamePrefix="mine"))


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


@pytest.mark.usefixtures("forked")
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


@pytest.fixture(scope="module")
def trusting(enforcing: Any) -> dict[str, Any]:
    """For each form of GitHub's subject the two roles of CI, as `bootstrap --ci` makes their trust."""
    iam, made = enforcing.client("iam"), {}
    for number, (form, subject) in enumerate(SUBJECTS.items()):
        found = ci_access(Names(f"p{number}", "production"), TRUSTED_PLACE, subject, is_protected=True).roles
        for role in found:
            iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust))
        made[form] = (subject, *found)
    return made


@pytest.mark.parametrize("form", SUBJECTS)
def test_sts_gives_a_role_of_ci_to_its_own_token_alone(enforcing: Any, trusting: dict[str, Any], form: str):
    subject, deploys, plans = trusting[form]

    def takes(role: Any, sub: str, **more: str) -> bool:
        claims = {"sub": sub, "ref": "refs/heads/main", **more}
        return DENIED not in take_role(enforcing.environment, role.name, claims)

    own, of_plan = subject.of("production"), subject.of("plan-production")
    assert takes(deploys, own)
    assert takes(plans, of_plan)
    strangers = ("repo:mallory/backend:environment:production", "repo:Acme/backend:ref:refs/heads/main")
    strangers += tuple(other.of("production") for other in SUBJECTS.values() if other.of("production") != own)
    for sub in (of_plan, subject.of("staging"), own.lower(), f"{own}:evil", *strangers):
        assert not takes(deploys, sub), sub
    for more in ({"ref": "refs/heads/evil"}, {"ref": "refs/tags/main"}, {"ref": "refs/pull/1/merge"}, {"aud": "x"}):
        assert not takes(deploys, own, **more), more
    assert not takes(deploys, own, iss="https://token.example.com")


def test_an_operation_on_several_alarms_is_decided_for_each(allowed):
    aws = allowed(("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:mine-*"))
    aws("cloudwatch").delete_alarms(AlarmNames=["mine-1", "mine-2"])
    assert "alarm:theirs" in read_denial(lambda: aws("cloudwatch").delete_alarms(AlarmNames=["mine-1", "theirs"]))


SCALED = {"ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
}


def test_autoscaling_checks_the_callers_own_permissions(enforcing, allowed):
    """Its linked role with the first target of all, and the alarms of a policy."""
    table(enforcing.client, "scaled")
    target = {**SCALED, "ResourceId": "table/scaled"}
    limits = {"MinCapacity": 1, "MaxCapacity": 2}
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    aws = allowed(("application-autoscaling:*", "*"))("application-autoscaling")
    role = "iam:CreateServiceLinkedRole on resource: arn:aws:iam::000000000000:role/aws-service-role/dynamodb"
    assert role in read_denial(lambda: aws.register_scalable_target(**target, **limits))
    enforcing.client("application-autoscaling").register_scalable_target(**target, **limits)
    aws.register_scalable_target(**target, **limits)
    put = {**target, **policy, "TargetTrackingScalingPolicyConfiguration": TRACKING}
    alarm = f"alarm:TargetTracking-{target['ResourceId']}-"
    text = read_denial(lambda: aws.put_scaling_policy(**put))
    assert "cloudwatch:PutMetricAlarm" in text
    assert alarm in text
    enforcing.client("application-autoscaling").put_scaling_policy(**put)
    text = read_denial(lambda: aws.delete_scaling_policy(**target, PolicyName="p"))
    assert "cloudwatch:DeleteAlarms" in text


def test_a_simulation_knows_resources_and_conditions(enforcing):
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    iam = enforcing.client("iam")
    iam.create_user(UserName="simulated")
    rule = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": ROLE, "Condition": to_lambda}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    iam.put_user_policy(UserName="simulated", PolicyName="p", PolicyDocument=document)
    asked = {
        "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/simulated",
        "ActionNames": ["iam:PassRole"],
        "ResourceArns": [f"{ROLE}-other", ROLE],
    }
    passed = {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string"}

    def decisions(*service: str) -> list[str]:
        entries = [{**passed, "ContextKeyValues": list(service)}] if service else []
        found = iam.simulate_principal_policy(**asked, ContextEntries=entries)["EvaluationResults"]
        return [one["EvalDecision"] for one in found]

    assert decisions() == ["implicitDeny", "implicitDeny"]
    assert decisions("ec2.amazonaws.com") == ["implicitDeny", "implicitDeny"]
    assert decisions("lambda.amazonaws.com") == ["implicitDeny", "allowed"]


@pytest.mark.usefixtures("forked")
def test_a_key_that_is_made_again_ends_the_one_before_and_opens_a_provider_of_its_own(tmp_path: Path):
    local = LocalSandbox(tmp_path / "keys")
    try:
        status = local.start(enforce_iam=True)
        rule = {"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*"}
        first = local.make_key("plan", [{"Version": "2012-10-17", "Statement": [rule]}])
        second = local.make_key("plan", [{"Version": "2012-10-17", "Statement": [rule]}])
        assert local.provider_of(second) not in ({}, status.reattach)
        assert local.provider_of(second) == local.provider_of(second)
        with pytest.raises(SandboxFailed, match=f"does not know the access key {first.id}"):
            local.provider_of(first)
        with pytest.raises(SandboxFailed, match="does not know the access key"):
            local.provider_of(AccessKey(second.id, "wrong"))
        decided = Home(tmp_path / "keys").decisions
        client = boto3.client(
            "sns",
            endpoint_url=status.endpoint,
            region_name=REGION,
            aws_access_key_id=second.id,
            aws_secret_access_key=second.secret,
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )
        client.list_topics()
        client.list_topics()
        read_denial(lambda: client.create_topic(Name="x"))
        lines = [json.loads(line) for line in decided.read_text().splitlines()]
        assert [(one["action"], one["allowed"]) for one in lines] == [
            ("sns:ListTopics", True),
            ("sns:CreateTopic", False),
        ]
        assert lines[1]["principal"] == f"arn:aws:iam::{ACCOUNT}:user/plan"
    finally:
        local.stop()
