"""Nobody is served without the key, and no page with it: raw HTTP, the calls of every service."""

import json
import socket
from base64 import b64encode

import pytest

from sandbox.cloud.functions import Api, package
from sandbox.conftest import SandboxProcess
from sandbox.door.raw_http import EVIL, INTERNAL, PAGES, Line, calls, is_served, sign


@pytest.mark.parametrize("page", PAGES)
def test_nobody_is_served_who_does_not_have_the_key(opened: SandboxProcess, page: str):
    line, added, tried, served = Line(opened.port), PAGES[page], 0, []
    for service, method, path, headers, body in calls(opened):
        tried += 1
        if is_served(*line.ask(method, path, {**headers, **added}, body)):
            served.append((service, method, path))
    for method, path in INTERNAL:
        tried += 1
        if is_served(*line.ask(method, path, added)):
            served.append(("internal", method, path))
    assert served == []
    assert tried > 200


def test_a_page_is_not_served_with_a_signature_either(opened: SandboxProcess):
    """A link that someone signed does not open the sandbox to the page that holds it."""
    line = Line(opened.port)
    call = (
        "sts",
        "POST",
        "/",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Action=GetCallerIdentity&Version=2011-06-15",
    )
    service, method, path, headers, body = call
    assert line.ask(method, path, sign(opened, *call), body)[0] == 200
    for name, added in PAGES.items():
        if {"Origin", "Referer", "Sec-Fetch-Site"} & added.keys():
            assert is_served(*line.ask(method, path, {**sign(opened, *call), **added}, body)) is False, name
    foreign = sign(opened, service, method, path, {**headers, "Host": "evil.example"}, body)
    assert is_served(*line.ask(method, path, {**foreign, "Host": "evil.example"}, body)) is False


def test_nothing_was_made_and_the_key_holder_is_still_served(opened: SandboxProcess, api: Api):
    function = {
        "FunctionName": "pwn",
        "Runtime": "python3.13",
        "Handler": "backend.entry.handle",
        "Role": "arn:aws:iam::000000000000:role/x",
    }
    body = json.dumps({**function, "Code": {"ZipFile": b64encode(package()).decode()}}).encode()
    for added in PAGES.values():
        Line(opened.port).ask("POST", "/2015-03-31/functions", {"Content-Type": "text/plain", **added}, body)
    names = [one["FunctionName"] for one in opened.client("lambda").list_functions()["Functions"]]
    assert api.function.name in names
    assert "pwn" not in names


def test_a_browser_is_never_given_a_wildcard(opened: SandboxProcess):
    """Answers that are served carry none of the emulator's CORS headers."""
    line = Line(opened.port)
    for service, method, path, headers, body in calls(opened):
        if service in ("s3", "lambda", "dynamodb", "sts", "sns", "iam", "cognito-idp", "sqs"):
            _, answered, _ = line.ask(method, path, sign(opened, service, method, path, headers, body), body)
            assert not [name for name in answered if name.startswith("access-control-")], service


@pytest.mark.parametrize("path", ["/", "/_aws/execute-api/{api}/staging/health", "/mqtt"])
@pytest.mark.parametrize("added", [{}, {"Origin": EVIL}], ids=["program", "page"])
def test_a_websocket_is_not_opened(opened: SandboxProcess, api: Api, path: str, added: dict[str, str]):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **added,
    }
    status, _, _ = Line(opened.port).ask("GET", path.replace("{api}", api.id), upgrade)
    assert status == 403


def test_http_2_is_not_spoken(opened: SandboxProcess):
    """With no second protocol there is no second way past the door."""
    h2 = pytest.importorskip("h2.connection")
    connection = h2.H2Connection()
    connection.initiate_connection()
    head = [
        (":method", "POST"),
        (":path", "/_ministack/reset"),
        (":authority", f"127.0.0.1:{opened.port}"),
        (":scheme", "http"),
    ]
    connection.send_headers(1, head, end_stream=True)
    with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
        line.sendall(connection.data_to_send())
        answered = b"".join(iter(lambda: line.recv(65536), b""))
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert answered.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "head",
    [
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\n\r\n",
        "GET /_ministack/health HTTP/1.0\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:1:2\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 0.0.0.0\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: 2130706433\r\n\r\n",
        "GET /_ministack/health HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n",
    ],
)
def test_a_head_that_is_ambiguous_is_refused(opened: SandboxProcess, head: str):
    with socket.create_connection(("127.0.0.1", opened.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(65536).split(b" ")[1] in (b"400", b"403")
