"""The loopback port of a sandbox: the previous one if possible."""

import socket

from hybridctl.files import write_file
from hybridctl.sandbox.home import LOOPBACK, Home


class PortTaken(OSError):
    """Another process uses the requested port."""


def listen(home: Home, wished: int | None) -> socket.socket:
    """Return a bound socket: on `wished` if given, otherwise on the last port, otherwise on any free one."""
    if wished is not None:
        bound = _bind(wished)
        if bound is None:
            raise PortTaken(f"port {wished} on {LOOPBACK} is taken")
    else:
        bound = _bind(_last(home)) or _bind(0)
        if bound is None:
            raise PortTaken(f"no free port on {LOOPBACK}")
    write_file(home.last_port, f"{bound.getsockname()[1]}\n".encode())
    return bound


def _bind(port: int) -> socket.socket | None:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        return None
    return bound


def _last(home: Home) -> int:
    try:
        return int(home.last_port.read_text())
    except (OSError, ValueError):
        return 0
