"""What an answer of AWS says about the time."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef


def read_server_time(answer: Any) -> datetime | None:
    """The server's own time, in whole seconds; None where the answer does not say it."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None


def age_of(found: "GetObjectOutputTypeDef") -> float:
    """Seconds since an object was written, by S3's clock and not by ours; 0 where the answer tells no time."""
    now = read_server_time(found)
    return max(0.0, (now - found["LastModified"]).total_seconds()) if now else 0.0
