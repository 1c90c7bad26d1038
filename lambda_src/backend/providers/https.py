"""One question to one fixed host: no redirects, no retries, a short wait."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from backend.verification import ProviderUnavailable, TokenRejected

_TIMEOUT = 2.5
_ANSWER_LIMIT = 64 * 1024
_TOO_MANY_REQUESTS = 429


class Host:
    """`base_url` is a provider's own, written in its file; only tests give another."""

    def __init__(self, base_url: str, *, timeout: float = _TIMEOUT) -> None:
        url = urlsplit(base_url)
        self._connection = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self._netloc = url.netloc
        self._timeout = timeout

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: str | None = None) -> dict[str, Any]:
        """The JSON object that a 200 carries.

        Any 4xx rejects the token but 429, which is about us; anything else, a redirect too, is no answer. The
        token is in `target` or `body`, so no error repeats either.
        """
        connection = self._connection(self._netloc, timeout=self._timeout)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(_ANSWER_LIMIT)
        except (OSError, HTTPException) as cause:
            raise ProviderUnavailable(f"{self._netloc}: {type(cause).__name__}") from None
        finally:
            connection.close()
        if 400 <= answer.status < 500 and answer.status != _TOO_MANY_REQUESTS:
            raise TokenRejected(f"{self._netloc} answered {answer.status}")
        if answer.status != 200:
            raise ProviderUnavailable(f"{self._netloc} answered {answer.status}")
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ProviderUnavailable(f"{self._netloc} answered something else than a JSON object")
        return found
