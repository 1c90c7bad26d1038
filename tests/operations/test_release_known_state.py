"""Every release ends in a known state: each exception, at each step from the shift to the record, on fakes.

A deploy and a rollback meet every exception; what follows them in other commands meets one of each kind.
"""

from collections.abc import Callable
from typing import Any

import pytest

from fakes.functions import FakeFunctions
from fakes.releases import GOOD, NEW, STRATEGIES, about_to_deploy, about_to_roll_back, last
from hybridctl.domain.release import Outcome, Release
from hybridctl.errors import AwsRefused
from operations.breaking import FAILURES, KINDS, POINTS, break_at, name_point

BLUE_GREEN = ("deploy", "local", "--strategy", "blue-green")
WAITING = {"canary": (*STRATEGIES["canary"], "--detach"), "blue-green": BLUE_GREEN}
# A blue-green deploy moves nothing: it is cut off while it proves, reads and writes down.
BEFORE_THE_MOVE = [
    ("functions", "invoke", 1, False),
    ("functions", "invoke", 5, False),
    ("functions", "live", 2, False),
    ("functions", "live", 3, False),
    ("journal", "keep", 1, False),
    ("journal", "keep", 2, False),
    ("journal", "keep", 2, True),
    ("journal", "keep", 3, False),
    ("journal", "keep", 3, True),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("point", POINTS, ids=name_point)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_release_that_is_cut_off_is_taken_back_or_done(hybridctl, strategy, point, failure):
    backend = about_to_deploy()
    break_at(backend, point, failure, lambda: bool(backend.functions.moves))
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    assert not alias.weights
    if alias.version == NEW:  # the failure came when all was verified, or it did not matter
        assert (ran.code, record.outcome, record.verified) == (0, Outcome.LIVE, True), ran.err
    else:
        assert ran.code in (7, 130) or not backend.functions.moves, ran.err
        assert record.outcome in (Outcome.TAKEN_BACK, Outcome.INTERRUPTED) or not backend.functions.moves
        assert record.message
    assert "Traceback" not in ran.err
    assert record.outcome is not Outcome.RUNNING
    assert backend.journal.running() is None


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("point", POINTS, ids=name_point)
def test_a_rollback_that_is_cut_off_never_returns_to_the_version_it_leaves(hybridctl, point, failure):
    backend = about_to_roll_back()
    break_at(backend, point, failure, lambda: bool(backend.functions.moves))
    ran = hybridctl("rollback", "local", backend=backend)
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    moved = bool(backend.functions.moves)
    assert alias.serves_only(GOOD if moved else NEW)
    assert NEW not in [to for to, _ in backend.functions.moves]
    assert "Traceback" not in ran.err
    assert record.outcome is not Outcome.RUNNING
    assert ran.code in ((0, 8, 130) if moved else (1, 130)), ran.err


@pytest.mark.parametrize("failure", KINDS)
@pytest.mark.parametrize(("verb", "expected"), [("promote", NEW), ("abort", GOOD)])
@pytest.mark.parametrize("point", POINTS, ids=name_point)
@pytest.mark.parametrize("waiting", WAITING)
def test_promote_and_abort_that_are_cut_off(hybridctl, waiting, verb, expected, point, failure):
    backend = about_to_deploy()
    assert hybridctl(*WAITING[waiting], backend=backend).code == 0
    shared, before, is_over = dict(backend.functions.alias.weights), len(backend.functions.moves), False
    at_once = verb == "abort" and waiting == "blue-green"  # which has nothing to move
    armed = (lambda: not is_over) if at_once else (lambda: len(backend.functions.moves) > before and not is_over)
    break_at(backend, point, failure, armed)
    ran = hybridctl(verb, "local", "--yes", backend=backend) if verb == "promote" else hybridctl(verb, backend=backend)
    is_over = True
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    assert "Traceback" not in ran.err
    if record.outcome is Outcome.RUNNING:  # nothing was moved, and the rollout waits as it did before
        assert ran.code in (1, 130)
        assert (alias.version, alias.weights) == (GOOD, shared)
        assert record.rollout is not None
        assert record.rollout.waiting
        backend.functions.move = FakeFunctions.move.__get__(backend.functions)  # type: ignore[method-assign]
        again = hybridctl("abort", backend=backend)
        assert again.code == 0, again.err
        alias, record = backend.functions.alias, last(backend)
        assert alias is not None
        assert alias.serves_only(GOOD)
    assert not alias.weights
    assert alias.version in {expected, GOOD}
    if alias.version == NEW:
        assert (ran.code, record.outcome) == (0, Outcome.LIVE)
    assert record.outcome is not Outcome.RUNNING
    assert backend.journal.running() is None


@pytest.mark.parametrize("failure", KINDS)
@pytest.mark.parametrize("point", BEFORE_THE_MOVE, ids=name_point)
def test_a_blue_green_release_that_is_cut_off_waits_or_has_failed(hybridctl, point, failure):
    """It gives the new version no traffic, whatever happens, and the next command can go on in either case."""
    backend = about_to_deploy()
    is_over = False
    break_at(backend, point, failure, lambda: backend.terraform.applied > 0 and not is_over)
    ran = hybridctl(*BLUE_GREEN, backend=backend)
    is_over = True
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    assert alias.serves_only(GOOD)
    assert backend.functions.moves == []
    assert "Traceback" not in ran.err
    if record.outcome is Outcome.RUNNING:
        assert record.rollout is not None
        assert record.rollout.waiting
        assert hybridctl("abort", "local", backend=backend).code == 0
    else:
        assert ran.code in (1, 130), ran.err
        assert record.message
    assert backend.journal.running() is None
    assert hybridctl("deploy", "local", backend=backend).code == 0
    assert backend.functions.alias.serves_only(NEW)


@pytest.mark.parametrize("failure", [name for name in KINDS if name != "Ctrl-C"])
@pytest.mark.parametrize("part", ["step", "enter", "exit", "now", "done"])
def test_a_progress_that_fails_stops_nothing(hybridctl, monkeypatch, part, failure):
    """The screen keeps its own failures to itself; this is what holds when it does not."""
    from hybridctl.views import progress

    backend = about_to_deploy()
    real = progress.ScreenProgress.step

    def step(self: Any, name: str) -> Any:
        if not backend.functions.moves:
            return real(self, name)
        if part == "step":
            raise FAILURES[failure]()
        return _BadStep(part, FAILURES[failure], real(self, name))

    monkeypatch.setattr(progress.ScreenProgress, "step", step)
    ran = hybridctl("deploy", "local", "--strategy", "canary:10@20s", backend=backend)
    assert ran.code == 0, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(NEW)
    assert last(backend).outcome is Outcome.LIVE


class _BadStep:
    def __init__(self, part: str, make: Callable[[], BaseException], real: Any) -> None:
        self.part, self.make, self.real = part, make, real

    def _maybe(self, part: str) -> None:
        if part == self.part:
            raise self.make()

    def __enter__(self) -> "_BadStep":
        self._maybe("enter")
        self.real.__enter__()
        return self

    def __exit__(self, *ended: Any) -> Any:
        self._maybe("exit")
        return self.real.__exit__(*ended)

    def now(self, _text: str) -> None:
        self._maybe("now")

    def done(self, _text: str) -> None:
        self._maybe("done")


def test_a_take_back_that_fails_permanently_is_unknown_and_names_the_command(hybridctl):
    backend = about_to_deploy()
    backend.probe.broken = {NEW: {"GET /health"}}
    real = backend.functions.move

    def move(alias: Any, *, to: int, weights: Any) -> Any:
        if to == GOOD:
            raise AwsRefused("moving the alias live: the connection was lost")
        return real(alias, to=to, weights=weights)

    backend.functions.move = move  # type: ignore[method-assign]
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 8
    assert "hybridctl rollback local --version 1" in ran.err
    assert last(backend).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("times", [1, 3])
def test_further_ctrl_c_does_not_stop_the_way_back(hybridctl, times):
    backend = about_to_deploy()
    backend.probe.broken = {NEW: {"GET /health"}}
    real, left = backend.functions.move, [times]

    def move(alias: Any, *, to: int, weights: Any) -> Any:
        if to == GOOD and left[0]:
            left[0] -= 1
            raise KeyboardInterrupt
        return real(alias, to=to, weights=weights)

    backend.functions.move = move  # type: ignore[method-assign]
    assert hybridctl("deploy", "local", backend=backend).code == 7
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)


def test_signals_after_the_first_do_not_disturb_the_way_back(hybridctl):
    """Real ones: SIGINT, SIGTERM and SIGHUP, in any order, while the alias goes back and the record is written."""
    import os
    import signal

    backend = about_to_deploy()
    move, finish = backend.functions.move, backend.journal.finish

    def strike() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)

    def moving(alias: Any, *, to: int, weights: Any) -> Any:
        moved = move(alias, to=to, weights=weights)
        if to == NEW:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            strike()
        return moved

    def finishing(release: Release) -> None:
        strike()
        finish(release)

    backend.functions.move = moving  # type: ignore[method-assign]
    backend.journal.finish = finishing  # type: ignore[method-assign]
    before = signal.getsignal(signal.SIGTERM)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 130, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert last(backend).outcome is Outcome.INTERRUPTED
    assert signal.getsignal(signal.SIGTERM) is before
