"""Who is the user? In `trusted` mode whoever the body says; in `provider` mode whoever the provider names.

A provider is one file in `providers/`, and its name in the list there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from backend.replies import BadField, Refused, Unavailable


@dataclass(frozen=True, slots=True)
class Claim:
    """What the body says. The token is kept out of the repr, so that no log and no traceback shows it."""

    user_id: str
    provider: str
    access_token: str = field(repr=False)


class IdentityProvider(Protocol):
    """Asks one provider about one access token."""

    def subject(self, access_token: str) -> str:
        """The provider's own, lasting id of the user, from a token that was issued to *this* application.

        Raises TokenRejected, or ProviderUnavailable when the provider cannot be asked.
        """
        ...


OpenProvider = Callable[[], IdentityProvider]


class TokenRejected(Refused):
    """One answer whatever is wrong with the token, for the reason would help only a forger; the log has it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            401, "token_rejected", "the access token was not accepted", counts=("SessionsRejected",), reason=reason
        )


class ProviderUnavailable(Unavailable):
    def __init__(self, reason: str) -> None:
        message = "the identity provider does not answer; try again"
        super().__init__("provider_unavailable", message, retry_after=5, reason=reason)


class ProviderNotConfigured(Unavailable):
    def __init__(self, reason: str) -> None:
        message = "this deployment cannot verify that provider"
        super().__init__("provider_not_configured", message, retry_after=300, reason=reason)


class Verifier(Protocol):
    def user_id(self, claim: Claim) -> str: ...


class Trusted:
    """Believes the body: for local and staging, and for the smoke suite's direct invocations."""

    def user_id(self, claim: Claim) -> str:
        return claim.user_id


class ByProvider:
    """Believes the provider. Its ids are prefixed with its name, so that no two providers share a user."""

    def __init__(self, providers: Mapping[str, OpenProvider]) -> None:
        self._open = dict(providers)
        self._opened: dict[str, IdentityProvider] = {}

    def user_id(self, claim: Claim) -> str:
        if claim.provider not in self._open:
            raise BadField("provider", f"one of {', '.join(self._open)}")
        if claim.provider not in self._opened:
            self._opened[claim.provider] = self._open[claim.provider]()
        return f"{claim.provider}:{self._opened[claim.provider].subject(claim.access_token)}"
