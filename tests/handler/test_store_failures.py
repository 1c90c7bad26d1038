"""What DynamoDB may do to us, by set answers below the client, and by a client that fails on purpose."""

import pytest

from backend.aws.client import DYNAMODB, Client, ServiceError
from backend.aws.connections import NoAnswer
from backend.replies import Unavailable
from backend.sessions import Session
from backend.store import Store
from handler.fakes import LOGIN, TABLE, Handler
from handler.transports import AWS_ENVIRON, SetTransport, answer, refusal

SESSION = Session("A" * 43, "user123", "google", 1000, 1, 100, 0, "", "")
KEY = {"session_id": {"S": SESSION.id}}


class FailingClient:
    """Answers as `client` does but for the named operations, which raise."""

    def __init__(self, client, **errors):
        self._client = client
        self._errors = errors

    def __call__(self, operation, **parameters):
        if operation in self._errors:
            raise self._errors[operation]
        return self._client(operation, **parameters)


THROTTLED = ServiceError("Op", "ProvisionedThroughputExceededException", 400)
PASSING = [
    THROTTLED,
    ServiceError("Op", "ThrottlingException", 400),
    ServiceError("Op", "RequestLimitExceeded", 400),
    ServiceError("Op", "InternalServerError", 500),
    ServiceError("Op", "SomethingNew", 503),
    NoAnswer("dynamodb: ConnectionRefusedError"),
]
OUR_FAULT = [ServiceError("Op", "AccessDeniedException", 400), ServiceError("Op", "ResourceNotFoundException", 400)]


def store_answered(*answers):
    """A store whose table gives these answers, and what was asked of it."""
    transport = SetTransport(*answers)
    client = Client(DYNAMODB, AWS_ENVIRON, transport=transport, sleep=lambda seconds: None)
    return Store(client, table=TABLE, index="by_user"), transport


def operations_of(transport):
    """The operations that were asked for, with their parameters."""
    assert not transport.left
    return [(headers["x-amz-target"].partition(".")[2], parameters) for parameters, headers, _ in transport.asked]


def test_an_id_that_is_taken_is_not_overwritten():
    store, table = store_answered(refusal("ConditionalCheckFailedException"))
    assert store.add(SESSION) is False
    ((operation, parameters),) = operations_of(table)
    assert (operation, parameters["TableName"]) == ("PutItem", TABLE)
    assert parameters["ConditionExpression"] == "attribute_not_exists(session_id)"


def test_a_session_that_is_gone_is_not_written_by_being_seen():
    store, table = store_answered(refusal("ConditionalCheckFailedException"))
    assert store.touch(SESSION, 50) is False
    expected = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "SET last_seen_at = :now",
        "ConditionExpression": "attribute_exists(session_id)",
        "ExpressionAttributeValues": {":now": {"N": "50"}},
    }
    assert operations_of(table) == [("UpdateItem", expected)]


def test_a_write_that_is_throttled_again_and_again_is_unavailable():
    store, table = store_answered(*[refusal("ProvisionedThroughputExceededException")] * 4)
    with pytest.raises(Unavailable):
        store.add(SESSION)
    assert [operation for operation, _ in operations_of(table)] == ["PutItem"] * 4


def test_a_denied_write_is_not_taken_for_a_passing_trouble():
    store, table = store_answered(refusal("AccessDeniedException"))
    with pytest.raises(ServiceError, match="AccessDenied"):
        store.add(SESSION)
    assert len(operations_of(table)) == 1


def test_what_a_throttled_batch_leaves_out_is_read_one_by_one():
    item = {**KEY, "user_id": {"S": "user123"}, "expires_at": {"N": "100"}, "epoch": {"N": "2"}}
    left = {TABLE: {"Keys": [KEY], "ConsistentRead": True}}
    epoch_key = {"session_id": {"S": "user#user123"}}
    store, table = store_answered(
        answer({"Responses": {TABLE: []}, "UnprocessedKeys": left}),
        answer({"Item": item}),
        answer({"Item": {**epoch_key, "epoch": {"N": "2"}}}),
    )
    found = store.find_active(SESSION.id, lambda session, epoch: session.epoch == epoch == 2)
    assert found is not None
    assert found.user_id == "user123"
    assert operations_of(table)[1:] == [
        ("GetItem", {"TableName": TABLE, "Key": KEY, "ConsistentRead": True}),
        ("GetItem", {"TableName": TABLE, "Key": epoch_key, "ConsistentRead": True}),
    ]


def test_a_user_with_many_sessions_is_read_page_by_page_even_when_a_page_is_empty():
    item = {**KEY, "user_id": {"S": "user123"}, "expires_at": {"N": "100"}}
    store, table = store_answered(
        answer({"Items": [item], "LastEvaluatedKey": KEY}),
        answer({"Items": [], "LastEvaluatedKey": {"session_id": {"S": "next"}}}),
        answer({"Items": [item]}),
    )
    assert len(store.of_user("user123", 50)) == 2
    starts = [parameters.get("ExclusiveStartKey") for _, parameters in operations_of(table)]
    assert starts == [None, KEY, {"session_id": {"S": "next"}}]


def test_many_sessions_are_removed_25_at_a_time():
    store, table = store_answered(*[answer({"UnprocessedItems": {}})] * 3)
    store.remove_all(str(n) for n in range(51))
    batches = [parameters["RequestItems"][TABLE] for _, parameters in operations_of(table)]
    assert [len(batch) for batch in batches] == [25, 25, 1]
    gone = [delete["DeleteRequest"]["Key"]["session_id"]["S"] for batch in batches for delete in batch]
    assert gone == [str(n) for n in range(51)]


@pytest.mark.parametrize("error", PASSING, ids=str)
@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("GetItem", ("POST", "/auth/session", LOGIN)),
        ("PutItem", ("POST", "/auth/session", LOGIN)),
        ("BatchGetItem", ("POST", "/auth/validate", {"session_id": "x"})),
        ("BatchGetItem", ("GET", "/auth/sessions")),
    ],
)
def test_a_passing_trouble_is_503_with_a_time_to_come_back(dynamodb, error, call, request_):
    handler = Handler(FailingClient(dynamodb, **{call: error}))
    answered = handler.call(*request_, bearer="x")
    assert (answered.status, answered.headers["retry-after"]) == (503, "1")
    assert answered.body["error"]["code"] == "store_unavailable"


@pytest.mark.parametrize("error", OUR_FAULT, ids=str)
def test_what_will_not_pass_is_500_with_the_stack_in_the_log_alone(dynamodb, error):
    handler = Handler(FailingClient(dynamodb, BatchGetItem=error))
    answered = handler.call("POST", "/auth/validate", {"session_id": "x"})
    assert (answered.status, answered.body["error"]["code"]) == (500, "internal")
    assert "Traceback" not in answered.text
    assert "store.py" not in answered.text
    (line,) = handler.requests_logged
    assert line["error"]["type"] == type(error).__name__
    assert any("store.py" in entry for entry in line["error"]["stack"])


def test_a_put_that_arrived_unconfirmed_is_repeated_with_a_fresh_id(dynamodb):
    drawn = iter([b"a" * 32, b"a" * 32, b"b" * 32])
    handler = Handler(dynamodb, entropy=lambda size: next(drawn))
    first, second = handler.log_in(), handler.log_in()
    assert first != second
    assert handler.is_valid(second)


def test_a_session_is_valid_though_being_seen_could_not_be_written(dynamodb):
    handler = Handler(FailingClient(dynamodb, UpdateItem=THROTTLED))
    session_id = handler.log_in()
    handler.now += 600
    assert handler.is_valid(session_id)


def test_a_log_out_everywhere_that_cannot_clean_up_has_taken_effect(dynamodb):
    handler = Handler(FailingClient(dynamodb, Query=THROTTLED))
    session_id = handler.log_in()
    assert handler.call("DELETE", "/auth/sessions", bearer=session_id).status == 204
    assert not handler.is_valid(session_id)


def test_a_log_out_everywhere_that_could_not_be_written_is_not_reported_as_done(dynamodb):
    handler = Handler(FailingClient(dynamodb, UpdateItem=THROTTLED))
    session_id = handler.log_in()
    assert handler.call("DELETE", "/auth/sessions", bearer=session_id).status == 503
    assert handler.is_valid(session_id)


@pytest.mark.parametrize("error", [*PASSING, *OUR_FAULT], ids=str)
def test_deep_health_is_503_when_the_table_cannot_be_read_for_any_reason(dynamodb, error):
    handler = Handler(FailingClient(dynamodb, GetItem=error))
    answered = handler.call("GET", "/health", query=[("deep", "1")])
    assert (answered.status, answered.body["error"]["code"]) == (503, "table_unavailable")
    assert handler.call("GET", "/health").status == 200
