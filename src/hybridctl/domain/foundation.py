"""What an environment stands on before Terraform can run: the bucket of its state, part by part."""

from enum import StrEnum, unique

from hybridctl.values import dataclass


@unique
class BucketPart(StrEnum):
    """One property of the state bucket, in the order in which they are made."""

    BUCKET = "bucket"
    VERSIONING = "versioning"
    PRIVATE = "public access blocked"
    ENCRYPTION = "encryption at rest"
    TLS = "TLS only"


@dataclass(frozen=True, slots=True)
class Foundation:
    """The bucket as it was found; `missing` is empty when nothing is to do."""

    bucket: str
    missing: tuple[BucketPart, ...]
