"""The releases of one environment as JSON objects beside its state, and the claim on the environment.

`<prefix><id>.json` is the record of a release; `<prefix>running` names the release that holds the environment, made
with `If-None-Match: *` so that only one can. A process on this host that has died gives up its claim by having died,
unless its release shares the traffic between two versions: that one waits for `promote` or `abort`. Who ends it writes
the claim anew with `If-Match`, so that of several only one does; everybody who holds a claim writes it so.
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explained
from hybridctl.adapters.aws.release_records import from_record, to_record
from hybridctl.domain.release import Claim, Outcome, Release
from hybridctl.errors import HybridctlError, ReleaseInProgress, TakenOver
from hybridctl.ports import Clock

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_CLAIM = "running"
_DIED = "its process ended without a word"

# 412: the object is there, or is another one; 409: it is being written this moment; 404: it has gone.
_CONDITION_FAILED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "NoSuchKey", "404")


class S3Journal:
    """Records under `prefix` in `bucket`; `host` is "<host name>:<pid>" of this process."""

    def __init__(
        self, open_client: Callable[[], "S3Client"], *, bucket: str, prefix: str, host: str, clock: Clock
    ) -> None:
        self._open = open_client
        self._bucket = bucket
        self._prefix = prefix
        self._host = host
        self._clock = clock
        self._tag = ""  # of the claim as this process wrote it last

    def releases(self, limit: int | None = None) -> Sequence[Release]:
        """The newest `limit` records (all of them by default), oldest first."""
        from botocore.exceptions import ClientError

        client = self._open()
        with explained(f"listing the releases in s3://{self._bucket}/{self._prefix}"):
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            try:
                keys = sorted(item["Key"] for page in pages for item in page.get("Contents", ()))
            except ClientError as cause:
                if code(cause) == "NoSuchBucket":
                    return []
                raise
        records = [key for key in keys if key.endswith(".json")]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(self._read, records[-limit:] if limit else records))
        return [release for release in found if release is not None]

    def running(self) -> Release | None:
        """The release that holds the environment, whether or not its process still lives."""
        found = self.claim()
        return found.release if found else None

    def claim(self) -> Claim | None:
        """The claim on the environment; None while nobody holds it."""
        found = self._fetch(self._prefix + _CLAIM)
        if found is None:
            return None
        release, tag = found
        holder = release.decision.host if release.decision else release.host
        return Claim(release, tag, orphaned=self._died_here(holder))

    def begin(self, release: Release) -> None:
        """Claim the environment and write the record; ReleaseInProgress names the holder."""
        with explained(f"claiming {release.environment} in s3://{self._bucket}"):
            tag = self._write_if(release, IfNoneMatch="*")
        if tag is None:
            found = self.claim()
            if found is None or not found.abandoned:
                raise self._held(found)
            self._close(found.release, _DIED)
            with explained(f"claiming {release.environment} in s3://{self._bucket}"):
                tag = self._write_if(release, IfMatch=found.tag)
            if tag is None:
                raise self._held(self.claim())
        self._tag = tag
        self._record(release)

    def keep(self, release: Release) -> None:
        """Write down where the release is now, in the claim and in the record."""
        self._claim_again(release, self._tag)
        self._record(release)

    def confirm(self, release: Release) -> None:
        """Return if the claim is as this process wrote it; TakenOver says who wrote it since."""
        found = self.claim()
        if found is None or found.tag != self._tag:
            raise self._taken_over(release)

    def take_over(self, claim: Claim, release: Release) -> None:
        """Make the claim this process's own; of several who read the same claim, one does."""
        self._claim_again(release, claim.tag)
        self._record(release)

    def finish(self, release: Release) -> None:
        """Write the record's end and let go of the environment."""
        if release.rollout is not None:
            self._claim_again(release, self._tag)  # from here on nobody can take it over
        self._record(release)
        self.abandon(release)

    def abandon(self, release: Release) -> None:
        """Let go of the environment if this release still holds it."""
        holder = self.running()
        if holder is not None and holder.id == release.id:
            with explained(f"letting go of {release.environment}"):
                self._open().delete_object(Bucket=self._bucket, Key=self._prefix + _CLAIM)

    def give_up(self, claim: Claim, message: str) -> Release:
        """Close the record of a release that nobody carries on, and let go of the environment for it.

        ReleaseInProgress when the claim is no longer the one that was read.
        """
        closed = self._close(claim.release, message)
        with explained(f"letting go of {closed.environment}"):
            if self._write_if(closed, IfMatch=claim.tag) is None:
                raise self._held(self.claim())
        self.abandon(closed)
        return closed

    def _held(self, found: Claim | None) -> ReleaseInProgress:
        if found is None:
            return ReleaseInProgress("another release is just beginning or ending", hint="run it again")
        holder = found.release
        return ReleaseInProgress(
            f"{holder.kind} {holder.id} of {holder.environment} is in progress: "
            f"{holder.actor} on {holder.host}, since {holder.started:%H:%M:%S} UTC",
            hint=_how_it_ends(holder),
        )

    def _close(self, release: Release, message: str) -> Release:
        """Write the end of a release whose process wrote none; one that it did write stays as it is."""
        known = self._read(f"{self._prefix}{release.id}.json")
        if known is not None and known.outcome is not Outcome.RUNNING:
            return known
        if release.outcome is Outcome.RUNNING:
            release = release.ended(Outcome.INTERRUPTED, self._clock.now(), message=message)
        self._record(release)
        return release

    def _died_here(self, host: str) -> bool:
        name, _, pid = host.rpartition(":")
        return name == self._host.rpartition(":")[0] and pid.isdigit() and not _alive(int(pid))

    def _claim_again(self, release: Release, tag: str) -> None:
        with explained(f"claiming {release.environment} in s3://{self._bucket}"):
            written = self._write_if(release, IfMatch=tag)
        if written is None:
            raise self._taken_over(release)
        self._tag = written

    def _write_if(self, release: Release, **conditions: Any) -> str | None:
        """Write the claim under a condition; None when the condition failed.

        A condition that fails although the claim is just what we wrote is our own doing: the first answer was lost on
        the way, and botocore asked again.
        """
        from botocore.exceptions import ClientError

        try:
            return self._write(self._prefix + _CLAIM, release, **conditions)
        except ClientError as cause:
            if code(cause) not in _CONDITION_FAILED:
                raise
        found = self.claim()
        return found.tag if found is not None and found.release == release else None

    def _taken_over(self, release: Release) -> HybridctlError:
        found = self.claim()
        now = found.release if found else self._read(f"{self._prefix}{release.id}.json")
        if now is None or now.id != release.id:
            return TakenOver(f"release {release.id} has ended", hint="hybridctl releases")
        return taken_over(now)

    def _record(self, release: Release) -> None:
        with explained(f"recording release {release.id}"):
            self._write(f"{self._prefix}{release.id}.json", release)

    def _write(self, key: str, release: Release, **conditions: Any) -> str:
        body = json.dumps(to_record(release), indent=1).encode()
        client = self._open()
        written = client.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", **conditions
        )
        return str(written["ETag"])

    def _read(self, key: str) -> Release | None:
        found = self._fetch(key)
        return found[0] if found else None

    def _fetch(self, key: str) -> tuple[Release, str] | None:
        """A release and the ETag of its object."""
        from botocore.exceptions import ClientError

        with explained(f"reading s3://{self._bucket}/{key}"):
            try:
                answer = self._open().get_object(Bucket=self._bucket, Key=key)
                body = answer["Body"].read()
            except ClientError as cause:
                if code(cause) in ("NoSuchKey", "NoSuchBucket"):
                    return None
                raise
        return from_record(json.loads(body)), str(answer["ETag"])


def taken_over(now: Release) -> TakenOver:
    """Who ends or has ended a rollout, as it is written down `now`."""
    if now.decision is None:
        if now.outcome is Outcome.RUNNING:
            return TakenOver(f"release {now.id} has gone on in the meantime", hint="hybridctl status")
        return TakenOver(f"release {now.id} has ended by itself: {now.outcome}", hint="hybridctl releases")
    who = f"{now.decision.actor} on {now.decision.host}"
    if now.outcome is Outcome.RUNNING:
        return TakenOver(f"{who} is ending release {now.id} by {now.decision.verb}", hint="hybridctl status")
    return TakenOver(f"release {now.id} was {now.decision.past} by {who}", hint="hybridctl releases")


def _how_it_ends(holder: Release) -> str:
    if holder.rollout is None:
        return f"wait for it to end; if its process is dead: hybridctl state unlock {holder.environment}"
    return f"hybridctl promote {holder.environment}, or hybridctl abort {holder.environment}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
