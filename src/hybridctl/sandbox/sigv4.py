"""Signature Version 4: read a request's signature, check it, and make one.

Source: IAM/latest/UserGuide/create-signed-request.html; AmazonS3/latest/API/sigv4-streaming.html for bodies in chunks,
whose own signatures are not checked: the signature of the head proves the key, and nobody stands between two ends of
the loopback interface.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from posixpath import normpath
from urllib.parse import quote, quote_from_bytes, unquote_plus, unquote_to_bytes

from hybridctl.sandbox.key import Key

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
TIME = "%Y%m%dT%H%M%SZ"
SKEW = timedelta(minutes=15)
LONGEST = timedelta(days=7)
SHA256 = re.compile(r"[0-9a-f]{64}")

VERSION_2 = (  # S3's own words for it
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: "
    'boto3 does with Config(signature_version="s3v4").'
)

Pairs = list[tuple[str, str]]


class SignatureRefused(Exception):
    """Why a request is not let in, with AWS's code for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request: path and query as they were sent, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says of its signature; `payload` is the hash or the marker that stands for its body, if any."""

    access_key_id: str
    date: str
    region: str
    service: str
    time: datetime
    headers: str
    value: str
    token: str
    payload: str | None
    expires: timedelta | None = None

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def needs_body(self) -> bool:
        """Whether the body has to be read before the signature can be checked, or checked against its hash."""
        return self.payload is None or SHA256.fullmatch(self.payload) is not None


def parse_signature(request: Request) -> Signature:
    """The signature in the Authorization header or in the query; Refused when there is none, or half of one."""
    if _is_of_version_2(request):
        raise SignatureRefused("InvalidRequest", VERSION_2)
    given = _from_header(request) or _from_query(request)
    if given is None:
        raise SignatureRefused("MissingAuthenticationToken", "this request is not signed")
    try:
        access_key_id, date, region, service, end = given["Credential"].split("/")
        time = datetime.strptime(given["Date"], TIME).replace(tzinfo=UTC)
        expires = timedelta(seconds=int(given["Expires"])) if "Expires" in given else None
        signed, value = given["SignedHeaders"].lower(), given["Signature"]
    except (KeyError, ValueError, OverflowError) as cause:
        raise SignatureRefused("IncompleteSignature", "the signature of this request is not complete") from cause
    names = signed.split(";")
    if end != "aws4_request" or date != given["Date"][:8] or "host" not in names or len(set(names)) != len(names):
        raise SignatureRefused("IncompleteSignature", "the signature of this request is not complete")
    payload = request.headers.get("x-amz-content-sha256") or given.get("Content-Sha256")
    if payload is None and expires is not None and service.startswith("s3"):
        payload = UNSIGNED
    token = given.get("Security-Token", "")
    return Signature(access_key_id, date, region, service, time, signed, value, token, payload, expires)


def check_signature(request: Request, signature: Signature, secret: str, body: bytes, now: datetime) -> None:
    """Raises Refused unless whoever made the request knows the secret and made it just now."""
    if signature.expires is None:
        if abs(now - signature.time) > SKEW:
            raise SignatureRefused("RequestTimeTooSkewed", "the signature of this request is older than 15 minutes")
    elif not timedelta(0) < signature.expires <= LONGEST or not -SKEW <= now - signature.time <= signature.expires:
        raise SignatureRefused("AccessDenied", "Request has expired")
    hashed = sha256(body).hexdigest() if signature.needs_body else ""
    if not hmac.compare_digest(_sign(request, signature, signature.payload or hashed, secret), signature.value):
        raise SignatureRefused("SignatureDoesNotMatch", "the signature of this request does not match its secret key")
    if hashed and signature.payload not in (None, hashed):
        raise SignatureRefused("XAmzContentSHA256Mismatch", "the body of this request is not the one that was signed")


def sign_headers(key: Key, method: str, host: str, path: str) -> dict[str, str]:
    """The headers of a request without query and body, made now, that needs no SDK."""
    now = datetime.now(UTC)
    stamp = now.strftime(TIME)
    token = {"x-amz-security-token": key.session_token} if key.session_token else {}
    request = Request(method, path, "", {"host": host, "x-amz-date": stamp, **token})
    signature = _start_signature(key, now, "sandbox", ";".join(request.headers))
    value = _sign(request, signature, sha256(b"").hexdigest(), key.secret_access_key)
    credential = f"{key.access_key_id}/{signature.scope}"
    authorization = f"{ALGORITHM} Credential={credential}, SignedHeaders={signature.headers}, Signature={value}"
    return {"Host": host, "X-Amz-Date": stamp, "Authorization": authorization, **token}


def presign_url(key: Key, host: str, path: str, expires: timedelta) -> str:
    """A URL of this host and path that anybody can GET from now on until it expires."""
    now = datetime.now(UTC)
    signature = _start_signature(key, now, "s3", "host")
    asked = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{key.access_key_id}/{signature.scope}",
        "X-Amz-Date": now.strftime(TIME),
        "X-Amz-Expires": str(int(expires.total_seconds())),
        "X-Amz-SignedHeaders": signature.headers,
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    path = quote(path, safe="/-_.~")
    value = _sign(Request("GET", path, query, {"host": host}), signature, UNSIGNED, key.secret_access_key)
    return f"http://{host}{path}?{query}&X-Amz-Signature={value}"


def _start_signature(key: Key, now: datetime, service: str, headers: str) -> Signature:
    return Signature(key.access_key_id, now.strftime("%Y%m%d"), "local", service, now, headers, "", "", None)


def _from_header(request: Request) -> dict[str, str] | None:
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureRefused("MissingAuthenticationToken", "this request is not signed with Signature Version 4")
    given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    given.pop("Expires", None)
    given["Date"] = request.headers.get("x-amz-date", "")
    given["Security-Token"] = request.headers.get("x-amz-security-token", "")
    return given


def _from_query(request: Request) -> dict[str, str] | None:
    prefix = "X-Amz-"
    given = {name.removeprefix(prefix): value for name, value in _pairs(request.query) if name.startswith(prefix)}
    if given.get("Algorithm") != ALGORITHM:
        return None
    given.setdefault("Expires", "0")
    return given


def _is_of_version_2(request: Request) -> bool:
    """Whether this is signed by Signature Version 2, as boto3 presigns links of S3 in us-east-1 by default."""
    names = {name for name, _ in _pairs(request.query)}
    return request.headers.get("authorization", "").startswith("AWS ") or {"AWSAccessKeyId", "Signature"} <= names


def _pairs(query: str) -> Pairs:
    found = (part.partition("=") for part in query.split("&") if part)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in found]


def _sign(request: Request, signature: Signature, payload: str, secret: str) -> str:
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request.path, signature.service),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(_header(request, name).split())}" for name in signature.headers.split(";")),
            "",
            signature.headers,
            payload,
        )
    )
    hashed = sha256(canonical.encode("latin-1")).hexdigest()
    text = "\n".join((ALGORITHM, signature.time.strftime(TIME), signature.scope, hashed))
    return hmac.new(_signing_key(secret, signature.scope), text.encode(), sha256).hexdigest()


def _header(request: Request, name: str) -> str:
    found = request.headers.get(name)
    if found is None:
        raise SignatureRefused("SignatureDoesNotMatch", f"the header {name} was signed and is not there")
    return found


def _canonical_path(path: str, service: str) -> str:
    """S3 signs a path as it is sent; every other service normalizes what is sent, and encodes it once more."""
    if service.startswith("s3"):
        return path
    normal = normpath(path) if path else "/"
    normal = "/" + normal.lstrip("/")  # POSIX lets two slashes stand
    if path.endswith("/") and normal != "/":
        normal += "/"
    return quote(normal, safe="/-_.~")


def _canonical_query(query: str) -> str:
    split = (part.partition("=") for part in query.split("&") if part)
    pairs = sorted((_encode_once(name), _encode_once(value)) for name, _, value in split)
    return "&".join(f"{name}={value}" for name, value in pairs if name != "X-Amz-Signature")


def _encode_once(text: str) -> str:
    return quote_from_bytes(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


@lru_cache(maxsize=64)
def _signing_key(secret: str, scope: str) -> bytes:
    found = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        found = hmac.new(found, part.encode(), sha256).digest()
    return found
