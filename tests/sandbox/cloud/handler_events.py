"""The life of a session over every route of the handler, in the events that the gateway sends, with its answers.

Whoever plays it says how the function is invoked. What differs from run to run is replaced: ids by their order, times
by a word, versions of interpreters not at all, for no answer names them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hybridctl.domain.api_event import Gateway, as_body, build_event

RECORDED = Path(__file__).with_suffix(".json")
SOURCE = Path(__file__).parents[3] / "lambda_src"
ROUTES = (
    "GET /health",
    "POST /auth/session",
    "POST /auth/validate",
    "GET /auth/sessions",
    "DELETE /auth/session",
    "DELETE /auth/sessions",
    "$default",
)
GATEWAY = Gateway("rehearsal", datetime(2026, 3, 1, 12, tzinfo=UTC), ROUTES, "abc123", "000000000000", "us-east-1")
VARIABLES = {
    "ENVIRONMENT": "rehearsal",
    "TOKEN_VERIFICATION": "trusted",
    "CORS_ORIGINS": '["https://app.example.com"]',
    "SESSION_LIFETIME_SECONDS": "3600",
    "MAX_SESSIONS_PER_USER": "2",
}


@dataclass(frozen=True)
class Asked:
    """One request; `{1}` in its body or headers is the first session id that was answered, `{2}` the second."""

    name: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None


def _login(user: str = "ada") -> dict[str, Any]:
    return {"user_id": user, "provider": "github", "oauth_tokens": {"access_token": "gho_x"}}


FIRST = {"authorization": "Bearer {1}"}
LIFE = (
    Asked("health", "GET", "/health"),
    Asked("health and table", "GET", "/health?deep=1"),
    Asked("head of health", "HEAD", "/health"),
    Asked("log in", "POST", "/auth/session", _login()),
    Asked("log in with a page", "POST", "/auth/session", _login(), {"origin": "https://app.example.com"}),
    Asked("log in from a foreign page", "POST", "/auth/session", _login("eve"), {"origin": "https://evil.example"}),
    Asked("validate", "POST", "/auth/validate", {"session_id": "{1}"}),
    Asked("validate again, warm", "POST", "/auth/validate", {"session_id": "{1}"}),
    Asked("validate nobody's", "POST", "/auth/validate", {"session_id": "A" * 43}),
    Asked("validate a cut id", "POST", "/auth/validate", {"session_id": "short"}),
    Asked("devices", "GET", "/auth/sessions", headers=FIRST),
    Asked("devices by cookie", "GET", "/auth/sessions", headers={"cookie": "a=1; b=2"}),
    Asked("log out", "DELETE", "/auth/session", headers=FIRST),
    Asked("log out twice", "DELETE", "/auth/session", headers=FIRST),
    Asked("validate after the end", "POST", "/auth/validate", {"session_id": "{1}"}),
    Asked("log out everywhere", "DELETE", "/auth/sessions", headers={"authorization": "Bearer {2}"}),
    Asked("validate the other one", "POST", "/auth/validate", {"session_id": "{2}"}),
    Asked("preflight", "OPTIONS", "/auth/session", headers={"origin": "https://app.example.com"}),
    Asked("unknown route", "GET", "/nowhere?a=1&a=2"),
    Asked("wrong method", "PUT", "/auth/session", {}),
    Asked("no body", "POST", "/auth/session"),
    Asked("no JSON", "POST", "/auth/session", raw="{"),
    Asked("a list", "POST", "/auth/session", []),
    Asked("numbers beyond JSON", "POST", "/auth/session", raw='{"user_id": NaN}'),
    Asked("nested deeply", "POST", "/auth/session", raw='{"user_info": ' + "[" * 500 + "]" * 500 + "}"),
    Asked("a name of emoji", "POST", "/auth/session", _login("\U0001f469\u200d\U0001f4bb")),
    Asked("a text that is not JSON", "POST", "/auth/validate", raw="not base64 \N{SNOWMAN}"),
    Asked("no bearer", "GET", "/auth/sessions", headers={"authorization": "Basic x"}),
)
OTHERS: Mapping[str, Any] = {"of no API": {"Records": []}, "nothing": {}, "a list": [1], "text": "x", "null": None}


def play(invoke: Callable[[Any], Any]) -> dict[str, Any]:
    """Each answer by the name of its request, in the order of the life, and those to events of other kinds."""
    ids: list[str] = []
    answers: dict[str, Any] = {}
    for asked in LIFE:
        event = _event(asked, ids)
        answer = invoke(event)
        body = _body(answer)
        if isinstance(body, dict) and isinstance(body.get("session_id"), str) and body["session_id"] not in ids:
            ids.append(body["session_id"])
        answers[asked.name] = settle(answer, ids)
    for name, event in OTHERS.items():
        answers[name] = settle(invoke(event), ids)
    return answers


def _event(asked: Asked, ids: list[str]) -> dict[str, Any]:
    def fill_ids(text: str) -> str:
        return re.sub(r"\{(\d)\}", lambda found: ids[int(found[1]) - 1], text)

    body = asked.raw if asked.raw is not None else as_body(asked.body)
    headers = {name: fill_ids(value) for name, value in asked.headers.items()}
    return build_event(
        GATEWAY, asked.method, asked.path, headers, fill_ids(body) if body and asked.raw is None else body
    )


def _body(answer: Any) -> Any:
    try:
        return json.loads(answer["body"])
    except (TypeError, KeyError, ValueError):
        return None


def settle(answer: Any, ids: list[str]) -> Any:
    """The answer with its body read, and without what differs from run to run."""
    if not isinstance(answer, dict):
        return answer
    read = {**answer, "body": _body(answer)} if _body(answer) is not None else dict(answer)
    text = json.dumps(read, sort_keys=True)
    for number, one in enumerate(ids, start=1):
        text = text.replace(one, f"SESSION {number}")
    text = re.sub(r"\b1[6-9]\d{8}\b", '"TIME"', text)
    text = re.sub(r'("x-function-version": )"[^"]*"', r'\1"VERSION"', text)
    text = re.sub(r'("(?:x-request-id|request_id|requestId)": )"[^"]*"', r'\1"REQUEST"', text)
    text = re.sub(r"RequestId: [\w-]+", "RequestId: REQUEST", text)
    text = re.sub(r'"id": "[\w-]{8}"', '"id": "DEVICE"', text)
    settled = json.loads(text)
    body = settled.get("body")
    if isinstance(body, dict) and isinstance(body.get("sessions"), list):  # of one second, in the order of their ids
        body["sessions"].sort(key=lambda one: json.dumps(one, sort_keys=True))
    return settled


def members() -> dict[str, bytes]:
    """The files of the handler's package."""
    found = [path for path in sorted(SOURCE.rglob("*.py")) if "__pycache__" not in path.parts]
    return {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in found}
