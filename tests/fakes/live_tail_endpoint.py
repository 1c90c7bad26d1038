"""StartLiveTail on loopback: the event stream that AWS speaks, frame by frame, as a script says.

Frames: smithy.io/2.0/aws/amazon-eventstream.html
"""

import json
import struct
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from zlib import crc32

import boto3
from botocore.config import Config

from fakes.served import Served

BREAK = b"break"


def frame(kind: str, payload: dict[str, Any], *, exception: bool = False) -> bytes:
    """One message of the stream: its lengths, headers and content, each part with its checksum."""
    words = {":message-type": "exception" if exception else "event", ":content-type": "application/json"}
    words[":exception-type" if exception else ":event-type"] = kind
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in words.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack("!I", crc32(prelude)) + headers + body
    return message + struct.pack("!I", crc32(message))


def update(*messages: str, sampled: bool = False, at: int = 1_772_366_400_000, access: tuple[str, ...] = ()) -> bytes:
    """Those of `access` are of the group /access and each a millisecond after its fellow."""
    events = [(number * 2, message, "/g") for number, message in enumerate(messages)]
    events += [(number * 2 + 1, message, "/access") for number, message in enumerate(access)]
    results = [
        {"logStreamName": "s", "message": message, "timestamp": at + after, "ingestionTime": at + after,
         "logGroupIdentifier": f"111122223333:{group}"}
        for after, message, group in events
    ]  # fmt: skip
    return frame("sessionUpdate", {"sessionMetadata": {"sampled": sampled}, "sessionResults": results})


TIMED_OUT = frame("SessionTimeoutException", {"message": "Session timed out"}, exception=True)
STREAM_FAULT = frame("SessionStreamingException", {"message": "internal"}, exception=True)


@dataclass
class LiveEndpoint(Served):
    """Each session sends the next script's frames; BREAK cuts the connection in the middle of one, text refuses."""

    sessions: list[list[bytes] | str]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        return _Handler

    def client(self) -> Any:
        session = boto3.Session("AKIAX", "secret", region_name="eu-west-1")
        config = Config(retries={"total_max_attempts": 1}, read_timeout=5, proxies={}, inject_host_prefix=False)
        return session.client("logs", endpoint_url=self.url, config=config)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: LiveEndpoint

    def do_POST(self) -> None:
        self.endpoint.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        script = self.endpoint.sessions.pop(0)
        self.close_connection = True
        if isinstance(script, str):
            content = json.dumps({"__type": script, "message": script}).encode()
            self.send_response_only(400)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        self.send_response_only(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (frame("initial-response", {}), frame("sessionStart", {"sessionId": "x"}), *script):
            if part == BREAK:
                self._chunk(update("never whole")[:40])
                return
            self._chunk(part)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

    def log_message(self, *_: object) -> None:
        """Quiet."""
