"""What DynamoDB may do to us, by botocore's Stubber and by a client that fails on purpose."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from backend.replies import Unavailable
from backend.sessions import Session
from backend.store import Store
from handler.fakes import LOGIN, TABLE, Handler

SESSION = Session("A" * 43, "user123", "google", 1000, 1, 100, 0, "", "")
KEY = {"session_id": {"S": SESSION.id}}


class FailingClient:
    """Answers as `client` does but for the named calls, which raise."""

    def __init__(self, client, **errors):
        self._client = client
        self._errors = errors

    def __getattr__(self, name):
        if name not in self._errors:
            return getattr(self._client, name)

        def fail(**parameters):
            raise self._errors[name]

        return fail


def client_error(code, status=400):
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Op")


THROTTLED = client_error("ProvisionedThroughputExceededException")
PASSING = [
    THROTTLED,
    client_error("ThrottlingException"),
    client_error("RequestLimitExceeded"),
    client_error("InternalServerError", 500),
    client_error("SomethingNew", 503),
    EndpointConnectionError(endpoint_url="https://dynamodb"),
    ReadTimeoutError(endpoint_url="https://dynamodb"),
]
OUR_FAULT = [client_error("AccessDeniedException"), client_error("ResourceNotFoundException"), NoCredentialsError()]


@pytest.fixture
def stubbed():
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield Store(client, table=TABLE, index="by_user"), stubber
        stubber.assert_no_pending_responses()


def test_an_id_that_is_taken_is_not_overwritten(stubbed):
    store, stubber = stubbed
    stubber.add_client_error(
        "put_item",
        "ConditionalCheckFailedException",
        expected_params={"TableName": TABLE, "Item": ANY, "ConditionExpression": "attribute_not_exists(session_id)"},
    )
    assert store.add(SESSION) is False


def test_a_session_that_is_gone_is_not_written_by_being_seen(stubbed):
    store, stubber = stubbed
    stubber.add_client_error(
        "update_item",
        "ConditionalCheckFailedException",
        expected_params={
            "TableName": TABLE,
            "Key": KEY,
            "UpdateExpression": "SET last_seen_at = :now",
            "ConditionExpression": "attribute_exists(session_id)",
            "ExpressionAttributeValues": {":now": {"N": "50"}},
        },
    )
    assert store.touch(SESSION, 50) is False


def test_a_throttled_write_is_unavailable(stubbed):
    store, stubber = stubbed
    stubber.add_client_error("put_item", "ProvisionedThroughputExceededException", http_status_code=400)
    with pytest.raises(Unavailable):
        store.add(SESSION)


def test_a_denied_write_is_not_taken_for_a_passing_trouble(stubbed):
    store, stubber = stubbed
    stubber.add_client_error("put_item", "AccessDeniedException", http_status_code=400)
    with pytest.raises(ClientError, match="AccessDenied"):
        store.add(SESSION)


def test_what_a_throttled_batch_leaves_out_is_read_one_by_one(stubbed):
    store, stubber = stubbed
    item = {**KEY, "user_id": {"S": "user123"}, "expires_at": {"N": "100"}, "epoch": {"N": "2"}}
    left = {TABLE: {"Keys": [KEY], "ConsistentRead": True}}
    epoch_key = {"session_id": {"S": "user#user123"}}
    stubber.add_response("batch_get_item", {"Responses": {TABLE: []}, "UnprocessedKeys": left})
    stubber.add_response("get_item", {"Item": item}, {"TableName": TABLE, "Key": KEY, "ConsistentRead": True})
    stubber.add_response(
        "get_item",
        {"Item": {**epoch_key, "epoch": {"N": "2"}}},
        {"TableName": TABLE, "Key": epoch_key, "ConsistentRead": True},
    )
    found = store.find_active(SESSION.id, lambda session, epoch: session.epoch == epoch == 2)
    assert found is not None
    assert found.user_id == "user123"


def test_a_user_with_many_sessions_is_read_page_by_page_even_when_a_page_is_empty(stubbed):
    store, stubber = stubbed
    item = {**KEY, "user_id": {"S": "user123"}, "expires_at": {"N": "100"}}
    stubber.add_response("query", {"Items": [item], "LastEvaluatedKey": KEY})
    stubber.add_response("query", {"Items": [], "LastEvaluatedKey": KEY})
    stubber.add_response("query", {"Items": [item]})
    assert len(store.of_user("user123", 50)) == 2


def test_many_sessions_are_removed_25_at_a_time(stubbed):
    store, stubber = stubbed
    for _ in range(3):
        stubber.add_response("batch_write_item", {"UnprocessedItems": {}})
    store.remove_all(str(n) for n in range(51))


@pytest.mark.parametrize("error", PASSING, ids=str)
@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("get_item", ("POST", "/auth/session", LOGIN)),
        ("put_item", ("POST", "/auth/session", LOGIN)),
        ("batch_get_item", ("POST", "/auth/validate", {"session_id": "x"})),
        ("batch_get_item", ("GET", "/auth/sessions")),
    ],
)
def test_a_passing_trouble_is_503_with_a_time_to_come_back(dynamodb, error, call, request_):
    handler = Handler(FailingClient(dynamodb, **{call: error}))
    answered = handler.call(*request_, bearer="x")
    assert (answered.status, answered.headers["retry-after"]) == (503, "1")
    assert answered.body["error"]["code"] == "store_unavailable"


@pytest.mark.parametrize("error", OUR_FAULT, ids=str)
def test_what_will_not_pass_is_500_with_the_stack_in_the_log_alone(dynamodb, error):
    handler = Handler(FailingClient(dynamodb, batch_get_item=error))
    answered = handler.call("POST", "/auth/validate", {"session_id": "x"})
    assert (answered.status, answered.body["error"]["code"]) == (500, "internal")
    assert "Traceback" not in answered.text
    assert "store.py" not in answered.text
    (line,) = handler.requests_logged
    assert line["error"]["type"] == type(error).__name__
    assert any("store.py" in entry for entry in line["error"]["stack"])


def test_a_put_that_arrived_unheard_is_repeated_with_a_fresh_id(dynamodb):
    drawn = iter([b"a" * 32, b"a" * 32, b"b" * 32])
    handler = Handler(dynamodb, entropy=lambda size: next(drawn))
    first, second = handler.log_in(), handler.log_in()
    assert first != second
    assert handler.is_valid(second)


def test_a_session_is_valid_though_being_seen_could_not_be_written(dynamodb):
    handler = Handler(FailingClient(dynamodb, update_item=THROTTLED))
    session_id = handler.log_in()
    handler.now += 600
    assert handler.is_valid(session_id)


def test_a_log_out_everywhere_that_cannot_clean_up_has_taken_effect(dynamodb):
    handler = Handler(FailingClient(dynamodb, query=THROTTLED))
    session_id = handler.log_in()
    assert handler.call("DELETE", "/auth/sessions", bearer=session_id).status == 204
    assert not handler.is_valid(session_id)


def test_a_log_out_everywhere_that_could_not_be_written_is_not_reported_as_done(dynamodb):
    handler = Handler(FailingClient(dynamodb, update_item=THROTTLED))
    session_id = handler.log_in()
    assert handler.call("DELETE", "/auth/sessions", bearer=session_id).status == 503
    assert handler.is_valid(session_id)


@pytest.mark.parametrize("error", [*PASSING, *OUR_FAULT], ids=str)
def test_deep_health_is_503_when_the_table_cannot_be_read_for_any_reason(dynamodb, error):
    handler = Handler(FailingClient(dynamodb, get_item=error))
    answered = handler.call("GET", "/health", query=[("deep", "1")])
    assert (answered.status, answered.body["error"]["code"]) == (503, "table_unavailable")
    assert handler.call("GET", "/health").status == 200
