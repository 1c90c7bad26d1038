"""Move the alias, and repeat the move until it is seen: Lambda may be busy, an answer lost, a read stale."""

from collections.abc import Collection, Mapping

from hybridctl.domain.counting import count_noun
from hybridctl.domain.release import Alias
from hybridctl.errors import AliasMoved, AwsRefused, FunctionBusy, OutcomeUnknown
from hybridctl.operations.traffic import LOOK_SECONDS, SOON_SECONDS, Traffic, must_serve

_MOVES = 5


def move_alias(traffic: Traffic, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
    """Move the alias, and wait while Lambda is busy with the function. Raises what `Functions.move` raises.

    Lambda's own work on the alias also changes its revision: then the move is repeated from the current revision.
    """
    deadline = traffic.clock.monotonic() + traffic.patience.busy
    moves = 0
    while True:
        try:
            return traffic.functions.move(alias, to=to, weights=weights)
        except FunctionBusy:
            if traffic.clock.monotonic() >= deadline:
                raise
            traffic.clock.sleep(LOOK_SECONDS)
        except AliasMoved:
            moves += 1
            now = traffic.live()
            is_ours = now.version == alias.version and (
                now.weights == alias.weights or traffic.find_allocation(alias) is not None
            )
            if not is_ours or moves >= _MOVES:
                raise
            alias = now
        except AwsRefused:  # the answer may be lost, and the move made
            now = traffic.live()
            if (now.version, now.weights) != (to, dict(weights)) and not (
                now.version == to and traffic.find_allocation(now)
            ):
                raise
            return now


def give_all_to(traffic: Traffic, version: int, allowed: Collection[int]) -> Alias:
    """Return the alias when it serves that version alone. Raises AliasMoved if it serves one that is not `allowed`."""
    stale, moves = "", 0
    deadline = traffic.clock.monotonic() + traffic.patience.settle
    while True:
        alias = traffic.live()
        if alias.serves_only(version):
            return alias
        must_serve(alias, allowed)
        if alias.revision == stale and traffic.clock.monotonic() < deadline:
            traffic.clock.sleep(SOON_SECONDS)  # Lambda may answer with the revision before our move for a moment
            continue
        if moves >= _MOVES:
            raise OutcomeUnknown(
                f"{traffic.name_alias(alias)} still splits traffic after {count_noun(moves, 'move')} "
                f"to version {version}",
                hint=traffic.how_to_return(version),
            )
        move_alias(traffic, alias, to=version, weights={})
        moves, stale = moves + 1, alias.revision
