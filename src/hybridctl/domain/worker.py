"""Workers: additional functions of the same package, invoked by a queue or a schedule and released with the API's
function.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.smoke_plan import SmokePlan


@dataclass(frozen=True, slots=True)
class Worker:
    """A `[functions.NAME]` of hybridctl.toml. `plan` contains the events that a version must pass before it serves."""

    name: str
    handler: str
    plan: SmokePlan


def queue_event(messages: Sequence[str]) -> dict[str, Any]:
    """Return the event that a queue sends for these messages.

    Source: lambda/latest/dg/with-sqs.html, "Example Amazon SQS message event".
    """
    return {"Records": [_record(number, body) for number, body in enumerate(messages, start=1)]}


def schedule_event() -> dict[str, Any]:
    """Return the event of an EventBridge schedule, with example values for the time and the account.

    Source: eventbridge/latest/userguide/eb-run-lambda-schedule.html.
    """
    return {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/hybridctl-check"],
        "detail": {},
    }


def _record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012d}",
        "receiptHandle": "hybridctl-check",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225600000",
            "SenderId": "hybridctl-check",
            "ApproximateFirstReceiveTimestamp": "1767225600001",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:hybridctl-check",
        "awsRegion": "us-east-1",
    }
