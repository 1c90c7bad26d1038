"""Background work: done while something happens, rarely otherwise, and once more at the end."""

import threading

import pytest

from hybridctl.sandbox.cloud import housekeeping as module
from hybridctl.sandbox.cloud.housekeeping import Housekeeping


def test_what_was_counted_in_the_last_second_is_stored_when_the_sandbox_stops():
    counted, stored = [1], []

    def fail():
        raise RuntimeError("one chore stops no other")

    housekeeping = Housekeeping()
    housekeeping.chores += [fail, lambda: stored.extend(counted), counted.clear]
    housekeeping.start()
    counted.append(2)
    housekeeping.stop()
    assert stored == [1, 2]


def test_a_sandbox_that_never_started_does_no_chores():
    done = []
    housekeeping = Housekeeping()
    housekeeping.chores.append(lambda: done.append(1))
    housekeeping.stop()
    assert done == []


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(module, "QUIET_SECONDS", 60)


def test_nothing_is_done_while_nothing_happens(quick):
    done = threading.Event()
    housekeeping = Housekeeping()
    housekeeping.chores.append(done.set)
    housekeeping.start()
    assert not done.wait(0.3)
    housekeeping.stir()
    assert done.wait(30)
    done.clear()
    assert not done.wait(0.3)
    housekeeping.stop()


def test_what_happens_during_the_chores_is_looked_after_again(quick):
    rounds = []
    enough = threading.Event()
    housekeeping = Housekeeping()

    def work():
        rounds.append(1)
        enough.set() if len(rounds) == 2 else housekeeping.stir()

    housekeeping.chores.append(work)
    housekeeping.start()
    housekeeping.stir()
    assert enough.wait(30)
    housekeeping.stop()


def test_some_things_happen_by_time_alone(monkeypatch):
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.01)
    done = threading.Event()
    housekeeping = Housekeeping()
    housekeeping.chores.append(done.set)
    housekeeping.start()
    assert done.wait(30)
    housekeeping.stop()
