"""The public endpoint and other addresses, asked with urllib3, which botocore has loaded already."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from hybridctl.domain.markup import describe_html
from hybridctl.domain.smoke import Answer, Call
from hybridctl.errors import AwsRefused, ConfigurationInvalid, HybridctlError, NoAnswer

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

_TIMEOUT_SECONDS = 15.0  # a cold start behind the API's own 30 s limit
_RESOLVE_SECONDS = 6.0
_PAUSE = 2.0
_REDIRECTS = 5
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
# What botocore and requests read, so that one setting serves all of hybridctl's traffic.
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class Urllib3Probe:
    """Kept-alive connections through this machine's proxies, with its certificates; plain ones to loopback.

    `stays_here` says that the endpoint is on loopback, also before its address is known.
    """

    def __init__(self, environ: Mapping[str, str], *, stays_here: bool = False) -> None:
        self._environ = environ
        self._stays_here = stays_here

    def prepare(self, base: str | None = None) -> None:
        """Open the client and resolve the host of `base`; ConfigurationInvalid or NoAnswer say what is in the way."""
        host = urlsplit(base).hostname or "" if base else ""
        if base and not host:
            return  # nothing of it goes over HTTP
        if self._stays_here or is_loopback(host):
            _ = self._near
            return
        _ = self._far, self._proxied
        if base and self._proxy_of(base) is None:
            _resolve(host)

    def download(self, url: str) -> bytes:
        """The body behind a URL, such as a presigned one of a function's package."""
        shown = url.partition("?")[0]
        with _explain_failure(AwsRefused, f"downloading {shown}: ", hint="run it again"):
            answer = self._request("GET", url)
        if answer.status >= 300:
            raise AwsRefused(f"downloading {shown}: HTTP status {answer.status}", hint="run it again")
        return answer.data

    def get(self, url: str, headers: Mapping[str, str], seconds: float) -> "BaseHTTPResponse":
        """The answer to a GET, after redirects; NoAnswer says nothing but why there is none."""
        with _explain_failure(NoAnswer, ""):
            return self._request("GET", url, headers=headers, seconds=seconds, redirects=_REDIRECTS)

    def post(self, url: str, body: object, seconds: float) -> int:
        """The status of a POST of JSON; raises what urllib3 raises, whose text may hold the address."""
        return self._request("POST", url, body=body, seconds=seconds).status

    def call(self, base: str, call: Call) -> Answer:
        """The answer of `base + call.path`; raises NoAnswer when nothing answers at all."""
        _ = self._manager(base)  # made before the watch starts: its TLS context takes longer than a near answer
        started = time.monotonic()
        doing = f"{call.method} {base}{call.path}: no response: "
        with _explain_failure(NoAnswer, doing, hint="hybridctl doctor"):
            answer = self._request(call.method, base + call.path, body=call.body, headers=call.headers)
        seconds = time.monotonic() - started
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, headers, _read_text(answer), seconds)

    def _request(
        self,
        method: str,
        url: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = _TIMEOUT_SECONDS,
        redirects: int = 0,
    ) -> "BaseHTTPResponse":
        from urllib3 import Retry

        # An attempt is never repeated here: whoever asks knows whether a request may be sent twice.
        retries = Retry(total=redirects, connect=0, read=0, status=0, other=0) if redirects else False
        return self._manager(url).request(
            method, url, json=body, headers=headers, timeout=seconds, retries=retries, redirect=bool(redirects)
        )

    def _manager(self, url: str) -> "PoolManager":
        if is_loopback(urlsplit(url).hostname or ""):
            return self._near
        proxy = self._proxy_of(url)
        return self._far if proxy is None else self._proxied[proxy]

    def _proxy_of(self, url: str) -> str | None:
        """The kind of proxy on the way to a URL: its scheme, or "all"; None where there is none."""
        from urllib.request import proxy_bypass

        parts = urlsplit(url)
        kind = next((one for one in (parts.scheme, "all") if one in self._proxied), None)
        return None if kind is None or proxy_bypass(parts.hostname or "") else kind

    @cached_property
    def _near(self) -> "PoolManager":
        from urllib3 import PoolManager

        return PoolManager()

    @cached_property
    def _far(self) -> "PoolManager":
        from urllib3 import PoolManager

        return PoolManager(ssl_context=self._trust)

    @cached_property
    def _proxied(self) -> Mapping[str, "PoolManager"]:
        """A client for each kind of proxy that this machine's settings name."""
        from urllib.request import getproxies

        from urllib3 import ProxyManager, make_headers
        from urllib3.exceptions import HTTPError
        from urllib3.util import parse_url

        proxies = getproxies()
        made: dict[str, PoolManager] = {}
        try:
            for kind in [one for one in ("http", "https", "all") if proxies.get(one)]:
                url = proxies[kind] if "://" in proxies[kind] else f"http://{proxies[kind]}"
                auth = parse_url(url).auth
                headers = make_headers(proxy_basic_auth=unquote(auth)) if auth else None
                made[kind] = ProxyManager(url, proxy_headers=headers, ssl_context=self._trust)
        except (HTTPError, ValueError, OSError) as cause:
            names = [name for name in self._set(_PROXIES) if name.upper() != "NO_PROXY"]
            raise ConfigurationInvalid(
                f"the HTTP client cannot use the proxy settings of this machine ({', '.join(names) or 'none'}): "
                f"{_why(cause)}",
                hint=f"correct them, or: unset {' '.join(names)}" if names else "hybridctl doctor",
            ) from cause
        return made

    @cached_property
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


@contextmanager
def _explain_failure(error: type[HybridctlError], doing: str, *, hint: str | None = None) -> Iterator[None]:
    """Raise `error`, which says why, for whatever keeps an address from answering."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (HTTPError, OSError, ValueError) as cause:
        raise error(f"{doing}{_why(cause)}", hint=hint) from cause


def _read_text(answer: "BaseHTTPResponse") -> str:
    _, _, charset = answer.headers.get("content-type", "").partition("charset=")
    try:
        return answer.data.decode(charset.partition(";")[0].strip(" \"'") or "utf-8", "replace")
    except LookupError:
        return answer.data.decode("utf-8", "replace")


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
    """Whether a host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _why(cause: BaseException) -> str:
    """The innermost reason: urllib3 wraps it in what it was doing with which connection."""
    while inner := _find_inner(cause):
        cause = inner
    said = " ".join(str(cause).split())
    return describe_html(said) or said or type(cause).__name__


def _find_inner(cause: BaseException) -> BaseException | None:
    return next((one for one in (cause.__cause__, *cause.args) if isinstance(one, BaseException)), None)
