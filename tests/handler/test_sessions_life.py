"""Sessions over time and over devices, on the whole handler and a table in moto."""

import json
import re

import pytest

from backend.verification import ByProvider
from handler import events
from handler.fakes import ENVIRON, LOGIN, NOON, TABLE, Handler

DAY = 86400


def item(dynamodb, session_id):
    return dynamodb.table.get_item(TableName=TABLE, Key={"session_id": {"S": session_id}}).get("Item")


def devices(handler, bearer):
    answered = handler.call("GET", "/auth/sessions", bearer=bearer)
    assert answered.status == 200, answered.text
    return answered.body["sessions"]


def test_what_is_stored_is_what_the_readme_says(handler, dynamodb):
    session_id = handler.log_in()
    assert item(dynamodb, session_id) == {
        "session_id": {"S": session_id},
        "user_id": {"S": "user123"},
        "provider": {"S": "google"},
        "created_at": {"N": str(NOON)},
        "created_ms": {"N": str(NOON * 1000)},
        "last_seen_at": {"N": str(NOON)},
        "expires_at": {"N": str(NOON + 30 * DAY)},
        "epoch": {"N": "0"},
        "user_agent": {"S": events.USER_AGENT},
        "address": {"S": "203.0.113.0/24"},
    }


def test_a_session_ends_when_its_lifetime_does_however_busy_it_is(handler):
    session_id = handler.log_in()
    for _ in range(29):
        handler.now += DAY
        assert handler.is_valid(session_id)
    handler.now = NOON + 30 * DAY - 1
    assert handler.is_valid(session_id)
    handler.now += 1
    assert not handler.is_valid(session_id)


def test_a_session_ends_when_it_has_not_been_seen_for_the_idle_time(handler):
    session_id = handler.log_in()
    handler.now += 7 * DAY - 1
    assert handler.is_valid(session_id)
    handler.now += 7 * DAY
    assert not handler.is_valid(session_id)


def test_an_expired_session_that_ttl_has_not_removed_is_still_expired(handler, dynamodb):
    session_id = handler.log_in()
    handler.now += 31 * DAY
    assert item(dynamodb, session_id) is not None
    assert not handler.is_valid(session_id)
    assert handler.call("GET", "/auth/sessions", bearer=session_id).status == 401


def test_being_seen_is_written_at_most_every_five_minutes(handler, dynamodb):
    session_id = handler.log_in()
    dynamodb.calls.clear()
    for _ in range(10):
        handler.now += 60
        assert handler.is_valid(session_id)
    assert dynamodb.names().count("UpdateItem") == 2
    assert item(dynamodb, session_id)["last_seen_at"] == {"N": str(NOON + 600)}


def test_logging_out_ends_this_session_and_no_other(handler):
    here, there = handler.log_in(), handler.log_in()
    assert handler.call("DELETE", "/auth/session", bearer=here).status == 204
    assert (handler.is_valid(here), handler.is_valid(there)) == (False, True)
    assert handler.call("DELETE", "/auth/session", bearer=here).status == 401


def test_logging_out_everywhere_ends_every_session_of_that_user_alone(handler):
    phone, laptop, other = handler.log_in(), handler.log_in(), handler.log_in("someone else")
    assert handler.call("DELETE", "/auth/sessions", bearer=phone).status == 204
    assert [handler.is_valid(s) for s in (phone, laptop, other)] == [False, False, True]
    again = handler.log_in()
    assert handler.is_valid(again)


def test_a_session_that_no_index_shows_is_logged_out_with_the_rest(handler, dynamodb):
    phone, laptop = handler.log_in(), handler.log_in()
    handler.store.of_user = lambda user_id, limit: []  # as right after a write: a GSI is eventually consistent
    assert handler.call("DELETE", "/auth/sessions", bearer=phone).status == 204
    assert item(dynamodb, laptop) is not None
    assert not handler.is_valid(laptop)


def test_logging_out_everywhere_is_one_conditional_write_before_any_clean_up(handler, dynamodb):
    session_id = handler.log_in()
    dynamodb.calls.clear()
    handler.call("DELETE", "/auth/sessions", bearer=session_id)
    writes = [(name, parameters) for name, parameters in dynamodb.calls if name not in ("BatchGetItem", "GetItem")]
    assert [name for name, _ in writes] == ["UpdateItem", "Query", "BatchWriteItem"]
    assert "ConditionExpression" in writes[0][1]
    assert item(dynamodb, session_id) is None
    assert item(dynamodb, "user#user123") == {
        "session_id": {"S": "user#user123"},
        "epoch": {"N": "1"},
        "revoked_at": {"N": str(NOON)},
    }


def test_the_epoch_is_raised_once_by_two_log_outs_that_saw_the_same_one(handler, dynamodb):
    phone = handler.log_in()
    session = handler.store.find_active(phone, lambda session, epoch: True)
    handler.store.end_epoch(session, int(handler.now))
    handler.store.end_epoch(session, int(handler.now))
    assert item(dynamodb, "user#user123")["epoch"] == {"N": "1"}


def test_a_session_started_before_a_log_out_everywhere_and_written_after_it_is_dead(handler, dynamodb):
    phone = handler.log_in()
    log_out = iter([lambda: handler.call("DELETE", "/auth/sessions", bearer=phone)])
    add = handler.store.add

    def add_late(session):
        next(log_out)()
        return add(session)

    handler.store.add = add_late
    assert not handler.is_valid(handler.log_in())


def test_a_revoked_session_does_not_come_back_by_being_seen(handler, dynamodb):
    session_id = handler.log_in()
    handler.now += 600
    touch = handler.store.touch

    def touch_late(session, now):
        handler.store.remove(session.id)
        return touch(session, now)

    handler.store.touch = touch_late
    assert not handler.is_valid(session_id)
    assert item(dynamodb, session_id) is None


def test_an_epoch_item_is_not_a_session(handler):
    handler.call("DELETE", "/auth/sessions", bearer=handler.log_in())
    assert not handler.is_valid("user#user123")


@pytest.mark.parametrize("apart", [1, 0.01])
def test_the_oldest_sessions_are_dropped_beyond_the_limit(handler, apart):
    mine = []
    for _ in range(5):
        mine.append(handler.log_in())
        handler.now += apart
    assert [handler.is_valid(s) for s in mine] == [False, False, True, True, True]
    assert len(devices(handler, mine[-1])) == 3


def test_the_device_list_shows_active_devices_with_the_current_one_first(handler):
    old = handler.log_in()
    handler.now += 4 * DAY
    phone = handler.log_in()
    handler.now += 4 * DAY
    laptop = handler.log_in()
    handler.log_in("someone else")
    assert not handler.is_valid(old)
    listed = devices(handler, phone)
    assert [(d["id"], d["current"]) for d in listed] == [(phone[:8], True), (laptop[:8], False)]
    assert [d["created_at"] for d in listed] == [NOON + 4 * DAY, NOON + 8 * DAY]
    assert [d["last_seen_at"] for d in listed] == [NOON + 8 * DAY, NOON + 8 * DAY]
    assert phone not in json.dumps(listed)


def test_every_refusal_makes_the_same_calls(handler, dynamodb):
    expired, revoked, out = handler.log_in("a"), handler.log_in("b"), handler.log_in("c")
    assert handler.is_valid(revoked)  # a warm container knows this one
    handler.call("DELETE", "/auth/sessions", bearer=revoked)
    handler.call("DELETE", "/auth/session", bearer=out)
    handler.now += 8 * DAY
    seen = set()
    for session_id in (expired, revoked, out, "A" * 43, "", "x", "user#a", "y" * 5000, "\ud800"):
        dynamodb.calls.clear()
        assert not handler.is_valid(session_id)
        seen.add(tuple(dynamodb.names()))
    assert seen == {("BatchGetItem", "GetItem")}


@pytest.mark.parametrize("text", ["", "user#user123", "y" * 5000, "\ud800", "A" * 43 + "\n"])
def test_what_cannot_be_an_id_is_never_asked_of_the_table(handler, dynamodb, text):
    handler.call("DELETE", "/auth/sessions", bearer=handler.log_in())
    dynamodb.calls.clear()
    assert not handler.is_valid(text)
    (_, batch), (_, single) = dynamodb.calls
    keys = [key["session_id"]["S"] for key in [*batch["RequestItems"][TABLE]["Keys"], single["Key"]]]
    assert [bool(re.fullmatch("(user#)?[A-Za-z0-9_-]{43}", key)) for key in keys] == [True, True, True]


def test_sessions_that_have_died_give_way_before_one_in_use(handler):
    used = handler.log_in()
    handler.now += DAY
    forgotten = [handler.log_in(), handler.log_in()]
    for _ in range(2):
        handler.now += 5 * DAY
        assert handler.is_valid(used)
    newest = handler.log_in()
    assert [handler.is_valid(s) for s in (used, newest, *forgotten)] == [True, True, False, False]


def test_all_reads_of_a_validation_are_strongly_consistent(handler, dynamodb):
    session_id = handler.log_in()
    dynamodb.calls.clear()
    assert handler.is_valid(session_id)
    (_, batch), (_, single) = dynamodb.calls
    assert batch["RequestItems"][TABLE]["ConsistentRead"] is True
    assert single["ConsistentRead"] is True


def test_a_warm_container_validates_in_one_round_trip(handler, dynamodb):
    session_id = handler.log_in()
    assert handler.is_valid(session_id)
    dynamodb.calls.clear()
    assert handler.is_valid(session_id)
    assert dynamodb.names() == ["BatchGetItem"]


def test_a_warm_container_sees_what_another_one_revoked(handler, dynamodb):
    elsewhere = Handler(dynamodb)
    phone, laptop = handler.log_in(), handler.log_in()
    assert handler.is_valid(phone)
    assert handler.is_valid(laptop)
    elsewhere.call("DELETE", "/auth/session", bearer=laptop)
    assert not handler.is_valid(laptop)
    elsewhere.call("DELETE", "/auth/sessions", bearer=phone)
    assert not handler.is_valid(phone)


def test_a_container_remembers_only_so_many_sessions(handler):
    handler.store._owners = {str(n): "user" for n in range(1000)}
    assert handler.is_valid(handler.log_in())
    assert len(handler.store._owners) == 1000
    assert "0" not in handler.store._owners


def test_an_item_that_no_create_of_ours_can_have_written_is_not_a_session(handler, dynamodb):
    dynamodb.table.put_item(TableName=TABLE, Item={"session_id": {"S": "A" * 43}, "provider": {"S": "google"}})
    assert not handler.is_valid("A" * 43)


def test_a_smoke_session_is_created_whatever_the_mode_and_lives_five_minutes(dynamodb):
    handler = Handler(dynamodb, verifier=ByProvider({}))
    login = events.http_api("POST", "/auth/session", json.dumps({**LOGIN, "provider": "smoke"}))
    assert handler.send(login).status == 400
    created = handler.send(events.smoke(login))
    assert (created.status, created.body["user_id"]) == (201, "user123")
    assert created.body["expires_at"] == NOON + 300
    assert handler.is_valid(created.body["session_id"])
    handler.now += 300
    assert not handler.is_valid(created.body["session_id"])


@pytest.mark.parametrize(
    "mark",
    [
        {"body": json.dumps({**LOGIN, "hybridctl": {"smoke": True}})},
        {"headers": {"hybridctl": '{"smoke": true}'}},
        {"queryStringParameters": {"hybridctl": "true"}},
        {"hybridctl": {"smoke": "true"}},
        {"hybridctl": True},
    ],
)
def test_nothing_but_the_mark_at_the_top_level_makes_a_smoke_session(dynamodb, mark):
    handler = Handler(dynamodb, verifier=ByProvider({}))
    event = {**events.http_api("POST", "/auth/session", json.dumps(LOGIN)), **mark}
    assert handler.send(event).status in (400, 503)


def test_limits_come_from_the_environment(dynamodb):
    handler = Handler(dynamodb, {**ENVIRON, "SESSION_LIFETIME_SECONDS": "100", "SESSION_IDLE_SECONDS": "50"})
    busy, idle = handler.log_in(), handler.log_in()
    handler.now += 50
    assert (handler.is_valid(busy), handler.is_valid(idle)) == (False, False)
