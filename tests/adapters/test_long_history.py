"""No command's calls grow with the history: S3 lists keys oldest first, and the newest are wanted."""

import json
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from moto import mock_aws

from fakes import FakeClock
from fakes.clock import NOON
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.aws.release_records import to_record
from hybridctl.domain.release import Kind, Outcome, Release

PREFIX = "releases/local/"


def release(at: datetime, number: int = 1) -> Release:
    return Release(
        id=f"{at:%Y%m%dT%H%M%S}-{number}",
        kind=Kind.DEPLOY,
        environment="local",
        account="123456789012",
        actor="ada@example.com",
        host="laptop:1",
        started=at,
        finished=at,
        outcome=Outcome.LIVE,
        version_after=number,
        verified=True,
    )


@dataclass
class CountingS3:
    """Lists as S3 does: in the order of the keys, a thousand an answer, after `StartAfter`. Counts what was asked."""

    records: dict[str, Release]
    page: int = 1000
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.keys = sorted(self.records)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> dict[str, Any]:  # noqa: N803
        self.asked["list"] += 1
        keys = [key for key in self.keys[bisect_right(self.keys, StartAfter) :] if key.startswith(Prefix)]
        return {
            "Contents": [{"Key": key, "Size": 500} for key in keys[: self.page]],
            "IsTruncated": len(keys) > self.page,
        }

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.asked["get"] += 1
        body = json.dumps(to_record(self.records[Key])).encode()
        return {
            "Body": BytesIO(body),
            "ETag": "1",
            "LastModified": NOON,
            "ResponseMetadata": {"HTTPHeaders": {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}},
        }


def journal(client: Any) -> S3Journal:
    return S3Journal(lambda: client, bucket="records", prefix=PREFIX, host="laptop:1", clock=FakeClock())


def bucket_of(times: list[datetime], page: int = 1000) -> CountingS3:
    made = [release(at, number) for number, at in enumerate(sorted(times), start=1)]
    return CountingS3({f"{PREFIX}{one.id}.json": one for one in made}, page)


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


def test_a_project_that_rested_for_years_is_found_in_a_few_calls():
    s3 = bucket_of([datetime(2021, 5, 1, tzinfo=UTC) + timedelta(days=number) for number in range(40)])
    assert len(journal(s3).releases(5)) == 5
    assert s3.asked["list"] <= 6


@settings(deadline=None)
@given(some.lists(some.integers(-3_000_000, 60_000_000), max_size=60), some.integers(1, 12))
def test_every_record_is_listed_once_and_in_order_however_they_lie(seconds, page):
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
