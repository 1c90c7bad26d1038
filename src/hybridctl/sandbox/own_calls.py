"""The provider's calls of the cloud in its own process: botocore's requests, without a connection between.

Both ends of such a call are in the sandbox's process. HTTP between them takes more processor time than what is asked,
and a refresh makes a hundred calls. All else is as over HTTP: botocore signs the request, and the door checks it.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from hybridctl.sandbox.door import App

Send = Callable[[AWSPreparedRequest], AWSResponse]
ANSWER_SECONDS = 120.0  # as long as a client of the same provider waits over HTTP


class OwnCalls:
    """Answers from `app`, which runs in `loop`, to calls from the threads of the provider."""

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop
        self._closed = False

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Return the answer. Raises botocore's exceptions, once closed EndpointConnectionError."""
        if self._closed:
            raise EndpointConnectionError(endpoint_url=request.url)
        answering = asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)
        try:
            return answering.result(ANSWER_SECONDS)
        except TimeoutError as late:
            answering.cancel()
            raise ReadTimeoutError(endpoint_url=request.url) from late
        except CancelledError as stopped:
            raise EndpointConnectionError(endpoint_url=request.url) from stopped

    def close(self) -> None:
        """Refuse further calls: the loop is about to end."""
        self._closed = True

    async def _answer(self, request: AWSPreparedRequest) -> AWSResponse:
        body = _body_of(request)
        unread = [{"type": "http.request", "body": body, "more_body": False}]
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if unread:
                return unread.pop()
            disconnected: dict[str, Any] = await asyncio.get_running_loop().create_future()  # never: nobody hangs up
            return disconnected

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(_scope(request), receive, send)
        headers: Any = HeadersDict((_as_text(name), _as_text(value)) for name, value in start["headers"])
        return AWSResponse(request.url, start["status"], headers, _Body(b"".join(parts)))


class _Body(BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _body_of(request: AWSPreparedRequest) -> bytes:
    body: Any = request.body or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body if isinstance(body, bytes | bytearray) else body.read())


def _scope(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as a server that had read it from a connection would hand it over."""
    url = urlsplit(request.url)
    raw_path = (url.path or "/").encode()
    headers = [(name.lower().encode(), _as_bytes(value)) for name, value in request.headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote_to_bytes(raw_path).decode(),
        "raw_path": raw_path,
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(b"host", url.netloc.encode()), *headers],
        "client": (url.hostname, 0),
        "server": (url.hostname, url.port),
    }


def _as_text(value: bytes) -> str:
    return value.decode("latin-1")


def _as_bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
