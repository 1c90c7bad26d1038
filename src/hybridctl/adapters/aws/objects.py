"""What S3's answers tell beside an object's bytes."""

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef


def age_of(found: "GetObjectOutputTypeDef") -> float:
    """Seconds since it was written, by S3's clock and not by ours; 0 where the answer tells no time."""
    told = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    return max(0.0, (parsedate_to_datetime(told) - found["LastModified"]).total_seconds()) if told else 0.0
