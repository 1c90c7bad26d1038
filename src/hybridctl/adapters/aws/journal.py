"""The releases of one environment as JSON objects beside its state, and the claim on the environment.

`<prefix><id>.json` is the record of a release. `<prefix>running` is the claim: it names the release that holds the
environment and is written with `If-None-Match: *`, so that only one release can claim it. The claim of a process on
this host that has died counts as abandoned, unless its release splits traffic between two versions: such a release
waits for `promote` or `abort`. Every later write of the claim uses `If-Match`, so that only one of several processes
can end a rollout.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.claim_errors import explain_holder, explain_overtaken, explain_takeover
from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.adapters.aws.record_store import CLAIM, RecordStore
from hybridctl.adapters.aws.release_records import RecordUnreadable
from hybridctl.adapters.process import is_alive
from hybridctl.domain.history import has_gone_on
from hybridctl.domain.release import Claim, Outcome, Release, UnreadableClaim, UnreadableRecord
from hybridctl.errors import ClaimUnreadable, HybridctlError, TakenOver
from hybridctl.ports.run import Clock

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_REREADS = 5
_DIED = "its process died before finishing"

# 412: the object exists or has changed; 404: it no longer exists.
_CONDITION_FAILED = ("PreconditionFailed", "412", "NoSuchKey", "404")
# Another request was changing the object, and S3 decided nothing: "retry the upload" (S3 API reference, PutObject;
# apache/arrow-rs-object-store#138 for OperationAborted).
_UNDECIDED = ("ConditionalRequestConflict", "OperationAborted", "409")
_WRITES = 5


class S3Journal:
    """Records under `prefix` in `bucket`. `host` is "<host name>:<pid>" of this process.

    `heard` is called once for each object that is not a readable record.
    """

    def __init__(
        self,
        open_client: Callable[[], "S3Client"],
        *,
        bucket: str,
        prefix: str,
        host: str,
        clock: Clock,
        heard: Callable[[UnreadableRecord], None] = lambda _record: None,
    ) -> None:
        self._open = open_client
        self._bucket = bucket
        self._prefix = prefix
        self._host = host
        self._clock = clock
        self._records = RecordStore(open_client, bucket=bucket, prefix=prefix, clock=clock, heard=heard)
        self._tag = ""  # of the claim, as last written by this process

    @property
    def unreadable(self) -> Sequence[UnreadableRecord]:
        """The unreadable objects that this process found among the records."""
        return self._records.unreadable

    def releases(self, limit: int | None = None, *, beginning: str = "") -> Sequence[Release]:
        """Return the newest `limit` records (default: all) whose ids start with `beginning`, oldest first, read as
        needed.
        """
        return self._records.releases(limit, beginning=beginning)

    def running(self) -> Release | None:
        """Return the release that holds the environment, whether or not its process is alive, or None."""
        found = self.claim()
        return found.release if found else None

    def claim(self) -> Claim | None:
        """Return the claim on the environment, or None. Raises ClaimUnreadable."""
        key = self._prefix + CLAIM
        fetched = self._records.fetch(key)
        if fetched is None:
            return None
        try:
            release = self._records.understand(fetched.body)
        except RecordUnreadable as cause:
            found = UnreadableClaim(key, str(cause), fetched.written, fetched.age, fetched.tag)
            raise ClaimUnreadable(
                f"unreadable: {key}: {cause}; written {fetched.written:%Y-%m-%d %H:%M} "
                "UTC by someone who holds or held the environment",
                hint=f"if no release is running: hybridctl state unlock {self._environment}",
                claim=found,
            ) from cause
        holder = release.decision.host if release.decision else release.host
        return Claim(release, fetched.tag, orphaned=self._has_died_here(holder))

    def begin(self, release: Release, after: str | None = None) -> None:
        """Claim the environment and write the record. Raises ReleaseInProgress, which names the holder.

        Raises PlanStale if the history has changed since the mark `after`.
        """
        closed = self._claim(release)
        if after is not None:
            self._must_follow(release, after, closed)
        self._record(release)

    def _must_follow(self, release: Release, after: str, closed: Release | None) -> None:
        """Raise PlanStale if the history has changed since the mark `after`. No error leaves the claim behind."""
        try:
            newest = self.releases(1)
            if has_gone_on(newest, after, closed):
                raise explain_overtaken(release, newest)
        except BaseException:
            self.abandon(release)
            raise

    def _claim(self, release: Release) -> Release | None:
        """Claim the environment. Return the release whose dead process held it until now, or None."""
        closed: Release | None = None
        with explain_failures(f"claiming {release.environment} in s3://{self._bucket}"):
            tag = self._write_if(release, IfNoneMatch="*")
        if tag is None:
            found = self.claim()
            if found is None or not found.abandoned:
                raise explain_holder(found)
            closed = self._close(found.release, _DIED)
            with explain_failures(f"claiming {release.environment} in s3://{self._bucket}"):
                tag = self._write_if(release, IfMatch=found.tag)
            if tag is None:
                raise explain_holder(self.claim())
        self._tag = tag
        return closed

    def keep(self, release: Release) -> None:
        """Write the current state of the release to the claim and to the record."""
        self._claim_again(release, self._tag)
        self._record(release)

    def confirm(self, release: Release) -> None:
        """Check that this process wrote the claim last. Raises TakenOver, which names who wrote it since."""
        found = self.claim()
        for _ in range(_REREADS if self._tag else 0):
            if found is not None:
                break
            # After versioning was enabled, a bucket may not find a new object for a while: PutBucketVersioning in the
            # S3 API reference. We wrote the claim, so a missing claim is read again.
            self._clock.sleep(1)
            found = self.claim()
        if found is None or found.tag != self._tag:
            raise self._explain_takeover(release)

    def take_over(self, claim: Claim, release: Release) -> None:
        """Take over the claim. If several processes read the same claim, only one succeeds. Raises TakenOver."""
        self._claim_again(release, claim.tag)
        self._record(release)

    def finish(self, release: Release) -> None:
        """Write the final record and release the environment."""
        if release.rollout is not None:
            self._claim_again(release, self._tag)  # from now on nobody can take it over
        self._record(release)
        self.abandon(release)

    def abandon(self, release: Release) -> None:
        """Release the environment if this release still holds it."""
        try:
            holder = self.running()
        except ClaimUnreadable:
            return  # an unreadable claim is not ours
        if holder is not None and holder.id == release.id:
            with explain_failures(f"releasing {release.environment}"):
                self._open().delete_object(Bucket=self._bucket, Key=self._prefix + CLAIM)

    def give_up(self, claim: Claim, message: str) -> Release:
        """Write the final record of an abandoned release and release the environment.

        Raises ReleaseInProgress if the claim has changed since it was read.
        """
        closed = self._close(claim.release, message)
        with explain_failures(f"releasing {closed.environment}"):
            if self._write_if(closed, IfMatch=claim.tag) is None:
                raise explain_holder(self.claim())
        self.abandon(closed)
        return closed

    def remove_claim(self, claim: UnreadableClaim, message: str) -> Release | None:
        """Remove a claim without a readable holder. If the newest record is unfinished, finish it and return it."""
        from botocore.exceptions import ClientError

        with explain_failures(f"removing the claim s3://{self._bucket}/{claim.key}"):
            try:
                self._open().delete_object(Bucket=self._bucket, Key=claim.key, IfMatch=claim.tag)
            except ClientError as cause:
                if code(cause) in (*_CONDITION_FAILED, *_UNDECIDED):
                    raise explain_holder(None) from cause
                raise
        newest = next(iter(self.releases(1)), None)
        return self._close(newest, message) if newest is not None and newest.outcome is Outcome.RUNNING else None

    @property
    def _environment(self) -> str:
        return self._prefix.rstrip("/").rpartition("/")[2]

    def _close(self, release: Release, message: str) -> Release:
        """Write the final record of a release whose process did not. An existing final record is kept."""
        try:
            known = self._records.read(f"{self._prefix}{release.id}.json")
        except RecordUnreadable:
            known = None  # the claim contains the same data and is readable
        if known is not None and known.outcome is not Outcome.RUNNING:
            return known
        if release.outcome is Outcome.RUNNING:
            release = release.finish(Outcome.INTERRUPTED, self._clock.now(), message=message)
        self._record(release)
        return release

    def _has_died_here(self, host: str) -> bool:
        name, _, pid = host.rpartition(":")
        return name == self._host.rpartition(":")[0] and pid.isdigit() and not is_alive(int(pid))

    def _claim_again(self, release: Release, tag: str) -> None:
        with explain_failures(f"claiming {release.environment} in s3://{self._bucket}"):
            written = self._write_if(release, IfMatch=tag)
        if written is None:
            raise self._explain_takeover(release)
        self._tag = written

    def _write_if(self, release: Release, **conditions: Any) -> str | None:
        """Write the claim under a condition. Return its tag, or None if the condition failed.

        If the condition failed but the claim is what we wrote, we wrote it: the first answer was lost and botocore sent
        the request again.
        """
        from botocore.exceptions import ClientError

        for _ in range(_WRITES):
            try:
                return self._write(self._prefix + CLAIM, release, **conditions)
            except ClientError as cause:
                if code(cause) in _CONDITION_FAILED:
                    break
                if code(cause) not in _UNDECIDED:
                    raise
            self._clock.sleep(1)
        found = self.claim()
        return found.tag if found is not None and found.release == release else None

    def _explain_takeover(self, release: Release) -> HybridctlError:
        found = self.claim()
        now = found.release if found else self._records.read_or_note(f"{self._prefix}{release.id}.json")
        if now is None or now.id != release.id:
            return TakenOver(f"release {release.id} has ended", hint="hybridctl releases")
        return explain_takeover(now)

    def _record(self, release: Release) -> None:
        with explain_failures(f"recording release {release.id}"):
            self._write(f"{self._prefix}{release.id}.json", release)

    def _write(self, key: str, release: Release, **conditions: Any) -> str:
        body = json.dumps(self._records.serialize(release), indent=1).encode()
        client = self._open()
        written = client.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", **conditions
        )
        return str(written["ETag"])
