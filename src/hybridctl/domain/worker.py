"""Further functions of the same package, which a queue or a schedule invokes: each released with the API's function."""

import hashlib
from collections.abc import Sequence
from typing import Any

from hybridctl.domain.smoke import SmokePlan
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Worker:
    """One `[functions.NAME]` of hybridctl.toml; `plan` holds the events that a version has to pass before it serves."""

    name: str
    handler: str
    plan: SmokePlan


def queue_event(messages: Sequence[str]) -> dict[str, Any]:
    """The event with which a queue hands these messages over.

    Source: lambda/latest/dg/with-sqs.html, "Example Amazon SQS message event".
    """
    return {"Records": [_record(number, body) for number, body in enumerate(messages, start=1)]}


def schedule_event() -> dict[str, Any]:
    """The event with which a schedule of EventBridge invokes a function, but for the time and the account.

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
