"""One question to one fixed host: no redirects, no retries, a short wait."""

from collections.abc import Collection, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from backend import strict_json
from backend.verification import ProviderUnavailable, TokenRejected

_TIMEOUT = 2.5
_ANSWER_LIMIT = 64 * 1024
_JSON = "application/json"


class Host:
    """`base_url` is written in a provider's file or in the settings, never in a request.

    `rejecting` are the statuses that the provider has for a bad token.
    """

    def __init__(self, base_url: str, *, rejecting: Collection[int], timeout: float = _TIMEOUT) -> None:
        url = urlsplit(base_url)
        self._connection = HTTPSConnection if url.scheme == "https" else HTTPConnection
        self._netloc = url.netloc
        self._prefix = url.path
        self._rejecting = rejecting
        self._timeout = timeout

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: str | None = None) -> dict[str, Any]:
        """The JSON object that a 200 carries.

        A status in `rejecting` rejects the token; anything else, a redirect too, is no answer. The token is in `target`
        or `body`, so no error repeats either.
        """
        connection = self._connection(self._netloc, timeout=self._timeout)
        try:
            connection.request(method, f"{self._prefix}{target}", body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(_ANSWER_LIMIT)
        except (OSError, HTTPException) as cause:
            raise ProviderUnavailable(f"{self._netloc}: {type(cause).__name__}") from None
        finally:
            connection.close()
        if answer.status in self._rejecting:
            raise TokenRejected(f"{self._netloc} answered {answer.status}")
        if answer.status != 200:
            raise ProviderUnavailable(f"{self._netloc} answered {answer.status}")
        try:
            found = strict_json.parse(content) if answer.headers.get_content_type() == _JSON else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ProviderUnavailable(f"{self._netloc} answered something else than a JSON object")
        return found
