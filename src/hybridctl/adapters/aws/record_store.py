"""The release records of one environment in the bucket: lists and reads them, and notes unreadable ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.adapters.aws.history import LazyHistory, is_record
from hybridctl.adapters.aws.release_records import LARGEST, RecordUnreadable, read_record, to_record
from hybridctl.adapters.aws.server_time import age_of
from hybridctl.domain.release import Release, UnreadableRecord
from hybridctl.ports.run import Clock

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CLAIM = "running"  # the claim's name, beside the records

_RECENT = timedelta(days=45)  # the period that is listed first; a page of S3 has a thousand keys
_SHORTEST = timedelta(minutes=1)
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # no record is older
_FEW = 250  # records of a page; a page has room for four times as many
_TOO_LARGE = f"it has more than {LARGEST:,} bytes"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object, its ETag, and the time it was written. `age` is in seconds."""

    body: bytes
    tag: str
    written: datetime
    age: float


class RecordStore:
    """Records under `prefix` in `bucket`. `heard` is called once for each unreadable object."""

    def __init__(
        self,
        open_client: Callable[[], "S3Client"],
        *,
        bucket: str,
        prefix: str,
        clock: Clock,
        heard: Callable[[UnreadableRecord], None],
    ) -> None:
        self._open = open_client
        self._bucket = bucket
        self._prefix = prefix
        self._clock = clock
        self._heard = heard
        self._unreadable: dict[str, UnreadableRecord] = {}
        self._whole: dict[str, Mapping[str, Any]] = {}  # the JSON of each release, with unknown members

    @property
    def unreadable(self) -> Sequence[UnreadableRecord]:
        """The unreadable objects that this process found among the records."""
        return tuple(self._unreadable.values())

    def releases(self, limit: int | None = None, *, beginning: str = "") -> Sequence[Release]:
        """Return the newest `limit` records (default: all) whose ids start with `beginning`, oldest first, read as
        needed.
        """
        parts = [self._list(beginning)] if beginning else self._list_backwards()
        history = LazyHistory(parts, self._read_all)
        return history.newest(limit) if limit else history

    def _list_backwards(self) -> Iterator[list[str]]:
        """Yield the keys of the records: newest part first, each part oldest first.

        S3 lists keys only in ascending order, which is the order of time. Each step therefore lists a period before the
        known records: a shorter one if it holds more than one page, a longer one if it holds few records.
        """
        until, end, span = "", self._clock.now(), _RECENT
        while True:
            begin = end - span
            after = f"{begin:%Y%m%dT%H%M%S}" if begin > _FIRST else ""
            found, cut_at = self._page(after, until)
            if cut_at and span > _SHORTEST:
                span = max(span / 8, _SHORTEST)
                continue
            yield self._list(after=after, until=until) if cut_at else found
            if not after:
                return
            until, end = after, begin
            span *= 4 if len(found) < _FEW else 1

    def _list(self, beginning: str = "", *, after: str = "", until: str = "") -> list[str]:
        """Return the keys of all records whose ids start with `beginning`, between `after` and `until`, oldest
        first.
        """
        found: list[str] = []
        while True:
            part, after = self._page(after, until, beginning)
            found += part
            if not after:
                return found

    def _page(self, after: str, until: str, beginning: str = "") -> tuple[list[str], str]:
        """Return one page of S3, and its last name if there are more. Objects that are not records are noted."""
        page = self._ask(after, self._prefix + beginning)
        found: list[str] = []
        name = ""
        for item in page.get("Contents", ()):
            name = item["Key"].removeprefix(self._prefix)
            if until and name > until:
                return found, ""
            if is_record(name) and item["Size"] <= LARGEST:
                found.append(item["Key"])
            elif name not in ("", CLAIM):
                self._note(item["Key"], _TOO_LARGE if is_record(name) else "its name is not a release id")
        return found, name if page["IsTruncated"] else ""

    def _ask(self, after: str, prefix: str) -> Mapping[str, Any]:
        """Return S3's first page with keys. It may cut a page before its first key, as after many deleted objects."""
        from botocore.exceptions import ClientError

        asked: dict[str, Any] = {"StartAfter": self._prefix + after} if after else {}
        with explain_failures(f"listing the releases in s3://{self._bucket}/{self._prefix}"):
            try:
                while True:
                    page: Any = self._open().list_objects_v2(Bucket=self._bucket, Prefix=prefix, **asked)
                    if page.get("Contents") or not page["IsTruncated"]:
                        break
                    asked = {"ContinuationToken": page["NextContinuationToken"]}
            except ClientError as cause:
                if code(cause) == "NoSuchBucket":
                    return {"IsTruncated": False}
                raise
        answer: Mapping[str, Any] = page
        return answer

    def _read_all(self, keys: Sequence[str]) -> Sequence[Release]:
        with ThreadPoolExecutor(min(8, len(keys))) as pool:
            found = list(pool.map(self.read_or_note, keys))
        return [release for release in found if release is not None]

    def read_or_note(self, key: str) -> Release | None:
        try:
            found = self.read(key)
            if found is not None and key != f"{self._prefix}{found.id}.json":
                raise RecordUnreadable(f"it is the record of {found.id}")
        except RecordUnreadable as cause:
            self._note(key, str(cause))
            return None
        return found

    def _note(self, key: str, reason: str) -> None:
        if key not in self._unreadable:
            name = key.removeprefix(self._prefix)
            identity = name.removesuffix(".json") if is_record(name) else ""
            self._unreadable[key] = UnreadableRecord(key, reason, identity)
            self._heard(self._unreadable[key])

    def read(self, key: str) -> Release | None:
        """Read a release, or return None if it does not exist. Raises RecordUnreadable."""
        found = self.fetch(key)
        return self.understand(found.body) if found else None

    def understand(self, body: bytes) -> Release:
        release, whole = read_record(body)
        self._whole[release.id] = whole
        return release

    def fetch(self, key: str) -> "Fetched | None":
        from botocore.exceptions import ClientError

        with explain_failures(f"reading s3://{self._bucket}/{key}"):
            try:
                answer = self._open().get_object(Bucket=self._bucket, Key=key)
                body = answer["Body"].read(LARGEST)
            except ClientError as cause:
                if code(cause) in ("NoSuchKey", "NoSuchBucket"):
                    return None
                raise
        return Fetched(body, str(answer["ETag"]), answer["LastModified"], age_of(answer))

    def serialize(self, release: Release) -> dict[str, Any]:
        """Return the JSON form of a release, with members that a newer hybridctl wrote."""
        return to_record(release, self._whole.get(release.id))
