"""The state bucket on moto, and against S3's own answers where moto is laxer."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from fakes.clock import FakeClock
from hybridctl.adapters.aws.state_bucket import S3StateBucket
from hybridctl.domain.foundation import BucketPart
from hybridctl.errors import AwsRefused

ACCOUNT = "123456789012"
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
THEIRS = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject"}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name="eu-west-1", **KEYS)


def bucket(client: Any, region: str = "eu-west-1") -> S3StateBucket:
    return S3StateBucket(lambda: client, name="state", region=region, account=ACCOUNT)


def test_a_bucket_is_made_part_by_part_and_then_nothing_is_missing(s3):
    state = bucket(s3)
    for number, part in enumerate(BucketPart):
        assert (
            state.look().missing == tuple(BucketPart)[number:] or part is BucketPart.ENCRYPTION
        )  # S3 encrypts by itself
        state.make(part)
    assert state.look().missing == ()
    assert s3.get_bucket_location(Bucket="state")["LocationConstraint"] == "eu-west-1"


@pytest.mark.parametrize("kept", range(1, len(BucketPart)))
def test_one_that_is_half_there_is_completed(s3, kept):
    for part in tuple(BucketPart)[:kept]:
        bucket(s3).make(part)
    for part in bucket(s3).look().missing:
        bucket(s3).make(part)
    assert bucket(s3).look().missing == ()


def test_what_was_switched_off_by_hand_is_found(s3):
    state = bucket(s3)
    for part in BucketPart:
        state.make(part)
    s3.put_bucket_versioning(Bucket="state", VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket="state")
    assert state.look().missing == (BucketPart.VERSIONING, BucketPart.PRIVATE)


def test_a_policy_of_someone_else_stays(s3):
    state = bucket(s3)
    state.make(BucketPart.BUCKET)
    theirs = {**THEIRS, "Resource": "arn:aws:s3:::state/*"}
    s3.put_bucket_policy(Bucket="state", Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs}))
    assert BucketPart.TLS in state.look().missing
    state.make(BucketPart.TLS)
    statements = json.loads(s3.get_bucket_policy(Bucket="state")["Policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Theirs", "TlsOnly"]
    assert BucketPart.TLS not in state.look().missing


def test_a_bucket_of_another_account_is_refused_before_anything_is_written():
    client = boto3.client("s3", region_name="us-east-1", **KEYS)
    with Stubber(client) as stubber:
        wanted = {"Bucket": "state", "ExpectedBucketOwner": ACCOUNT}
        stubber.add_client_error("head_bucket", "403", http_status_code=403, expected_params=wanted)
        with pytest.raises(AwsRefused, match="belongs to another account"):
            bucket(client, "us-east-1").look()


def test_us_east_1_is_not_named():
    client = boto3.client("s3", region_name="us-east-1", **KEYS)
    with Stubber(client) as stubber:
        stubber.add_response("create_bucket", {}, {"Bucket": "state"})
        stubber.add_response("head_bucket", {"ResponseMetadata": {"HTTPStatusCode": 200}}, {"Bucket": "state"})
        bucket(client, "us-east-1").make(BucketPart.BUCKET)
        stubber.assert_no_pending_responses()


def test_a_bucket_that_s3_is_still_making_is_asked_again():
    """`409 OperationAborted`, which botocore does not retry: hashicorp/terraform-provider-aws#7628."""
    client = boto3.client("s3", region_name="eu-west-1", **KEYS)
    clock = FakeClock()
    made = S3StateBucket(lambda: client, name="state", region="eu-west-1", account=ACCOUNT, sleep=clock.sleep)
    busy = "A conflicting conditional operation is currently in progress against this resource."
    with Stubber(client) as stubber:
        for _ in range(2):
            stubber.add_client_error("put_bucket_versioning", "OperationAborted", busy, 409)
        stubber.add_response("put_bucket_versioning", {})
        made.make(BucketPart.VERSIONING)
        stubber.assert_no_pending_responses()
        for _ in range(11):
            stubber.add_client_error("put_bucket_versioning", "OperationAborted", busy, 409)
        with pytest.raises(AwsRefused, match=r"versioning: OperationAborted"):
            made.make(BucketPart.VERSIONING)
        stubber.assert_no_pending_responses()
    assert sum(clock.slept) == pytest.approx(2 * 3 + 10 * 3)
