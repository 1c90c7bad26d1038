"""What runs inside a process like the function's: started with the package's folder as its PYTHONPATH, it says JSON.

`handler_process.py MODE`, with what the mode needs as JSON on stdin. Nothing but what Lambda's own runtime has imported
comes before the clock is started.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Timings = Mapping[str, Sequence[float]]
_ORDER = (
    "POST /auth/validate",
    "POST /auth/validate, no",
    "POST /auth/session",
    "GET /auth/sessions",
    "DELETE /auth/session",
    "DELETE /auth/sessions",
    "GET /health",
)


def event(method: str, path: str, body: object = None, bearer: str = "") -> dict[str, Any]:
    """An HTTP API's event, payload 2.0, as far as anything reads it."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
            **({"authorization": f"Bearer {bearer}"} if bearer else {}),
        },
        "requestContext": {
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.77"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def validation(session_id: str) -> dict[str, Any]:
    return event("POST", "/auth/validate", {"session_id": session_id})


def sign_in(user: str) -> dict[str, Any]:
    return event(
        "POST", "/auth/session", {"user_id": user, "provider": "google", "oauth_tokens": {"access_token": "t"}}
    )


def cold(session_id: str) -> Mapping[str, float]:
    """The handler's init phase, and its first request."""
    started = time.perf_counter()
    from backend.entry import handle

    ready = time.perf_counter()
    answer = handle(validation(session_id), None)
    ended = time.perf_counter()
    assert json.loads(answer["body"])["valid"], answer  # noqa: S101
    return {"seconds": ended - started, "init seconds": ready - started, "first request seconds": ended - ready}


def floor(session_id: str) -> Mapping[str, float]:
    """botocore, one client with the handler's own settings, and one read."""
    started = time.perf_counter()
    import botocore.session
    from botocore.config import Config

    config = Config(parameter_validation=False, tcp_keepalive=True)
    client = botocore.session.get_session().create_client("dynamodb", config=config)
    return _first_read(client, session_id, started)


def boto3_floor(session_id: str) -> Mapping[str, float]:
    """The same as most functions do it."""
    started = time.perf_counter()
    import boto3

    return _first_read(boto3.client("dynamodb"), session_id, started)


def _first_read(client: Any, session_id: str, started: float) -> Mapping[str, float]:
    ready = time.perf_counter()
    found = client.get_item(TableName=_table(), Key={"session_id": {"S": session_id}}, ConsistentRead=True)
    ended = time.perf_counter()
    assert "Item" in found  # noqa: S101
    return {"seconds": ended - started, "init seconds": ready - started, "first request seconds": ended - ready}


def valid(ids: Sequence[str]) -> int:
    """How many of them the handler takes for valid."""
    from backend.entry import handle

    return sum(json.loads(handle(validation(one), None)["body"])["valid"] for one in ids)


def sign_ins(user: str) -> str:
    """The id of a new session of that user."""
    from backend.entry import handle

    return str(json.loads(handle(sign_in(user), None)["body"])["session_id"])


def routes(rounds: int) -> Mapping[str, Timings]:
    """Of each route its times and those of the table operations that it cannot do without, in seconds."""
    import botocore.session
    from botocore.config import Config

    from backend.entry import handle

    config = Config(parameter_validation=False, tcp_keepalive=True)
    client = botocore.session.get_session().create_client("dynamodb", config=config)
    found: dict[str, dict[str, list[float]]] = {name: {"handler": [], "bare": []} for name in _ORDER}
    for number in range(-rounds // 10, rounds):  # a tenth more, thrown away: connections and containers warm up
        for name, taken in _one_round(handle, client, f"bench-{os.getpid()}-{number}").items():
            if number >= 0:
                found[name]["handler"] += taken[:1]
                found[name]["bare"] += taken[1:]
    return found


def _one_round(handle: Any, client: Any, user: str) -> Mapping[str, Sequence[float]]:
    made = {"in": "", "other": ""}
    table = _table()

    def key(what: str) -> dict[str, Any]:
        return {"TableName": table, "Key": {"session_id": {"S": what}}}

    def ask(sent: Mapping[str, Any], wanted: int) -> Callable[[], Any]:
        def asked() -> Any:
            answer = handle(sent, None)
            assert answer["statusCode"] == wanted, answer  # noqa: S101
            return answer

        return asked

    def read(*keys: str) -> Any:
        asked = {table: {"Keys": [{"session_id": {"S": one}} for one in keys], "ConsistentRead": True}}
        return client.batch_get_item(RequestItems=asked)

    def query() -> Any:
        return client.query(
            TableName=table,
            IndexName=os.environ["SESSIONS_USER_INDEX"],
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user}},
            Limit=120,
        )

    def put() -> None:
        client.get_item(**key(f"user#{user}"), ConsistentRead=True)
        client.put_item(TableName=table, Item={"session_id": {"S": f"bare-{user}"}, "kind": {"S": "x" * 200}})
        query()

    def end_epoch() -> None:
        read(f"bare-{user}", f"user#{user}")
        client.update_item(
            **key(f"bare-user#{user}"),
            UpdateExpression="SET epoch = :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        query()
        client.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key(f"bare-user#{user}")["Key"]}}]})

    def read_and(more: Callable[[], Any]) -> Callable[[], Any]:
        def both() -> None:
            read(made["in"], f"user#{user}")
            more()

        return both

    handle(sign_in(user), None)
    signed = _timed(ask(sign_in(user), 201), put)
    made["in"] = json.loads(ask(sign_in(user), 201)()["body"])["session_id"]
    made["other"] = json.loads(ask(sign_in(user), 201)()["body"])["session_id"]
    nobody = made["in"][::-1]
    for one in made.values():
        handle(validation(one), None)  # so that the container knows whose it is
    return {
        "GET /health": _timed(ask(event("GET", "/health"), 200)),
        "POST /auth/session": signed,
        "POST /auth/validate": _timed(
            ask(validation(made["in"]), 200), lambda: client.get_item(**key(made["in"]), ConsistentRead=True)
        ),
        "POST /auth/validate, no": _timed(
            ask(validation(nobody), 200), lambda: client.get_item(**key(nobody), ConsistentRead=True)
        ),
        "GET /auth/sessions": _timed(
            ask(event("GET", "/auth/sessions", bearer=made["in"]), 200), read_and(query)
        ),
        "DELETE /auth/session": _timed(
            ask(event("DELETE", "/auth/session", bearer=made["other"]), 204),
            read_and(lambda: client.delete_item(**key(f"bare-{user}"))),
        ),
        "DELETE /auth/sessions": _timed(ask(event("DELETE", "/auth/sessions", bearer=made["in"]), 204), end_epoch),
    }  # fmt: skip


def _timed(*calls: Callable[[], Any]) -> Sequence[float]:
    taken = []
    for call in calls:
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return taken


def _table() -> str:
    return os.environ["SESSIONS_TABLE"]


if __name__ == "__main__":
    modes: dict[str, Callable[[Any], object]] = {
        "cold": cold, "floor": floor, "boto3": boto3_floor, "valid": valid, "sign-in": sign_ins, "routes": routes,
    }  # fmt: skip
    told = json.load(sys.stdin)
    answers, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  the handler's log
    json.dump(modes[sys.argv[1]](told), answers)
