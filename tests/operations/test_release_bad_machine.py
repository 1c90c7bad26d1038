"""A release on a machine that goes wrong: a clock that jumps, output to a full disk, a cloud that dies half way."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeBackend, FakeClock, fake_context
from fakes.releases import GOOD, NEW, STRATEGIES, about_to_deploy, about_to_roll_back, last
from hybridctl.context import AppContext
from hybridctl.domain.release import Outcome
from hybridctl.entrypoint import run
from hybridctl.errors import AwsRefused, NoAnswer
from hybridctl.views.printer import Printer
from hybridctl.views.screen import Screen
from hybridctl.views.stream import Stream

JUMPS = {
    "ten minutes back": timedelta(minutes=-10),
    "ten minutes ahead": timedelta(minutes=10),  # the watch then reads the requests of ten minutes
    "ten years back": timedelta(days=-3652),
    "a second back": timedelta(seconds=-1),
}


@dataclass
class JumpingClock(FakeClock):
    """Its wall time jumps by `jump` once `when` is true; its monotonic time goes on, as the system's does."""

    jump: timedelta = timedelta()
    when: Callable[[], bool] = lambda: False

    def now(self) -> datetime:
        return super().now() + (self.jump if self.when() else timedelta())


def context_of(project: Path, backend: FakeBackend, clock: FakeClock, *, out: int = 1, err: int = 2) -> AppContext:
    """A run whose streams are these descriptors."""
    streams = [Stream(open(os.dup(number), "w", encoding="utf-8")) for number in (out, err)]  # noqa: SIM115
    screen = Screen(Printer(streams[0], {}), Printer(streams[1], {}), clock)
    return fake_context(project, backend, clock, screen)


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_clock_that_jumps_during_a_release_leaves_no_share_unsaid(project, strategy, jump):
    """Waits go by the monotonic clock. A watch may be inconclusive then; the alias and the record agree."""
    backend = about_to_deploy()
    clock = JumpingClock(jump=JUMPS[jump], when=lambda: bool(backend.functions.moves))
    code = run(STRATEGIES[strategy], context_of(project, backend, clock))
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    if code == 0:
        assert alias.serves_only(NEW)
        assert (record.outcome, record.verified) == (Outcome.LIVE, True)
        assert backend.journal.running() is None
    elif code == 7:
        assert alias.serves_only(GOOD)
        assert record.outcome is Outcome.TAKEN_BACK
    else:  # inconclusive: it keeps its share, and says so
        assert code == 5
        assert record.rollout is not None
        assert record.rollout.waiting
        assert alias.weights == {NEW: record.rollout.share}
        assert run(("abort", "local"), context_of(project, backend, clock)) == 0
        assert backend.functions.alias is not None
        assert backend.functions.alias.serves_only(GOOD)
    assert sum(clock.slept) < 300, "waits go by the wall clock"


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_during_a_rollback(project, jump):
    backend = about_to_roll_back()
    clock = JumpingClock(jump=JUMPS[jump], when=lambda: bool(backend.functions.moves))
    assert run(("rollback", "local"), context_of(project, backend, clock)) == 0
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert last(backend).verified


@pytest.fixture
def full() -> Iterator[int]:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("which", ["stdout", "stderr", "both"])
@pytest.mark.parametrize("argv", [*STRATEGIES.values(), ("--output", "json", "deploy", "local")], ids=" ".join)
@pytest.mark.parametrize("is_bad", [False, True], ids=["good", "bad"])
def test_output_to_a_full_disk_changes_neither_the_release_nor_its_code(project, full, which, argv, is_bad):
    backend = about_to_deploy()
    if is_bad:
        backend.probe.broken = {NEW: {"GET /health"}}
    clock = FakeClock()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    out, err = (full if which in (name, "both") else nowhere for name in ("stdout", "stderr"))
    code = run(argv, context_of(project, backend, clock, out=out, err=err))
    os.close(nowhere)
    assert code == (7 if is_bad else 0)
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD if is_bad else NEW)
    assert last(backend).outcome is (Outcome.TAKEN_BACK if is_bad else Outcome.LIVE)


def test_events_to_a_full_disk_change_nothing_either(hybridctl):
    backend = about_to_deploy()
    ran = hybridctl("--events", "/dev/full", "deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    assert last(backend).outcome is Outcome.LIVE


@contextmanager
def dead(backend: FakeBackend, is_dead: Callable[[], bool]) -> Iterator[None]:
    """A cloud of which nothing answers while `is_dead`."""
    held = []
    for owner, methods in (
        (backend.functions, ("live", "move", "invoke", "read_provisioned", "versions")),
        (backend.journal, ("keep", "confirm", "finish", "releases", "claim")),
        (backend.logs, ("page",)),
        (backend.alarms, ("alarms",)),
        (backend.probe, ("call",)),
    ):
        for name in methods:
            held.append((owner, name, getattr(owner, name)))
            setattr(owner, name, _go_away(getattr(owner, name), is_dead, name))
    try:
        yield
    finally:
        for owner, name, original in held:
            setattr(owner, name, original)


def _go_away(original: Callable[..., Any], is_dead: Callable[[], bool], name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if not is_dead():
            return original(*arguments, **named)
        if name == "call":
            raise NoAnswer("GET http://127.0.0.1:4566/health: no response: Connection refused")
        raise AwsRefused(f"{name}: no answer from http://127.0.0.1:4566: Connection refused")

    return call


WAYS = {**STRATEGIES, "rollback": ("rollback", "local")}


@pytest.mark.parametrize("way", WAYS)
def test_a_cloud_that_dies_after_the_move_leaves_a_state_that_one_command_fixes(hybridctl, clock, way):
    """Nothing can be taken back and nothing be written then: the message says how to go on, and going on works."""
    backend = about_to_roll_back() if way == "rollback" else about_to_deploy()
    with dead(backend, lambda: bool(backend.functions.moves)):
        ran = hybridctl(*WAYS[way], backend=backend)
    assert ran.code == 8, ran.err
    assert "Traceback" not in ran.err
    assert "unexpected" not in ran.err
    assert "hint: " in ran.err
    assert "hybridctl " in ran.err.partition("hint: ")[2]
    assert backend.journal.holder is not None, "a claim that cannot be given back stays"
    backend.journal.orphaned = True  # its process is gone by now
    status = hybridctl("status", "local", backend=backend)
    assert status.code == 5, status.out
    held = backend.journal.holder
    if held.rollout is not None:
        assert hybridctl("abort", "local", backend=backend).code == 0
        assert backend.functions.alias is not None
        assert backend.functions.alias.serves_only(GOOD)
    verb = "rollback" if way == "rollback" else "deploy"
    again = hybridctl(verb, "local", backend=backend)
    assert again.code == 0, again.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD if way == "rollback" else NEW)
    assert (last(backend).outcome, last(backend).verified) == (Outcome.LIVE, True)
    assert backend.journal.running() is None


@pytest.mark.parametrize("verb", ["promote", "abort"])
@pytest.mark.parametrize("strategy", ["canary:10@20s", "blue-green"])
def test_an_alias_that_cannot_be_read_leaves_the_rollout_to_be_ended_later(hybridctl, strategy, verb):
    """Lambda is away, and the journal is not: the claim stays, so that the new version's share is not forgotten."""
    backend = about_to_deploy()
    assert hybridctl("deploy", "local", "--strategy", strategy, "--detach", backend=backend).code == 0
    live, backend.functions.live = backend.functions.live, _go_away(lambda: None, lambda: True, "live")
    ran = hybridctl(verb, "local", *(["--force", "--yes"] if verb == "promote" else []), backend=backend)
    backend.functions.live = live
    assert ran.code == 8, ran.err
    assert ran.err.endswith("hint: hybridctl promote local, or hybridctl abort local\n")
    assert last(backend).outcome is Outcome.RUNNING
    assert hybridctl("abort", "local", backend=backend).code == 0
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert last(backend).outcome is Outcome.TAKEN_BACK
