"""An endpoint before the sandbox's that counts the calls of DynamoDB and throttles a share of the writes of a batch.

`python -m bench.table_gate '{"port": …}'`, a process of its own, so that neither its time nor its memory is the
client's. It says its port on stdout, and at GET /stats what it was asked. The sandbox checks signatures, so the gate
signs the batches that it has changed, with the credentials of its environment.
"""

import http.client
import json
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.loopback import serve_until_stdin_ends

_BUSY = b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"busy"}'


@dataclass
class Service:
    """`whole` is the share of batches refused as a whole, `part` that of the others' writes left unprocessed.

    After the first `batches` no batch is heard any more: the stats say `held`, and whoever waits can be killed.
    """

    port: int
    whole: float = 0.0
    part: float = 0.0
    batches: int = sys.maxsize
    stats: Counter[str] = field(default_factory=Counter)
    _chance: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311  (the same each time)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def notes(self, operation: str) -> None:
        with self._lock:
            self.stats["calls"] += 1
            self.stats[operation] += 1

    def is_held(self) -> bool:
        with self._lock:
            held = self.stats["BatchWriteItem"] > self.batches
            self.stats["held"] += held
            return held

    def is_refused(self) -> bool:
        with self._lock:
            refused = self._chance.random() < self.whole
            self.stats["refused"] += refused
            return refused

    def split(self, requests: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """What is taken and what is not."""
        with self._lock:
            taken: list[Any] = []
            left: list[Any] = []
            for request in requests:
                (left if self._chance.random() < self.part else taken).append(request)
            self.stats["unprocessed"] += len(left)
            return taken, left


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Service

    def setup(self) -> None:
        super().setup()
        self._onward = http.client.HTTPConnection("127.0.0.1", self.service.port)

    def finish(self) -> None:
        self._onward.close()
        super().finish()

    def _any(self) -> None:
        if self.path == "/stats":
            self._say(200, [("Content-Type", "application/json")], json.dumps(self.service.stats).encode())
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation:
            self.service.notes(operation)
        if operation == "BatchWriteItem":
            self._batch(body)
        else:
            self._say(*self._forward(body))

    do_GET = do_HEAD = do_POST = _any  # noqa: N815  (the library's names)

    def _batch(self, body: bytes) -> None:
        asked = json.loads(body)
        if self.service.is_held():
            threading.Event().wait()
        if self.service.is_refused():
            self._say(400, [("Content-Type", "application/x-amz-json-1.0")], _BUSY)
            return
        [(table, requests)] = asked["RequestItems"].items()
        taken, left = self.service.split(requests)
        if not left:
            self._say(*self._forward(body))
            return
        if taken:
            changed = json.dumps({**asked, "RequestItems": {table: taken}}).encode()
            status, headers, refusal = self._forward(changed, self._sign(changed))
            if status != 200:
                self._say(status, headers, refusal)
                return
        answer = json.dumps({"UnprocessedItems": {table: left}}).encode()
        self._say(200, [("Content-Type", "application/x-amz-json-1.0")], answer)

    def _sign(self, body: bytes) -> dict[str, str]:
        kept = {name: self.headers[name] for name in ("Host", "Content-Type", "X-Amz-Target")}
        request = AWSRequest(self.command, f"http://{self.headers['Host']}{self.path}", kept, body)
        keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(keys, "dynamodb", os.environ["AWS_DEFAULT_REGION"]).add_auth(request)
        return dict(request.headers.items())

    def _forward(self, body: bytes, signed: dict[str, str] | None = None) -> tuple[int, list[tuple[str, str]], bytes]:
        dropped = ("connection", "content-length", "expect")
        passed = signed or {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        self._onward.request(self.command, self.path, body, passed | {"Content-Length": str(len(body))})
        answer = self._onward.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def _say(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        head = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body)}"]
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                head.append(f"{name}: {value}")
        try:
            self.wfile.write("\r\n".join([*head, "", ""]).encode() + (b"" if self.command == "HEAD" else body))
        except OSError:
            self.close_connection = True  # whoever asked has been killed

    def log_message(self, *_: object) -> None:
        """Quiet."""


def main(told: str) -> None:
    """Serve until stdin ends."""
    serve_until_stdin_ends(type("Handler", (_Handler,), {"service": Service(**json.loads(told))}))


if __name__ == "__main__":
    main(sys.argv[1])
