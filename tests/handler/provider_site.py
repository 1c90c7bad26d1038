"""A provider's site on loopback that answers as Google and GitHub are documented to, or as a broken one would."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from handler.fakes import NOON

TOKEN = "ya29.very-secret"
GOOGLE_INFO = {
    "azp": "our-client",
    "aud": "our-client",
    "sub": "110169484474386276334",
    "scope": "openid https://www.googleapis.com/auth/userinfo.email",
    "exp": str(NOON + 3599),
    "expires_in": "3599",
    "email": "user@example.com",
    "email_verified": "true",
    "access_type": "online",
}
GITHUB_INFO = {
    "id": 1,
    "app": {"url": "http://my-github-app.com", "name": "my app", "client_id": "our-client"},
    "token": TOKEN,
    "expires_at": None,
    "user": {"login": "octocat", "id": 583231, "type": "User"},
}


class FakeProviderSite(ThreadingHTTPServer):
    """Answers every request with `status` and `answer`, and keeps what it was asked.

    `before` are statuses that come first, once each, 0 for a connection that is cut. With `raw`, these bytes are all
    that it sends. It waits for `may_answer`, and `pace` seconds before each byte.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), FakeProviderPage)
        self.status = 200
        self.before = []
        self.answer = {}
        self.headers = {}
        self.raw = b""
        self.pace = 0.0
        self.asked = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_closed = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_arguments):
        """A client that has read enough and closes the connection is not an error here."""


class FakeProviderPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.reply()

    def reply(self):
        site = self.server
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        site.asked.append((self.command, self.path, dict(self.headers.items()), body.decode()))
        site.may_answer.wait(10)
        first = site.before.pop(0) if site.before else site.status
        answer = site.raw or (self.whole(site, first) if first else b"")
        if not site.pace:
            self.wfile.write(answer)
        else:
            for byte in answer:
                if site.is_closed.wait(site.pace):
                    break
                self.wfile.write(bytes([byte]))
        self.close_connection = True

    def whole(self, site, status):
        content = site.answer if isinstance(site.answer, bytes) else json.dumps(site.answer).encode()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "content-length": len(content),
            **site.headers,
        }
        lines = [f"HTTP/1.1 {status} As told", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + content

    def log_message(self, *_arguments):
        pass


@contextmanager
def provider_site() -> Iterator[FakeProviderSite]:
    """A site that is up until the end of the block."""
    server = FakeProviderSite()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.is_closed.set()
        server.shutdown()
        server.server_close()
        thread.join()
