"""Calls of the cloud in its own process: what botocore gets is what it gets over HTTP."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, HTTPClientError

from hybridctl.sandbox import own_calls
from hybridctl.sandbox.door import Door, Receive, Scope, Send
from hybridctl.sandbox.key import Key
from hybridctl.sandbox.own_calls import OwnCalls
from hybridctl.sandbox.provider.aws import Clients

KEY = Key("SANDBOX1", "secret")
ENDPOINT = "http://127.0.0.1:4566"


class Cloud:
    """Knows one key, and answers every request with what it was."""

    def __init__(self) -> None:
        self.seen: list[tuple[Scope, bytes]] = []
        self.answer: tuple[int, bytes] = (200, b'{"Functions": []}')
        self.held = asyncio.Event()
        self.holds = False

    def has_api(self, identity: str) -> bool:
        return False

    def allows_origin(self, identity: str, origin: str) -> bool:
        return False

    def secret_of(self, access_key_id: str, token: str) -> str | None:
        return KEY.secret_access_key if access_key_id == KEY.access_key_id else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append((scope, (await receive())["body"]))
        if self.holds:
            await self.held.wait()
        headers = [(b"content-type", b"application/json"), (b"x-amzn-requestid", b"1-2")]
        await send({"type": "http.response.start", "status": self.answer[0], "headers": headers})
        await send({"type": "http.response.body", "body": self.answer[1], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


@pytest.fixture
def calls(cloud: Cloud, loop: asyncio.AbstractEventLoop) -> OwnCalls:
    return OwnCalls(Door(cloud, cloud), loop)


def client(calls: OwnCalls, service: str, key: Key = KEY) -> Any:
    return Clients(ENDPOINT, "us-east-1", key, calls.send)[service]


def test_a_signed_call_passes_the_door_as_over_http(calls: OwnCalls, cloud: Cloud) -> None:
    answer = client(calls, "lambda").list_functions(MaxItems=3)
    assert answer["Functions"] == []
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == "1-2"
    scope, body = cloud.seen[0]
    assert (scope["method"], scope["path"], scope["query_string"]) == ("GET", "/2015-03-31/functions", b"MaxItems=3")
    assert dict(scope["headers"])[b"host"] == b"127.0.0.1:4566"
    assert body == b""


def test_a_path_arrives_as_it_was_sent_and_decoded(calls: OwnCalls, cloud: Cloud) -> None:
    cloud.answer = (200, b"{}")
    client(calls, "lambda").get_function(FunctionName="arn:aws:lambda:us-east-1:1:function:gr\u00fcn")
    scope, _ = cloud.seen[0]
    assert scope["path"].endswith("/functions/arn:aws:lambda:us-east-1:1:function:gr\u00fcn")
    assert scope["raw_path"].endswith(b"gr%C3%BCn")


def test_a_body_arrives_whole(calls: OwnCalls, cloud: Cloud) -> None:
    cloud.answer = (200, b"{}")
    client(calls, "dynamodb").describe_table(TableName="t")
    assert cloud.seen[0][1] == b'{"TableName": "t"}'


def test_another_key_is_refused_by_the_door(calls: OwnCalls, cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(calls, "dynamodb", Key("SANDBOX2", "secret")).describe_table(TableName="t")
    with pytest.raises(ClientError, match="does not match"):
        client(calls, "dynamodb", Key("SANDBOX1", "guessed")).describe_table(TableName="t")
    assert cloud.seen == []


def test_a_refusal_is_botocores_error(calls: OwnCalls, cloud: Cloud) -> None:
    cloud.answer = (400, b'{"__type": "ResourceNotFoundException", "message": "no table"}')
    with pytest.raises(ClientError, match="no table"):
        client(calls, "dynamodb").describe_table(TableName="t")


def test_an_answer_that_does_not_come_is_a_timeout(
    calls: OwnCalls, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_calls, "ANSWER_SECONDS", 0.01)
    cloud.holds = True
    with pytest.raises(HTTPClientError, match="Read timeout"):
        client(calls, "dynamodb").describe_table(TableName="t")


def test_a_closed_cloud_is_one_that_cannot_be_reached(calls: OwnCalls, cloud: Cloud) -> None:
    calls.close()
    with pytest.raises(EndpointConnectionError):
        client(calls, "dynamodb").describe_table(TableName="t")
    assert cloud.seen == []


def test_a_call_that_the_end_of_the_sandbox_cuts_off_is_a_lost_connection(
    calls: OwnCalls, cloud: Cloud, loop: asyncio.AbstractEventLoop
) -> None:
    cloud.holds = True
    caught: list[BaseException] = []

    def describe() -> None:
        try:
            client(calls, "dynamodb").describe_table(TableName="t")
        except (ConnectionClosedError, EndpointConnectionError) as error:
            caught.append(error)

    asking = threading.Thread(target=describe)
    asking.start()
    while not cloud.seen:
        asking.join(0.01)
    calls.close()

    def cancel() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    loop.call_soon_threadsafe(cancel)
    asking.join(10)
    assert caught
