"""Notes over HTTP. API Gateway calls `handle` once for each request."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import boto3

BUILD = Path(__file__).with_name("build.json")  # `hybridctl build` adds it
HEADERS = {
    "content-type": "application/json",
    # A release reads these two to know which build and version answered.
    "x-build": json.loads(BUILD.read_text())["build"] if BUILD.exists() else "dev",
    "x-function-version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
}


@cache
def open_table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    status, body = respond(event, open_table())
    # `hybridctl logs` shows this line, and a canary counts errors by it.
    request, route = context.aws_request_id, event["routeKey"]
    print(json.dumps({"request_id": request, "route": route, "status": status}))
    return {"statusCode": status, "headers": HEADERS, "body": json.dumps(body)}


def respond(event: dict[str, Any], table: Any) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of the answer."""
    note_id = event.get("pathParameters", {}).get("id")
    match event["routeKey"]:
        case "GET /health":
            return 200, {"status": "healthy"}
        case "PUT /notes/{id}":
            text = read_text(event.get("body"))
            if text is None:
                return 400, {"error": 'send JSON such as {"text": "hello"}'}
            table.put_item(Item={"id": note_id, "text": text})
            return 200, {"id": note_id, "text": text}
        case "GET /notes/{id}":
            note = table.get_item(Key={"id": note_id}).get("Item")
            return (200, note) if note else (404, {"error": f"no note {note_id}"})
        case _:
            return 404, {"error": "no such route"}


def read_text(body: str | None) -> str | None:
    """Return the note's text; None if the body is not a JSON object with a text."""
    try:
        text = json.loads(body or "")["text"]
    except (ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) else None
