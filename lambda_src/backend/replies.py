"""What the function answers: replies, and refusals that carry one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a JSON body (None: no body); `counts` names the metrics that it adds one to.

    `left_undone` is the error that stopped work which the answer does not depend on: it is for the log alone.
    """

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[str, ...] = ()
    left_undone: Exception | None = None

    def as_event(self, headers: Mapping[str, str], *, with_body: bool) -> dict[str, Any]:
        """The answer in the form that HTTP APIs, REST APIs and Function URLs all read."""
        body = "" if self.body is None or not with_body else json.dumps(self.body, separators=(",", ":"))
        kind = {} if self.body is None else {"content-type": "application/json"}
        return {
            "statusCode": self.status,
            "headers": {**kind, **headers, **self.headers},
            "body": body,
            "isBase64Encoded": False,
        }


class Refused(Exception):
    """The request is answered with an error; `message` and `reason` (for the log alone) never repeat what was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] = NO_HEADERS,
        counts: tuple[str, ...] = (),
        reason: str = "",
    ) -> None:
        super().__init__(f"{message} ({reason})" if reason else message)
        self.code = code
        self.reply = Reply(status, {"error": {"code": code, "message": message}}, headers, counts)


class BadField(Refused):
    """One field of the body is missing or of the wrong kind."""

    def __init__(self, field_name: str, expected: str) -> None:
        super().__init__(400, "invalid_field", f"{field_name} must be {expected}")


class Unauthenticated(Refused):
    """One answer for a missing, malformed, unknown, expired or revoked session: it tells a guesser nothing."""

    def __init__(self, counts: tuple[str, ...] = ()) -> None:
        super().__init__(
            401, "unauthenticated", "no valid session", headers={"www-authenticate": "Bearer"}, counts=counts
        )


class Unavailable(Refused):
    """Something we depend on does not answer now; the client may come back."""

    def __init__(self, code: str, message: str, *, retry_after: int = 1, reason: str = "") -> None:
        super().__init__(503, code, message, headers={"retry-after": str(retry_after)}, reason=reason)
