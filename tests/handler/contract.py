"""What the handler asks of DynamoDB, as one conversation that both clients lead: the handler's own, and botocore's."""

import json
import re
from contextlib import suppress
from pathlib import Path

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from backend.aws.client import DYNAMODB, Client, ServiceError
from backend.aws.connections import Answer
from handler.fakes import make_sessions_table
from handler.transports import AWS_ENVIRON

RECORDED = Path(__file__).with_name("dynalite.json")


def S(text):
    return {"S": text}


def item(name, user, created):
    return {
        "session_id": S(name),
        "user_id": S(user),
        "created_at": {"N": str(created)},
        "text": S('é "\\ 漢 \U0001f600'),
    }


def conversation(table):
    """The calls, one after the other, on an empty table."""
    where = {"TableName": table}
    key = {"session_id": S("a")}
    taken = {"ConditionExpression": "attribute_not_exists(session_id)"}
    user = {
        **where,
        "IndexName": "by_user",
        "KeyConditionExpression": "user_id = :user",
        "ExpressionAttributeValues": {":user": S("ann")},
        "ScanIndexForward": False,
    }
    touch = {
        **where,
        "UpdateExpression": "SET last_seen_at = :now",
        "ConditionExpression": "attribute_exists(session_id)",
        "ExpressionAttributeValues": {":now": {"N": "17"}},
    }
    return [
        ("GetItem", {**where, "Key": key, "ConsistentRead": True}),
        ("PutItem", {**where, "Item": item("a", "ann", 1), **taken}),
        ("PutItem", {**where, "Item": item("a", "ben", 9), **taken}),
        ("PutItem", {**where, "Item": item("b", "ann", 2), **taken}),
        ("PutItem", {**where, "Item": item("c", "ann", 3), **taken}),
        ("GetItem", {**where, "Key": key, "ConsistentRead": True}),
        ("UpdateItem", {**touch, "Key": key}),
        ("UpdateItem", {**touch, "Key": {"session_id": S("nobody")}}),
        ("Query", {**user, "Limit": 10}),
        ("Query", {**user, "Limit": 2}),
        ("Query", {**user, "Limit": 2, "ExclusiveStartKey": {n: item("b", "ann", 2)[n] for n in (
            "session_id", "user_id", "created_at")}}),
        ("BatchGetItem", {"RequestItems": {table: {"Keys": [key, {"session_id": S("x")}], "ConsistentRead": True}}}),
        ("DeleteItem", {**where, "Key": key}),
        ("DeleteItem", {**where, "Key": key}),
        ("BatchWriteItem", {"RequestItems": {table: [{"DeleteRequest": {"Key": {"session_id": S(n)}}} for n in "bc"]}}),
        ("Query", {**user, "Limit": 10}),
        ("GetItem", {"TableName": f"{table}-not", "Key": key}),
        ("GetItem", {**where, "Key": {"user_id": S("a")}}),
        ("BatchGetItem", {"RequestItems": {table: {"Keys": [key, key]}}}),
        ("PutItem", {**where, "Item": {"session_id": {"N": "1"}}}),
    ]  # fmt: skip


def lead(client, table):
    """What each call returned, or the code of the error that it raised."""
    events = []
    for operation, parameters in conversation(table):
        try:
            answer = client(operation, **parameters)
        except ServiceError as error:
            events.append((operation, error.code))
            continue
        for found in answer.get("Responses", {}).values():
            found.sort(key=lambda one: one["session_id"]["S"])  # a batch has no order
        events.append((operation, answer))
    return events


class Botocores:
    """Replace the handler's client by botocore's."""

    def __init__(self, client):
        self._client = client

    def __call__(self, operation, **parameters):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            answer = getattr(self._client, name)(**parameters)
        except ClientError as error:
            found = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise ServiceError(operation, found["Code"], status, found["Message"]) from error
        answer.pop("ResponseMetadata")
        return answer


def ours(transport):
    return Client(DYNAMODB, AWS_ENVIRON, transport=transport)


class Recording:
    """Passes requests on; keeps of each the operation, what was asked, and the raw answer."""

    def __init__(self, transport):
        self._transport = transport
        self.host = transport.host
        self.kept = []

    def post(self, body, headers, *, seconds):
        answer = self._transport.post(body, headers, seconds=seconds)
        kept = {name: value for name, value in answer.headers.items() if name in ("x-amz-crc32", "content-type")}
        self.kept.append([headers["x-amz-target"], json.loads(body), answer.status, kept, answer.body.decode()])
        return answer


class Replay:
    """Answers as was recorded, to a client that asks the same in the same order."""

    host = "dynamodb.us-east-1.amazonaws.com"

    def __init__(self, kept):
        self._kept = list(kept)

    def post(self, body, headers, *, seconds):
        target, asked, status, kept, content = self._kept.pop(0)
        assert (headers["x-amz-target"], json.loads(body)) == (target, asked)
        return Answer(status, kept, content.encode())

    def answer_botocore(self, request, **_):
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        found = self.post(request.body, {"x-amz-target": target}, seconds=0)
        return AWSResponse(request.url, found.status, dict(found.headers), Raw(found.body))

    @property
    def left(self):
        return len(self._kept)


class Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, content):
        self._content = content

    def stream(self, **_):
        yield self._content


def make_table(client, name):
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    make_sessions_table(client, name)
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
