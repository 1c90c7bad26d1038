"""Another team's handler: orders in one table. It tells its version and build, which is all that hybridctl asks."""

import json
import os
from pathlib import Path
from typing import Any

import boto3

_TABLE = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
_BUILD = json.loads((Path(__file__).parent / "build.json").read_text(encoding="utf-8"))["build"]
_VERSION = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]


def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    method, _, path = event["routeKey"].partition(" ")
    order = (event.get("pathParameters") or {}).get("id")
    if path == "/alive":
        return _answer(200, {"alive": True, "version": _VERSION})
    if method == "PUT":
        body = json.loads(event["body"])
        if "item" not in body:
            return _answer(422, {"error": "an order needs an item"})
        _TABLE.put_item(Item={"order_id": order, "item": body["item"], "count": body["count"]})
        return _answer(201, {"order": order})
    found = _TABLE.get_item(Key={"order_id": order}).get("Item")
    return _answer(200, {"item": found["item"]}) if found else _answer(404, {"error": "no such order"})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "x-function-version": _VERSION, "x-build": _BUILD}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
