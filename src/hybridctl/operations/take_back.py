"""Return traffic to a known good version, after a failure or on request.

A failed release returns the traffic to the version that served before. A rollback never does: the version that it
leaves gets no more traffic, whatever happens after the move.
"""

from collections.abc import Collection
from contextlib import suppress

from hybridctl.domain.release import Alias
from hybridctl.errors import (
    AliasMoved,
    HybridctlError,
    Interrupted,
    NotDeployed,
    OutcomeUnknown,
    ReleaseTakenBack,
    Unanswered,
    VersionNotFound,
)
from hybridctl.operations.move_alias import give_all_to
from hybridctl.operations.traffic import LOOK_SECONDS, Traffic, is_same_traffic

_ATTEMPTS = 4


def take_back(traffic: Traffic, before: Alias, version: int, cause: BaseException) -> None:
    """Move the alias back, read it again, and raise what the caller must know.

    Returns if there is nothing to move back: someone else moved the alias, nothing has moved, or nobody answered, which
    says nothing about the version.
    """
    if isinstance(cause, AliasMoved | Unanswered) or before.serves_only(version):
        return
    if not isinstance(cause, KeyboardInterrupt) and (now := traffic.try_to_read()) and is_same_traffic(now, before):
        return
    alias = insist(traffic, before.version, (before.version, version), cause)
    if isinstance(cause, KeyboardInterrupt):
        raise Interrupted(f"interrupted: {alias.name} serves version {alias.version} again") from cause
    raise ReleaseTakenBack(
        f"version {version} was rolled back, version {alias.version} serves again: {describe(cause)}",
        hint="hybridctl logs --since 5m",
        result=getattr(cause, "result", None),
    ) from cause


def return_to(traffic: Traffic, version: int) -> Alias:
    """Give a version all traffic at once, permanently, and read the alias again.

    Weights that Lambda sets until the version is warm are cleared: a cold good version is better than a warm bad one.
    Once the alias may have moved, an interruption or a failure does not stop the move.
    """
    found = traffic.read_patiently(traffic.live)
    allowed = (found.version, *found.weights, version)
    try:
        return give_all_to(traffic, version, allowed)
    except BaseException as cause:
        now = traffic.try_to_read()
        if now is not None and is_same_traffic(now, found):
            raise  # nothing has moved
        alias = insist(traffic, version, allowed, cause)
        if isinstance(cause, KeyboardInterrupt):
            raise Interrupted(
                f"interrupted: {alias.name} serves version {version}, which was not verified",
                hint=traffic.how_to_verify,
            ) from cause
        return alias


def insist(traffic: Traffic, version: int, allowed: Collection[int], cause: BaseException) -> Alias:
    """Give a version all traffic despite further failures and Ctrl-C. Raises OutcomeUnknown if that fails."""
    with traffic.progress.step("roll back") as step:
        for attempt in range(1, _ATTEMPTS + 1):
            step.now(f"shifting all traffic to {traffic.name_version(version)}; Ctrl-C does not stop this")
            try:
                alias = give_all_to(traffic, version, allowed)
                break
            except BaseException as failed:
                if attempt == _ATTEMPTS or isinstance(failed, AliasMoved | VersionNotFound | NotDeployed):
                    raise OutcomeUnknown(
                        f"{describe(cause)}; shifting all traffic to {traffic.name_version(version)} failed too: "
                        f"{describe(failed)}",
                        hint=traffic.how_to_return(version),
                    ) from failed
                with suppress(KeyboardInterrupt):
                    traffic.clock.sleep(LOOK_SECONDS)
        step.done(f"{traffic.name_alias(alias)} serves version {alias.version} again")
        return alias


def describe(cause: BaseException) -> str:
    """Describe an error for a message; a bug of hybridctl is named as one."""
    if isinstance(cause, HybridctlError):
        return str(cause)
    return "interrupted" if isinstance(cause, KeyboardInterrupt) else f"unexpected: {type(cause).__name__}: {cause}"
