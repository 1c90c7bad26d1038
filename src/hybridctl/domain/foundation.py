"""What an environment needs before Terraform can run: the parts of its state bucket."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class BucketPart(StrEnum):
    """The properties of the state bucket, in the order in which they are created."""

    BUCKET = "bucket"
    VERSIONING = "versioning"
    PRIVATE = "public access blocked"
    ENCRYPTION = "encryption at rest"
    TLS = "TLS only"


@dataclass(frozen=True, slots=True)
class Foundation:
    """The current state bucket. `missing` is empty if nothing is to do."""

    bucket: str
    missing: tuple[BucketPart, ...]
