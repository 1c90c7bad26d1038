"""The bucket that holds Terraform's state and the releases beside it."""

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explained
from hybridctl.adapters.aws.state_bucket import StateBucket
from hybridctl.domain.foundation import Part
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.reviewed import StatePosition
from hybridctl.domain.tfstate import Resources, StateLock, read_raw
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

Localise = Callable[[Mapping[str, Any]], dict[str, Any]]


class S3State:
    """One environment's state object `key` in `bucket`; `localise` turns AWS host names into the sandbox's."""

    def __init__(
        self,
        open_client: Callable[[], "S3Client"],
        *,
        bucket: str,
        key: str,
        region: str,
        account: str,
        localise: Localise = dict,
    ) -> None:
        self._open = open_client
        self._bucket = bucket
        self._key = key
        self._region = region
        self._account = account
        self._localise = localise

    def ensure(self) -> bool:
        """Make the bucket if it is missing, whole; true when it was made."""
        bucket = StateBucket(self._open, name=self._bucket, region=self._region, account=self._account)
        if bucket.exists():
            return False
        for part in Part:
            bucket.make(part)
        return True

    def outputs(self) -> Outputs | None:
        """The outputs in the state, or None where nothing is deployed."""
        state = self._read()
        if state is None:
            return None
        try:
            found = {name: output["value"] for name, output in state.get("outputs", {}).items()}
        except (KeyError, AttributeError) as cause:
            raise self._strange() from cause
        return Outputs(self._localise(found)) if found else None

    def position(self) -> StatePosition | None:
        """Which state it is and how often it was written, or None where there is none yet."""
        state = self._read()
        if state is None:
            return None
        try:
            return StatePosition(str(state["lineage"]), int(state["serial"]))
        except (KeyError, ValueError) as cause:
            raise self._strange() from cause

    def laid_down(self) -> Resources | None:
        """What Terraform has laid down, as it was after its last apply; None where there is no state."""
        state = self._read()
        if state is None:
            return None
        try:
            return read_raw(state)
        except (KeyError, TypeError, AttributeError) as cause:
            raise self._strange() from cause

    def written_by(self) -> str | None:
        """The version of the engine that wrote the state, where it says so."""
        version = (self._read() or {}).get("terraform_version")
        return version if isinstance(version, str) else None

    def _read(self) -> dict[str, Any] | None:
        """The state object; its format is version 4."""
        from botocore.exceptions import ClientError

        with explained(f"reading the state s3://{self._bucket}/{self._key}"):
            try:
                body = self._open().get_object(Bucket=self._bucket, Key=self._key)["Body"].read()
            except ClientError as cause:
                if code(cause) in ("NoSuchKey", "NoSuchBucket", "404"):
                    return None
                raise
        try:
            state = json.loads(body)
        except ValueError as cause:
            raise self._strange() from cause
        if not isinstance(state, dict):
            raise self._strange()
        return state

    def _strange(self) -> AwsRefused:
        return AwsRefused(f"the state s3://{self._bucket}/{self._key} cannot be understood")

    def lock(self) -> StateLock | None:
        """The lock file that Terraform keeps beside the state while it works, or None."""
        from botocore.exceptions import ClientError

        key = f"{self._key}.tflock"
        with explained(f"reading the lock s3://{self._bucket}/{key}"):
            try:
                found = self._open().get_object(Bucket=self._bucket, Key=key)
            except ClientError as cause:
                if code(cause) in ("NoSuchKey", "NoSuchBucket", "404"):
                    return None
                raise
            written = found["LastModified"]
            now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])  # S3's clock, not ours
            content = json.loads(found["Body"].read())
        return StateLock(
            id=content["ID"],
            operation=content.get("Operation", ""),
            who=content.get("Who", "somebody"),
            created=written,
            age=max(0.0, (now - written).total_seconds()),
        )
