"""Move the alias: a move that meets Lambda's own work, a lost answer or an old read is made until it is seen."""

from collections.abc import Collection, Mapping

from hybridctl.domain.counting import count_noun
from hybridctl.domain.release import Alias
from hybridctl.errors import AliasMoved, AwsRefused, FunctionBusy, OutcomeUnknown
from hybridctl.operations.traffic import LOOK_SECONDS, SOON_SECONDS, Traffic, must_serve

_MOVES = 5


def move_alias(traffic: Traffic, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
    """Move the alias, patient while Lambda is busy with the function; raises what `Functions.move` does.

    Lambda's own work on the alias changes its revision too: then the move is made again, from what it is now.
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
    """The alias, once it is read to serve that version alone; AliasMoved when it serves what is not `allowed`."""
    stale, moves = "", 0
    deadline = traffic.clock.monotonic() + traffic.patience.settle
    while True:
        found = traffic.live()
        if found.serves_only(version):
            return found
        must_serve(found, allowed)
        if found.revision == stale and traffic.clock.monotonic() < deadline:
            traffic.clock.sleep(SOON_SECONDS)  # Lambda may answer with the revision before our move for a moment
            continue
        if moves >= _MOVES:
            raise OutcomeUnknown(
                f"{traffic.name_alias(found)} still splits traffic after {count_noun(moves, 'move')} "
                f"to version {version}",
                hint=traffic.how_to_return(version),
            )
        move_alias(traffic, found, to=version, weights={})
        moves, stale = moves + 1, found.revision
