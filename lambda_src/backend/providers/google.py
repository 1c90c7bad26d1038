"""Google: the token's own description, by tokeninfo.

https://developers.google.com/identity/sign-in/web/backend-auth (aud, exp, sub). The sign-in must ask for the scopes
`openid email`, or the description has neither `sub` nor `email_verified`.
"""

import time
from collections.abc import Callable, Collection
from urllib.parse import urlencode

from backend.providers.https import Host
from backend.settings import Settings
from backend.verification import ProviderNotConfigured, TokenRejected

BASE_URL = "https://oauth2.googleapis.com"
_REJECTING = frozenset({400, 401})


class Google:
    """`client_ids` are those of our application: one for each platform that people sign in on."""

    def __init__(
        self, client_ids: Collection[str], *, clock: Callable[[], float] = time.time, base_url: str = BASE_URL
    ) -> None:
        self._client_ids = frozenset(client_ids)
        self._clock = clock
        self._host = Host(base_url, rejecting=_REJECTING)

    def subject(self, access_token: str) -> str:
        """The `sub` of a token that was issued to us, still counts, and whose e-mail address is verified."""
        query = urlencode({"access_token": access_token})
        info = self._host.ask("GET", f"/tokeninfo?{query}", {"accept": "application/json"})
        # A token made for another application proves only that its user once trusted that one.
        audience = info.get("aud")
        if not isinstance(audience, str) or audience not in self._client_ids:
            raise TokenRejected("google: issued to another application")
        expires = str(info.get("exp", ""))  # numbers come as text here
        if not (expires.isascii() and expires.isdigit() and len(expires) < 20 and int(expires) > self._clock()):
            raise TokenRejected("google: expired")
        if str(info.get("email_verified")).lower() != "true":
            raise TokenRejected("google: e-mail address not verified")
        subject = info.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not _is_plain(subject):
            raise TokenRejected("google: no subject")
        return subject


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def open_provider(settings: Settings) -> Google:
    if not settings.google_client_ids:
        raise ProviderNotConfigured("neither GOOGLE_CLIENT_IDS nor GOOGLE_CLIENT_ID is set")
    return Google(settings.google_client_ids)
