"""Several containers at work on the same users at once, each in a thread of its own, over one table.

What each asked, from when to when, and what it was answered, is kept and judged afterwards: an answer must fit an order
of the requests in which none is moved out of its own time (linearizability, of what a user relies on).

HYBRIDCTL_TEST_SESSION_RUNS=400 makes it a search.
"""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from handler.fakes import ENVIRON, NOON, Handler

ROUNDS = max(1, int(os.environ.get("HYBRIDCTL_TEST_SESSION_RUNS", "25")) // 12)
CONTAINERS, STEPS, LIMIT = 5, 40, 3
USERS = ("ann", "bob")


class HarshTable:
    """A table that keeps DynamoDB's word and no more: one item's call is whole, and between any two others may come.

    A batch is several reads, in any order. An index shows all but the newest sessions, up to `lag` of them.
    """

    def __init__(self, client, seed, lag=0):
        self._client = client
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._lag = lag

    def __call__(self, operation, **parameters):
        if operation == "BatchGetItem":
            return self._read_one_by_one(parameters["RequestItems"])
        self._let_others()
        with self._lock:  # moto's own calls are not whole
            answer = self._client(operation, **parameters)
        if operation == "Query":
            return {**answer, "Items": answer["Items"][self._chance.randint(0, self._lag) :]}
        return answer

    def _read_one_by_one(self, asked):
        ((table, request),) = asked.items()
        keys = self._chance.sample(request["Keys"], len(request["Keys"]))
        read = [self("GetItem", TableName=table, Key=key, ConsistentRead=request["ConsistentRead"]) for key in keys]
        return {"Responses": {table: [answer["Item"] for answer in read if "Item" in answer]}}

    def _let_others(self):
        time.sleep(self._chance.choice((0, 0, 0.0002, 0.001)))


@dataclass(frozen=True)
class Asked:
    """One request; `began` and `ended` are places in the order of all beginnings and ends."""

    kind: str
    session: str
    user: str
    began: int
    ended: int
    is_yes: bool


class History:
    """What all containers asked, and the sessions that there are to ask about."""

    def __init__(self):
        self._clock = itertools.count()
        self._lock = threading.Lock()
        self.asked = []
        self.owner = {}

    def ask(self, kind: str, session: str, user: str, send: Callable[[], tuple[str, bool]]):
        began = next(self._clock)
        session, is_yes = send()
        entry = Asked(kind, session, user or self.owner.get(session, ""), began, next(self._clock), is_yes)
        with self._lock:
            self.asked.append(entry)
            if kind == "log in":
                self.owner[session] = user

    def any_session(self, chance):
        with self._lock:
            return chance.choice(list(self.owner)) if self.owner else None

    def of(self, *kinds, session=None, user=None):
        return [
            one
            for one in self.asked
            if one.kind in kinds and session in (None, one.session) and user in (None, one.user)
        ]


def work(handler, history, chance, ticks):
    """One container's steps; time moves on so far with each that every validation also renews."""

    def log_in(user):
        return handler.log_in(user), True

    def bearer(method, path, session):
        answered = handler.call(method, path, bearer=session)
        assert answered.status in (200, 204, 401), answered.text
        return session, answered.status != 401

    for _ in range(STEPS):
        handler.now = NOON + 301 * next(ticks)
        session = history.any_session(chance)
        kind = chance.choices(
            ("log in", "validate", "list", "log out", "everywhere"), (4, 9, 3, 2, 1.5), k=1
        )[0]  # fmt: skip
        if session is None or kind == "log in":
            user = chance.choice(USERS)
            history.ask("log in", "", user, lambda user=user: log_in(user))
        elif kind == "validate":
            history.ask(kind, session, "", lambda s=session: (s, handler.is_valid(s)))
        else:
            method, path = {
                "list": ("GET", "/auth/sessions"),
                "log out": ("DELETE", "/auth/session"),
                "everywhere": ("DELETE", "/auth/sessions"),
            }[kind]
            history.ask(kind, session, "", lambda m=method, p=path, s=session: bearer(m, p, s))


def at_once(*jobs):
    """Run all jobs to their end, each in a thread, and raise what one of them raised."""
    wrong = []

    def run(job):
        try:
            job()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def judge(history):
    """Fail where an answer fits no order."""
    for log_in in history.of("log in"):
        uses = history.of("validate", "list", "log out", "everywhere", session=log_in.session)
        outs = [one for one in uses if one.kind == "log out"]
        everywhere = history.of("everywhere", user=log_in.user)
        for use in uses:
            # Ended for certain: by an answer that was there before this began.
            ends = [one for one in outs if one.is_yes and one.ended < use.began]
            ends += [one for one in everywhere if one.is_yes and log_in.ended < one.began and one.ended < use.began]
            ends += [one for one in uses if not one.is_yes and one.ended < use.began]
            assert not (use.is_yes and ends), f"{use} after {ends[0]}"
            # Alive for certain: nothing that could end it had started, but for what had ended before the log-in began.
            others = [one for one in (*outs, *everywhere) if one is not use]
            may_end = [one for one in others if one.began < use.ended and one.ended > log_in.began]
            assert use.is_yes or may_end, f"{use} is refused, and nothing can have ended {log_in}"


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_answer_contradicts_another_whoever_asks_at_the_same_time(dynamodb, seed):
    history, ticks = History(), itertools.count()
    table = HarshTable(dynamodb, seed, lag=6)
    environ = {**ENVIRON, "MAX_SESSIONS_PER_USER": "1000"}
    containers = [Handler(table, environ) for _ in range(CONTAINERS)]
    at_once(
        *(
            lambda handler=handler, number=number: work(handler, history, random.Random(f"{seed}-{number}"), ticks)
            for number, handler in enumerate(containers)
        )
    )
    judge(history)
    assert {one.is_yes for one in history.of("validate")} == {True, False}
    assert sum(one.is_yes for one in history.of("everywhere")) > 1
    overlapping = [
        (one, other)
        for one, other in itertools.combinations(history.of("validate", "everywhere"), 2)
        if one.kind != other.kind and one.user == other.user and one.began < other.ended and other.began < one.ended
    ]
    assert overlapping, "nothing was asked at the same time"


def log_in_at_once(table, number):
    containers = [Handler(table, {**ENVIRON, "MAX_SESSIONS_PER_USER": str(LIMIT)}) for _ in range(number)]
    sessions = []

    def log_in(handler, later):
        handler.now = NOON + later
        sessions.append(handler.log_in("ann"))

    at_once(*(lambda handler=handler, later=later: log_in(handler, later) for later, handler in enumerate(containers)))
    return containers[0], sessions


def active(handler, sessions):
    return [session for session in sessions if handler.is_valid(session)]


@pytest.mark.parametrize("seed", range(3))
def test_log_ins_at_once_leave_no_more_than_the_limit(dynamodb, seed):
    handler, sessions = log_in_at_once(HarshTable(dynamodb, seed), 8)
    assert 1 <= len(active(handler, sessions)) <= LIMIT


@pytest.mark.parametrize("seed", range(3))
def test_what_an_index_showed_too_late_to_be_dropped_the_next_log_in_drops(dynamodb, seed):
    _, sessions = log_in_at_once(HarshTable(dynamodb, seed, lag=4), 8)
    later = Handler(dynamodb, {**ENVIRON, "MAX_SESSIONS_PER_USER": str(LIMIT)}, now=NOON + 100)
    newest = later.log_in("ann")
    assert later.is_valid(newest)
    assert len(active(later, [*sessions, newest])) <= LIMIT
