"""A stand-in server in a process of its own, for as long as the measurement that started it lasts."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve_until_stdin_ends(handler: type[BaseHTTPRequestHandler]) -> None:
    """Answer on a free port of loopback, which is the one line that is printed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
