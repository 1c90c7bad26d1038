"""Times in AWS's answers."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef


def read_server_time(answer: Any) -> datetime | None:
    """Return the server's time in whole seconds, or None if the answer does not contain it."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None


def age_of(found: "GetObjectOutputTypeDef") -> float:
    """Return the seconds since an object was written, by S3's clock, or 0 if the answer contains no time."""
    now = read_server_time(found)
    return max(0.0, (now - found["LastModified"]).total_seconds()) if now else 0.0
