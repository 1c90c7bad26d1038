"""Avoid cold starts of a version that takes on-demand traffic: open environments before it does.

Such traffic is a canary's share, and a rollback, which does not wait for provisioned concurrency.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hybridctl.domain.counting import count_noun
from hybridctl.domain.provisioned import Provisioned
from hybridctl.errors import AwsRefused
from hybridctl.ports.release import Functions
from hybridctl.ports.run import Progress

_AT_ONCE = 50
_ROUNDS = 5
_PROVED = 1  # the environment that answered the suite that proved the version


def warm_up(functions: Functions, progress: Progress, version: int, event: Mapping[str, Any]) -> None:
    """Open as many environments of `version` as the alias keeps warm, by parallel requests.

    One environment can answer several requests of a quick handler, so they are repeated until enough environments are
    open, at most five times. Does nothing if nothing is kept warm. A refusal (reserved concurrency is used up) is
    reported, not raised.
    """
    kept = find_kept(functions)
    if kept is None:
        return
    wanted = min(kept.wanted, _AT_ONCE)
    with progress.step("warm") as step, ThreadPoolExecutor(wanted) as pool:
        opened = cold = 0
        try:
            for _ in range(_ROUNDS):
                step.now(f"{count_noun(wanted, 'request')} in parallel to version {version}")
                cold = sum(ran.is_cold for ran in pool.map(lambda _: functions.invoke(version, event), range(wanted)))
                opened += cold
                if opened >= wanted - _PROVED:
                    break
        except AwsRefused as cause:
            step.done(f"version {version} starts cold: {cause}")
            return
        step.done(f"version {version}: opened {opened} more for {count_noun(wanted, 'request')} in parallel")


def find_kept(functions: Functions) -> Provisioned | None:
    """Return what the alias keeps warm; None if nothing, or if that cannot be read."""
    try:
        kept = functions.read_provisioned()
    except AwsRefused:
        return None
    return kept if kept and kept.wanted else None
