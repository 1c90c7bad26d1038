"""`kill -9` at every change that a release makes, on fakes: what is left is reported, and the printed command ends it.

A kill runs nothing more, not even a `finally`: the world is copied at the moment of the kill, and the run goes on in
the other one. tests/faults kills the real process.
"""

import copy
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from fakes import FakeBackend
from fakes.releases import GOOD, NEW, STRATEGIES, about_to_deploy, about_to_roll_back, last, record_rollout
from hybridctl.domain.release import Outcome

WAITING = (*STRATEGIES["canary"], "--detach")
RUNS = {**STRATEGIES, "blue-green": ("deploy", "local", "--strategy", "blue-green")}


def make_released() -> FakeBackend:
    """Version 1 was released, and version 2 is about to be."""
    backend = about_to_deploy()
    backend.journal.records["1"] = record_rollout(GOOD)
    return backend


def fingerprint(backend: FakeBackend) -> str:
    """All that outlives the process: the alias, the records, the claim and what was applied."""
    journal = backend.journal
    return repr((backend.functions.alias, journal.records, journal.holder, backend.terraform.applied))


@contextmanager
def kills(backend: FakeBackend) -> Iterator[list[FakeBackend]]:
    """Collect a copy of the world after each call that changed it, as a kill right then would leave it."""
    worlds = [copy.deepcopy(backend)]
    seen = [fingerprint(backend)]

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event != "return" or "/fakes/" not in frame.f_code.co_filename:
            return
        if (now := fingerprint(backend)) != seen[-1]:
            seen.append(now)
            worlds.append(copy.deepcopy(backend))

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield worlds
    finally:
        sys.setprofile(before)
    for world in worlds:
        world.journal.orphaned = world.journal.holder is not None


def must_be_well(hybridctl: Any, world: FakeBackend, verb: str, ends_with: int) -> None:
    """Follow what `status` prints, then run the command again; each must agree with what is there."""
    status = hybridctl("status", "local", backend=world)
    assert "Traceback" not in status.err
    holder = world.journal.holder
    if holder is not None:
        is_waiting = holder.rollout is not None and holder.rollout.waiting
        assert status.code == (0 if is_waiting else 5), status.out
        hint = status.out.splitlines()[-1]
        [*_, command] = re.findall(r"hybridctl (\w+) local", hint)
        assert hybridctl(command, "local", backend=world).code == 0, hint
    else:
        live = [each for each in world.journal.releases() if each.outcome is Outcome.LIVE]
        assert status.code == 0, status.out
        assert world.functions.alias is not None
        assert world.functions.alias.serves_only(live[-1].version_after or GOOD) or not live
    assert world.journal.running() is None
    if not (verb == "rollback" and world.functions.alias.serves_only(ends_with)):
        again = hybridctl(verb, "local", backend=world)
        assert again.code == 0, again.err
    assert world.functions.alias.serves_only(ends_with)
    assert (last(world).outcome, last(world).verified) == (Outcome.LIVE, True)
    assert hybridctl("status", "local", backend=world).code == 0


@pytest.mark.parametrize("strategy", RUNS)
def test_a_release_that_is_killed_anywhere(hybridctl, strategy):
    backend = make_released()
    with kills(backend) as worlds:
        assert hybridctl(*RUNS[strategy], backend=backend).code == 0
    assert len(worlds) >= 5
    for world in worlds:
        must_be_well(hybridctl, world, "deploy", NEW)


def test_a_rollback_that_is_killed_anywhere(hybridctl):
    backend = about_to_roll_back()
    with kills(backend) as worlds:
        assert hybridctl("rollback", "local", backend=backend).code == 0
    assert len(worlds) >= 4
    for world in worlds:
        must_be_well(hybridctl, world, "rollback", GOOD)


@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_the_end_of_a_canary_that_is_killed_anywhere(hybridctl, verb):
    backend = make_released()
    assert hybridctl(*WAITING, backend=backend).code == 0
    with kills(backend) as worlds:
        assert hybridctl(verb, "local", *(["--force", "--yes"] if verb == "promote" else []), backend=backend).code == 0
    assert len(worlds) >= 3
    for world in worlds:
        must_be_well(hybridctl, world, "deploy", NEW)
