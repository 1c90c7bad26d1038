"""AWS Signature Version 4 of a POST to the root of a service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets are kept out of the repr, so that no log and no traceback shows them."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def sign(
    headers: Mapping[str, str], body: bytes, credentials: Credentials, *, service: str, region: str, moment: str
) -> dict[str, str]:
    """Return `headers` with date, session token and signature added; every header is signed.

    Names are in lower case and `host` is among them; `moment` is UTC as 20150830T123600Z.
    """
    signed = {**headers, "x-amz-date": moment}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(signed)
    lines = [f"{name}:{' '.join(signed[name].split())}" for name in names]
    request = "\n".join(("POST", "/", "", *lines, "", ";".join(names), hashlib.sha256(body).hexdigest()))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={key.hex()}"
    )
    return signed
