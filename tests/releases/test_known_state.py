"""Every release ends in a known state: each exception, at each step from the shift to the record, on fakes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from hybridctl.domain.release import Outcome, Release
from hybridctl.errors import AwsRefused
from releases_world import GOOD, NEW, STRATEGIES, about_to_deploy, about_to_roll_back, last

FAILURES: dict[str, Callable[[], BaseException]] = {
    "Ctrl-C": KeyboardInterrupt,
    "SystemExit": lambda: SystemExit(1),
    "out of memory": MemoryError,
    "dead stream": lambda: OSError(5, "Input/output error"),
    "broken pipe": lambda: BrokenPipeError(32, "Broken pipe"),
    "full disk": lambda: OSError(28, "No space left on device"),
    "bug": lambda: ZeroDivisionError("a bug"),
    "unicode": lambda: UnicodeEncodeError("ascii", "é", 0, 1, "not in range"),
    "recursion": RecursionError,
    "thread": lambda: RuntimeError("can't start new thread"),
    "certificate": lambda: OSError("TLS CA certificate bundle: invalid path"),
}


@dataclass
class Breaker:
    """Calls a real method, but raises at its n-th call once armed, before or `after` the call is carried out."""

    original: Callable[..., Any]
    make: Callable[[], BaseException]
    is_armed: Callable[[], bool]
    at: int = 1
    after: bool = False
    calls: int = field(default=0)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not self.is_armed():
            return self.original(*arguments, **named)
        self.calls += 1
        if self.calls != self.at:
            return self.original(*arguments, **named)
        if self.after:
            self.original(*arguments, **named)
        raise self.make()


# Where the failure strikes: an object of the backend, its method, and which call of it.
POINTS = [
    ("functions", "move", 1, False),
    ("functions", "move", 1, True),
    ("functions", "live", 1, False),
    ("functions", "live", 2, False),
    ("probe", "call", 1, False),
    ("probe", "call", 5, False),
    ("journal", "finish", 1, False),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}.{point[1]} {point[2]}{'+' * point[3]}")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_release_that_is_cut_off_is_taken_back_or_done(hybridctl, strategy, point, failure):
    backend = about_to_deploy()
    name, method, at, after = point
    owner = getattr(backend, name)
    armed = (lambda: True) if method == "move" else (lambda: bool(backend.functions.moves))
    setattr(owner, method, Breaker(getattr(owner, method), FAILURES[failure], armed, at, after))
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
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}.{point[1]} {point[2]}{'+' * point[3]}")
def test_a_rollback_that_is_cut_off_never_returns_to_the_version_it_leaves(hybridctl, point, failure):
    backend = about_to_roll_back()
    name, method, at, after = point
    owner = getattr(backend, name)
    armed = (lambda: True) if method == "move" else (lambda: bool(backend.functions.moves))
    setattr(owner, method, Breaker(getattr(owner, method), FAILURES[failure], armed, at, after))
    ran = hybridctl("rollback", "local", backend=backend)
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    moved = bool(backend.functions.moves)
    assert alias.serves_only(GOOD if moved else NEW)
    assert NEW not in [to for to, _ in backend.functions.moves]
    assert "Traceback" not in ran.err
    assert record.outcome is not Outcome.RUNNING
    assert ran.code in ((0, 8, 130) if moved else (1, 130)), ran.err


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("verb", "expected"), [("promote", NEW), ("abort", GOOD)])
@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}.{point[1]} {point[2]}{'+' * point[3]}")
def test_promote_and_abort_that_are_cut_off(hybridctl, verb, expected, point, failure):
    backend = about_to_deploy()
    assert hybridctl(*STRATEGIES["canary"], "--detach", backend=backend).code == 0
    name, method, at, after = point
    owner = getattr(backend, name)
    before = len(backend.functions.moves)
    armed = (lambda: True) if method == "move" else (lambda: len(backend.functions.moves) > before)
    setattr(owner, method, Breaker(getattr(owner, method), FAILURES[failure], armed, at, after))
    ran = hybridctl(verb, "local", "--yes", backend=backend) if verb == "promote" else hybridctl(verb, backend=backend)
    alias, record = backend.functions.alias, last(backend)
    assert alias is not None
    if verb == "abort" and len(backend.functions.moves) == before:
        assert alias.weights == {NEW: 0.1}, "nothing was moved, and the message says so"
        assert ran.code in (1, 130)
        return
    assert not alias.weights
    assert alias.version in {expected, GOOD}
    if alias.version == NEW:
        assert (ran.code, record.outcome) == (0, Outcome.LIVE)
    assert "Traceback" not in ran.err
    assert record.outcome is not Outcome.RUNNING


@pytest.mark.parametrize("failure", [name for name in FAILURES if name != "Ctrl-C"])
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


def test_a_take_back_that_fails_for_good_is_unknown_and_names_the_command(hybridctl):
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
