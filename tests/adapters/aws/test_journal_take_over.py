"""Who ends a rollout: one contract for the fake journal and the one in S3 (moto's, which knows conditional writes)."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fakes import FakeClock, FakeJournal
from fakes.clock import NOON
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.aws.release_records import from_record, to_record
from hybridctl.domain.release import Decision, Kind, Outcome, Release, Rollout
from hybridctl.errors import ReleaseInProgress, TakenOver
from hybridctl.ports.release import Journal

BUCKET = "state"
ROLLOUT = Rollout("canary:10@5m", 1, 2, 0.1, NOON, waiting=True, stop_alarms=("a", "b"), red_before=("a",))
CANARY = Release(
    id="20260301T120000-1",
    kind=Kind.DEPLOY,
    environment="local",
    account="123456789012",
    actor="ada@example.com",
    host="laptop:999999999",
    started=NOON,
    rollout=ROLLOUT,
)
BY_BOB = replace(CANARY, decision=Decision("abort", "bob@example.com", "desk:7", NOON + timedelta(minutes=1)))
BY_EVE = replace(CANARY, decision=Decision("promote", "eve@example.com", "tower:8", NOON + timedelta(minutes=1)))


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket=BUCKET)
        yield client


def on_s3(client: Any, host: str = "elsewhere:1") -> S3Journal:
    return S3Journal(lambda: client, bucket=BUCKET, prefix="releases/local/", host=host, clock=FakeClock())


@pytest.fixture(params=["fake", "s3"])
def machine(request: pytest.FixtureRequest, s3: Any) -> Callable[[], Journal]:
    """Another machine's journal of the same environment."""
    if request.param == "s3":
        return lambda: on_s3(s3)
    shared = FakeJournal()
    return lambda: shared


def test_a_rollout_survives_a_round_trip_through_json():
    assert from_record(to_record(BY_BOB)) == BY_BOB


def test_where_a_release_is_can_be_read_from_anywhere(machine):
    ours = machine()
    ours.begin(replace(CANARY, rollout=None))
    ours.keep(CANARY)
    assert machine().running() == CANARY
    assert list(machine().releases()) == [CANARY]
    ours.confirm(CANARY)


def test_of_two_who_read_the_same_claim_one_takes_it_over(machine):
    machine().begin(CANARY)
    bob, eve = machine(), machine()
    bobs, eves = bob.claim(), eve.claim()
    bob.take_over(bobs, BY_BOB)
    with pytest.raises(TakenOver, match=r"bob@example\.com on desk:7"):
        eve.take_over(eves, BY_EVE)
    assert machine().running() == BY_BOB


def test_the_loser_learns_who_won_even_afterwards(machine):
    machine().begin(CANARY)
    bob, eve = machine(), machine()
    eves = eve.claim()
    bob.take_over(bob.claim(), BY_BOB)
    bob.finish(BY_BOB.finish(Outcome.TAKEN_BACK, NOON))
    with pytest.raises(TakenOver, match=r"bob@example\.com on desk:7"):
        eve.take_over(eves, BY_EVE)


@pytest.mark.parametrize("what", ["keep", "confirm", "finish"])
def test_the_former_holder_writes_nothing_more(machine, what):
    ours = machine()
    ours.begin(CANARY)
    bob = machine()
    bob.take_over(bob.claim(), BY_BOB)
    with pytest.raises(TakenOver, match="bob"):
        getattr(ours, what)(CANARY.finish(Outcome.LIVE, NOON) if what == "finish" else CANARY)
    assert machine().running() == BY_BOB
    assert list(machine().releases()) == [BY_BOB]


def test_the_one_who_took_it_over_ends_it(machine):
    machine().begin(CANARY)
    bob = machine()
    bob.take_over(bob.claim(), BY_BOB)
    ended = BY_BOB.finish(Outcome.TAKEN_BACK, NOON, message="aborted")
    bob.finish(ended)
    assert machine().running() is None
    assert list(machine().releases()) == [ended]


def test_a_rollout_whose_process_died_is_not_given_up_like_others(s3):
    host = os.uname().nodename
    dead = replace(CANARY, host=f"{host}:999999999")
    on_s3(s3, host=f"{host}:1").begin(dead)
    other = replace(CANARY, id="20260301T130000-2", rollout=None)
    with pytest.raises(ReleaseInProgress) as refusal:
        on_s3(s3, host=f"{host}:2").begin(other)
    assert refusal.value.hint == "hybridctl promote local, or hybridctl abort local"
    claim = on_s3(s3, host=f"{host}:2").claim()
    assert claim is not None
    assert claim.orphaned


def test_a_claim_whose_release_had_ended_is_cleared_without_touching_its_end(s3):
    host = os.uname().nodename
    ended = replace(CANARY, host=f"{host}:999999999").finish(Outcome.LIVE, NOON)
    on_s3(s3, host=f"{host}:1").begin(ended)
    on_s3(s3, host=f"{host}:2").begin(replace(CANARY, id="20260301T130000-2", rollout=None))
    assert on_s3(s3).releases()[0].outcome is Outcome.LIVE
