"""No command's calls grow with the history: S3 lists keys oldest first, and the newest are wanted."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from moto import mock_aws

from bench.counting_s3 import PREFIX, bucket_of
from fakes import FakeClock
from fakes.clock import NOON
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.aws.release_records import to_record


def journal(client: Any) -> S3Journal:
    return S3Journal(lambda: client, bucket="records", prefix=PREFIX, host="laptop:1", clock=FakeClock())


@pytest.mark.parametrize("releases", [100, 1_000, 10_000])
@pytest.mark.parametrize(
    "between", [timedelta(seconds=40), timedelta(minutes=10), timedelta(hours=2), timedelta(hours=5)], ids=str
)
def test_the_newest_releases_take_as_many_calls_in_any_history(releases, between):
    s3 = bucket_of([NOON - between * number for number in range(1, releases + 1)])
    newest = journal(s3).releases(30)
    assert [one.version_after for one in newest] == list(range(releases - 29, releases + 1))
    assert s3.asked["get"] == 30
    assert s3.asked["list"] <= 4


def test_looking_back_for_one_release_reads_no_more_than_that():
    s3 = bucket_of([NOON - timedelta(hours=3) * number for number in range(1, 10_001)])
    last = next(iter(reversed(journal(s3).releases())))
    assert last.version_after == 10_000
    assert (s3.asked["list"], s3.asked["get"]) == (1, 16)


def test_a_project_without_releases_for_years_is_found_in_a_few_calls():
    s3 = bucket_of([datetime(2021, 5, 1, tzinfo=UTC) + timedelta(days=number) for number in range(40)])
    assert len(journal(s3).releases(5)) == 5
    assert s3.asked["list"] <= 6


@settings(deadline=None)
@given(some.lists(some.integers(-3_000_000, 60_000_000), max_size=60), some.integers(1, 12))
def test_every_record_is_listed_once_and_in_order_however_they_are_stored(seconds, page):
    """Also records of a clock that is ahead of ours, and several of one second."""
    s3 = bucket_of([NOON - timedelta(seconds=one) for one in seconds], page)
    found = journal(s3).releases()
    assert [f"{PREFIX}{one.id}.json" for one in found] == s3.keys
    assert [one.id for one in islice(reversed(journal(s3).releases()), 3)] == [one.id for one in found][::-1][:3]


def test_moto_lists_as_the_counting_bucket_does():
    times = [NOON - timedelta(days=number * 20) for number in range(12)]
    counting = bucket_of(times)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="records")
        for key, one in counting.records.items():
            client.put_object(Bucket="records", Key=key, Body=json.dumps(to_record(one)).encode())
        found = [one.id for one in journal(client).releases()]
    assert found == [one.id for one in journal(counting).releases()]
