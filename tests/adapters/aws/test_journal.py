"""What the journal in S3 says and writes, word for word (moto's S3, which knows conditional writes)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from fakes import FakeClock
from fakes.clock import NOON
from hybridctl.adapters.aws.claim_errors import explain_takeover
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.domain.release import Claim, Decision, Kind, Outcome, Release, Rollout, UnreadableClaim
from hybridctl.errors import AwsRefused, ClaimUnreadable, ReleaseInProgress, TakenOver

BUCKET, PREFIX = "state", "releases/local/"
RUNNING, RECORD = f"{PREFIX}running", f"{PREFIX}20260301T120000-1.json"
HERE = os.uname().nodename
DEAD = 999_999_999  # beyond any process that lives
RELEASE = Release(
    id="20260301T120000-1",
    kind=Kind.DEPLOY,
    environment="local",
    account="123456789012",
    actor="ada@example.com",
    host=f"laptop:{DEAD}",
    started=NOON,
)
NEXT = replace(RELEASE, id="20260301T130000-2", host="desk:7", actor="bob@example.com")
CANARY = replace(RELEASE, rollout=Rollout("canary:10@5m", 1, 2, 0.1, NOON, waiting=True))
ABORT = Decision("abort", "bob@example.com", f"{HERE}:{DEAD}", NOON + timedelta(minutes=1))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def s3(bucket: Any) -> Any:
    """An empty bucket."""
    for key in keys(bucket):
        bucket.delete_object(Bucket=BUCKET, Key=key)
    return bucket


class Meddling:
    """S3 that does something else before, or instead of, one call of a name and a key."""

    def __init__(self, client: Any, name: str, key: str | None, meddle: Any) -> None:
        self._client, self._name, self._key, self._meddle = client, name, key, meddle

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def call(**asked: Any) -> Any:
            if name == self._name and asked.get("Key") == self._key:
                self._name = ""
                self._meddle()
            return real(**asked)

        return call


def refusing(client: Any, name: str, key: str | None, code: str = "AccessDenied") -> Meddling:
    def refuse() -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Op")

    return Meddling(client, name, key, refuse)


class EmptyPages:
    """S3 that cuts each listing before its first key, as it may, and goes on where the token says."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._cut: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def list_objects_v2(self, **asked: Any) -> Any:
        if "ContinuationToken" in asked:
            return self._client.list_objects_v2(**self._cut[int(asked["ContinuationToken"])])
        self._cut.append(asked)
        return {"IsTruncated": True, "KeyCount": 0, "NextContinuationToken": str(len(self._cut) - 1)}


def on(client: Any, host: str = "elsewhere:1", clock: FakeClock | None = None, **options: Any) -> S3Journal:
    clock = clock or FakeClock()
    return S3Journal(lambda: client, bucket=BUCKET, prefix=PREFIX, host=host, clock=clock, **options)


def body_of(client: Any, key: str) -> str:
    return str(client.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode())


def keys(client: Any) -> list[str]:
    return [found["Key"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_claim_and_record_are_json_that_a_person_can_read(s3):
    on(s3).begin(RELEASE)
    assert keys(s3) == [RECORD, RUNNING]
    for key in keys(s3):
        assert body_of(s3, key).startswith('{\n "format":')
        assert s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/json"
    assert on(s3).claim() == Claim(RELEASE, s3.head_object(Bucket=BUCKET, Key=RUNNING)["ETag"], orphaned=False)


@pytest.mark.parametrize(
    ("name", "key", "act", "expected"),
    [
        ("put_object", RUNNING, lambda ours: ours.begin(RELEASE), "claiming local in s3://state: "),
        ("put_object", RECORD, lambda ours: ours.begin(RELEASE), "recording release 20260301T120000-1: "),
    ],
)
def test_a_refusal_says_what_was_being_done_to_what(s3, name, key, act, expected):
    with pytest.raises(AwsRefused) as raised:
        act(on(refusing(s3, name, key)))
    assert str(raised.value).startswith(expected)


@pytest.mark.parametrize(
    ("name", "key", "act", "expected"),
    [
        ("put_object", RUNNING, lambda ours: ours.keep(RELEASE), "claiming local in s3://state: "),
        ("put_object", RECORD, lambda ours: ours.keep(RELEASE), "recording release 20260301T120000-1: "),
        ("delete_object", RUNNING, lambda ours: ours.finish(RELEASE), "releasing local: "),
        ("put_object", RUNNING, lambda ours: ours.give_up(ours.claim(), "x"), "releasing local: "),
    ],
)
def test_a_refusal_later_says_so_too(s3, name, key, act, expected):
    ours = on(s3)
    ours.begin(RELEASE)
    ours._open = lambda: refusing(s3, name, key)
    with pytest.raises(AwsRefused) as raised:
        act(ours)
    assert str(raised.value).startswith(expected)


def test_who_holds_the_environment_is_named_and_how_it_ends(s3):
    on(s3).begin(RELEASE)
    with pytest.raises(ReleaseInProgress) as raised:
        on(s3).begin(NEXT)
    assert str(raised.value) == (
        f"deploy 20260301T120000-1 of local is in progress: ada@example.com on laptop:{DEAD}, since 12:00:00 UTC"
    )
    assert raised.value.hint == "wait until it ends; if its process is dead: hybridctl state unlock local"
    assert on(s3).running() == RELEASE
    assert keys(s3) == [RECORD, RUNNING]


def test_a_rollout_is_ended_by_promote_or_abort(s3):
    on(s3).begin(CANARY)
    with pytest.raises(ReleaseInProgress) as raised:
        on(s3).begin(NEXT)
    assert raised.value.hint == "hybridctl promote local, or hybridctl abort local"


def test_a_claim_that_has_gone_by_the_time_it_is_read_asks_for_another_try(s3):
    on(s3).begin(RELEASE)
    theirs = Meddling(s3, "get_object", RUNNING, lambda: s3.delete_object(Bucket=BUCKET, Key=RUNNING))
    with pytest.raises(ReleaseInProgress) as raised:
        on(theirs).begin(NEXT)
    assert str(raised.value) == "another release is starting or ending right now"
    assert raised.value.hint == "try again"


def test_of_two_who_find_a_dead_claim_one_takes_it(s3):
    on(s3, host=f"{HERE}:1").begin(replace(RELEASE, host=f"{HERE}:{DEAD}"))
    first = replace(RELEASE, id="20260301T123000-3", host="tower:8", actor="eve@example.com")

    def take() -> None:
        on(s3, host=f"{HERE}:3").begin(first)

    with pytest.raises(ReleaseInProgress, match=r"eve@example\.com on tower:8"):
        on(Meddling(s3, "put_object", RECORD, take), host=f"{HERE}:2").begin(NEXT)
    assert on(s3).running() == first


@pytest.mark.parametrize(
    ("host", "mine", "is_dead"),
    [
        (f"{HERE}:{DEAD}", f"{HERE}:1", True),
        (f"{HERE}:{os.getpid()}", f"{HERE}:1", False),
        (f"other:{DEAD}", f"{HERE}:1", False),
        (f"{HERE}:x{DEAD}", f"{HERE}:1", False),
        (HERE, f"{HERE}:1", False),
        (f"a:b:{DEAD}", "a:b:1", True),
        (f"a:c:{DEAD}", "a:b:1", False),
    ],
    ids=["dead", "alive", "elsewhere", "no number", "no process", "colon in the name", "another name"],
)
def test_a_holder_is_dead_whose_process_on_this_host_has_gone(s3, host, mine, is_dead):
    on(s3).begin(replace(RELEASE, host=host))
    assert on(s3, host=mine).claim().orphaned is is_dead


def test_of_a_rollout_that_someone_ends_their_process_counts(s3):
    on(s3).begin(replace(CANARY, decision=ABORT))
    assert on(s3, host=f"{HERE}:1").claim().orphaned
    assert not on(s3, host="laptop:1").claim().orphaned


def test_a_process_of_another_user_is_alive(s3, monkeypatch):
    def deny_signal(pid: int, signal: int) -> None:
        assert (pid, signal) == (DEAD, 0)
        raise PermissionError

    monkeypatch.setattr(os, "kill", deny_signal)
    on(s3).begin(replace(RELEASE, host=f"{HERE}:{DEAD}"))
    assert not on(s3, host=f"{HERE}:1").claim().orphaned


def spoil(client: Any) -> UnreadableClaim:
    client.put_object(Bucket=BUCKET, Key=RUNNING, Body=b"no json")
    with pytest.raises(ClaimUnreadable) as raised:
        on(client).claim()
    assert isinstance(raised.value.claim, UnreadableClaim)
    return raised.value.claim


def test_a_claim_that_cannot_be_read_is_named_with_the_command_that_removes_it(s3):
    s3.put_object(Bucket=BUCKET, Key=RUNNING, Body=b"no json")
    with pytest.raises(ClaimUnreadable) as raised:
        on(s3).claim()
    claim = raised.value.claim
    assert str(raised.value) == (
        f"unreadable: {RUNNING}: {claim.reason}; written {claim.written:%Y-%m-%d %H:%M} UTC by someone who holds or "
        "held the environment"
    )
    assert raised.value.hint == "if no release is running: hybridctl state unlock local"
    assert claim.key == RUNNING
    assert claim.tag == s3.head_object(Bucket=BUCKET, Key=RUNNING)["ETag"]
    assert claim.age is not None


def test_an_unreadable_claim_is_removed_and_the_record_without_an_end_closed(s3):
    on(s3).begin(RELEASE)
    closed = on(s3).remove_claim(spoil(s3), "removed by hand")
    assert closed is not None
    assert (closed.id, closed.outcome, closed.message) == (RELEASE.id, Outcome.INTERRUPTED, "removed by hand")
    assert closed.finished == NOON
    assert list(on(s3).releases()) == [closed]
    assert keys(s3) == [RECORD]


def test_an_unreadable_claim_is_removed_and_a_record_with_an_end_left_alone(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    live = RELEASE.finish(Outcome.LIVE, NOON)
    ours.finish(live)
    assert on(s3).remove_claim(spoil(s3), "removed by hand") is None
    assert list(on(s3).releases()) == [live]
    assert keys(s3) == [RECORD]


def test_an_unreadable_claim_without_any_record_is_removed(s3):
    assert on(s3).remove_claim(spoil(s3), "removed by hand") is None
    assert keys(s3) == []


def test_a_claim_that_was_written_since_is_not_removed(s3):
    claim = spoil(s3)
    on(s3)._open().delete_object(Bucket=BUCKET, Key=RUNNING)
    on(s3).begin(RELEASE)
    with pytest.raises(ReleaseInProgress, match="another release is starting or ending right now"):
        on(s3).remove_claim(claim, "removed by hand")
    assert on(s3).running() == RELEASE


def test_a_removal_that_is_refused_says_of_what(s3):
    with pytest.raises(AwsRefused) as raised:
        on(refusing(s3, "delete_object", RUNNING)).remove_claim(spoil(s3), "x")
    assert str(raised.value).startswith(f"removing the claim s3://state/{RUNNING}: ")


def test_an_unreadable_claim_is_not_ours_to_release(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    s3.put_object(Bucket=BUCKET, Key=RUNNING, Body=b"no json")
    ours.abandon(RELEASE)
    assert keys(s3) == [RECORD, RUNNING]


def test_an_end_is_written_and_the_claim_released(s3):
    ours = on(s3)
    ours.begin(CANARY)
    ended = CANARY.finish(Outcome.LIVE, NOON, message="fine")
    ours.finish(ended)
    assert keys(s3) == [RECORD]
    assert list(on(s3).releases()) == [ended]


def test_the_end_of_a_rollout_cannot_be_taken_over(s3):
    """Between its record and its leave, someone who had read the claim would believe that it still waits."""
    ours = on(s3)
    ours.begin(CANARY)
    read = on(s3).claim()
    bobs = replace(CANARY, decision=replace(ABORT, host="desk:7"))

    def take() -> None:
        with pytest.raises(TakenOver, match="has already ended: live"):
            on(s3).take_over(read, bobs)

    ours._open = lambda: Meddling(s3, "put_object", RECORD, take)
    ours.finish(CANARY.finish(Outcome.LIVE, NOON))
    assert keys(s3) == [RECORD]


def test_a_claim_that_stays_away_is_asked_for_five_times_a_second_apart(s3):
    clock = FakeClock()
    ours = on(s3, clock=clock)
    ours.begin(RELEASE)
    s3.delete_object(Bucket=BUCKET, Key=RUNNING)
    with pytest.raises(TakenOver):
        ours.confirm(RELEASE)
    assert clock.slept == [1] * 5


def test_who_never_claimed_asks_once(s3):
    clock = FakeClock()
    with pytest.raises(TakenOver) as raised:
        on(s3, clock=clock).confirm(RELEASE)
    assert clock.slept == []
    assert (str(raised.value), raised.value.hint) == ("release 20260301T120000-1 has ended", "hybridctl releases")


def test_a_claim_of_another_release_means_that_ours_has_ended(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    s3.delete_object(Bucket=BUCKET, Key=RUNNING)
    on(s3).begin(NEXT)
    with pytest.raises(TakenOver, match="release 20260301T120000-1 has ended"):
        ours.keep(RELEASE)


def test_of_a_release_without_a_claim_its_record_says_who_ended_it(s3):
    ours = on(s3)
    ours.begin(CANARY)
    bob = on(s3)
    decided = replace(CANARY, decision=ABORT)
    bob.take_over(bob.claim(), decided)
    bob.finish(decided.finish(Outcome.TAKEN_BACK, NOON))
    with pytest.raises(TakenOver) as raised:
        ours.keep(CANARY)
    assert str(raised.value) == f"release 20260301T120000-1 was already aborted by bob@example.com on {ABORT.host}"


ENDED = RELEASE.finish(Outcome.LIVE, NOON)


@pytest.mark.parametrize(
    ("now", "expected", "hint"),
    [
        (RELEASE, "release 20260301T120000-1 has been continued in the meantime", "hybridctl status"),
        (ENDED, "release 20260301T120000-1 has already ended: live", "hybridctl releases"),
        (
            replace(RELEASE, decision=ABORT),
            f"bob@example.com on {ABORT.host} is already ending release 20260301T120000-1 with abort",
            "hybridctl status",
        ),
        (
            replace(ENDED, decision=replace(ABORT, verb="promote")),
            f"release 20260301T120000-1 was already promoted by bob@example.com on {ABORT.host}",
            "hybridctl releases",
        ),
    ],
)
def test_who_ended_a_rollout_is_reported_by_name(now, expected, hint):
    text = explain_takeover(now)
    assert (str(text), text.hint) == (expected, hint)


UNDECIDED = ["ConditionalRequestConflict", "OperationAborted", "409"]


@pytest.mark.parametrize("code", ["PreconditionFailed", "412", "NoSuchKey", "404"])
def test_a_condition_that_failed_is_not_a_refusal(s3, code):
    """S3 API reference, PutObject: 412 where the object is there or another, 404 once it is gone."""
    with pytest.raises(ReleaseInProgress):
        on(refusing(s3, "put_object", RUNNING, code)).begin(RELEASE)


@pytest.mark.parametrize("code", ["PreconditionFailed", "412", "NoSuchKey", "404", *UNDECIDED])
def test_a_claim_that_changes_while_it_is_removed_is_left(s3, code):
    with pytest.raises(ReleaseInProgress):
        on(refusing(s3, "delete_object", RUNNING, code)).remove_claim(spoil(s3), "x")


@pytest.mark.parametrize("code", UNDECIDED)
def test_a_write_on_which_s3_decided_nothing_is_repeated(s3, code):
    """S3 API reference, PutObject: "retry the upload" after 409, which neither claims nor takes over anything."""
    ours = on(refusing(s3, "put_object", RUNNING, code))
    ours.begin(RELEASE)
    assert on(s3).running() == RELEASE
    refuses_once_more = refusing(s3, "put_object", RUNNING, code)
    ours._open = lambda: refuses_once_more
    ours.keep(replace(RELEASE, version_after=2))
    found = on(s3).running()
    assert found is not None
    assert found.version_after == 2


def test_giving_up_closes_the_record_and_returns_it(s3):
    on(s3).begin(RELEASE)
    ours = on(s3, clock=FakeClock(NOON + timedelta(hours=1)))
    closed = ours.give_up(ours.claim(), "it died")
    assert (closed.outcome, closed.message, closed.finished) == (
        Outcome.INTERRUPTED,
        "it died",
        NOON + timedelta(hours=1),
    )
    assert keys(s3) == [RECORD]


def test_giving_up_a_claim_that_someone_else_has_by_now_names_them(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    read = on(s3).claim()
    ours.finish(ENDED)
    on(s3).begin(NEXT)
    with pytest.raises(ReleaseInProgress, match=r"bob@example\.com on desk:7"):
        on(s3).give_up(read, "it died")
    assert on(s3).running() == NEXT


def test_a_record_that_cannot_be_read_is_closed_by_what_the_claim_says(s3):
    on(s3).begin(RELEASE)
    s3.put_object(Bucket=BUCKET, Key=RECORD, Body=b"no json")
    events: list[Any] = []
    ours = on(s3, heard=events.append)
    closed = ours.give_up(ours.claim(), "it died")
    assert list(on(s3).releases()) == [closed]


def test_objects_that_are_not_records_are_reported_once_each(s3):
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}20260228T120000-9.json", Body=b"no json")
    events: list[Any] = []
    ours = on(s3, heard=events.append)
    assert list(ours.releases()) == list(ours.releases()) == []
    assert [one.key for one in events] == [f"{PREFIX}20260228T120000-9.json"]
    assert list(ours.unreadable) == events


def test_records_are_read_by_how_many_and_how_they_begin(s3):
    for number in (1, 2, 3):
        ours, release = on(s3), replace(RELEASE, id=f"2026030{number}T120000-1")
        ours.begin(release)
        ours.finish(release.finish(Outcome.LIVE, NOON))
    assert [one.id[:8] for one in on(s3).releases(2)] == ["20260302", "20260303"]
    assert [one.id[:8] for one in on(s3).releases(beginning="20260302")] == ["20260302"]
    assert on(s3).running() is None


def test_a_claim_that_is_there_is_confirmed_at_once(s3):
    clock = FakeClock()
    ours = on(s3, clock=clock)
    ours.begin(RELEASE)
    ours.confirm(RELEASE)
    assert clock.slept == []


def test_a_claim_that_is_found_a_little_later_is_confirmed(s3):
    clock = FakeClock()
    ours = on(s3, clock=clock)
    ours.begin(RELEASE)
    body = s3.get_object(Bucket=BUCKET, Key=RUNNING)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=RUNNING)
    clock.during(2, lambda: s3.put_object(Bucket=BUCKET, Key=RUNNING, Body=body))
    ours.confirm(RELEASE)
    assert clock.slept == [1, 1]


def test_the_environment_of_someone_else_is_not_released(s3):
    on(s3).begin(RELEASE)
    on(s3).abandon(NEXT)
    assert on(s3).running() == RELEASE
    s3.delete_object(Bucket=BUCKET, Key=RUNNING)
    on(s3).abandon(NEXT)  # nobody holds it


def test_the_record_of_a_release_whose_process_died_says_so(s3):
    on(s3).begin(replace(RELEASE, host=f"{HERE}:{DEAD}"))
    on(s3, host=f"{HERE}:1").begin(NEXT)
    closed = on(s3).releases()[0]
    assert (closed.outcome, closed.message) == (Outcome.INTERRUPTED, "its process died before finishing")


def test_an_end_that_was_written_stays_as_it_is(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    ours._record(ENDED)
    assert on(s3).give_up(on(s3).claim(), "it died") == ENDED
    assert list(on(s3).releases()) == [ENDED]


def test_of_several_records_the_newest_is_closed_with_an_unreadable_claim(s3):
    first, second = RELEASE, replace(NEXT, started=NOON + timedelta(hours=1))
    on(s3)._record(first)
    on(s3)._record(second)
    closed = on(s3).remove_claim(spoil(s3), "removed by hand")
    assert closed is not None
    assert closed.id == second.id
    assert [one.outcome for one in on(s3).releases()] == [Outcome.RUNNING, Outcome.INTERRUPTED]


def test_a_claim_whose_answer_was_lost_is_our_own(s3):
    """botocore sends it again, and then the condition fails by the first one."""
    lost = Meddling(s3, "put_object", RUNNING, lambda: on(s3)._write_if(RELEASE, IfNoneMatch="*"))
    ours = on(lost)
    ours.begin(RELEASE)
    ours.keep(replace(RELEASE, version_after=2))
    assert on(s3).running() == replace(RELEASE, version_after=2)


def test_a_history_that_cannot_be_listed_leaves_no_claim(s3):
    with pytest.raises(AwsRefused):
        on(refusing(s3, "list_objects_v2", None)).begin(RELEASE, "")
    assert keys(s3) == []


def test_a_ctrl_c_between_claim_and_record_gives_the_claim_back(s3):
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        on(Meddling(s3, "list_objects_v2", None, interrupt)).begin(RELEASE, "")
    assert keys(s3) == []


def test_a_page_without_keys_is_not_the_end_of_the_history(s3):
    ours = on(s3)
    ours.begin(RELEASE)
    ours.finish(RELEASE.finish(Outcome.LIVE, NOON))
    assert [one.id for one in on(EmptyPages(s3)).releases()] == [RELEASE.id]
    assert len(on(EmptyPages(s3)).releases(5)) == 1
