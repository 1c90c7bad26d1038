"""Keep cold starts away from a release: open environments before traffic comes, see Lambda allocate its own after.

Provisioned concurrency belongs to the alias, and Lambda allocates it anew for minutes after the alias has moved. In
the meantime requests are served on demand, by the environments that were opened here.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hybridctl.domain.status import Provisioned
from hybridctl.errors import AwsRefused
from hybridctl.ports import Clock, Functions, Progress

_AT_ONCE = 50
_ROUNDS = 5
_PROVED = 1  # the environment that answered the suite that proved the version
_ALLOCATION_SECONDS = 180.0
_LOOK_SECONDS = 2.0
_ALLOCATING = "IN_PROGRESS"


def warm_up(functions: Functions, progress: Progress, version: int, event: Mapping[str, Any]) -> None:
    """Open as many environments of `version` as the alias keeps warm, by that many requests at once.

    A quick handler answers several of them from one environment, so they are sent again until enough were opened, or
    five times. Nothing is done where nothing is kept warm; a refusal (reserved concurrency is used up) is said, not
    raised.
    """
    kept = _kept(functions)
    if kept is None:
        return
    wanted = min(kept.wanted, _AT_ONCE)
    with progress.step("warm") as step, ThreadPoolExecutor(wanted) as pool:
        opened = cold = 0
        try:
            for _ in range(_ROUNDS):
                step.now(f"{wanted} requests at once to version {version}")
                cold = sum(ran.is_cold for ran in pool.map(lambda _: functions.invoke(version, event), range(wanted)))
                opened += cold
                if opened >= wanted - _PROVED:
                    break
        except AwsRefused as cause:
            step.done(f"version {version} starts cold: {cause}")
            return
        step.done(f"version {version}: opened {opened} more for {wanted} requests at once")


def see_allocated(functions: Functions, clock: Clock, progress: Progress) -> None:
    """Wait while Lambda allocates what the alias keeps warm, three minutes at most; Ctrl-C ends the wait alone."""
    found = _kept(functions)
    if found is None:
        return
    with progress.step("allocate") as step:
        deadline = clock.monotonic() + _ALLOCATION_SECONDS
        try:
            while found and found.state == _ALLOCATING and clock.monotonic() < deadline:
                step.now(f"{found.ready} of {found.wanted} environments are warm (Ctrl-C: do not wait)")
                clock.sleep(_LOOK_SECONDS)
                found = _kept(functions) or found
        except KeyboardInterrupt:
            pass  # the release stands and is verified; only its warmth was waited for
        late = "" if found.ready >= found.wanted else ": cold starts until the rest are"
        step.done(f"{found.ready} of {found.wanted} environments are kept warm{late}")


def _kept(functions: Functions) -> Provisioned | None:
    """What is to be kept warm; None where nothing is, or where that cannot be read: it is not what was promised."""
    try:
        found = functions.provisioned()
    except AwsRefused:
        return None
    return found if found and found.wanted else None
