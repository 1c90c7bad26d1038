"""What is read of functions in moto, an emulation of AWS made elsewhere: we did not shape its answers.

Its HTTP APIs need a package that is not here: tests/e2e/test_existing_function.py reads those of the sandbox.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.models import aws_managed_policies_data

from fakes.existing_functions import CODE, READS, REGION, TRUST
from hybridctl.adapters.aws.existing_function import AwsExistingFunctions
from hybridctl.context import Whereabouts
from hybridctl.errors import NotFound, UsageInvalid
from hybridctl.wiring.existing import open_existing

ACCOUNT = "123456789012"
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@cache
def keep_policies(*arns: str) -> str:
    """Return these of AWS's managed policies as moto has them: it reads all 1,500 for each partition and test."""
    policies = json.loads(aws_managed_policies_data)
    return json.dumps({name: policies[name] for name in (arn.rpartition("/")[2] for arn in arns)})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a service by its name, on an AWS with one role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("moto.iam.models.aws_managed_policies_data", keep_policies(LOGS))
    with mock_aws(config={"lambda": {"use_docker": False}, "iam": {"load_aws_managed_policies": True}}):
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            return clients.setdefault(service, boto3.client(service, region_name=REGION))

        # moto lacks this operation: what AWS answers where nothing is kept warm.
        nothing = {"Error": {"Code": "ProvisionedConcurrencyConfigNotFoundException", "Message": "none"}}
        client("lambda").meta.events.register(
            "before-call.lambda.GetProvisionedConcurrencyConfig",
            lambda **_: (SimpleNamespace(status_code=404), {**nothing, "ResponseMetadata": {}}),
        )
        iam = client("iam")
        iam.create_role(RoleName="shop", Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="shop", PolicyArn=LOGS)
        iam.put_role_policy(RoleName="shop", PolicyName="Read", PolicyDocument=json.dumps(READS))
        yield client


def make(aws: Any, name: str = "checkout", **more: Any) -> Any:
    return aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/shop",
        Handler="main.handle",
        Code={"ZipFile": CODE},
        **more,
    )


def reader(aws: Any) -> AwsExistingFunctions:
    return AwsExistingFunctions(aws, lambda _url: CODE, ACCOUNT, REGION, f"in {REGION}")


def test_a_function_behind_an_alias_is_read_whole(aws: Any) -> None:
    make(aws, MemorySize=192, Tags={"team": "shop"}, Environment={"Variables": {"STAGE": "old"}})
    functions = aws("lambda")
    functions.publish_version(FunctionName="checkout")
    functions.create_alias(FunctionName="checkout", Name="prod", FunctionVersion="1")
    functions.put_function_concurrency(FunctionName="checkout", ReservedConcurrentExecutions=5)
    aws("logs").create_log_group(logGroupName="/aws/lambda/checkout")
    aws("logs").put_retention_policy(logGroupName="/aws/lambda/checkout", retentionInDays=14)
    functions.add_permission(
        FunctionName="checkout",
        StatementId="bucket",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount=ACCOUNT,
    )
    found = reader(aws).read("checkout", None)
    assert found.alias is not None
    assert (found.alias.name, found.alias.version, found.versions) == ("prod", "1", ("1",))
    assert (found.configuration["MemorySize"], found.variables, found.tags) == (192, {"STAGE": "old"}, {"team": "shop"})
    assert (found.reserved, found.architecture, found.runtime) == (5, "x86_64", "python3.12")
    assert (found.group.exists, found.group.retention, found.owns_group) == (True, 14, True)
    role = found.role
    assert (role.name, role.path, role.attached, found.owns_role) == ("shop", "/service-role/", (LOGS,), True)
    assert json.loads(role.trust) == TRUST
    assert [one.name for one in role.inline] == ["Read"]
    assert [(one.sid, one.qualifier, one.source_arn) for one in found.statements] == [
        ("bucket", "", "arn:aws:s3:::bucket")
    ]
    assert (found.unmanaged, found.callers, found.code) == ((), ("s3.amazonaws.com arn:aws:s3:::bucket",), CODE)


def test_a_function_without_alias_has_callers_that_a_deploy_reaches_unproven(aws: Any) -> None:
    make(aws)
    queue = aws("sqs").create_queue(QueueName="orders")["QueueUrl"]
    source = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("lambda").create_event_source_mapping(FunctionName="checkout", EventSourceArn=source)
    aws("lambda").create_function_url_config(FunctionName="checkout", AuthType="NONE")
    found = reader(aws).read("checkout", None)
    assert (found.alias, found.alias_name, found.apis) == (None, "live", ())
    assert [one.partition(" ")[0] for one in found.callers] == ["event", "function"]
    assert found.group.exists is False


def test_a_role_that_others_have_too_is_left_alone(aws: Any) -> None:
    make(aws)
    make(aws, "other")
    found = reader(aws).read("checkout", None)
    assert (found.owns_role, found.unmanaged) == (False, ("role shop: also that of other",))


def test_a_name_that_is_nearly_right_is_suggested(aws: Any) -> None:
    make(aws)
    with pytest.raises(NotFound, match="there is no function 'chekout' in eu-central-1") as refused:
        reader(aws).read("chekout", None)
    assert refused.value.hint == "did you mean 'checkout'?"


def test_one_of_several_aliases_has_to_be_named(aws: Any) -> None:
    make(aws)
    functions = aws("lambda")
    functions.publish_version(FunctionName="checkout")
    for name in ("blue", "green"):
        functions.create_alias(FunctionName="checkout", Name=name, FunctionVersion="1")
    with pytest.raises(UsageInvalid, match="several aliases: blue, green"):
        reader(aws).read("checkout", None)
    chosen = reader(aws).read("checkout", "green").alias
    assert chosen is not None
    assert chosen.name == "green"
    with pytest.raises(NotFound, match="has no alias 'red'"):
        reader(aws).read("checkout", "red")


def test_a_folder_without_a_sandbox_has_no_function_and_stays_as_it_is(tmp_path: Path):
    with pytest.raises(NotFound, match=r"no sandbox in .*checkout, and so no function") as raised:
        open_existing(Whereabouts(tmp_path / "checkout", sandbox=True), {}, None)  # type: ignore[arg-type]
    assert "hybridctl init --from-function NAME --env local" in raised.value.hint
    assert list(tmp_path.iterdir()) == []
