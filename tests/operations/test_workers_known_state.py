"""Every release with workers ends in a known state: an exception at each step of a worker's move, on fakes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fakes import FakeBackend
from fakes.backend import NEW_CODE
from fakes.functions import FakeHandler
from fakes.releases import GOOD, NEW, STRATEGIES, last, record_rollout
from fakes.workers import add_worker
from hybridctl.domain.release import Outcome, WorkerMove
from operations.breaking import FAILURES, Breaker

NAMES = ("mailer", "orders")
CAUSES = ("Ctrl-C", "dead stream")
POINTS = [
    ("move", 1, False),
    ("move", 1, True),
    ("move", 2, False),
    ("move", 2, True),
    ("live", 1, False),
    ("live", 2, False),
    ("live", 3, False),
]
CANARY = ("deploy", "local", "--strategy", "canary:10@20s", "--detach")


@pytest.fixture
def backend() -> FakeBackend:
    made = FakeBackend.deployed(GOOD, live=GOOD)
    made.terraform.planned, made.terraform.publishes = NEW_CODE, FakeHandler(NEW)
    made.logs.rate = 20
    for name in NAMES:
        add_worker(made, name, GOOD, NEW, live=GOOD)
    moves = tuple(WorkerMove(name, None, GOOD) for name in NAMES)
    release = replace(record_rollout(GOOD), workers=moves)
    made.journal.records[release.id] = release
    return made


def break_worker(backend: FakeBackend, name: str, point: tuple[str, int, bool], cause: str) -> None:
    """Make one call of a worker's functions fail; reads count from the moment when any alias has moved."""
    method, at, after = point
    owner = backend.workers.of[name]
    everything = [backend.functions, *backend.workers.of.values()]
    moved = sum(len(one.moves) for one in everything)

    def is_armed() -> bool:
        return method == "move" or sum(len(one.moves) for one in everything) > moved

    setattr(owner, method, Breaker(getattr(owner, method), FAILURES[cause], is_armed, at, after))


def aliases(backend: FakeBackend) -> list[int]:
    found = [backend.functions.alias, *(one.alias for one in backend.workers.of.values())]
    assert all(one is not None and not one.weights for one in found)
    return [one.version for one in found if one is not None]


def must_be_known(backend: FakeBackend, ran, allowed: Sequence[int]) -> None:
    """All aliases serve one release, the record says which, and nobody holds the environment."""
    record, found = last(backend), set(aliases(backend))
    assert "Traceback" not in ran.err
    assert len(found) == 1, (aliases(backend), ran.err)
    assert found <= set(allowed)
    assert record.outcome is not Outcome.RUNNING
    assert backend.journal.running() is None
    if found == {NEW}:
        assert record.outcome is Outcome.LIVE


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["all-at-once", "canary"])
def test_a_release_that_is_cut_off_at_a_worker(hybridctl, backend, strategy, name, point, cause):
    break_worker(backend, name, point, cause)
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    must_be_known(backend, ran, (GOOD, NEW))


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_a_canary_whose_end_is_cut_off_at_a_worker(hybridctl, backend, verb, name, point, cause):
    assert hybridctl(*CANARY, backend=backend).code == 0
    break_worker(backend, name, point, cause)
    words = (verb, "local", "--yes") if verb == "promote" else (verb, "local")
    ran = hybridctl(*words, backend=backend)
    if last(backend).outcome is Outcome.RUNNING:  # nothing was moved: it waits as before
        ran = hybridctl("abort", "local", backend=backend)
        assert ran.code == 0, ran.err
    must_be_known(backend, ran, (GOOD, NEW) if verb == "promote" else (GOOD,))


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_rollback_that_is_cut_off_at_a_worker_never_returns(hybridctl, backend, name, point, cause):
    assert hybridctl("deploy", "local", backend=backend).code == 0
    break_worker(backend, name, point, cause)
    ran = hybridctl("rollback", "local", backend=backend)
    assert set(aliases(backend)) == {GOOD}, (aliases(backend), ran.err)
    assert last(backend).outcome is not Outcome.RUNNING
    assert "Traceback" not in ran.err
