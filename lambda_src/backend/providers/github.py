"""GitHub: is this token one of our application's, and whose?

https://docs.github.com/en/rest/apps/oauth-applications#check-a-token: 404 for a token of another application, 422 for
what can be none. 401 is about our own secret, 403 and 429 are about how much we ask:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import base64
import json
from typing import Any
from urllib.parse import quote

from backend.providers.https import Host, NotAdmitted
from backend.providers.secret import CachedSecret, Secret
from backend.settings import Settings
from backend.verification import ProviderNotConfigured, TokenRejected

_REJECTING = frozenset({404, 422})
_NUMBERS = range(1, 2**63)
_ROTATED = 60.0  # seconds that a secret is kept when GitHub does not know it: a wrong one is not read at each log-in


class GitHub:
    def __init__(self, client_id: str, secret: Secret, *, base_url: str) -> None:
        self._client_id = client_id
        self._secret = secret
        self._host = Host(base_url, rejecting=_REJECTING)

    def subject(self, access_token: str) -> str:
        """The number of the token's user: a login can be renamed and taken by another, a number cannot."""
        secret = self._secret()
        try:
            found = self._check(access_token, secret)
        except NotAdmitted:
            rotated = self._secret(oldest=_ROTATED)
            if rotated == secret:
                raise
            found = self._check(access_token, rotated)
        app, user = found.get("app"), found.get("user")
        if not isinstance(app, dict) or app.get("client_id") != self._client_id:
            raise TokenRejected("github: issued to another application")
        number = user.get("id") if isinstance(user, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or number not in _NUMBERS:
            raise TokenRejected("github: no user")
        return str(number)

    def _check(self, access_token: str, secret: str) -> dict[str, Any]:
        credentials = base64.b64encode(f"{self._client_id}:{secret}".encode()).decode("ascii")
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Basic {credentials}",
            "content-type": "application/json",
            "user-agent": "hybrid-ci-cd",  # GitHub refuses requests without one
            "x-github-api-version": "2022-11-28",
        }
        target = f"/applications/{quote(self._client_id, safe='')}/token"
        return self._host.ask("POST", target, headers, json.dumps({"access_token": access_token}))


def open_provider(settings: Settings) -> GitHub:
    if not settings.github_client_id or not settings.secrets_parameter:
        raise ProviderNotConfigured("GITHUB_CLIENT_ID or OAUTH_SECRETS_PARAMETER is not set")
    secret = CachedSecret(f"{settings.secrets_parameter}/github_client_secret")
    return GitHub(settings.github_client_id, secret, base_url=settings.github_api_url)
