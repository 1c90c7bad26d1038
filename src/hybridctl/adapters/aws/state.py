"""The bucket that holds Terraform's state and the releases beside it."""

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explained
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.reviewed import StatePosition
from hybridctl.domain.tfstate import StateLock
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
        """Make the bucket if it is missing: versioned, encrypted, private, TLS only. True when it was made.

        `ExpectedBucketOwner` makes S3 refuse a bucket of that name in another account.
        """
        from botocore.exceptions import ClientError

        client = self._open()
        with explained(f"looking for the state bucket {self._bucket}"):
            try:
                client.head_bucket(Bucket=self._bucket, ExpectedBucketOwner=self._account)
            except ClientError as cause:
                if code(cause) == "403":
                    raise AwsRefused(
                        f"the state bucket {self._bucket} belongs to another account, or is closed to us",
                        hint="change `project` in hybridctl.toml, or ask for access",
                    ) from cause
                if code(cause) not in ("404", "NoSuchBucket"):
                    raise
            else:
                return False
        with explained(f"making the state bucket {self._bucket}"):
            self._create(client)
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

    def _create(self, client: "S3Client") -> None:
        # us-east-1 is the one region that must not be named (InvalidLocationConstraint).
        if self._region == "us-east-1":
            client.create_bucket(Bucket=self._bucket)
        else:
            place: Any = {"LocationConstraint": self._region}
            client.create_bucket(Bucket=self._bucket, CreateBucketConfiguration=place)
        client.get_waiter("bucket_exists").wait(Bucket=self._bucket, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        client.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})
        client.put_public_access_block(
            Bucket=self._bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        client.put_bucket_encryption(
            Bucket=self._bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
        client.put_bucket_policy(Bucket=self._bucket, Policy=json.dumps(_tls_only(self._bucket)))


def _tls_only(bucket: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
