"""Every way to move traffic while Lambda keeps environments warm: 90 s of allocation, or one that fails.

Held to three promises: traffic never returns to a version that is being left, `live` is never written before the
version serves, and after a rollback's move the good version serves within five seconds.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from fakes import FakeBackend, FakeClock
from fakes.backend import NEW_CODE
from fakes.clock import NOON
from fakes.functions import FakeAllocation, FakeHandler
from fakes.releases import GOOD, NEW, about_to_deploy, about_to_roll_back, last
from hybridctl.domain.release import Alias, Outcome, Release

SECONDS = 90.0
Run = Callable[..., Any]


def deploy(*strategy: str) -> Callable[[Run, FakeBackend], Any]:
    return lambda run, backend: run("deploy", "local", *strategy, backend=backend)


def promote(run: Run, backend: FakeBackend) -> Any:
    assert run("deploy", "local", "--strategy", "blue-green", backend=backend).code == 0
    return run("promote", "local", "--yes", backend=backend)


def abort(run: Run, backend: FakeBackend) -> Any:
    assert run("deploy", "local", "--strategy", "canary:10@20s", "--detach", backend=backend).code == 0
    return run("abort", "local", backend=backend)


def rollback(*more: str) -> Callable[[Run, FakeBackend], Any]:
    return lambda run, backend: run("rollback", "local", *more, backend=backend)


WAYS: dict[str, tuple[Callable[[], FakeBackend], Callable[[Run, FakeBackend], Any]]] = {
    "all-at-once": (about_to_deploy, deploy()),
    "canary": (about_to_deploy, deploy("--strategy", "canary:10@20s")),
    "linear": (about_to_deploy, deploy("--strategy", "linear:40@20s")),
    "blue-green, promote": (about_to_deploy, promote),
    "abort": (about_to_deploy, abort),
    "rollback": (about_to_roll_back, rollback()),
    "rollback by number": (about_to_roll_back, rollback("--version", "1")),
}
LEAVES = frozenset({"abort", "rollback", "rollback by number"})  # they leave version 2, whatever Lambda allocates
RELEASED = {True: (NEW, 0), False: (GOOD, 7)}  # what serves after a release, and the exit code, by the allocation's end


def watch_the_record(backend: FakeBackend) -> list[tuple[Release, int]]:
    """Each record that says `live`, with the version that served when it was written."""
    notes = []
    finish = backend.journal.finish

    def finishing(release: Release) -> None:
        if release.outcome is Outcome.LIVE:
            notes.append((release, backend.functions.serving()))
        finish(release)

    backend.journal.finish = finishing  # type: ignore[method-assign]
    return notes


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("succeeds", [True, False], ids=["in 90 s", "never"])
@pytest.mark.parametrize("harsh", [False, True], ids=["", "also on the way back"])
def test_the_promises_hold(hybridctl: Run, clock: FakeClock, way: str, succeeds: bool, harsh: bool):
    make, move = WAYS[way]
    backend = make()
    assert backend.functions.alias is not None
    before = backend.functions.alias.version
    backend.functions.allocation = FakeAllocation(clock, SECONDS, warm=before, fails=not succeeds, harsh=harsh)
    answer = watch_the_record(backend)
    ran = move(hybridctl, backend)
    version, code = (GOOD, 0) if way in LEAVES else RELEASED[succeeds]
    assert ran.code == code, ran.err
    assert backend.functions.alias.serves_only(version)
    for release, serving in answer:
        assert serving == release.version_after
    served = backend.functions.served
    if way in LEAVES:
        first = next(place for place, (_, one) in enumerate(served) if one == GOOD)
        assert {one for _, one in served[first:]} == {GOOD}
    elif succeeds:  # from old to new once
        assert sum(one != other for (_, one), (_, other) in pairwise(served)) <= 1
    else:  # a version that could not be warmed serves, if at all, until the weights that give it all are cleared
        at_new = ((until - since).total_seconds() for (since, one), (until, _) in pairwise(served) if one == NEW)
        assert sum(at_new) <= 5
    if way.startswith("rollback"):
        assert (served[-1][0] - NOON).total_seconds() <= 5


@pytest.mark.parametrize("way", ["rollback", "rollback by number", "abort"])
def test_ctrl_c_in_the_middle_does_not_bring_the_left_version_back(hybridctl: Run, clock: FakeClock, way: str):
    make, move = WAYS[way]
    backend = make()
    assert backend.functions.alias is not None
    backend.functions.allocation = FakeAllocation(clock, SECONDS, warm=backend.functions.alias.version, harsh=True)
    real = backend.functions.move
    interrupted = False

    def moving(alias: Alias, *, to: int, weights: Any) -> Alias:
        nonlocal interrupted
        moved = real(alias, to=to, weights=weights)
        if to == GOOD and not weights and not interrupted:
            interrupted = True
            raise KeyboardInterrupt
        return moved

    backend.functions.move = moving  # type: ignore[method-assign]
    ran = move(hybridctl, backend)
    assert interrupted
    assert ran.code == 130, ran.err
    assert backend.functions.alias.serves_only(GOOD)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("strategy", ["all-at-once", "canary:10@20s"])
def test_a_move_that_lambda_never_carried_out_is_settled_before_the_next_release(
    hybridctl: Run, clock: FakeClock, strategy: str, fails: bool
):
    """Version 2 could not be warmed, so version 1 serves. With these weights Lambda takes no settings of the alias."""
    backend = FakeBackend.deployed(GOOD, NEW, live=GOOD)
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = FakeHandler(3)
    backend.logs.rate = 20
    backend.functions.alias = Alias("live", NEW, "r", {GOOD: 1.0})
    allocation = FakeAllocation(clock, SECONDS, warm=GOOD, fails=True, until=NOON)
    backend.functions.allocation = allocation
    seen = []
    apply = backend.terraform.apply

    def applying(*arguments: Any, **named: Any) -> Any:
        seen.append(backend.functions.live())
        allocation.fails = fails
        return apply(*arguments, **named)

    backend.terraform.apply = applying  # type: ignore[method-assign]
    ran = hybridctl("deploy", "local", "--strategy", strategy, backend=backend)
    assert [alias.serves_only(GOOD) for alias in seen if alias] == [True]
    assert ran.code == (7 if fails else 0), ran.err
    assert backend.functions.alias.serves_only(GOOD if fails else 3)
    assert NEW not in [version for _, version in backend.functions.served]
    assert last(backend).version_before == GOOD
    assert last(backend).outcome is (Outcome.TAKEN_BACK if fails else Outcome.LIVE)
