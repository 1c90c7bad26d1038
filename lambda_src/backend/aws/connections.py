"""HTTP connections to one host that are kept open between requests."""

import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

_CONNECT_SECONDS = 1.0


class NoAnswer(Exception):
    """No whole answer came: no connection, a lost one, or none in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Any thread may ask; each request has a connection of its own while it lasts.

    TLS certificates are checked against the system's authorities, or those in the file `authorities`. `proxy` is
    the host and port of an HTTP proxy that leads to an https address.
    """

    def __init__(self, address: str, *, authorities: str | None = None, proxy: str = "") -> None:
        url = urlsplit(address)
        # As the header has it, which is signed: the scheme's own port is left out.
        self.host = url.netloc.removesuffix(":443" if url.scheme == "https" else ":80").lower()
        self._connect: Callable[[], HTTPConnection]
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=authorities)
            self._connect = lambda: HTTPSConnection(proxy or url.netloc, context=context)
        else:
            self._connect = lambda: HTTPConnection(url.netloc)
        self._tunnel = url.netloc if proxy else ""
        self._idle: list[HTTPConnection] = []

    def post(self, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        """The answer to a POST to "/"; raises NoAnswer.

        To connect and wait for the answer may take `seconds` in all, and each further read as long as was left.
        """
        connection = self._take()
        try:
            self._prepare(connection, seconds)
            connection.request("POST", "/", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as cause:
            connection.close()
            raise NoAnswer(f"{self.host}: {type(cause).__name__}") from cause
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:  # it closes itself when the host has said that it does
            self._idle.append(connection)
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _take(self) -> HTTPConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect()
            # An idle connection that has something to read has been closed by the host.
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _prepare(self, connection: HTTPConnection, seconds: float) -> None:
        if connection.sock is None:
            began = time.monotonic()
            connection.timeout = min(seconds, _CONNECT_SECONDS)
            if self._tunnel:
                connection.set_tunnel(self._tunnel)
            connection.connect()
            _socket_of(connection).setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            seconds = max(seconds - (time.monotonic() - began), 0.001)  # 0 would mean: do not wait at all
        _socket_of(connection).settimeout(seconds)


def _socket_of(connection: HTTPConnection) -> socket.socket:
    found: socket.socket = connection.sock  # typeshed says None, which it is before connect()
    return found
