"""What the store asks of the table, to the letter, and what it makes of each answer."""

from dataclasses import replace

import pytest

from backend.aws.client import ServiceError
from backend.aws.connections import NoAnswer
from backend.items import item_of
from backend.replies import Unavailable
from backend.sessions import Session
from backend.store import Store

TABLE = "sessions"
SESSION = Session("s1", "ann", "google", 1_000_500, 1000, 9000, 2, "curl/8", "203.0.113.0/24")
KEY = {"session_id": {"S": "s1"}}
EPOCH_KEY = {"session_id": {"S": "user#ann"}}
EPOCH = {**EPOCH_KEY, "epoch": {"N": "2"}}
THROTTLED = ServiceError("Op", "ThrottlingException", 400)
DENIED = ServiceError("Op", "AccessDeniedException", 400)
TAKEN = ServiceError("Op", "ConditionalCheckFailedException", 400)


class Table:
    """Answers what it was set to, one call after the other, and keeps what was asked."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def __call__(self, operation, **parameters):
        self.asked.append((operation, parameters))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def store_over(*answers):
    table = Table(*answers)
    return Store(table, table=TABLE, index="by_user"), table


def both(*keys):
    return ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": list(keys), "ConsistentRead": True}}})


def one(key):
    return ("GetItem", {"TableName": TABLE, "Key": key, "ConsistentRead": True})


def batch(*items):
    return {"Responses": {TABLE: list(items)}}


def is_alive(session, epoch):
    return session.epoch == epoch


def test_a_session_that_nobody_knows_is_read_first_and_then_its_epoch():
    store, table = store_over(batch(item_of(SESSION)), {"Item": EPOCH})
    assert store.find_active("s1", is_alive) == SESSION
    assert table.asked == [both(KEY, {"session_id": {"S": "user#s1"}}), one(EPOCH_KEY)]


def test_a_session_whose_owner_is_known_is_read_with_its_epoch():
    store, table = store_over(batch(item_of(SESSION)), {"Item": EPOCH}, batch(EPOCH, item_of(SESSION)))
    store.find_active("s1", is_alive)
    assert store.find_active("s1", is_alive) == SESSION
    assert table.asked[2:] == [both(KEY, EPOCH_KEY)]


def test_an_epoch_that_a_warm_read_shows_as_ended_is_read_again_alone():
    store, table = store_over(
        batch(item_of(SESSION)),
        {"Item": EPOCH},
        batch(item_of(SESSION)),
        {"Item": {**EPOCH, "epoch": {"N": "3"}}},
    )
    store.find_active("s1", is_alive)
    assert store.find_active("s1", is_alive) is None
    assert table.asked[2:] == [both(KEY, EPOCH_KEY), one(EPOCH_KEY)]


def test_an_unknown_session_costs_two_reads_and_is_not_remembered():
    store, table = store_over({}, {}, {}, {})
    assert store.find_active("s1", is_alive) is None
    assert store.find_active("s1", is_alive) is None
    guess = {"session_id": {"S": "user#s1"}}
    assert table.asked == [both(KEY, guess), one(guess)] * 2


def test_a_session_that_is_over_is_not_remembered():
    store, table = store_over(batch(item_of(SESSION)), {}, batch(item_of(SESSION)), {})
    assert store.find_active("s1", is_alive) is None
    store.find_active("s1", is_alive)
    assert table.asked[2] == both(KEY, {"session_id": {"S": "user#s1"}})


def test_an_epoch_of_the_same_id_does_not_make_a_session_of_someone_else_active():
    """The guess for a session nobody knows is its own id: an epoch found there is not its user's."""
    stranger = {"session_id": {"S": "user#s1"}, "epoch": {"N": "2"}}
    store, table = store_over(batch(item_of(SESSION), stranger), {"Item": {**EPOCH, "epoch": {"N": "9"}}})
    assert store.find_active("s1", is_alive) is None
    assert len(table.asked) == 2


def test_a_thousand_sessions_are_remembered_and_the_first_forgotten():
    sessions = [replace(SESSION, id=f"s{number}") for number in range(1001)]
    answers = [answer for session in sessions for answer in (batch(item_of(session)), {"Item": EPOCH})]
    store, _ = store_over(*answers)
    for session in sessions:
        store.find_active(session.id, is_alive)
    assert len(store._owners) == 1000
    assert "s0" not in store._owners
    assert store._owners["s1000"] == "ann"


def test_keys_that_a_batch_leaves_out_are_read_alone():
    left = {"UnprocessedKeys": {TABLE: {"Keys": [KEY, {"session_id": {"S": "user#s1"}}]}}}
    store, table = store_over(left, {"Item": item_of(SESSION)}, {}, {"Item": EPOCH})
    assert store.find_active("s1", is_alive) == SESSION
    guess = {"session_id": {"S": "user#s1"}}
    assert table.asked == [both(KEY, guess), one(KEY), one(guess), one(EPOCH_KEY)]


def test_other_tables_of_an_answer_are_not_looked_at():
    other = {"Responses": {"other": [item_of(SESSION)]}, "UnprocessedKeys": {"other": {"Keys": [KEY]}}}
    store, table = store_over(other, {})
    assert store.find_active("s1", is_alive) is None
    assert len(table.asked) == 2


def test_how_often_a_user_logged_out_everywhere_is_read_consistently():
    store, table = store_over({"Item": EPOCH}, {})
    assert (store.epoch("ann"), store.epoch("ann")) == (2, 0)
    assert table.asked == [one(EPOCH_KEY)] * 2


def test_a_new_session_is_written_only_where_none_is():
    store, table = store_over({}, TAKEN)
    assert [store.add(SESSION), store.add(SESSION)] == [True, False]
    asked = {
        "TableName": TABLE,
        "Item": item_of(SESSION),
        "ConditionExpression": "attribute_not_exists(session_id)",
    }
    assert table.asked == [("PutItem", asked)] * 2


def test_that_a_session_was_seen_is_written_only_where_it_is():
    store, table = store_over({}, TAKEN)
    assert [store.touch(SESSION, 1300), store.touch(SESSION, 1300)] == [True, False]
    asked = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "SET last_seen_at = :now",
        "ConditionExpression": "attribute_exists(session_id)",
        "ExpressionAttributeValues": {":now": {"N": "1300"}},
    }
    assert table.asked == [("UpdateItem", asked)] * 2


def test_a_log_out_everywhere_counts_one_on_from_the_epoch_that_was_seen():
    store, table = store_over({}, TAKEN)
    store.end_epoch(SESSION, 1300)
    store.end_epoch(SESSION, 1300)
    asked = {
        "TableName": TABLE,
        "Key": EPOCH_KEY,
        "UpdateExpression": "SET epoch = :next, revoked_at = :now",
        "ConditionExpression": "attribute_not_exists(epoch) OR epoch = :seen",
        "ExpressionAttributeValues": {":next": {"N": "3"}, ":seen": {"N": "2"}, ":now": {"N": "1300"}},
    }
    assert table.asked == [("UpdateItem", asked)] * 2


def query(limit, **more):
    asked = {
        "TableName": TABLE,
        "IndexName": "by_user",
        "KeyConditionExpression": "user_id = :user",
        "ExpressionAttributeValues": {":user": {"S": "ann"}},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    return ("Query", {**asked, **more})


def test_a_users_sessions_are_read_newest_first_page_by_page():
    sessions = [replace(SESSION, id=f"s{number}") for number in range(4)]
    pages = [
        {"Items": [item_of(sessions[0]), EPOCH], "LastEvaluatedKey": KEY},
        {"LastEvaluatedKey": EPOCH_KEY},
        {"Items": [item_of(session) for session in sessions[1:]]},
    ]
    store, table = store_over(*pages)
    assert store.of_user("ann", 9) == sessions
    assert table.asked == [query(9), query(9, ExclusiveStartKey=KEY), query(9, ExclusiveStartKey=EPOCH_KEY)]


def test_no_more_of_a_users_sessions_are_read_than_were_asked_for():
    sessions = [replace(SESSION, id=f"s{number}") for number in range(3)]
    store, table = store_over(
        {"Items": [item_of(sessions[0])], "LastEvaluatedKey": KEY},
        {"Items": [item_of(session) for session in sessions[1:]], "LastEvaluatedKey": KEY},
    )
    assert store.of_user("ann", 2) == sessions[:2]
    assert table.asked == [query(2), query(2, ExclusiveStartKey=KEY)]
    store, table = store_over({"Items": [item_of(SESSION)] * 2, "LastEvaluatedKey": KEY})
    assert len(store.of_user("ann", 2)) == 2
    assert len(table.asked) == 1


def deletes(*ids):
    return (
        "BatchWriteItem",
        {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": {"session_id": {"S": i}}}} for i in ids]}},
    )


def test_one_session_is_removed_by_its_key():
    store, table = store_over({})
    store.remove("s1")
    assert table.asked == [("DeleteItem", {"TableName": TABLE, "Key": KEY})]


@pytest.mark.parametrize("number", [0, 1, 25, 26, 50])
def test_many_sessions_are_removed_in_batches_of_25(number):
    ids = [f"s{one}" for one in range(number)]
    store, table = store_over(*[{"UnprocessedItems": {}}] * 2)
    store.remove_all(iter(ids))
    assert table.asked == [deletes(*ids[at : at + 25]) for at in range(0, number, 25)]


def test_what_a_user_had_up_to_an_epoch_is_cleaned_up():
    ended = [replace(SESSION, id=f"s{epoch}", epoch=epoch) for epoch in (4, 3, 2)]
    store, table = store_over({"Items": [item_of(session) for session in ended]}, {})
    store.clean_up("ann", 3)
    assert table.asked == [query(100), deletes("s3", "s2")]


def test_a_table_that_answers_is_healthy():
    store, table = store_over({})
    store.ping()
    assert table.asked == [("GetItem", {"TableName": TABLE, "Key": {"session_id": {"S": "health"}}})]


@pytest.mark.parametrize("trouble", [DENIED, THROTTLED, NoAnswer("lost")], ids=str)
def test_a_table_that_does_not_answer_well_is_unavailable(trouble):
    store, _ = store_over(trouble)
    with pytest.raises(Unavailable) as raised:
        store.ping()
    assert (raised.value.code, str(raised.value)) == ("table_unavailable", "the sessions table does not answer")
    assert raised.value.__cause__ is trouble


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (THROTTLED, "the session store is busy; try again"),
        (NoAnswer("lost"), "the session store does not answer; try again"),
    ],
    ids=str,
)
def test_a_trouble_that_may_pass_is_unavailable_and_says_which(trouble, expected):
    for act in (lambda store: store.add(SESSION), lambda store: store.epoch("ann"), lambda store: store.remove("s1")):
        store, _ = store_over(trouble)
        with pytest.raises(Unavailable) as raised:
            act(store)
        assert (raised.value.code, str(raised.value)) == ("store_unavailable", expected)
        assert raised.value.__cause__ is trouble


def test_an_error_of_our_own_goes_on_as_it_is():
    store, _ = store_over(DENIED)
    with pytest.raises(ServiceError) as raised:
        store.add(SESSION)
    assert raised.value is DENIED
