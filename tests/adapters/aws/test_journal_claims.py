"""Claims and records: who holds an environment, on the fake journal and on moto's S3."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.aws.test_state import BUCKET, Late, make_bucket
from adapters.aws.test_state import s3 as s3  # noqa: PLC0414  a fixture
from fakes import FakeClock, FakeJournal
from fakes.clock import NOON
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.domain.history import mark_of
from hybridctl.domain.release import Kind, Outcome, Release, Source, Step
from hybridctl.errors import PlanStale, ReleaseInProgress, TakenOver

RELEASE = Release(
    id="20260301T120000-1",
    kind=Kind.DEPLOY,
    environment="local",
    account="123456789012",
    actor="ada@example.com",
    host="laptop:999999999",
    started=NOON,
    source=Source("0123", dirty=True),
    steps=(Step("build", "ok", 0.1, "unchanged"),),
)
NOTHING_CHANGED = "nothing was changed; hybridctl status shows the current state, then run the command again"


def journal(client: Any, host: str = "laptop:1") -> S3Journal:
    return S3Journal(lambda: client, bucket=BUCKET, prefix="releases/local/", host=host, clock=FakeClock())


@pytest.fixture(params=["fake", "s3"])
def any_journal(request: pytest.FixtureRequest, s3: Any) -> Any:
    if request.param == "fake":
        return FakeJournal()
    make_bucket(s3)
    return journal(s3, host="elsewhere:1")


def test_of_two_releases_one_holds_the_environment(any_journal):
    any_journal.begin(RELEASE)
    other = replace(RELEASE, id="20260301T120001-2")
    with pytest.raises(ReleaseInProgress, match=r"20260301T120000-1.*ada@example\.com"):
        any_journal.begin(other)
    any_journal.finish(RELEASE.finish(Outcome.LIVE, NOON))
    any_journal.begin(other)
    assert [release.id for release in any_journal.releases()] == [RELEASE.id, other.id]
    assert any_journal.running() == other


def test_a_release_is_made_on_the_history_that_it_was_planned_on(any_journal):
    any_journal.begin(RELEASE, mark_of([]))
    any_journal.finish(RELEASE.finish(Outcome.LIVE, NOON))
    late = replace(RELEASE, id="20260301T120001-2")
    with pytest.raises(PlanStale) as refused:
        any_journal.begin(late, mark_of([]))
    by = "deploy 20260301T120000-1 by ada@example.com"
    assert str(refused.value) == f"{by} changed local after this deploy was planned"
    assert refused.value.hint == NOTHING_CHANGED
    assert any_journal.running() is None
    assert [release.id for release in any_journal.releases()] == [RELEASE.id]
    any_journal.begin(late, mark_of(any_journal.releases()))
    assert any_journal.running() == late


def test_a_history_that_is_gone_has_changed(any_journal):
    with pytest.raises(PlanStale) as refused:
        any_journal.begin(RELEASE, mark_of([replace(RELEASE, id="20260301T110000-1")]))
    assert str(refused.value) == "another release changed local after this deploy was planned"


def test_only_the_newest_record_is_compared(s3):
    make_bucket(s3)
    ours, read = journal(s3), []
    for number in range(4):
        release = replace(RELEASE, id=f"2026030{number}T000000-1")
        ours.begin(release)
        ours.finish(release.finish(Outcome.LIVE, NOON))
    mark = mark_of(ours.releases(1))
    s3.meta.events.register("before-parameter-build.s3.GetObject", lambda params, **_: read.append(params["Key"]))
    ours.begin(RELEASE, mark)
    assert read == ["releases/local/20260303T000000-1.json"]


def test_a_release_that_ran_while_another_was_planned_has_changed_the_history(any_journal):
    any_journal.begin(RELEASE)
    mark = mark_of(any_journal.releases())
    any_journal.finish(RELEASE.finish(Outcome.LIVE, NOON))
    with pytest.raises(PlanStale):
        any_journal.begin(replace(RELEASE, id="20260301T120001-2"), mark)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_dead_release_that_is_closed_with_the_claim_is_not_a_change_of_the_history(s3, recorded):
    """Also where it died between its claim and its record, so that nobody could plan on it."""
    make_bucket(s3)
    journal(s3).begin(RELEASE)  # its pid is beyond any that lives
    if not recorded:
        [key] = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"] if one["Key"].endswith(".json")]
        s3.delete_object(Bucket=BUCKET, Key=key)
    ours = journal(s3, host="laptop:2")
    following = replace(RELEASE, id="20260301T120009-2")
    ours.begin(following, mark_of(ours.releases(1)))
    assert [release.outcome for release in ours.releases()] == [Outcome.INTERRUPTED, Outcome.RUNNING]


def test_only_the_holder_releases_the_claim(any_journal):
    any_journal.begin(RELEASE)
    any_journal.abandon(replace(RELEASE, id="another"))
    assert any_journal.running() == RELEASE


def test_the_newest_records_come_last(any_journal):
    for number in range(3):
        release = replace(RELEASE, id=f"2026030{number}T000000-1")
        any_journal.begin(release)
        any_journal.finish(release.finish(Outcome.LIVE, NOON))
    assert [release.id[:8] for release in any_journal.releases(2)] == ["20260301", "20260302"]


def test_a_claim_of_a_process_that_died_here_is_taken_over_and_written_down(s3):
    make_bucket(s3)
    journal(s3).begin(RELEASE)  # its pid is beyond any that lives
    following = replace(RELEASE, id="20260301T120009-2")
    journal(s3, host="laptop:2").begin(following)
    first, _ = journal(s3).releases()
    assert (first.outcome, first.message) == (Outcome.INTERRUPTED, "its process died before finishing")


def test_a_claim_made_on_another_machine_is_respected(s3):
    make_bucket(s3)
    journal(s3).begin(RELEASE)
    with pytest.raises(ReleaseInProgress):
        journal(s3, host="ci-runner:2").begin(replace(RELEASE, id="20260301T120009-2"))


def test_a_record_that_was_finished_stays_so_when_its_process_died_before_it_released_the_claim(s3):
    make_bucket(s3)
    ours = journal(s3)
    ours.begin(RELEASE)
    live = RELEASE.finish(Outcome.LIVE, NOON)
    ours._record(live)
    journal(s3, host="laptop:2").begin(replace(RELEASE, id="20260301T120009-2"))
    assert journal(s3).releases()[0] == live


def test_a_dead_claim_is_given_up_once_and_its_record_closed(any_journal):
    any_journal.begin(RELEASE)
    claim = any_journal.claim()
    assert any_journal.give_up(claim, "it died").outcome is Outcome.INTERRUPTED
    assert any_journal.running() is None
    assert [(one.outcome, one.message) for one in any_journal.releases()] == [(Outcome.INTERRUPTED, "it died")]


def test_a_claim_that_someone_else_has_taken_is_not_given_up(any_journal):
    any_journal.begin(RELEASE)
    claim = any_journal.claim()
    any_journal.give_up(claim, "it died")
    following = replace(RELEASE, id="20260301T120009-2")
    any_journal.begin(following)
    with pytest.raises(ReleaseInProgress):
        any_journal.give_up(claim, "it died")
    assert any_journal.running() == following


class Unreliable:
    """An S3 client whose first put of a key is performed, and refused when it is sent again: the answer was lost."""

    def __init__(self, client: Any, key: str) -> None:
        self._client, self._key = client, key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **asked: Any) -> Any:
        if asked["Key"].endswith(self._key):
            self._key = "none any more"
            self._client.put_object(**asked)
        return self._client.put_object(**asked)


def test_a_claim_whose_answer_was_lost_is_known_as_our_own(s3):
    make_bucket(s3)
    ours = journal(Unreliable(s3, "running"))
    ours.begin(RELEASE)
    ours.keep(replace(RELEASE, version_after=2))
    assert journal(s3).running() == replace(RELEASE, version_after=2)


def test_a_claim_kept_whose_answer_was_lost_is_known_as_our_own(s3):
    make_bucket(s3)
    client = Unreliable(s3, "none yet")
    ours = journal(client)
    ours.begin(RELEASE)
    client._key = "running"
    ours.keep(replace(RELEASE, version_after=2))
    ours.keep(replace(RELEASE, version_after=3))
    assert journal(s3).running() == replace(RELEASE, version_after=3)


def test_a_claim_that_was_just_written_and_is_not_found_is_asked_for_again(s3):
    make_bucket(s3)
    late = Late(s3, 0)
    ours = journal(late)
    ours.begin(RELEASE)
    late.misses = 3
    ours.confirm(RELEASE)
    assert late.misses == 0
    late.misses = 100  # it stays away: somebody has ended it
    with pytest.raises(TakenOver):
        ours.confirm(RELEASE)
