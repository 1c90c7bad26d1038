"""Answers that leave in one piece, where hypercorn writes head and body apart.

Real AWS is milliseconds away and this server is not. The Go SDK of hashicorp/aws may still be closing the body it has
just sent when the first bytes of the answer arrive; it then drops the connection with the rest of the answer unread,
and sends the request once more. What is not idempotent fails the second time: AddPermission with a 409 that the
provider waits five minutes to go away. An answer that is there whole is read before the connection is given up.
"""

from typing import Any

from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import RawData

MOST_HELD_BYTES = 65536


class AnswerBuffer(TCPServer):
    """A connection that gathers what is written in one turn of the event loop, up to 64 KiB, into one segment."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._held = bytearray()

    async def protocol_send(self, event: Any) -> None:
        if isinstance(event, RawData) and len(self._held) + len(event.data) <= MOST_HELD_BYTES:
            if not self._held:
                self.loop.call_soon(self._flush)
            self._held += event.data
            return
        self._flush()
        await super().protocol_send(event)

    def _flush(self) -> None:
        if self._held:
            self.writer.write(bytes(self._held))
            self._held.clear()


def install() -> None:
    """Let every server that hypercorn starts from now on answer so; one that is built otherwise stays as it is."""
    if getattr(run, "TCPServer", None) is TCPServer:
        vars(run)["TCPServer"] = AnswerBuffer
