"""The HTTP client of the public endpoint under odd settings of the machine, against a real server on loopback."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from hybridctl.adapters.http import Urllib3Probe
from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import AwsRefused, ConfigurationInvalid, NoAnswer

ODD = {
    "a SOCKS proxy": {"ALL_PROXY": "socks5://127.0.0.1:9"},
    "no such scheme": {"ALL_PROXY": "gopher://127.0.0.1:9"},
    "no address": {"HTTPS_PROXY": "http://[::1"},
    "no port": {"HTTPS_PROXY": "http://127.0.0.1:none"},
    "an odd NO_PROXY": {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1"},
    "no such certificates": {"SSL_CERT_FILE": "/no/such/file"},
    "no such bundle": {"REQUESTS_CA_BUNDLE": "/no/such/file"},
    "no such AWS bundle": {"AWS_CA_BUNDLE": "/no/such/file"},
}


@dataclass
class Seen:
    """A request as a server reads it."""

    line: str
    headers: dict[str, str]
    body: bytes


class Near(ThreadingHTTPServer):
    """A server that answers `{}`, moves `/old` to `/new`, and closes the connection without an answer for `/gone`.

    As a proxy it answers for every host.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.seen: list[Seen] = []
        self.connections = 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Near

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.seen.append(Seen(f"{self.command} {self.path}", headers, body))
        if self.path == "/gone":
            self.close_connection = True
            return
        is_old = self.path.startswith("/old")
        self.send_response(302 if is_old else 200)
        if is_old:
            self.send_header("location", "/new")
        self.send_header("content-length", "2")
        self.send_header("set-cookie", "tracked=1")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_DELETE = do_GET  # noqa: N815  (the names that the library calls)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Near]:
    with Near() as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def near(server: Near) -> str:
    return server.url


@pytest.fixture
def environ(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings: dict[str, str] = ODD[request.param]
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.parametrize("environ", ODD, indirect=True)
def test_loopback_is_reached_whatever_the_settings(environ, near):
    probe = Urllib3Probe(environ)
    probe.prepare(near)
    assert probe.call(near, Call("GET", "/health")).status == 200


@pytest.mark.parametrize("environ", [name for name in ODD if name != "an odd NO_PROXY"], indirect=True)
def test_a_setting_that_cannot_be_used_is_named(environ):
    with pytest.raises(ConfigurationInvalid) as refused:
        Urllib3Probe(environ).prepare()
    named = next(iter(environ))
    assert named in str(refused.value)
    assert refused.value.hint is not None
    assert f"unset {named}" in refused.value.hint


def test_a_folder_of_certificates_and_a_bundle_are_taken(tmp_path: Path):
    import certifi

    Urllib3Probe({"SSL_CERT_FILE": certifi.where()}).prepare()
    Urllib3Probe({"REQUESTS_CA_BUNDLE": str(tmp_path)}).prepare()


def test_for_the_sandbox_no_certificates_are_read():
    """Its endpoint is on loopback; before the first deploy there is no address yet that says so."""
    Urllib3Probe({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, stays_here=True).prepare()


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", "/health?deep=1"),
        Call("GET", "/caf\u00e9/a b?x=%2F"),
        Call("POST", "/auth/session", {"user_id": "\u00e9", "n": [1, None]}, {"authorization": "Bearer x"}),
        Call("POST", "/empty"),
        Call("DELETE", "/auth/session", headers={"authorization": "Bearer x"}),
    ],
    ids=lambda call: f"{call.method} {call.path}",
)
def test_a_call_arrives_as_another_client_sends_it(server, call):
    assert Urllib3Probe({}).call(server.url, call).body == "{}"
    httpx.request(call.method, server.url + call.path, json=call.body, headers=dict(call.headers), trust_env=False)
    ours, theirs = server.seen
    assert (ours.line, ours.body) == (theirs.line, theirs.body)
    own = {"user-agent", "accept-encoding", "connection", "host"}
    assert {n: v for n, v in ours.headers.items() if n not in own} == {
        n: v for n, v in theirs.headers.items() if n not in own
    }


def test_calls_share_a_connection_and_nothing_else(server):
    """A balancer's cookie would tie all checks to one target."""
    probe = Urllib3Probe({})
    for _ in range(3):
        probe.call(server.url, Call("GET", "/health"))
    assert server.connections == 1
    assert not any("cookie" in seen.headers for seen in server.seen)


def test_a_call_reports_a_redirect_and_a_get_follows_it(server):
    probe = Urllib3Probe({})
    assert probe.call(server.url, Call("GET", "/old")).headers["location"] == "/new"
    assert probe.get(f"{server.url}/old", {}, 5).status == 200


def test_a_connection_that_ends_is_no_answer(server):
    with pytest.raises(NoAnswer, match="no response: Remote end closed connection without response"):
        Urllib3Probe({}).call(server.url, Call("POST", "/gone", {}))
    assert len(server.seen) == 1, "a POST is not repeated: it may have been carried out"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_proxy_is_used_with_its_password_but_not_for_its_exceptions(server, monkeypatch, name):
    for one in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(one, raising=False)
        monkeypatch.delenv(one.lower(), raising=False)
    monkeypatch.setenv(name, server.url.replace("//", "//ada:s%40crt@"))
    monkeypatch.setenv("NO_PROXY", ".internal.invalid")
    probe = Urllib3Probe({})
    probe.prepare("http://api.example.invalid")  # the proxy resolves it
    assert probe.call("http://api.example.invalid", Call("GET", "/health")).status == 200
    [seen] = server.seen
    assert seen.line == "GET http://api.example.invalid/health"
    assert seen.headers["proxy-authorization"] == "Basic " + b64encode(b"ada:s@crt").decode()
    with pytest.raises(NoAnswer, match="no response"):
        probe.call("http://api.internal.invalid", Call("GET", "/health"))
    assert len(server.seen) == 1


@pytest.mark.parametrize("address", ["http://ada:s3cr3t@127.0.0.1:none", "http://ada:s3cr3t@", "socks5://ada:s3cr3t@a"])
def test_a_proxy_that_cannot_be_used_is_reported_without_its_password(monkeypatch, address):
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ConfigurationInvalid, match="HTTPS_PROXY") as refused:
        Urllib3Probe({"HTTPS_PROXY": address}).prepare()
    assert "s3cr3t" not in f"{refused.value} {refused.value.hint}"


def test_a_download_that_is_refused_hides_its_signature(server):
    with pytest.raises(AwsRefused) as refused:
        Urllib3Probe({}).download(f"{server.url}/old?X-Amz-Signature=s3cr3t")
    assert "the answer is 302" in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("address", ["https://[::1", "https://", "not an address", "https://a.invalid:none"])
def test_an_address_that_cannot_be_called_is_no_answer(address):
    with pytest.raises(NoAnswer, match="no response"):
        Urllib3Probe({}).call(address, Call("GET", "/health"))


def test_a_closed_port_is_no_answer():
    with pytest.raises(NoAnswer, match="no response: "):
        Urllib3Probe({}).call("http://127.0.0.1:9", Call("GET", "/health"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!doctype html>\n<html><title>Access &amp; denied</title>", "an HTML page, 'Access & denied'"),
        ("  <HTML><body>no", "an HTML page"),
        ('{"message":"Not Found"}', None),
        ("<Error><Code>NoSuchKey</Code></Error>", None),
        ("", None),
    ],
)
def test_html_is_named_and_not_shown(text, expected):
    assert describe_html(text) == expected
