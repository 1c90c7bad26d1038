"""Terraform's state in the state bucket, on moto's S3, which knows conditional writes."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from hybridctl.adapters.aws.state import S3State
from hybridctl.adapters.aws.state_bucket import S3StateBucket
from hybridctl.domain.stored_state import StateKind, StatePosition
from hybridctl.errors import AwsRefused, LockHeld, StateMoved, StateUnreadable

BUCKET = "hybrid-ci-cd-tfstate-123456789012-us-east-1"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def state(client: Any) -> S3State:
    return S3State(lambda: client, bucket=BUCKET, key="k/terraform.tfstate")


def bucket(client: Any) -> S3StateBucket:
    return S3StateBucket(lambda: client, name=BUCKET, region="us-east-1", account="123456789012")


def make_bucket(client: Any) -> S3State:
    """A state bucket without its policy: moto takes the denial of plain HTTP for a denial of everything."""
    bucket(client).complete()
    client.delete_bucket_policy(Bucket=BUCKET)
    return state(client)


def test_a_bucket_that_was_left_half_made_is_completed_before_it_is_used(s3):
    s3.create_bucket(Bucket=BUCKET)
    assert bucket(s3).complete()
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert not bucket(s3).complete()


def test_the_bucket_is_made_once_versioned_encrypted_private_and_tls_only(s3):
    assert bucket(s3).complete()
    assert not bucket(s3).complete()
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_a_bucket_of_another_account_is_refused():
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        asked = {"Bucket": BUCKET, "ExpectedBucketOwner": "123456789012"}
        stubber.add_client_error("head_bucket", "403", http_status_code=403, expected_params=asked)
        with pytest.raises(AwsRefused, match="belongs to another account"):
            bucket(client).complete()
        stubber.assert_no_pending_responses()


def test_no_bucket_and_no_state_are_both_not_deployed(s3):
    assert state(s3).outputs() is None
    assert make_bucket(s3).outputs() is None


def test_outputs_come_from_the_state(s3):
    make_bucket(s3)
    body = {"version": 4, "serial": 3, "outputs": {"api_stage": {"value": "local", "type": "string"}}}
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=json.dumps(body))
    found = state(s3).outputs()
    assert found is not None
    assert found.text("api_stage") == "local"


def test_outputs_and_position_come_from_one_request(s3):
    make_bucket(s3)
    body = {"version": 4, "lineage": "l", "serial": 3, "outputs": {"api_stage": {"value": "local", "type": "string"}}}
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=json.dumps(body))
    asked: list[str] = []
    s3.meta.events.register("before-call.s3.*", lambda model, **_: asked.append(model.name))
    outputs, position = state(s3).read()
    assert asked == ["GetObject"]
    assert outputs is not None
    assert outputs.text("api_stage") == "local"
    assert position == StatePosition("l", 3)


ENVELOPE = {"serial": 3, "lineage": "abc", "meta": {"key_provider.pbkdf2.p": "e30="}, "encrypted_data": "uYm8="}
MANAGED = {"mode": "managed", "type": "aws_x", "name": "this", "instances": [{"attributes": {}}]}
ODD_STATES = {
    "empty": (b"", StateKind.UNREADABLE),
    "blank": (b"\0\0 \n", StateKind.UNREADABLE),
    "truncated": (b'{"version": 4, "outputs": {"a', StateKind.UNREADABLE),
    "no json": (b"not json", StateKind.UNREADABLE),
    "binary": (b"\xff\xfe\x00\x80", StateKind.UNREADABLE),
    "deep": (b"[" * 100_000, StateKind.UNREADABLE),
    "list": (b"[]", StateKind.UNREADABLE),
    "null": (b"null", StateKind.UNREADABLE),
    "no format": (b'{"a": 1}', StateKind.UNREADABLE),
    "old": (b'{"version": 3, "modules": []}', StateKind.UNREADABLE),
    "newer": (b'{"version": 5}', StateKind.NEWER),
    "resources": (b'{"version": 4, "resources": {"a": 1}}', StateKind.UNREADABLE),
    "resource": (b'{"version": 4, "resources": [{"mode": "managed"}]}', StateKind.UNREADABLE),
    "outputs": (b'{"version": 4, "outputs": {"a": 1}}', StateKind.UNREADABLE),
    "encrypted": (json.dumps(ENVELOPE).encode(), StateKind.ENCRYPTED),
}


@pytest.mark.parametrize(("body", "kind"), ODD_STATES.values(), ids=ODD_STATES)
def test_a_state_that_cannot_be_understood_is_named_and_is_neither_deployed_nor_absent(s3, body, kind):
    make_bucket(s3)
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=body)
    assert state(s3).look().kind is kind
    for read in (state(s3).outputs, state(s3).position, state(s3).read_resources):
        with pytest.raises(StateUnreadable, match="cannot be used: ") as raised:
            read()
        assert raised.value.hint


def test_an_earlier_state_is_found_and_put_instead_of_one_that_cannot_be_read(s3):
    make_bucket(s3)
    good = {"version": 4, "serial": 7, "outputs": {"a": {"value": 1}}, "resources": [MANAGED]}
    assert state(s3).earlier() is None
    for body in (json.dumps(good), "{", "", "[]"):
        s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=body)
    found = state(s3).earlier()
    assert found is not None
    assert (found.kind, found.serial) == (StateKind.OK, 7)
    state(s3).restore(found)
    assert state(s3).look().serial == 7
    with pytest.raises(StateMoved):
        state(s3).restore(found)
    s3.delete_object(Bucket=BUCKET, Key="k/terraform.tfstate")
    assert state(s3).look().kind is StateKind.ABSENT
    again = state(s3).earlier()
    assert again is not None
    state(s3).restore(again)
    assert state(s3).look().kind is StateKind.OK


@pytest.mark.parametrize(
    ("content", "kind", "resources"),
    [
        ({"version": 4, "outputs": {}, "resources": []}, StateKind.EMPTY, 0),
        ({"version": 4, "outputs": {}, "resources": [MANAGED | {"mode": "data"}]}, StateKind.EMPTY, 0),
        ({"version": 4, "outputs": {}, "resources": [MANAGED]}, StateKind.WITHOUT_OUTPUTS, 1),
        ({"version": 4, "outputs": {"a": {"value": 1}}, "resources": [MANAGED]}, StateKind.OK, 1),
    ],
)
def test_a_state_says_how_far_it_came(s3, content, kind, resources):
    make_bucket(s3)
    assert state(s3).look().kind is StateKind.ABSENT
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=json.dumps(content))
    found = state(s3).look()
    assert (found.kind, found.resources) == (kind, resources)


def test_a_lock_is_read_as_terraform_writes_it(s3):
    make_bucket(s3)
    assert state(s3).lock() is None
    written = {"ID": "1-2", "Operation": "OperationTypeApply", "Info": "", "Who": "ada@laptop", "Version": "1.11.4"}
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate.tflock", Body=json.dumps(written))
    found = state(s3).lock()
    assert found is not None
    assert (found.id, found.who, found.work, found.unreadable) == ("1-2", "ada@laptop", "apply", "")


@pytest.mark.parametrize(
    "body", [b"", b"\0\0", b'{"ID": "1', b"[]", b"{}", b'{"ID": 7}', b'{"ID": ""}', b"[" * 100_000]
)
def test_a_lock_that_names_nobody_is_a_lock_anyway_and_can_be_removed(s3, body):
    make_bucket(s3)
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate.tflock", Body=body)
    found = state(s3).lock()
    assert found is not None
    assert found.unreadable.startswith("it ")
    state(s3).remove_lock(found)
    assert state(s3).lock() is None


def test_a_lock_that_came_in_between_is_not_removed(s3):
    make_bucket(s3)
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate.tflock", Body=b"{}")
    found = state(s3).lock()
    s3.put_object(Bucket=BUCKET, Key="k/terraform.tfstate.tflock", Body=b'{"ID": "1-2"}')
    with pytest.raises(LockHeld):
        state(s3).remove_lock(found)
    assert state(s3).lock().id == "1-2"


def test_what_terraform_has_configured_is_read_from_the_state_itself(s3):
    s3.create_bucket(Bucket=BUCKET)
    table = {
        "module": 'module.table["sessions"]',
        "mode": "managed",
        "type": "aws_dynamodb_table",
        "name": "this",
        "instances": [
            {
                "attributes": {"name": "t", "token": "x"},
                "sensitive_attributes": [[{"type": "get_attr", "value": "token"}]],
            }
        ],
    }
    alarm = {
        "mode": "managed",
        "type": "aws_cloudwatch_metric_alarm",
        "name": "this",
        "instances": [{"index_key": "errors", "attributes": {}}, {"index_key": 0, "attributes": {}}],
    }
    data = {"mode": "data", "type": "aws_region", "name": "current", "instances": [{"attributes": {}}]}
    state = {"version": 4, "terraform_version": "1.11.4", "resources": [table, alarm, data]}
    s3.put_object(Bucket=BUCKET, Key="k", Body=json.dumps(state).encode())
    read = S3State(lambda: s3, bucket=BUCKET, key="k")
    found = read.read_resources()
    assert found is not None
    assert [one.address for one in found.found] == [
        'aws_cloudwatch_metric_alarm.this["errors"]',
        "aws_cloudwatch_metric_alarm.this[0]",
        'module.table["sessions"].aws_dynamodb_table.this',
    ]
    assert found.of("aws_dynamodb_table")[0].attributes == {"name": "t", "token": "(sensitive)"}
    assert read.look().engine == "1.11.4"
    nothing = S3State(lambda: s3, bucket=BUCKET, key="other")
    assert (nothing.read_resources(), nothing.look().engine) == (None, None)


class Late:
    """S3 that does not find the claim, or the key that ends in `name`, yet, a number of times."""

    def __init__(self, client: Any, misses: int, name: str = "running") -> None:
        self._client = client
        self._name = name
        self.misses = misses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_object(self, **asked: Any) -> Any:
        if asked["Key"].endswith(self._name) and self.misses:
            self.misses -= 1
            asked["Key"] += "-not-yet"
        return self._client.get_object(**asked)


def put_state(client: Any) -> None:
    make_bucket(client)
    content = {"version": 4, "serial": 1, "lineage": "l"}
    client.put_object(Bucket=BUCKET, Key="k/terraform.tfstate", Body=json.dumps(content).encode())


def test_a_state_that_terraform_has_just_written_is_asked_for_until_it_is_found(s3):
    put_state(s3)
    late, slept = Late(s3, 20, "terraform.tfstate"), []
    ours = S3State(lambda: late, BUCKET, "k/terraform.tfstate", sleep=slept.append)
    ours.note_written()
    assert ours.position() == StatePosition("l", 1)
    assert (late.misses, len(slept)) == (0, 20)


def test_one_miss_alone_is_never_taken_for_not_deployed(s3):
    put_state(s3)
    assert state(Late(s3, 1, "terraform.tfstate")).position() == StatePosition("l", 1)
