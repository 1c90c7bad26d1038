"""Logging out everywhere, by fakes where it goes wrong and against the handler itself where it must hold."""

import io
import itertools

import pytest

from backend.aws.client import DYNAMODB, Client
from backend.items import item_of
from backend.sessions import Session as Stored
from backend.sessions import new_id
from fakes import FakeClock, FakeSessions
from fakes.session_items import T, session, session_id
from fakes.sessions_table import aws as aws  # noqa: PLC0414  a fixture
from fakes.sessions_table import dynamo_sessions
from fakes.sessions_table import table as table  # noqa: PLC0414  a fixture
from handler.fakes import NOON as HANDLER_NOON
from handler.fakes import TABLE, Handler
from handler.transports import AWS_ENVIRON, MotoTransport
from hybridctl.domain.sessions import Counted
from hybridctl.errors import AwsRefused, HybridctlError, Interrupted, NotFound, OutcomeUnknown, UsageInvalid
from hybridctl.operations.revoke_sessions import Ended, LogOut, Revocation, SessionEnd, SubjectKind, plan_revocation
from hybridctl.operations.session_clean_up import BATCH
from hybridctl.views.printer import Printer
from hybridctl.views.progress import ScreenProgress


def revocation(sessions, clock=None):
    clock = clock or FakeClock()
    return Revocation(sessions, clock, ScreenProgress(Printer(io.StringIO(), {}), clock))


def log_out(sessions, clock=None):
    return revocation(sessions, clock).carry_out(plan_revocation(sessions, "user123", kind=SubjectKind.USER, of=None))


def many(count, **values):
    return [session(f"id{n:05}", created_at=T - n, **values) for n in range(count)]


def test_the_one_write_comes_before_any_deletion():
    sessions = FakeSessions.holding(*many(60), page=20)
    done = log_out(sessions)
    assert sessions.calls == ["raise user123"]
    assert sessions.batches == [25, 25, 10]
    assert (done.epoch, done.deleted, done.remaining, done.retried) == (1, 60, 0, 0)
    assert sessions.sessions == {}


def test_sessions_of_others_and_log_ins_since_are_left_alone():
    other, since = session("other", user_id="ada"), session("since", epoch=1)
    sessions = FakeSessions.holding(*many(3), other, since)
    assert log_out(sessions).deleted == 3
    assert set(sessions.sessions) == {other.id, since.id}


def test_what_is_not_taken_is_sent_again_with_the_next_and_pauses_follow_its_share():
    sessions, clock = FakeSessions.holding(*many(50), busy=[5]), FakeClock()
    done = log_out(sessions, clock)
    assert sessions.batches == [25, 25, 5]
    assert clock.slept == [pytest.approx(0.004)]
    assert (done.deleted, done.remaining, done.retried) == (50, 0, 1)


def test_while_nothing_is_taken_pauses_double_and_then_it_goes_on():
    sessions, clock = FakeSessions.holding(*many(25), busy=[25] * 4), FakeClock()
    assert log_out(sessions, clock).deleted == 25
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.8])


def test_when_patience_ends_the_rest_is_counted_and_the_log_out_holds():
    sessions = FakeSessions.holding(*many(100), busy=[0] + [25] * 50)
    done = log_out(sessions)
    assert (done.deleted, done.remaining) == (25, 75)
    assert done.unfinished == "DynamoDB accepts no more writes at the moment"
    assert sessions.user_epochs == {"user123": 1}


def test_a_refusal_within_the_clean_up_says_that_the_log_out_holds():
    class Refusing(FakeSessions):
        def remove_batch(self, session_ids):
            raise AwsRefused("deleting sessions: access denied")

    done = log_out(Refusing.holding(*many(30)))
    assert (done.epoch, done.remaining, done.unfinished) == (1, None, "deleting sessions: access denied")


def failing_errors():
    """Every kind of error that may come out of the store, but for the interrupt, which is a wish and no failure."""
    kinds = [HybridctlError, *_below(HybridctlError)]
    return [kind for kind in kinds if not issubclass(kind, Interrupted)]


def _below(kind):
    return [one for direct in kind.__subclasses__() for one in (direct, *_below(direct))]


@pytest.mark.parametrize("kind", failing_errors())
def test_after_the_write_no_error_of_any_call_makes_it_a_failure(kind):
    class Failing(FakeSessions):
        is_raised = False
        failing = ""

        def raise_epoch(self, *arguments):
            self.is_raised = super().raise_epoch(*arguments)
            return self.is_raised

        def __getattribute__(self, name):
            if name == object.__getattribute__(self, "failing") and object.__getattribute__(self, "is_raised"):
                error = kind.__new__(kind)
                Exception.__init__(error, "no")
                raise error
            return super().__getattribute__(name)

    for call in ("epoch", "count_of_user", "dead_of_user", "remove_batch", "read"):
        sessions = Failing.holding(*many(30))
        sessions.failing = call
        done = log_out(sessions)
        assert (done.epoch, sessions.user_epochs) == (1, {"user123": 1})
        assert (done.unfinished is not None) is (call in ("dead_of_user", "remove_batch"))


@pytest.mark.parametrize("kind", failing_errors())
def test_a_session_that_is_deleted_is_ended_though_it_cannot_be_read_again(kind):
    class Failing(FakeSessions):
        def read(self, session_id):
            if "remove" in self.calls:
                error = kind.__new__(kind)
                Exception.__init__(error, "no")
                raise error
            return super().read(session_id)

    one = session("one")
    sessions = Failing.holding(one)
    plan = plan_revocation(sessions, one.id, kind=SubjectKind.SESSION, of=None)
    assert revocation(sessions).carry_out(plan) == Ended(one)
    assert sessions.sessions == {}


class WithoutIndex(FakeSessions):
    """As where the index is missing or still building."""

    def of_user(self, *_arguments, **_named):
        raise AwsRefused("reading the index: cannot read from a backfilling index")


@pytest.mark.parametrize(
    ("subject", "kind"), [("user123", SubjectKind.USER), ("gone", None), ("gone", SubjectKind.USER)]
)
def test_a_user_who_is_known_is_logged_out_without_the_index(subject, kind):
    sessions = WithoutIndex.holding(user_epochs={"gone": 3})
    plan = plan_revocation(sessions, subject, kind=kind, of=None)
    assert (plan.user_id, plan.listed) == (subject, None)
    done = revocation(sessions).carry_out(plan)
    assert (done.epoch, done.remaining) == (plan.epoch + 1, None)


def test_whether_there_is_such_a_user_only_the_index_shows():
    with pytest.raises(AwsRefused, match="backfilling"):
        plan_revocation(WithoutIndex.holding(), "user123", kind=None, of=None)


@pytest.mark.parametrize("batches", range(5))
def test_interrupted_between_any_two_batches_it_says_so_and_running_again_finishes(batches):
    sessions = FakeSessions.holding(*many(125), dies_after=batches)
    with pytest.raises(Interrupted, match=f"interrupted after {batches * BATCH} sessions"):
        log_out(sessions)
    left = 125 - batches * BATCH
    assert len(sessions.sessions) == left
    sessions.dies_after = None
    assert log_out(sessions).deleted == left
    assert sessions.sessions == {}


def test_someone_elses_log_out_in_the_same_moment_is_enough():
    done = log_out(FakeSessions.holding(*many(3), moved_by_others=True))
    assert (done.by_somebody_else, done.epoch, done.deleted) == (True, 1, 3)


def test_the_epoch_is_read_at_the_write_and_not_with_the_plan():
    sessions = FakeSessions.holding(*many(1), session("since", epoch=1))
    plan = plan_revocation(sessions, "user123", kind=None, of=None)
    sessions.user_epochs["user123"] = 1  # another log-out and a log-in since, while consent was waited for
    assert revocation(sessions).carry_out(plan).epoch == 2
    assert sessions.sessions == {}


def test_a_write_that_is_not_read_again_is_not_a_success():
    class Forgetful(FakeSessions):
        def raise_epoch(self, user_id, seen, at):
            return True

    with pytest.raises(OutcomeUnknown, match="is 0 after it was raised from 0"):
        log_out(Forgetful.holding(*many(1)))


def test_ending_one_session_ends_only_that():
    one, other = session("one"), session("other")
    sessions = FakeSessions.holding(one, other)
    revocation(sessions).carry_out(plan_revocation(sessions, one.id, kind=None, of=None))
    assert set(sessions.sessions) == {other.id}
    assert sessions.user_epochs == {}


@pytest.mark.parametrize(
    ("subject", "kind", "of", "wanted"),
    [
        ("user123", None, None, LogOut("user123", 0, Counted(2))),
        ("user123", SubjectKind.USER, None, LogOut("user123", 0, Counted(2))),
        ("nobody", SubjectKind.USER, None, LogOut("nobody", 0, Counted(0))),
        ("gone", None, None, LogOut("gone", 3, Counted(0))),
        (session_id("aaaaaaaa"), None, None, SessionEnd(session("aaaaaaaa"))),
        (session_id("aaaaaaaa"), SubjectKind.SESSION, None, SessionEnd(session("aaaaaaaa"))),
        ("aaaaaaaa", None, "user123", SessionEnd(session("aaaaaaaa"))),
        ("nobody", None, None, NotFound),
        ("user123", SubjectKind.SESSION, None, NotFound),
        ("cccccccc", None, "user123", NotFound),
        ("aaaaaaa", None, "user123", UsageInvalid),
        (session_id("both"), None, None, UsageInvalid),
        (session_id("both"), SubjectKind.USER, None, LogOut(session_id("both"), 0, Counted(1))),
        (session_id("both"), SubjectKind.SESSION, None, SessionEnd(session("both", user_id="x"))),
    ],
)
def test_users_and_sessions_are_distinguished(subject, kind, of, wanted):
    sessions = FakeSessions.holding(
        session("aaaaaaaa"),
        session("bbbbbbbb"),
        session("both", user_id="x"),
        session("third", user_id=session_id("both")),
        user_epochs={"gone": 3},
    )
    if isinstance(wanted, type):
        with pytest.raises(wanted):
            plan_revocation(sessions, subject, kind=kind, of=of)
    else:
        assert plan_revocation(sessions, subject, kind=kind, of=of) == wanted


def test_two_sessions_that_begin_alike_are_not_guessed_between():
    sessions = FakeSessions.holding(session("aaaaaaaab"), session("aaaaaaaac"))
    with pytest.raises(UsageInvalid, match="more than one session of user123"):
        plan_revocation(sessions, "aaaaaaaa", kind=None, of="user123")


# Against the handler itself, on one table of moto.


class Busy:
    """A client that leaves that share of the writes unprocessed, and at whose batch `dies_at` the process is killed."""

    def __init__(self, client, *, share=0.0, dies_at=None):
        self._client = client
        self._share = share
        self._dies_at = dies_at
        self.writes = 0
        self.most_at_once = 0
        self._owed = 0.0
        self.pages = []

    def __getattr__(self, name):
        return getattr(self._client, name)

    def query(self, **parameters):
        page = self._client.query(**parameters)
        self.pages.append(len(page.get("Items", ())))
        return page

    def batch_write_item(self, **parameters):
        if self.writes == self._dies_at:
            raise KeyboardInterrupt
        self.writes += 1
        requests = parameters["RequestItems"][TABLE]
        self.most_at_once = max(self.most_at_once, len(requests))
        self._owed += len(requests) * self._share
        left = min(int(self._owed), len(requests))
        self._owed -= left
        taken = requests[: len(requests) - left]
        if taken:
            self._client.batch_write_item(RequestItems={TABLE: taken})
        return {"UnprocessedItems": {TABLE: requests[len(taken) :]} if left else {}}


def fill(dynamodb, count):
    """That many good sessions of user123, as the handler would write them."""
    numbers = itertools.count()
    made = [
        Stored(
            id=new_id(next(numbers).to_bytes(32, "big")),
            user_id="user123",
            provider="google",
            created_ms=(HANDLER_NOON - n) * 1000,
            last_seen_at=HANDLER_NOON - 10,
            expires_at=HANDLER_NOON + 3600,
            epoch=0,
            user_agent="curl",
            address="203.0.113.0/24",
        )
        for n in range(count)
    ]
    for at in range(0, count, 25):
        puts = [{"PutRequest": {"Item": item_of(one)}} for one in made[at : at + 25]]
        dynamodb.batch_write_item(RequestItems={TABLE: puts})
    return [one.id for one in made]


def handler_of_table():
    """The handler with its own client, of the same moto."""
    return Handler(Client(DYNAMODB, AWS_ENVIRON, transport=MotoTransport("dynamodb")))


def count_left(dynamodb):
    return dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"] - 1  # the epoch item


def test_after_the_first_write_the_handler_takes_none_of_the_sessions(table):
    ids = fill(table, 200)
    handler = handler_of_table()
    assert all(map(handler.is_valid, ids[:20]))
    with pytest.raises(Interrupted):
        log_out(dynamo_sessions(Busy(table, dies_at=0)))
    assert count_left(table) == 200
    assert not any(map(handler.is_valid, ids))
    assert handler.is_valid(handler.log_in())


def test_ten_thousand_sessions_are_deleted_although_a_tenth_of_the_writes_comes_back(table):
    ids = fill(table, 10_000)
    handler, clock, busy = handler_of_table(), FakeClock(), Busy(table, share=0.1)
    done = log_out(dynamo_sessions(busy), clock)
    assert (done.epoch, done.deleted, done.remaining) == (1, 10_000, 0)
    assert done.retried > 300
    assert count_left(table) == 0
    assert not any(map(handler.is_valid, ids[::100]))
    # What is held at a time: a page, of 1 MB as DynamoDB counts it, and a batch.
    assert max(busy.pages) < 5000
    assert busy.most_at_once == 25


def test_killed_between_two_batches_none_counts_and_running_again_deletes_the_rest(table):
    ids = fill(table, 500)
    handler = handler_of_table()
    with pytest.raises(Interrupted) as caught:
        log_out(dynamo_sessions(Busy(table, share=0.1, dies_at=8)))
    deleted = caught.value.result.deleted
    assert count_left(table) == 500 - deleted > 250
    assert not any(map(handler.is_valid, ids[deleted - 50 : deleted + 100]))
    assert log_out(dynamo_sessions(Busy(table, share=0.1))).deleted == 500 - deleted
    assert count_left(table) == 0
