"""What the function says about itself: one JSON line for each request, and metrics in the embedded format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend.replies import Refused

NAMESPACE = "HybridCiCd"


def level_of(status: int) -> str:
    if status >= 500:
        return "ERROR"
    return "WARNING" if status >= 400 else "INFO"


def timestamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def error_fields(error: Exception) -> dict[str, Any]:
    """What went wrong. Only what is our own or a dependency's fault has a stack, which shows code and no values."""
    cause = error.__cause__ or error
    if isinstance(error, Refused) and error.reply.status < 500:
        return {"type": error.code, "message": str(error), "stack": []}
    stack = [line for part in traceback.format_tb(cause.__traceback__) for line in part.rstrip().split("\n")]
    return {"type": type(cause).__name__, "message": str(cause), "stack": stack}


def metrics(counts: Sequence[str], environment: str, now: float) -> str:
    """One line that CloudWatch turns into metrics; by environment only, for each further value is billed."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Environment"]],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in counts],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]},
            "Environment": environment,
            **dict.fromkeys(counts, 1),
        }
    )
