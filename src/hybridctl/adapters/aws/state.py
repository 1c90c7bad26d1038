"""Terraform's state object in its bucket, and its lock."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import explain_failures, read_optional
from hybridctl.adapters.aws.server_time import age_of
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.stored_state import StateKind, StatePosition, StoredState, read_stored_state
from hybridctl.errors import LockHeld, StateMoved, StateUnreadable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

    from hybridctl.domain.state_lock import StateLock
    from hybridctl.domain.tfstate import Resources

_GONE = ("NoSuchKey", "NoSuchBucket", "404")
_LOOKS = 30  # reads of a state that is known to exist, one second apart
_LARGEST_LOCK = 64 * 1024  # Terraform's own lock has about 300 bytes

Localise = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(eq=False, repr=False)
class S3State:
    """The state object `key` of `environment` in `bucket`. `localise` replaces AWS host names by the sandbox's."""

    open_client: Callable[[], S3Client]
    bucket: str
    key: str
    environment: str = ""
    sleep: Callable[[float], None] | None = None
    localise: Localise = dict
    _is_written: bool = field(default=False, init=False)

    def look(self) -> StoredState:
        """Read the state object. An unreadable state is a result, not an error."""
        doing = f"reading the state s3://{self.bucket}/{self.key}"
        found = self._find(doing)
        if found is None:
            return StoredState(StateKind.ABSENT)
        with explain_failures(doing):
            body = found["Body"].read()
        return read_stored_state(body, found["LastModified"], age_of(found))

    def note_written(self) -> None:
        """Note that Terraform has just written the state: later reads are repeated if they do not find it."""
        self._is_written = True

    def _find(self, doing: str) -> GetObjectOutputTypeDef | None:
        """Return the state object. For 15 minutes after versioning was enabled, S3 may not find new objects.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
        """
        found = self._get(self.key, doing)
        for _ in range(_LOOKS if self._is_written else 1):
            if found is not None:
                return found
            if self._is_written and self.sleep:
                self.sleep(1)
            found = self._get(self.key, doing)
        return found

    def earlier(self) -> StoredState | None:
        """Return the newest earlier version of the object that is readable, or None."""
        with explain_failures(f"listing the versions of s3://{self.bucket}/{self.key}"):
            pages = self.open_client().get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.key):
                for one in page.get("Versions", ()):
                    if one["Key"] != self.key or one.get("IsLatest"):
                        continue
                    body = self._version(one["VersionId"])
                    found = read_stored_state(body, one["LastModified"])
                    if found.kind.is_readable:
                        return replace(found, version=one["VersionId"])
        return None

    def restore(self, earlier: StoredState) -> None:
        """Replace the object by an earlier version. Raises StateMoved if the object is no longer the unreadable one."""
        moved = StateMoved("another state has been written in the meantime", hint=self._command("status"))
        refusals = dict.fromkeys(("PreconditionFailed", "412", "409", "ConditionalRequestConflict"), moved)
        doing = f"restoring the state s3://{self.bucket}/{self.key}"
        with explain_failures(doing, refusals):
            now = self._get(self.key, doing)
            if now is not None and read_stored_state(now["Body"].read()).kind.is_readable:
                raise moved
            condition: dict[str, Any] = {"IfMatch": now["ETag"]} if now else {"IfNoneMatch": "*"}
            body = self._version(earlier.version)
            self.open_client().put_object(
                Bucket=self.bucket, Key=self.key, Body=body, ContentType="application/json", **condition
            )

    def _version(self, version: str) -> bytes:
        return self.open_client().get_object(Bucket=self.bucket, Key=self.key, VersionId=version)["Body"].read()

    def read(self) -> tuple[Outputs | None, StatePosition | None]:
        """Return outputs and position of one reading. Raises StateUnreadable."""
        state = self._read()
        values = state.content.get("outputs") or {}
        found = {name: output["value"] for name, output in values.items()}
        sensitive = frozenset(name for name, output in values.items() if output.get("sensitive"))
        outputs = Outputs(self.localise(found), sensitive) if found else None
        return outputs, None if state.kind is StateKind.ABSENT else StatePosition(state.lineage, state.serial)

    def outputs(self) -> Outputs | None:
        """Return the outputs in the state, or None if there are none. Raises StateUnreadable."""
        return self.read()[0]

    def position(self) -> StatePosition | None:
        """Return the state's lineage and serial, or None if there is no state."""
        return self.read()[1]

    def read_resources(self) -> Resources | None:
        """Return the managed resources as of the last apply, or None if there is no state."""
        from hybridctl.domain.tfstate import read_raw

        state = self._read()
        return None if state.kind is StateKind.ABSENT else read_raw(state.content)

    def lock(self) -> StateLock | None:
        """Return the lock that Terraform keeps beside the state while it runs, including an unreadable lock, or
        None.
        """
        found = self._read_lock()
        return found[0] if found else None

    def remove_lock(self, lock: StateLock) -> None:
        """Remove a lock that Terraform cannot remove because it names no holder. Raises LockHeld if the lock has
        changed.
        """
        found = self._read_lock()
        if found is None:
            return
        other = LockHeld("another lock is on the state now", hint=self._command("state unlock"))
        if found[0].created != lock.created or not found[0].unreadable:
            raise other
        doing = f"removing the lock s3://{self.bucket}/{self._lock_key}"
        with explain_failures(doing, {"PreconditionFailed": other, "412": other}):
            self.open_client().delete_object(Bucket=self.bucket, Key=self._lock_key, IfMatch=found[1])

    def _read(self) -> StoredState:
        state = self.look()
        if state.kind.is_readable:
            return state
        what = f"the state s3://{self.bucket}/{self.key} cannot be used: {state.why}"
        if state.kind is StateKind.ENCRYPTED:
            hint = "hybridctl reads its outputs, so store it unencrypted: opentofu.org/docs/language/state/encryption"
        elif state.kind is StateKind.NEWER:
            hint = "install the Terraform that wrote it and a newer hybridctl"
        else:
            what += f"; written {state.written:%Y-%m-%d %H:%M} UTC" if state.written else ""
            hint = f"{self._command('state restore')} restores the newest readable state"
        raise StateUnreadable(what, hint=hint)

    def _read_lock(self) -> tuple[StateLock, str] | None:
        """Return the lock and its ETag."""
        from hybridctl.domain.state_lock import read_lock

        doing = f"reading the lock s3://{self.bucket}/{self._lock_key}"
        found = self._get(self._lock_key, doing)
        if found is None:
            return None
        with explain_failures(doing):
            body = found["Body"].read(_LARGEST_LOCK)
        return read_lock(body, found["LastModified"], age_of(found)), found["ETag"]

    @property
    def _lock_key(self) -> str:
        return f"{self.key}.tflock"

    def _get(self, key: str, doing: str) -> GetObjectOutputTypeDef | None:
        return read_optional(doing, lambda: self.open_client().get_object(Bucket=self.bucket, Key=key), *_GONE)

    def _command(self, words: str) -> str:
        return f"hybridctl {words} {self.environment}".rstrip()
