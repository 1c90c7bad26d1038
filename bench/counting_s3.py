"""An S3 that lists as the real one does, holds any number of releases, and counts what it is asked."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from hybridctl.adapters.aws.release_records import to_record
from hybridctl.domain.release import Kind, Outcome, Release

PREFIX = "releases/local/"


def make_release(at: datetime, number: int) -> Release:
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
            "LastModified": self.records[Key].started,
            "ResponseMetadata": {"HTTPHeaders": {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}},
        }


def bucket_of(times: Sequence[datetime], page: int = 1000) -> CountingS3:
    """A bucket with a release at each of these times; version 1 is the oldest."""
    made = [make_release(at, number) for number, at in enumerate(sorted(times), start=1)]
    return CountingS3({f"{PREFIX}{one.id}.json": one for one in made}, page)
