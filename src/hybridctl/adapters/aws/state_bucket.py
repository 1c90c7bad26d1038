"""The state bucket, checked and created part by part, so that an incomplete bucket is completed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explain_failures, read_optional
from hybridctl.domain.environment import COMMERCIAL
from hybridctl.domain.foundation import BucketPart, Foundation
from hybridctl.errors import AwsRefused

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_ATTEMPTS, _PAUSE_SECONDS = 11, 3.0
_UNSET = (
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
)


@dataclass(eq=False, repr=False)
class S3StateBucket:
    """Bucket `name` of `account` in `region`.

    `ExpectedBucketOwner` makes S3 refuse a bucket of the same name in another account: names are global.
    """

    open_client: Callable[[], "S3Client"]
    name: str
    region: str
    account: str
    partition: str = COMMERCIAL
    sleep: Callable[[float], None] | None = None

    def exists(self) -> bool:
        """Return whether the bucket exists. Raises AwsRefused if it belongs to another account."""
        from botocore.exceptions import ClientError

        foreign = AwsRefused(
            f"the state bucket {self.name} belongs to another account, or access is denied",
            hint="change `project` in hybridctl.toml, or ask for access",
        )
        with explain_failures(f"checking the state bucket {self.name}", {"403": foreign, "AccessDenied": foreign}):
            try:
                self.open_client().head_bucket(Bucket=self.name, ExpectedBucketOwner=self.account)
            except ClientError as cause:
                if code(cause) not in ("404", "NoSuchBucket"):
                    raise
                return False
        return True

    def look(self) -> Foundation:
        """Return the missing parts of the bucket."""
        if not self.exists():
            return Foundation(self.name, tuple(BucketPart))
        with explain_failures(f"checking the state bucket {self.name}"):
            return Foundation(self.name, tuple(part for part in BucketPart if not self._there(part)))

    def make(self, part: BucketPart) -> None:
        """Create one part. S3 refuses changes to a bucket that is still being created, so this is retried for half a
        minute.
        """
        from botocore.exceptions import ClientError

        with explain_failures(f"creating the state bucket {self.name}: {part}"):
            for attempt in range(_ATTEMPTS):
                try:
                    self._make(part)
                except ClientError as cause:
                    if code(cause) != "OperationAborted" or self.sleep is None or attempt + 1 == _ATTEMPTS:
                        raise
                    self.sleep(_PAUSE_SECONDS)
                else:
                    return

    def complete(self) -> tuple[BucketPart, ...]:
        """Create the missing parts of the bucket and return them."""
        missing = self.look().missing
        for part in missing:
            self.make(part)
        return missing

    def _there(self, part: BucketPart) -> bool:
        client = self.open_client()
        match part:
            case BucketPart.BUCKET:
                return True
            case BucketPart.VERSIONING:
                return client.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"
            case BucketPart.PRIVATE:
                found = self._read(lambda: client.get_public_access_block(Bucket=self.name))
                block = found.get("PublicAccessBlockConfiguration", {})
                return all(block.get(name) for name in _BLOCKED)
            case BucketPart.ENCRYPTION:
                found = self._read(lambda: client.get_bucket_encryption(Bucket=self.name))
                return bool(found.get("ServerSideEncryptionConfiguration", {}).get("Rules"))
            case BucketPart.TLS:
                return any(_is_tls_only(statement) for statement in self._policy()["Statement"])

    def _make(self, part: BucketPart) -> None:
        client = self.open_client()
        match part:
            case BucketPart.BUCKET:
                # us-east-1 is the only region that must not be given (InvalidLocationConstraint).
                place: Any = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
                client.create_bucket(Bucket=self.name, **({} if self.region == "us-east-1" else place))
                waiter = client.get_waiter("bucket_exists")
                waiter.wait(Bucket=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
            case BucketPart.VERSIONING:
                client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
            case BucketPart.PRIVATE:
                block: Any = dict.fromkeys(_BLOCKED, True)
                client.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=block)
            case BucketPart.ENCRYPTION:
                rules: Any = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                client.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration={"Rules": rules})
            case BucketPart.TLS:
                policy = self._policy()
                policy["Statement"] = [*policy["Statement"], _tls_only(f"arn:{self.partition}:s3:::{self.name}")]
                client.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))

    def _policy(self) -> dict[str, Any]:
        """Return the bucket's policy, or one without statements. Statements of others are kept."""
        found = self._read(lambda: self.open_client().get_bucket_policy(Bucket=self.name))
        policy: dict[str, Any] = json.loads(found.get("Policy") or "{}")
        statements = policy.get("Statement") or []
        listed = statements if isinstance(statements, list) else [statements]
        return {"Version": "2012-10-17", **policy, "Statement": listed}

    def _read(self, call: Callable[[], Any]) -> dict[str, Any]:
        """Return the answer, or an empty one if S3 says that the setting does not exist."""
        return read_optional(f"checking the state bucket {self.name}", call, *_UNSET) or {}


def _tls_only(arn: str) -> dict[str, Any]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _is_tls_only(statement: Any) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement.get("Effect") == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"
