"""A build that was rolled back does not come back unnoticed."""

from dataclasses import replace

import pytest

from fakes import FakeBackend
from fakes.releases import about_to_roll_back, record_rollout
from hybridctl.domain.release import Alias, Kind, Outcome
from hybridctl.domain.withdrawal import find_withdrawal

BUILD = "b" * 16
OLD = replace(record_rollout(1, 1), build="a" * 16)
BAD = replace(record_rollout(2, 2), build=BUILD, version_before=1)
BACK = replace(
    record_rollout(1, 3), kind=Kind.ROLLBACK, build="a" * 16, version_before=2, reason="five is bad", actor="bob"
)
AGAIN = replace(record_rollout(2, 4), build=BUILD, version_before=1)
TAKEN = replace(record_rollout(2, 2), build=BUILD, outcome=Outcome.TAKEN_BACK, message="errors: 3 of 40")


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((OLD, BAD), None),
        ((OLD, BAD, BACK), BACK),
        ((OLD, BAD, replace(BACK, outcome=Outcome.INTERRUPTED)), replace(BACK, outcome=Outcome.INTERRUPTED)),
        ((OLD, BAD, replace(BACK, outcome=Outcome.FAILED)), None),
        ((OLD, BAD, BACK, AGAIN), None),
        ((OLD, TAKEN), TAKEN),
        ((OLD, TAKEN, AGAIN), None),
        ((OLD, BAD, replace(BACK, build=BUILD)), None),
    ],
)
def test_the_last_decision_on_a_build_counts(history, expected):
    assert find_withdrawal(history, BUILD) == expected


def roll_back() -> FakeBackend:
    backend = about_to_roll_back()
    backend.journal.records = {one.id: one for one in (OLD, BAD, BACK)}
    backend.functions.alias = Alias("live", 1, "r0")
    return backend


def test_a_deploy_says_who_rolled_the_build_back_and_why(hybridctl):
    ran = hybridctl("deploy", "local", backend=roll_back())
    assert ran.code == 0, ran.err
    assert "was rolled back at 2026-03-01 12:00 UTC by bob: five is bad" in " ".join(ran.err.split())


@pytest.mark.parametrize("verb", ["deploy", "plan"])
def test_a_protected_environment_refuses_it_until_it_is_named(hybridctl, verb):
    backend = roll_back()
    refused = hybridctl(verb, "production", backend=backend, answer="production")
    assert refused.code == 6, refused.err
    assert backend.functions.moves == []
    assert backend.terraform.open_plans == 0
    other = "rolled-back-build:" + "c" * 16
    assert hybridctl(verb, "production", "--allow", other, backend=backend, answer="production").code == 6
    ours = f"rolled-back-build:{BUILD}"
    named = hybridctl(verb, "production", "--allow", ours, backend=backend, answer="production")
    assert named.code == 0, named.err
    if verb == "deploy":
        assert backend.journal.releases()[-1].allowed == (ours,)


def test_a_new_build_is_released(hybridctl):
    backend = roll_back()
    backend.artifacts.build_id = "d" * 16
    backend.functions.handlers[2].build = "d" * 16
    assert hybridctl("deploy", "production", backend=backend, answer="production").code == 0
