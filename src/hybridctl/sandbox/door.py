"""The first layer of the sandbox: it authenticates every request.

It refuses requests that are not signed with the sandbox's key or with credentials that the sandbox issued. Clients of a
deployed HTTP API need no signature. It refuses requests of web pages, unless the API allows their origin, and removes
the emulator's own CORS headers.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol
from xml.sax.saxutils import escape

from hybridctl.sandbox.request_origin import find_foreign, host_name, is_loopback
from hybridctl.sandbox.sigv4 import Request, SignatureRefused, check_signature, parse_signature

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API_PATH = "/_aws/execute-api/"
API_HOST = ".execute-api.localhost"
ONCE = frozenset({"authorization", "host", "origin", "referer", "sec-fetch-site", "x-amz-date", "x-amz-content-sha256"})
DRAINED_BYTES = 16 * 1024 * 1024
HINT = "the access key of this sandbox is shown by: hybridctl sandbox status"

host_of_api: ContextVar[str | None] = ContextVar("host_of_api", default=None)  # for the event that the function gets


class GuardedCloud(Protocol):
    """What the door needs to know of the cloud behind it."""

    def has_api(self, identity: str) -> bool: ...
    def allows_origin(self, identity: str, origin: str) -> bool: ...
    def secret_of(self, access_key_id: str, token: str) -> str | None: ...


class Door:
    """An ASGI application in front of another one; `cloud` knows the APIs and the issued credentials."""

    def __init__(self, app: App, cloud: GuardedCloud) -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[str, str] = {}
        receive = incoming = _Incoming(receive)
        try:
            headers = read_headers(scope)
            host = headers.get("host", "")
            if not is_loopback(host_name(host)) or not scope["path"].startswith("/"):
                raise SignatureRefused("AccessDenied", f"the sandbox is not {host or 'a host without a name'}")
            if headers.get("upgrade", "").lower() == "websocket":
                raise SignatureRefused("AccessDenied", "the sandbox opens no WebSocket")
            api = self._find_called_api(scope, host)
            foreign = find_foreign(headers, lambda origin: bool(api) and self._cloud.allows_origin(api, origin))
            if foreign is not None:
                raise SignatureRefused("AccessDenied", f"a page from elsewhere has no access ({foreign})")
            if not api:
                receive = await self._authenticate(scope, headers, receive)
                send = _without_cors(send)
        except SignatureRefused as refused:
            await incoming.drain()
            await _answer(refused, headers, send)
            return
        await self._app(scope, receive, send)

    def _find_called_api(self, scope: Scope, host: str) -> str:
        """Return the id of the API whose client sent this, otherwise ""; an API's own host becomes its path.

        The emulator reads the path first, so it would answer its own health or reset path on an API's host too.
        """
        path, name = scope["path"], host_name(host)
        if name.endswith(API_HOST):
            identity = name.removesuffix(API_HOST)
            if not self._cloud.has_api(identity):
                return ""
            scope["path"] = f"{API_PATH}{identity}{path}"
            scope["raw_path"] = f"{API_PATH}{identity}".encode() + scope["raw_path"]
            host_of_api.set(host)
            rest = [(key, value) for key, value in scope["headers"] if key.lower() != b"host"]
            scope["headers"] = [*rest, (b"host", b"localhost")]
            return identity
        identity, slash, _ = path.removeprefix(API_PATH).partition("/")
        return identity if path.startswith(API_PATH) and slash and self._cloud.has_api(identity) else ""

    async def _authenticate(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Receive:
        """Check the signature, and return what the application is to receive."""
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        request = Request(scope["method"], path, query, headers)
        signature = parse_signature(request)
        secret = self._cloud.secret_of(signature.access_key_id, signature.token)
        if secret is None:
            raise SignatureRefused("UnrecognizedClientException", f"the access key is none of this sandbox's; {HINT}")
        now = datetime.now(UTC)
        if not signature.needs_body:
            check_signature(request, signature, secret, b"", now)
            return receive
        body = await _whole_body(receive)
        check_signature(request, signature, secret, body, now)
        return _again(body, receive)


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers by lower-case name. Raises SignatureRefused if one that decides about access is repeated."""
    read: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1").lower()
        if name in read:
            if name in ONCE:
                raise SignatureRefused("AccessDenied", f"the header {name} is there twice")
            read[name] += "," + value.decode("latin-1")
        else:
            read[name] = value.decode("latin-1")
    return read


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise SignatureRefused("IncompleteBody", "the request ended before its body did")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    held = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> dict[str, Any]:
        return held.pop() if held else await receive()

    return receive_again


def _without_cors(send: Send) -> Send:
    async def send_without_cors(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without_cors


class _Incoming:
    """The incoming request; it remembers whether all of it was received."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_complete = False

    async def __call__(self) -> dict[str, Any]:
        message = await self._receive()
        self._is_complete = not message.get("more_body")
        return message

    async def drain(self) -> None:
        """Read the rest of the request: a client that is cut off while sending does not read the refusal."""
        left = DRAINED_BYTES
        while left > 0 and not self._is_complete:
            left -= len((await self()).get("body", b""))


async def _answer(refused: SignatureRefused, headers: dict[str, str], send: Send) -> None:
    """Answer 403 in the format that the caller's SDK expects."""
    kind = headers.get("content-type", "")
    authorization = headers.get("authorization", "")
    if refused.code == "InvalidRequest" or "/s3/" in authorization or "urlencoded" in kind:
        inner = f"<Error><Code>{refused.code}</Code><Message>{escape(str(refused))}</Message></Error>"
        body = (f"<ErrorResponse>{inner}</ErrorResponse>" if "urlencoded" in kind else inner).encode()
        kind = "application/xml"
    else:
        body = json.dumps({"__type": refused.code, "message": str(refused)}).encode()
        kind = "application/json"
    answer = {"content-type": kind, "content-length": str(len(body)), "x-amzn-errortype": refused.code}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in answer.items()]
    await send({"type": "http.response.start", "status": 403, "headers": raw})
    await send({"type": "http.response.body", "body": body})
