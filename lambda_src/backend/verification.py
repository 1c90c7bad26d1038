"""Who is the user? In `trusted` mode whoever the body says; in `provider` mode whoever the provider names.

A provider is one file in `providers/`, and its name in the list there.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from backend.patience import TookTooLong, within
from backend.replies import BadField, Refused, Unavailable

# Seconds for all that a provider takes, its secret included, so that the function's own ten end in an answer.
PATIENCE = 4.0


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


@dataclass(frozen=True, slots=True)
class Trusted:
    """Believes the body, but knows the providers: what passes here must pass where they are asked."""

    providers: Collection[str]

    def user_id(self, claim: Claim) -> str:
        check_provider(claim, self.providers)
        return claim.user_id


class ByProvider:
    """Believes the provider. Its ids are prefixed with its name, so that no two providers share a user."""

    def __init__(self, providers: Mapping[str, OpenProvider], *, patience: float = PATIENCE) -> None:
        self._open = dict(providers)
        self._opened: dict[str, IdentityProvider] = {}
        self._patience = patience

    def user_id(self, claim: Claim) -> str:
        check_provider(claim, self._open)
        if claim.provider not in self._opened:
            self._opened[claim.provider] = self._open[claim.provider]()
        provider = self._opened[claim.provider]
        return f"{claim.provider}:{_ask(self._patience, lambda: provider.subject(claim.access_token))}"


@dataclass(frozen=True, slots=True)
class Smoke:
    """Believes the body of a direct invocation, which IAM has let in; but not that it is somebody a provider names.

    Otherwise the right to invoke the function, which a release needs, would be the right to be any user.
    """

    providers: Collection[str]

    def user_id(self, claim: Claim) -> str:
        if claim.user_id.partition(":")[0] in self.providers:
            raise BadField("user_id", "a name of the smoke check's own, not a provider's user")
        return claim.user_id


def check_provider(claim: Claim, known: Collection[str]) -> None:
    if claim.provider not in known:
        raise BadField("provider", f"one of {', '.join(known)}")


def _ask(seconds: float, ask: Callable[[], str]) -> str:
    try:
        return within(seconds, ask)
    except TookTooLong as cause:
        raise ProviderUnavailable(f"no whole answer within {seconds:g} s") from cause
