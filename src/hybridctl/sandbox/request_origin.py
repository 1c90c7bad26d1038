"""The origin of a request: a program on this machine, or a page in a browser.

A browser also sends a page's requests to loopback. It names the page in `Origin`, `Referer` or `Sec-Fetch-Site`, which
no script can set. A page whose host name resolves to this machine (DNS rebinding) has that name in `Host`. All ports of
a host are one site, so `same-site` is as foreign as `cross-site`.
Sources: fetch.spec.whatwg.org (forbidden request-headers), w3c.github.io/webappsec-fetch-metadata, RFC 6761 section 6.3
(no name server answers for a name below localhost).
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

OWN_SITES = ("none", "same-origin")  # typed by the user; sent by a page that came from here


def host_name(host: str) -> str:
    """Return the name in a Host header, without port and brackets; "" if it is malformed."""
    try:
        split = urlsplit(f"//{host}")
        _ = split.port
        bare = split.netloc == host and not {"@", "/", "?", "#"} & set(host)
    except ValueError:
        return ""
    return (split.hostname or "") if bare else ""


def is_loopback(name: str) -> bool:
    """Return whether a host name can only be this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def find_foreign(headers: Mapping[str, str], is_allowed: Callable[[str], bool]) -> str | None:
    """Return the header that names a foreign page, as "Name: value"; None for programs and for the sandbox's own pages.

    `is_allowed` decides about other origins than this host.
    """
    own = f"http://{headers['host']}".lower()
    origin, referer = headers.get("origin"), headers.get("referer")
    pages = [("Origin", origin, origin), ("Referer", referer, None if referer is None else origin_of(referer))]
    named = False
    for header, value, page in pages:
        if value is None or page is None:
            continue
        if page.lower() != own and not is_allowed(page):
            return f"{header}: {value}"
        named = True
    site = headers.get("sec-fetch-site")
    if site is not None and site not in OWN_SITES and not named:
        return f"Sec-Fetch-Site: {site}"
    return None


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL; "null" if it has none."""
    try:
        split = urlsplit(url)
    except ValueError:
        return "null"
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}" if split.netloc else "null"
