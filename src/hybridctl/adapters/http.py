"""HTTP requests to the public endpoint, with httpx."""

import socket
import ssl
import time
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke import Answer, Call
from hybridctl.errors import AwsRefused, ConfigurationInvalid, NoAnswer

if TYPE_CHECKING:
    import httpx

_TIMEOUT_SECONDS = 15.0  # a cold start behind the API's own 30 s limit
_RESOLVE_SECONDS = 6.0
_PAUSE = 2.0
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
# The variables that botocore and requests use, so that one setting covers all requests of hybridctl.
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class HttpxProbe:
    """A keep-alive client with this machine's proxies and certificates, and a plain client for loopback.

    `stays_here` is true if the endpoint is on loopback, even before its address is known.
    """

    def __init__(self, environ: Mapping[str, str], *, stays_here: bool = False) -> None:
        self._environ = environ
        self._stays_here = stays_here

    def prepare(self, base: str | None = None) -> None:
        """Open the client and resolve the host of `base`. Raises ConfigurationInvalid or NoAnswer if that fails."""
        host = urlsplit(base).hostname or "" if base else ""
        if base and not host:
            return  # it is not called over HTTP
        if self._stays_here or is_loopback(host):
            _ = self._near
            return
        _ = self._far
        if base and not self._is_proxied(base):
            _resolve(host)

    def download(self, url: str) -> bytes:
        """Download a URL, such as the presigned URL of a function's package. Raises AwsRefused."""
        import httpx

        try:
            return self._for(url).get(url).raise_for_status().content
        except httpx.HTTPError as cause:
            raise AwsRefused(f"downloading {url.partition('?')[0]}: {_why(cause)}", hint="run it again") from cause

    def post(self, url: str, body: object, seconds: float) -> int:
        """POST JSON and return the status. Raises httpx's exceptions, whose text may contain the URL."""
        return self._for(url).post(url, json=body, timeout=seconds).status_code

    def call(self, base: str, call: Call) -> Answer:
        """Return the answer of `base + call.path`. Raises NoAnswer if there is no response."""
        import httpx

        client = self._for(base)  # created before the time is taken: its TLS context can take longer than an answer
        started = time.monotonic()
        try:
            response = client.request(call.method, base + call.path, json=call.body, headers=dict(call.headers))
            body = response.text
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as cause:
            raise NoAnswer(
                f"{call.method} {base}{call.path}: no response: {_why(cause)}", hint="hybridctl doctor"
            ) from cause
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body, time.monotonic() - started)

    def _for(self, url: str) -> "httpx.Client":
        return self._near if is_loopback(urlsplit(url).hostname or "") else self._far

    @cached_property
    def _near(self) -> "httpx.Client":
        import httpx

        return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=False)  # noqa: S501  (http on loopback; a TLS context takes longer than the request)

    @cached_property
    def _far(self) -> "httpx.Client":
        import httpx

        context = self._trust()
        try:
            return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, verify=context)
        except (ValueError, TypeError, ImportError, OSError, httpx.HTTPError, httpx.InvalidURL) as cause:
            names = [name for name in self._set(_PROXIES) if name.upper() != "NO_PROXY"] or list(self._set(_PROXIES))
            raise ConfigurationInvalid(
                f"the HTTP client cannot use the proxy settings of this machine ({', '.join(names) or 'none'}): "
                f"{_why(cause)}",
                hint=f"correct them, or: unset {' '.join(names)}" if names else "hybridctl doctor",
            ) from cause

    def _trust(self) -> ssl.SSLContext:
        for name in _BUNDLES:
            path = self._environ.get(name)
            if not path:
                continue
            try:
                folder = Path(path).is_dir()
                return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)
            except (OSError, ValueError) as cause:  # SSLError is an OSError
                raise ConfigurationInvalid(
                    f"the HTTP client cannot read the certificates in {name}, {path}: {_why(cause)}",
                    hint=f"correct it, or: unset {name}",
                ) from cause
        import certifi

        return ssl.create_default_context(cafile=certifi.where(), capath=self._environ.get("SSL_CERT_DIR") or None)

    def _set(self, names: tuple[str, ...]) -> list[str]:
        return [name for one in names for name in (one, one.lower()) if self._environ.get(name)]

    def _is_proxied(self, base: str) -> bool:
        from urllib.request import getproxies, proxy_bypass

        proxies = getproxies()
        is_named = bool(proxies.get(urlsplit(base).scheme) or proxies.get("all"))
        return is_named and not proxy_bypass(urlsplit(base).hostname or "")


def _resolve(host: str) -> None:
    deadline = time.monotonic() + _RESOLVE_SECONDS
    while True:
        try:
            socket.getaddrinfo(host, 443)
        except (OSError, UnicodeError) as cause:
            if time.monotonic() >= deadline:
                raise NoAnswer(
                    f"this machine cannot resolve {host}: {_why(cause)}",
                    hint="check the DNS settings (/etc/resolv.conf, VPN), then run it again; the alias was not moved",
                ) from cause
            time.sleep(_PAUSE)  # noqa: TID251  (an adapter's own retry; operations ask the Clock)
        else:
            return


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's loopback."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _why(cause: BaseException) -> str:
    text = " ".join(str(cause).split())
    return describe_html(text) or text or type(cause).__name__
