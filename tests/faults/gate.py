"""A real endpoint in front of the sandbox: it knows each AWS call by name, and halts, refuses or loses some.

Everything goes through it: hybridctl's own calls, Terraform's state backend, the provider's calls, and the public API.
"""

import http.client
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_LAMBDA = (
    ("PUT", r"/functions/[^/]+/code", "UpdateFunctionCode"),
    ("PUT", r"/functions/[^/]+/configuration", "UpdateFunctionConfiguration"),
    ("POST", r"/functions/[^/]+/versions", "PublishVersion"),
    ("POST", r"/functions/[^/]+/aliases", "CreateAlias"),
    ("PUT", r"/functions/[^/]+/aliases/[^/]+", "UpdateAlias"),
    ("GET", r"/functions/[^/]+/aliases/[^/]+", "GetAlias"),
    ("POST", r"/functions/[^/]+/invocations", "Invoke"),
    ("GET", r"/functions/[^/]+/configuration", "GetFunctionConfiguration"),
    ("POST", r"/functions", "CreateFunction"),
)
_READS = ("Get", "List", "Head", "Describe", "Filter", "Query", "Scan", "BatchGet", "Invoke")


@dataclass
class Fault:
    """What happens to the `nth` call whose name matches, and, with `times`, to those after it; `after` is the name of a
    call before which none counts.

    `status` answers with an error of that `code`; `lost` performs the call and never answers; `held` says nothing
    until the fault is lifted, having performed the call first when it is `performed`. `late` then sends the answer, of
    a call that is performed only then unless it was before; without it no answer comes.
    """

    call: str
    nth: int = 1
    times: int = 1
    status: int = 0
    code: str = ""
    lost: bool = False
    held: bool = False
    performed: bool = False
    late: bool = False
    after: str = ""
    seen: int = 0
    met: threading.Event = field(default_factory=threading.Event)
    lifted: threading.Event = field(default_factory=threading.Event)

    def takes(self, name: str) -> bool:
        if self.after:
            self.after = "" if re.search(self.after, name) else self.after
            return False
        if not re.search(self.call, name):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass
class Gate:
    """The endpoint; `target` is the sandbox's port, `calls` the name of everything that came, in order."""

    target: int
    calls: list[str] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Gate":
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.request_queue_size = 256
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.lift()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mutations(self) -> list[str]:
        """The calls that change something."""
        return [name for name in self.calls if not name.split(":", 1)[1].startswith(_READS)]

    def arm(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def lift(self) -> None:
        """No fault from here on; what is held goes on."""
        with self._lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            fault.lifted.set()

    def meets(self, name: str) -> Fault | None:
        with self._lock:
            self.calls.append(name)
            found = [fault for fault in self._faults if fault.takes(name)]
        return found[0] if found else None


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart: the body would wait 40 ms for an acknowledgement

    def _any(self) -> None:
        body = self._body()
        name = call_name(self.command, self.path, self.headers, body)
        fault = self.gate.meets(name)
        if fault is None:
            self._send(*self._forward(body))
            return
        if fault.status:
            fault.met.set()
            self._send(*_refusal(name, fault))
            return
        answer = self._forward(body) if fault.performed or fault.lost else None
        fault.met.set()
        if fault.held:
            fault.lifted.wait(120)
        if fault.late:
            self._send(*(answer or self._forward(body)))
        self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any  # noqa: N815  the library's names

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            pass  # http.server has answered it
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            whole = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return whole
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.gate.target, timeout=130)
        passed = {
            key: value
            for key, value in self.headers.items()
            if key.lower() not in ("transfer-encoding", "content-length", "connection", "expect")
        }
        try:
            connection.request(self.command, self.path, body=body, headers=passed | {"Content-Length": str(len(body))})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except OSError:
            self.close_connection = True
            return 0, [], b""
        finally:
            connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if not status:
            return  # the sandbox is gone: so is our answer
        try:
            self.send_response_only(status)
            for key, value in headers:
                if key.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(key, value)
            length = dict(headers).get("content-length", "0") if self.command == "HEAD" else str(len(body))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)
        except OSError:
            self.close_connection = True  # whoever asked has been killed

    def log_message(self, *_: object) -> None:
        pass


def call_name(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    """ "service:Operation what", such as "lambda:UpdateAlias live" or "s3:PutObject releases/local/running"."""
    where = urlsplit(path)
    target = headers.get("X-Amz-Target", "")
    if target:
        service, _, operation = target.partition(".")
        return f"{service.split('_')[0].lower()}:{operation}"
    if "/_aws/execute-api/" in where.path:
        return f"api:{'Get' if method == 'GET' else method} /{where.path.split('/', 5)[-1]}"
    if where.path.startswith("/_ministack"):
        return "sandbox:Get health"
    if cbor := re.search(r"/service/(\w+)/operation/(\w+)", where.path):
        return f"monitoring:{cbor[2]}"
    if where.path.startswith("/20"):
        return _rest_name(method, where.path)
    if where.path.startswith(("/v2/", "/restapis")):
        return f"apigateway:{'Get' if method == 'GET' else method} {where.path}"
    if action := parse_qs(body.decode(errors="replace")).get("Action") if method == "POST" else None:
        return f"query:{action[0]}"
    bucket, _, key = unquote(where.path).lstrip("/").partition("/")
    operation = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}[method]
    return f"s3:{operation}{'Object' if key else 'Bucket'} {key or where.query or bucket}"


def _rest_name(method: str, path: str) -> str:
    for verb, pattern, operation in _LAMBDA:
        if method == verb and re.fullmatch(rf"/[0-9-]+{pattern}/?", path):
            return f"lambda:{operation} {path.rsplit('/', 1)[-1]}"
    return f"lambda:{'Get' if method == 'GET' else method} {path}"


def _refusal(name: str, fault: Fault) -> tuple[int, list[tuple[str, str]], bytes]:
    """The error in that service's protocol."""
    message = "told so by a test"
    if name.startswith("s3:"):
        text = f"<Error><Code>{fault.code}</Code><Message>{message}</Message></Error>"
        return fault.status, [("Content-Type", "application/xml")], text.encode()
    if name.startswith("query:"):
        text = f"<ErrorResponse><Error><Code>{fault.code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return fault.status, [("Content-Type", "text/xml")], text.encode()
    body: dict[str, Any] = {"__type": fault.code, "message": message}
    return (
        fault.status,
        [("Content-Type", "application/json"), ("x-amzn-errortype", fault.code)],
        json.dumps(body).encode(),
    )
