"""The HTTP client of the public endpoint under odd settings of the machine, against a real server on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hybridctl.adapters.http import Urllib3Probe
from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke import Call
from hybridctl.errors import ConfigurationInvalid, NoAnswer

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


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def near() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


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


class _Proxy(BaseHTTPRequestHandler):
    """A proxy that answers by itself, and notes what it was asked for and by whom."""

    asked: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Proxy-Authorization")))
        status = 403 if self.command == "CONNECT" else 200
        self.send_response(status)
        self.send_header("content-type", "text/plain; charset=latin-1")
        self.send_header("content-length", "1")
        self.end_headers()
        self.wfile.write("é".encode("latin-1"))

    do_CONNECT = do_GET  # noqa: N815  (the name that http.server looks for)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[tuple[str, str, str | None]]]]:
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    handler = type("Proxy", (_Proxy,), {"asked": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ada:p%40ss@127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()


AUTHORIZATION = "Basic YWRhOnBAc3M="  # ada:p@ss, RFC 7617


@pytest.mark.parametrize(
    ("variable", "scheme"), [("http_proxy", "http://"), ("HTTP_PROXY", ""), ("ALL_PROXY", "http://")]
)
def test_a_proxy_is_asked_with_its_password(proxy, monkeypatch, variable, scheme):
    address, asked = proxy
    monkeypatch.setenv(variable, f"{scheme}{address}")
    answer = Urllib3Probe({}).call("http://shop.example", Call("GET", "/health"))
    assert (answer.status, answer.body) == (200, "é")
    assert asked == [("GET", "http://shop.example/health", AUTHORIZATION)]


def test_https_goes_through_a_tunnel_and_a_refusal_is_no_answer(proxy, monkeypatch):
    address, asked = proxy
    monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
    probe = Urllib3Probe({})
    probe.prepare("https://shop.example")  # whose host the proxy resolves
    with pytest.raises(NoAnswer, match="403"):
        probe.call("https://shop.example", Call("GET", "/health"))
    assert asked == [("CONNECT", "shop.example:443", AUTHORIZATION)]


def test_no_proxy_is_used_for_what_no_proxy_names(proxy, monkeypatch):
    address, asked = proxy
    monkeypatch.setenv("http_proxy", f"http://{address}")
    monkeypatch.setenv("no_proxy", "invalid")
    with pytest.raises(NoAnswer):
        Urllib3Probe({}).call("http://shop.invalid", Call("GET", "/health"))
    assert asked == []


def test_for_the_sandbox_no_certificates_are_read():
    """Its endpoint is on loopback; before the first deploy there is no address yet that says so."""
    Urllib3Probe({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, stays_here=True).prepare()


def test_nobody_there_is_no_answer():
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
