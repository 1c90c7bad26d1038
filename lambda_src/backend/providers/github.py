"""GitHub: is this token one of our application's, and whose?

https://docs.github.com/en/rest/apps/oauth-applications#check-a-token: 404 for a token of another application, 422 for
what can be none. 401 is about our own secret, 403 and 429 are about how much we ask:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

from backend.providers.https import Host
from backend.providers.secret import CachedSecret
from backend.settings import Settings
from backend.verification import ProviderNotConfigured, TokenRejected

_REJECTING = frozenset({404, 422})
_NUMBERS = range(1, 2**63)


class GitHub:
    def __init__(self, client_id: str, secret: Callable[[], str], *, base_url: str) -> None:
        self._client_id = client_id
        self._secret = secret
        self._host = Host(base_url, rejecting=_REJECTING)

    def subject(self, access_token: str) -> str:
        """The number of the token's user: a login can be renamed and taken by another, a number cannot."""
        credentials = base64.b64encode(f"{self._client_id}:{self._secret()}".encode()).decode("ascii")
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Basic {credentials}",
            "content-type": "application/json",
            "user-agent": "hybrid-ci-cd",  # GitHub refuses requests without one
            "x-github-api-version": "2022-11-28",
        }
        target = f"/applications/{quote(self._client_id, safe='')}/token"
        found = self._host.ask("POST", target, headers, json.dumps({"access_token": access_token}))
        app, user = found.get("app"), found.get("user")
        if not isinstance(app, dict) or app.get("client_id") != self._client_id:
            raise TokenRejected("github: issued to another application")
        number = user.get("id") if isinstance(user, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or number not in _NUMBERS:
            raise TokenRejected("github: no user")
        return str(number)


def open_provider(settings: Settings) -> GitHub:
    if not settings.github_client_id or not settings.secrets_parameter:
        raise ProviderNotConfigured("GITHUB_CLIENT_ID or OAUTH_SECRETS_PARAMETER is not set")
    secret = CachedSecret(f"{settings.secrets_parameter}/github_client_secret")
    return GitHub(settings.github_client_id, secret, base_url=settings.github_api_url)
