"""One question to one fixed host: no redirects, a short wait, and one more try where there was no answer."""

from collections.abc import Collection, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from backend import strict_json
from backend.verification import ProviderUnavailable, TokenRejected

_TIMEOUT = 2.5
_ANSWER_LIMIT = 64 * 1024
_JSON = "application/json"
_TRIES = 2
_TRY_AGAIN = frozenset({500, 502, 503, 504})


class NotAdmitted(ProviderUnavailable):
    """The host answered 401 about our own credentials."""


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

        A status in `rejecting` rejects the token, a 401 that is not among them raises NotAdmitted; anything else, a
        redirect too, is no answer. A lost connection and a server's own error are tried once more, at once: both
        questions only read. A host that was waited for in vain is not. The token is in `target` or `body`, so no error
        repeats either.
        """
        for left in reversed(range(_TRIES)):
            try:
                status, content = self._answer(method, target, headers, body)
            except (OSError, HTTPException) as cause:
                if left and not isinstance(cause, TimeoutError):
                    continue
                raise ProviderUnavailable(f"{self._netloc}: {type(cause).__name__}") from None
            if status not in _TRY_AGAIN:
                break
        if status in self._rejecting:
            raise TokenRejected(f"{self._netloc} answered {status}")
        if status == 401:
            raise NotAdmitted(f"{self._netloc} answered 401")
        if status != 200:
            raise ProviderUnavailable(f"{self._netloc} answered {status}")
        if content is None:
            raise ProviderUnavailable(f"{self._netloc} answered something else than a JSON object")
        return content

    def _answer(
        self, method: str, target: str, headers: Mapping[str, str], body: str | None
    ) -> tuple[int, dict[str, Any] | None]:
        """Status and JSON object of one answer; None for what is not JSON object, or does not say that it is."""
        connection = self._connection(self._netloc, timeout=self._timeout)
        try:
            connection.request(method, f"{self._prefix}{target}", body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(_ANSWER_LIMIT)
        finally:
            connection.close()
        try:
            found = strict_json.parse(content) if answer.headers.get_content_type() == _JSON else None
        except ValueError:
            found = None
        return answer.status, found if isinstance(found, dict) else None
