"""HTTP requests to the public endpoint, with urllib3, which botocore has loaded already."""

import socket
import ssl
import time
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from hybridctl.domain.api_event import USER_AGENT
from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke import Answer
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import AwsRefused, ConfigurationInvalid, NoAnswer

if TYPE_CHECKING:
    from urllib3 import PoolManager

_TIMEOUT_SECONDS = 15.0  # a cold start behind the API's own 30 s limit
_RESOLVE_SECONDS = 6.0
_PAUSE = 2.0
_REDIRECTS = 5
# Without retries: the caller decides what is repeated. More connections than these would be closed after one request.
_POOL: Any = {"timeout": _TIMEOUT_SECONDS, "retries": False, "maxsize": 32}
_PROXIED = ("http", "https", "all")
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
# The variables that botocore and requests use, so that one setting covers all requests of hybridctl.
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Urllib3Probe:
    """Keep-alive connections with this machine's proxies and certificates, and plain ones for loopback.

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
        direct, _ = self._far
        if base and self._for(base) is direct:
            _resolve(host)

    def download(self, url: str) -> bytes:
        """Download a URL, such as the presigned URL of a function's package. Raises AwsRefused."""
        from urllib3.exceptions import HTTPError

        what = f"downloading {url.partition('?')[0]}"
        try:
            answer = self._for(url).request("GET", url, redirect=False)
        except HTTPError as cause:
            raise AwsRefused(f"{what}: {_why(cause)}", hint="run it again") from cause
        if answer.status != HTTPStatus.OK:
            raise AwsRefused(f"{what}: the answer is {answer.status}", hint="run it again")
        return answer.data

    def post(self, url: str, body: object, seconds: float) -> int:
        """POST JSON and return the status. Raises urllib3's exceptions, whose text may contain the URL."""
        return self._for(url).request("POST", url, json=body, timeout=seconds, redirect=False).status

    def get(self, url: str, headers: Mapping[str, str], seconds: float) -> Answer:
        """Return the answer of a URL, also where it has moved to. Raises NoAnswer if there is no response."""
        from urllib3 import Retry

        redirects = Retry(connect=0, read=0, status=0, redirect=_REDIRECTS)
        return self._ask("GET", url, headers=dict(headers), timeout=seconds, retries=redirects)

    def call(self, base: str, call: Call) -> Answer:
        """Return the answer of `base + call.path`. Raises NoAnswer if there is no response."""
        headers = {"user-agent": USER_AGENT, "accept": "*/*", **call.headers}
        what = {} if call.body is None else {"json": call.body}
        return self._ask(call.method, base + call.path, headers=headers, redirect=False, **what)

    def _ask(self, method: str, url: str, **how: Any) -> Answer:
        from urllib3.exceptions import HTTPError

        pool = self._for(url)  # opened before the time is taken: its TLS context can take longer than an answer
        started = time.monotonic()
        try:
            answer = pool.request(method, url, **how)
        except (HTTPError, OSError, ValueError) as cause:
            raise NoAnswer(f"{method} {url}: no response: {_why(cause)}", hint="hybridctl doctor") from cause
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, headers, answer.data.decode(errors="replace"), time.monotonic() - started)

    def _for(self, url: str) -> "PoolManager":
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return self._near  # which refuses it
        if is_loopback(host):
            return self._near
        from urllib.request import proxy_bypass

        direct, proxies = self._far
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        return proxy if proxy and not proxy_bypass(host) else direct

    @cached_property
    def _near(self) -> "PoolManager":
        import urllib3

        return urllib3.PoolManager(**_POOL)

    @cached_property
    def _far(self) -> "tuple[PoolManager, Mapping[str, PoolManager]]":
        """The direct connections, and those through the proxies that the environment sets, by the scheme of the URL."""
        from urllib.request import getproxies

        import urllib3

        trust = self._trust()
        try:
            proxies = {scheme: _open_proxy(url, trust) for scheme, url in getproxies().items() if scheme in _PROXIED}
        except (ValueError, urllib3.exceptions.HTTPError) as cause:
            is_scheme = isinstance(cause, urllib3.exceptions.ProxySchemeUnknown)
            why = _why(cause) if is_scheme else "not the address of a proxy"  # urllib3 repeats it, with the password
            names = [name for name in self._set(_PROXIES) if name.upper() != "NO_PROXY"] or list(self._set(_PROXIES))
            raise ConfigurationInvalid(
                f"the HTTP client cannot use the proxy settings of this machine ({', '.join(names) or 'none'}): {why}",
                hint=f"correct them, or: unset {' '.join(names)}" if names else "hybridctl doctor",
            ) from cause
        return urllib3.PoolManager(ssl_context=trust, **_POOL), proxies

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


def _open_proxy(url: str, trust: ssl.SSLContext) -> "PoolManager":
    """Return connections through a proxy. Raises ValueError, or urllib3's errors, for an unusable address."""
    import urllib3

    address = urllib3.util.parse_url(url if "://" in url else f"http://{url}")
    secret = urllib3.make_headers(proxy_basic_auth=unquote(address.auth)) if address.auth else None
    if not address.host:
        raise ValueError("it has no host")
    return urllib3.ProxyManager(address.url, proxy_headers=secret, ssl_context=trust, proxy_ssl_context=trust, **_POOL)


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
    """Return the words of what failed first: the operating system's, without urllib3's around them."""
    while isinstance(inner := cause.__cause__ or next(reversed(cause.args), None), BaseException):
        cause = inner
    text = " ".join(str(cause).split())
    return describe_html(text) or text or type(cause).__name__
