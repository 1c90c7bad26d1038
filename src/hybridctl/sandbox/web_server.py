"""The web server of the sandbox: uvicorn, with answers that leave in one piece and without its own signal handlers.

Real AWS is milliseconds away and this server is not. The Go SDK of hashicorp/aws may still be closing the body it has
just sent when the first bytes of the answer arrive; it then drops the connection with the rest of the answer unread,
and sends the request once more. What is not idempotent fails the second time: AddPermission with a 409 that the
provider waits five minutes to go away. An answer that is there whole is read before the connection is given up.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hybridctl.sandbox.door import App

MOST_HELD_BYTES = 65536
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 2  # for the requests that are running when the server stops


class WebServer(uvicorn.Server):
    """Serves `app` on sockets that are already bound, until `stopping` is set."""

    def __init__(self, app: App, stopping: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            http=GatheringConnection,
            ws="none",
            loop="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            reset_contextvars=True,  # one request on a connection learns nothing of the one before
        )
        super().__init__(config)
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Raise RuntimeError if the app cannot start; its own error is in the log."""
        try:
            await super().startup(sockets)
        except SystemExit as exited:
            raise RuntimeError("the emulator did not start") from exited

    async def main_loop(self) -> None:
        """Wait without looking ten times a second: the answers carry their own date."""
        await self._stopping.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the sandbox, which has more to end than this server."""
        yield


class GatheringConnection(HttpToolsProtocol):
    """A connection whose answers leave in one piece, where uvicorn writes head and body apart."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gathering(transport))  # type: ignore[arg-type]


class _Gathering:
    """A transport that gathers what is written in one turn of the event loop, up to 64 KiB, into one segment."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if len(self._held) + len(data) > MOST_HELD_BYTES:
            self._flush()
            self._transport.write(data)
            return
        if not self._held:
            asyncio.get_running_loop().call_soon(self._flush)
        self._held += data

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            self._transport.write(bytes(self._held))
            self._held.clear()
