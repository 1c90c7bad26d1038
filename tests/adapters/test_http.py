"""The HTTP client of the public endpoint under odd settings of the machine, against a real server on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hybridctl.adapters.http import HttpxProbe
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
    probe = HttpxProbe(environ)
    probe.prepare(near)
    assert probe.call(near, Call("GET", "/health")).status == 200


@pytest.mark.parametrize("environ", [name for name in ODD if name != "an odd NO_PROXY"], indirect=True)
def test_a_setting_that_cannot_be_used_is_named(environ):
    with pytest.raises(ConfigurationInvalid) as refused:
        HttpxProbe(environ).prepare()
    named = next(iter(environ))
    assert named in str(refused.value)
    assert refused.value.hint is not None
    assert f"unset {named}" in refused.value.hint


def test_a_folder_of_certificates_and_a_bundle_are_taken(tmp_path: Path):
    import certifi

    HttpxProbe({"SSL_CERT_FILE": certifi.where()}).prepare()
    HttpxProbe({"REQUESTS_CA_BUNDLE": str(tmp_path)}).prepare()


def test_for_the_sandbox_no_certificates_are_read():
    """Its endpoint is on loopback; before the first deploy there is no address yet that says so."""
    HttpxProbe({"AWS_CA_BUNDLE": "/nowhere/ca.pem"}, stays_here=True).prepare()


def test_a_closed_port_is_no_answer():
    with pytest.raises(NoAnswer, match="no response: "):
        HttpxProbe({}).call("http://127.0.0.1:9", Call("GET", "/health"))


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
