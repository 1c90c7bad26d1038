"""What the port Sessions promises, on the fake and on DynamoDB as moto has it."""

import boto3
import pytest

from backend.items import item_of
from backend.sessions import Session as Stored
from fakes import FakeSessions
from fakes.clock import NOON
from fakes.session_items import DAY, T, session, session_id
from fakes.sessions_table import aws as aws  # noqa: PLC0414  a fixture
from fakes.sessions_table import dynamo_sessions
from fakes.sessions_table import table as table  # noqa: PLC0414  a fixture
from handler.fakes import TABLE
from hybridctl.domain.sessions import DeadPage, SessionState, TimeToLive, find_end_reasons


def put(dynamodb, made):
    """Write a session as the handler does."""
    stored = Stored(
        id=made.id,
        user_id=made.user_id,
        provider=made.provider,
        created_ms=made.created_at * 1000,
        last_seen_at=made.last_seen_at,
        expires_at=made.expires_at,
        epoch=made.epoch,
        user_agent=made.user_agent,
        address=made.address,
    )
    dynamodb.put_item(TableName=TABLE, Item=item_of(stored))


@pytest.fixture(params=["fake", "moto"])
def holding(request):
    """Makes the port, holding these sessions."""

    def fake(*sessions):
        return FakeSessions.holding(*sessions)

    def moto(*sessions):
        request.getfixturevalue("table")
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        dynamodb.update_time_to_live(
            TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        for made in sessions:
            put(dynamodb, made)
        return dynamo_sessions(dynamodb)

    return fake if request.param == "fake" else moto


def walk(page, more):
    found = [*page.sessions]
    while page.after is not None:
        page = more(page.after)
        found += page.sessions
    return found


def test_a_session_reads_as_it_was_written(holding):
    made = session()
    reading = holding(made).read(made.id)
    assert reading.session == made
    assert reading.is_there


def test_what_is_not_there_reads_as_nothing(holding):
    reading = holding().read(session_id("nobody"))
    assert (reading.session, reading.is_there) == (None, False)


def test_a_user_who_never_logged_out_everywhere_has_no_epoch(holding):
    sessions = holding(session())
    assert sessions.epoch("user123") is None
    assert sessions.epochs(["user123", "ada"]) == {}


def test_logging_out_raises_the_epoch_by_one_and_nobody_elses(holding):
    sessions = holding(session())
    assert sessions.raise_epoch("user123", 0, NOON)
    assert sessions.raise_epoch("user123", 1, NOON)
    assert sessions.epochs(["user123", "ada"]) == {"user123": 2}
    assert find_end_reasons(session(), epoch=sessions.epoch("user123"), now=T, idle=DAY) == (SessionState.REVOKED,)


def test_a_write_that_finds_another_epoch_changes_nothing(holding):
    sessions = holding()
    sessions.raise_epoch("user123", 4, NOON)
    assert not sessions.raise_epoch("user123", 4, NOON)
    assert sessions.epoch("user123") == 5


def test_a_users_sessions_come_newest_first_and_nobody_elses(holding):
    mine = [session(f"mine{n}", created_at=T - n) for n in range(3)]
    sessions = holding(*mine[::-1], session("other", user_id="ada"))
    assert walk(sessions.of_user("user123"), lambda after: sessions.of_user("user123", after)) == mine


def test_a_scan_reads_at_most_what_it_is_allowed_and_goes_on_from_there(holding):
    sessions = holding(*(session(f"id{n}") for n in range(7)))
    sessions.raise_epoch("user123", 0, NOON)
    pages = [sessions.scan(3)]
    while pages[-1].after is not None:
        pages.append(sessions.scan(3, pages[-1].after))
    assert sum(page.read for page in pages) == 8
    assert all(page.read <= 3 for page in pages)
    assert {one.id for page in pages for one in page.sessions} == {session_id(f"id{n}") for n in range(7)}
    assert [dict(page.epochs) for page in pages if page.epochs] == [{"user123": 1}]


def test_removed_is_removed_and_twice_is_no_harm(holding):
    sessions = holding(session("one"), session("two"), session("three"))
    for _ in range(2):
        sessions.remove(session_id("one"))
        assert list(sessions.remove_batch([session_id("two"), session_id("three")])) == []
    assert not sessions.of_user("user123").sessions
    assert not sessions.read(session_id("one")).is_there


def test_a_page_goes_on_behind_items_that_have_been_removed_since(holding):
    made = [session(f"id{n:02}", created_at=T - n) for n in range(10)]
    sessions = holding(*made)
    page = sessions.of_user("user123", limit=4)
    seen = [*page.sessions]
    while page.after is not None:
        sessions.remove_batch([one.id for one in page.sessions])
        page = sessions.of_user("user123", page.after, limit=4)
        assert len(page.sessions) <= 4
        seen += page.sessions
    assert seen == made


def test_a_users_dead_sessions_are_those_older_than_the_epoch(holding):
    ages = [session(f"epoch{epoch}", created_at=T - epoch, epoch=epoch) for epoch in range(4)]
    sessions = holding(*ages, session("other", user_id="ada"))
    assert list(sessions.dead_of_user("user123", 2).ids) == [one.id for one in ages[:2]]
    assert sessions.dead_of_user("nobody", 2) == DeadPage([])


# DynamoDB's page is 1 MB, so that these need many or large sessions; the fake's is as large as it is set.
def large(count):
    return [session(f"id{n:04}", created_at=T - n, user_agent="x" * 10_000) for n in range(count)]


def test_the_dead_come_in_pages_and_each_once(holding):
    made = large(120)
    sessions = holding(*made)
    if isinstance(sessions, FakeSessions):
        sessions.page = 100
    page = sessions.dead_of_user("user123", 1)
    seen = [*page.ids]
    assert 0 < len(seen) < 120
    while page.after is not None:
        sessions.remove_batch(page.ids[:25])
        page = sessions.dead_of_user("user123", 1, page.after)
        seen += page.ids
    assert seen == [one.id for one in made]


@pytest.mark.parametrize("count", [0, 3, 120])
def test_a_count_ends_with_the_first_page_and_says_so(holding, count):
    sessions = holding(*large(count), session("other", user_id="ada"))
    if isinstance(sessions, FakeSessions):
        sessions.page = 100
    counted = sessions.count_of_user("user123")
    assert counted.cut == (count == 120)
    assert counted.sessions == count or (counted.cut and 0 < counted.sessions < count)


def test_the_tables_ttl_is_reported(holding):
    assert holding().time_to_live() == TimeToLive("ENABLED", "expires_at")
