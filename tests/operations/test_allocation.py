"""Provisioned concurrency: Lambda keeps the traffic at the version before until the new one is warm, or permanently."""

from typing import Any

import pytest

from fakes import FakeBackend, FakeClock
from fakes.clock import NOON
from fakes.functions import FakeAllocation
from fakes.releases import GOOD, NEW, STRATEGIES, about_to_deploy, about_to_roll_back, last
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Outcome

SLOW = 90.0


def keeping_warm(backend: FakeBackend, clock: FakeClock, warm: int, **how: Any) -> FakeBackend:
    backend.functions.allocation = FakeAllocation(clock, SLOW, warm=warm, **how)
    return backend


def seconds_to(backend: FakeBackend, version: int) -> float:
    """From the first move to the moment from which that version alone was served."""
    served = backend.functions.served
    assert served[-1][1] == version
    return (served[-1][0] - NOON).total_seconds()


@pytest.mark.parametrize(
    ("weights", "provisioned", "expected"),
    [
        ({1: 1.0}, Provisioned(2, 0, "IN_PROGRESS"), True),
        ({1: 1.0}, Provisioned(2, 0, "FUNCTION_ERROR_INIT_FAILURE"), True),
        ({1: 1.0}, None, False),
        ({1: 0.9}, Provisioned(2, 2, "READY"), False),
        ({}, Provisioned(2, 0, "IN_PROGRESS"), False),
    ],
)
def test_weights_of_lambda_are_distinguished_from_those_of_a_person_or_a_canary(weights, provisioned, expected):
    assert Alias("live", 2, "r", weights).is_allocating(provisioned) is expected


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_release_waits_and_is_live_only_once_the_traffic_has_moved(hybridctl, clock, strategy):
    backend = keeping_warm(about_to_deploy(), clock, GOOD)
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 0, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(NEW)
    assert seconds_to(backend, NEW) >= SLOW
    assert last(backend).outcome is Outcome.LIVE
    assert "✓ allocate  version 2 is warm" in ran.err
    assert ran.err.index("✓ allocate") < ran.err.index("✓ verify")


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("harsh", [False, True])
def test_a_failed_allocation_is_taken_back(hybridctl, clock, strategy, harsh):
    backend = keeping_warm(about_to_deploy(), clock, GOOD, fails=True, harsh=harsh)
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 7, ran.err
    assert "FUNCTION_ERROR_INIT_FAILURE" in ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert last(backend).outcome is Outcome.TAKEN_BACK


@pytest.mark.parametrize("argv", [("rollback", "local"), ("rollback", "local", "--version", "1")])
@pytest.mark.parametrize("fails", [False, True])
def test_a_rollback_serves_the_good_version_within_five_seconds(hybridctl, clock, argv, fails):
    backend = keeping_warm(about_to_roll_back(), clock, NEW, fails=fails)
    ran = hybridctl(*argv, backend=backend)
    assert ran.code == 0, ran.err
    assert seconds_to(backend, GOOD) <= 5
    assert [version for _, version in backend.functions.served[1:]] == [GOOD] * len(backend.functions.served[1:])
    assert "0 of 2 environments warm: cold starts until all are ready" in ran.err


@pytest.mark.parametrize("verb", ["promote", "abort"])
@pytest.mark.parametrize("fails", [False, True])
def test_promote_waits_and_abort_does_not(hybridctl, clock, verb, fails):
    backend = keeping_warm(about_to_deploy(), clock, GOOD, fails=fails)
    assert hybridctl(*STRATEGIES["canary"], "--detach", backend=backend).code == 0
    ran = hybridctl(verb, *(("local", "--force", "--yes") if verb == "promote" else ("local",)), backend=backend)
    assert backend.functions.alias is not None
    expected = NEW if verb == "promote" and not fails else GOOD
    assert backend.functions.alias.serves_only(expected), ran.err
    assert ran.code == (7 if verb == "promote" and fails else 0)


def test_ctrl_c_while_lambda_allocates_takes_the_release_back(hybridctl, clock):
    backend = keeping_warm(about_to_deploy(), clock, GOOD)

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.during(40, interrupt)
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 130, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert NEW not in [version for _, version in backend.functions.served]


class Killed(BaseException):
    """Nothing after it runs: what kill -9 leaves behind."""


@pytest.mark.parametrize("then", ["deploy", "rollback", "rollback --version 1"])
def test_after_a_kill_while_lambda_allocates_the_next_command_goes_on(hybridctl, clock, then):
    backend = keeping_warm(about_to_deploy(), clock, GOOD)
    history = about_to_roll_back().journal.records
    backend.journal.records = {key: one for key, one in history.items() if one.version_after == GOOD}
    real = backend.functions.move
    moves = []

    def move(alias: Alias, *, to: int, weights: Any) -> Alias:
        if moves:
            raise Killed
        moves.append(to)
        real(alias, to=to, weights=weights)
        raise Killed

    backend.functions.move = move  # type: ignore[method-assign]
    finish, backend.journal.finish = backend.journal.finish, lambda release: None  # type: ignore[method-assign]
    hybridctl("deploy", "local", backend=backend)
    backend.functions.move, backend.journal.finish = real, finish  # type: ignore[method-assign]
    backend.journal.orphaned = True
    assert backend.functions.alias is not None
    assert backend.functions.alias.held_at == GOOD
    backend.terraform.planned, backend.terraform.publishes = {"resource_changes": []}, None
    ran = hybridctl(*then.split(" ")[:1], "local", *then.split(" ")[1:], backend=backend)
    assert ran.code == 0, ran.err
    assert backend.functions.alias.serves_only(NEW if then == "deploy" else GOOD)
    assert last(backend).outcome is Outcome.LIVE


def test_doctor_distinguishes_an_unfinished_move_by_lambda_from_a_split(hybridctl, clock):
    backend = FakeBackend.deployed(GOOD, NEW)
    backend.functions.alias = Alias("live", NEW, "r", {GOOD: 1.0})

    def run_doctor(kept: Provisioned | None) -> str:
        backend.functions.warm = kept
        return " ".join(hybridctl("doctor", "local", backend=backend).out.split())

    assert "Lambda moves it once the new version is warm" in run_doctor(Provisioned(2, 1, "IN_PROGRESS"))
    failed = run_doctor(Provisioned(2, 0, "FUNCTION_ERROR_INIT_FAILURE"))
    assert "could not warm the new version: FUNCTION_ERROR_INIT_FAILURE" in failed
    assert "hybridctl rollback local --version 1" in failed
    assert "no release did that" in run_doctor(None)
