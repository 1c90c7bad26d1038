"""A proven version is given all traffic: what is asked, what is moved, and what is reported."""

from dataclasses import replace
from typing import Any

import pytest

from fakes import FakeBackend, FakeClock
from fakes.backend import outputs
from fakes.functions import BUILD, FakeAllocation
from fakes.releases import GOOD, NEW, STRATEGIES, RecordingSteps, about_to_deploy, last
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Outcome
from hybridctl.domain.shift import ShiftRequest
from hybridctl.domain.smoke import Answer
from hybridctl.domain.smoke_plan import Call
from hybridctl.domain.strategy import parse_strategy
from hybridctl.operations.release import complete_release, release_version
from hybridctl.operations.shift import Gradual
from hybridctl.operations.traffic import Traffic


def traffic_over(backend: FakeBackend, clock: FakeClock | None = None) -> Traffic:
    return Traffic.of(backend, Outputs(outputs(NEW)), clock or FakeClock(), RecordingSteps(), "user")


def steps(traffic: Traffic) -> list[tuple[str, str]]:
    return [(name, answer) for name, answer in traffic.progress.said if not name.endswith("...")]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_public_answer_of_another_build_takes_the_release_back(hybridctl, strategy):
    backend = about_to_deploy()
    real = backend.probe.call

    def call(base: str, asked: Call) -> Answer:
        answer = real(base, asked)
        serves_new = backend.functions.alias is not None and backend.functions.alias.serves_only(NEW)
        return replace(answer, headers={**answer.headers, "x-build": "another"}) if serves_new else answer

    backend.probe.call = call  # type: ignore[method-assign]
    ran = hybridctl(*STRATEGIES[strategy], backend=backend)
    assert ran.code == 7, ran.err
    assert backend.functions.alias is not None
    assert backend.functions.alias.serves_only(GOOD)
    assert last(backend).outcome is Outcome.TAKEN_BACK


def test_a_version_is_warmed_before_it_gets_the_traffic_and_not_where_it_has_it(hybridctl):
    backend = about_to_deploy()
    backend.functions.warm = Provisioned(4, 4, "READY")
    ran = hybridctl("deploy", "local", backend=backend)
    assert ran.code == 0, ran.err
    assert ran.err.index("✓ warm") < ran.err.index("✓ shift")
    backend = FakeBackend.deployed(GOOD, NEW, live=NEW)
    backend.functions.warm = Provisioned(4, 4, "READY")
    traffic = traffic_over(backend)
    release_version(traffic, NEW, BUILD)
    assert [name for name, _ in steps(traffic)] == ["shift", "verify"]


def test_a_version_that_has_the_traffic_is_verified_and_not_moved():
    backend = FakeBackend.deployed(GOOD, NEW, live=NEW)
    traffic = traffic_over(backend)
    assert not release_version(traffic, NEW, BUILD).failed
    assert backend.functions.moves == []
    assert steps(traffic)[0] == ("shift", "live already serves version 2")


def test_a_version_that_shares_the_traffic_is_given_all():
    backend = FakeBackend.deployed(GOOD, NEW, live=GOOD)
    assert backend.functions.alias is not None
    before = backend.functions.alias
    shared = backend.functions.move(before, to=GOOD, weights={NEW: 0.1})
    traffic = traffic_over(backend)
    complete_release(traffic, before, shared, NEW, BUILD)
    assert backend.functions.moves[1:] == [(NEW, {})]
    assert steps(traffic)[0] == ("shift", "live: version 1 → 2")


def test_weights_of_a_person_on_the_new_version_are_cleared():
    backend = FakeBackend.deployed(GOOD, NEW, live=NEW)
    assert backend.functions.alias is not None
    shared = backend.functions.move(backend.functions.alias, to=NEW, weights={GOOD: 0.5})
    complete_release(traffic_over(backend), shared, shared, NEW, BUILD)
    assert backend.functions.moves[1:] == [(NEW, {})]


def allocating(to: int) -> tuple[FakeBackend, Traffic]:
    """The alias has just been moved to that version, and Lambda keeps the traffic at the other until it is warm."""
    other = GOOD + NEW - to
    backend, clock = FakeBackend.deployed(GOOD, NEW, live=other), FakeClock()
    backend.functions.allocation = FakeAllocation(clock, warm=other)
    assert backend.functions.alias is not None
    backend.functions.move(backend.functions.alias, to=to, weights={})
    return backend, traffic_over(backend, clock)


def test_a_move_that_lambda_carries_out_is_waited_for_and_not_made_again():
    backend, traffic = allocating(NEW)
    release_version(traffic, NEW, BUILD)
    assert backend.functions.moves == [(NEW, {})]
    assert steps(traffic)[0] == ("shift", "live had already been moved to version 2")
    assert ("allocate", "version 2 is warm") in steps(traffic)


def test_a_move_of_another_version_that_lambda_carries_out_is_not_ours():
    backend, traffic = allocating(GOOD)
    before = replace(traffic.live(), weights={})
    complete_release(traffic, before, traffic.live(), NEW, BUILD)
    assert backend.functions.moves == [(GOOD, {}), (NEW, {})]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, ZeroDivisionError])
def test_anything_that_ends_it_early_restores_what_was_before(trouble: type[BaseException]):
    backend = FakeBackend.deployed(GOOD, NEW, live=GOOD)
    traffic = traffic_over(backend)

    def fail(*_: Any) -> Any:
        raise trouble

    traffic.ask_publicly = fail  # type: ignore[method-assign]
    with pytest.raises(BaseException, match=r"serves version 1 again|version 1 serves again"):
        release_version(traffic, NEW, BUILD)
    assert backend.functions.moves == [(NEW, {}), (GOOD, {})]


@pytest.mark.parametrize(
    ("strategy", "live", "waits"),
    [
        ("blue-green", GOOD, True),
        ("blue-green", NEW, False),
        ("canary:10@1m", GOOD, False),
        ("all-at-once", GOOD, False),
    ],
)
def test_only_a_blue_green_release_of_a_version_without_the_traffic_waits(strategy: str, live: int, waits: bool):
    backend = FakeBackend.deployed(GOOD, NEW, live=live)
    request: Any = ShiftRequest(parse_strategy(strategy))
    draft: Any = None
    assert Gradual(backend, FakeClock(), traffic_over(backend), draft, request).waits_with(NEW) is waits
