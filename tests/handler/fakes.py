"""The handler with a clock, randomness and a log that a test holds in its hands."""

import base64
import itertools
import json
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
import pytest
from moto import mock_aws

from backend.application import Application
from backend.endpoints import Endpoints
from backend.providers import PROVIDERS
from backend.settings import read_settings
from backend.store import Store
from backend.verification import Trusted
from handler import events

TABLE = "hybrid-ci-cd-sessions-test"
ENVIRON = {
    "ENVIRONMENT": "test",
    "SESSIONS_TABLE": TABLE,
    "SESSIONS_USER_INDEX": "by_user",
    "TOKEN_VERIFICATION": "trusted",
    "SESSION_LIFETIME_SECONDS": "2592000",
    "SESSION_IDLE_SECONDS": "604800",
    "MAX_SESSIONS_PER_USER": "3",
    "CORS_ORIGINS": '["https://app.example"]',
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
}
LOGIN = {
    "user_id": "user123",
    "provider": "google",
    "oauth_tokens": {"access_token": "ya29.very-secret"},
    "user_info": {"email": "user@example.com"},
}
NOON = 1_795_500_000


@contextmanager
def moto_dynamodb(**options):
    """boto3's client of DynamoDB that moto answers in this process, whatever the shell sets for AWS."""
    with pytest.MonkeyPatch.context() as environ:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environ.setenv(name, "test")
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
            environ.delenv(name, raising=False)
        with mock_aws():
            yield boto3.client("dynamodb", region_name="us-east-1", **options)


def make_sessions_table(client, name=TABLE):
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "session_id", "AttributeType": "S"},
            {"AttributeName": "user_id", "AttributeType": "S"},
            {"AttributeName": "created_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_user",
                "KeySchema": [
                    {"AttributeName": "user_id", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def empty_sessions_table(client, name=TABLE):
    """Delete all sessions: a third of the cost of making the table again."""
    more = {}
    while more is not None:
        page = client.scan(TableName=name, **more)
        keys = [{"session_id": item["session_id"]} for item in page["Items"]]
        for start in range(0, len(keys), 25):  # as many as one call may delete
            changes = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + 25]]
            client.batch_write_item(RequestItems={name: changes})
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None


class CountedEntropy:
    """Different bytes each time, over all handlers, and no randomness.

    Their ids end in digits, so they sort as they were made: sessions of one moment are dropped in that order.
    """

    drawn = itertools.count(1)

    def __call__(self, size):
        made = base64.urlsafe_b64decode(f"Id{next(self.drawn):040}0=")
        assert len(made) == size
        return made


class FakeContext:
    aws_request_id = "8f0d9f3c-0000-4000-8000-1234567890ab"


class RecordingClient:
    """The handler's own client, which keeps the operations asked of it; `table` is boto3's, for a look past it."""

    def __init__(self, client, table):
        self._client = client
        self.table = table
        self.calls = []

    def __call__(self, operation, **parameters):
        self.calls.append((operation, parameters))
        return self._client(operation, **parameters)

    def names(self):
        return [name for name, _ in self.calls]


@dataclass
class Answered:
    status: int
    headers: dict
    text: str

    @property
    def body(self):
        return json.loads(self.text)


@dataclass
class Handler:
    """The whole application over a client of DynamoDB."""

    client: object
    environ: dict = field(default_factory=lambda: dict(ENVIRON))
    verifier: object = field(default_factory=lambda: Trusted(PROVIDERS))
    entropy: object = field(default_factory=CountedEntropy)
    now: float = NOON
    lines: list = field(default_factory=list)

    def __post_init__(self):
        settings = read_settings(self.environ, build="0123456789abcdef")
        self.store = Store(self.client, table=settings.sessions_table, index=settings.user_index)
        endpoints = Endpoints(settings, self.store, self.verifier, lambda: self.now, self.entropy)
        self.application = Application(endpoints, self.lines.append)

    def send(self, event):
        answer = self.application.answer(event, FakeContext())
        assert set(answer) == {"statusCode", "headers", "body", "isBase64Encoded"}
        assert all(isinstance(value, str) for value in answer["headers"].values())
        json.dumps(answer)
        return Answered(answer["statusCode"], answer["headers"], answer["body"])

    def call(self, method, path, body=None, *, bearer=None, **more):
        headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
        return self.send(events.http_api(method, path, None if body is None else json.dumps(body), headers, **more))

    def log_in(self, user_id="user123"):
        answered = self.call("POST", "/auth/session", {**LOGIN, "user_id": user_id})
        assert answered.status == 201, answered.text
        return answered.body["session_id"]

    def is_valid(self, session_id):
        answered = self.call("POST", "/auth/validate", {"session_id": session_id})
        assert answered.status == 200, answered.text
        return answered.body["valid"]

    @property
    def requests_logged(self):
        return [line for line in map(json.loads, self.lines) if "_aws" not in line]

    @property
    def counted(self):
        found = [line for line in map(json.loads, self.lines) if "_aws" in line]
        return [metric["Name"] for line in found for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
