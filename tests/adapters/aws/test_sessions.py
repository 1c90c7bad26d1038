"""DynamoDB and Lambda through boto3: what is asked, odd items, and what each refusal becomes."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import ANY

from fakes.clock import NOON
from fakes.session_items import T, session_id
from fakes.sessions_table import dynamo_sessions
from fakes.stub_client import stub_client
from handler.fakes import TABLE
from hybridctl.adapters.aws.session import AwsSession
from hybridctl.adapters.aws.sessions import DynamoSessions
from hybridctl.domain.sandbox import AccessKey
from hybridctl.domain.sessions import SessionRules, TimeToLive
from hybridctl.errors import AwsRefused, NotDeployed, OutcomeUnknown

ID = session_id("3kd93kfa")


@pytest.fixture
def dynamo():
    with stub_client("dynamodb") as (client, stubber):
        yield dynamo_sessions(client), stubber


@pytest.fixture
def function():
    with stub_client("lambda") as (client, stubber):
        yield dynamo_sessions(None, client), stubber


def deletion(one):
    return {"DeleteRequest": {"Key": {"session_id": {"S": one}}}}


def test_the_log_out_is_the_handlers_own_write(dynamo):
    """The same request that lambda_src/backend/store.py makes, seen by what it sends."""
    from backend.sessions import Session
    from backend.store import Store

    class Recorder:
        def __init__(self):
            self.sent = []

        def update_item(self, **parameters):
            self.sent.append(parameters)
            return {}

        def __call__(self, operation, **parameters):
            assert operation == "UpdateItem"
            return self.update_item(**parameters)

    recorder = Recorder()
    theirs = Session("i", "user123", "google", 0, 0, 0, 3, "", "")
    Store(recorder, table=TABLE, index="by_user").end_epoch(theirs, T)
    DynamoSessions(lambda: recorder, lambda: None, table=TABLE, function="f", alias="live").raise_epoch(
        "user123", 3, NOON
    )
    assert recorder.sent[0] == recorder.sent[1]


def test_someone_elses_log_out_in_between_is_distinguished(dynamo):
    sessions, stubber = dynamo
    stubber.add_client_error("update_item", "ConditionalCheckFailedException", http_status_code=400)
    assert not sessions.raise_epoch("user123", 3, NOON)


def test_a_batch_gives_back_what_was_not_taken(dynamo):
    sessions, stubber = dynamo
    stubber.add_response(
        "batch_write_item",
        {"UnprocessedItems": {TABLE: [deletion("b")]}},
        {"RequestItems": {TABLE: [deletion("a"), deletion("b")]}},
    )
    assert sessions.remove_batch(["a", "b"]) == ["b"]


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
)
def test_a_batch_that_is_throttled_as_a_whole_was_not_taken(dynamo, code):
    sessions, stubber = dynamo
    stubber.add_client_error("batch_write_item", code)
    assert sessions.remove_batch(["a", "b"]) == ["a", "b"]


def test_a_batch_that_is_refused_permanently_says_why(dynamo):
    sessions, stubber = dynamo
    stubber.add_client_error("batch_write_item", "AccessDeniedException", "no dynamodb:BatchWriteItem")
    with pytest.raises(AwsRefused, match=f"deleting sessions from the table {TABLE}: access denied"):
        sessions.remove_batch(["a"])


@pytest.mark.parametrize("call", ["raise_epoch", "remove"])
@pytest.mark.parametrize("how", ["silence", "InternalServerError"])
def test_a_write_that_may_have_arrived_is_of_unknown_outcome(dynamo, call, how):
    sessions, stubber = dynamo
    operation = {"raise_epoch": "update_item", "remove": "delete_item"}[call]
    if how == "silence":

        def unheard(**_):
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

        sessions.open_client().meta.events.register("before-send.dynamodb", unheard)
        stubber.deactivate()
    else:
        stubber.add_client_error(operation, how, http_status_code=500)
    with pytest.raises(OutcomeUnknown) as caught:
        sessions.raise_epoch("user123", 0, NOON) if call == "raise_epoch" else sessions.remove(ID)
    assert caught.value.hint == "run it again; repeating it is safe"


def test_a_throttled_call_is_tried_again_by_botocores_own_times_for_dynamodb():
    """Which begin with 50 ms; those of `standard` begin with up to 1 s."""
    session = AwsSession("eu-west-1", endpoint="http://127.0.0.1:9", key=AccessKey("x", "x"))
    assert session.client("dynamodb").meta.config.retries["mode"] == "legacy"
    assert session.client("lambda").meta.config.retries["mode"] == "standard"


def test_a_missing_table_is_not_deployed(dynamo):
    sessions, stubber = dynamo
    stubber.add_client_error("query", "ResourceNotFoundException")
    with pytest.raises(NotDeployed, match=f"the table {TABLE}: it does not exist"):
        sessions.of_user("user123")


def test_a_busy_table_says_what_to_do(dynamo):
    sessions, stubber = dynamo
    stubber.add_client_error("scan", "ProvisionedThroughputExceededException")
    with pytest.raises(AwsRefused, match="DynamoDB throttles") as caught:
        sessions.scan(10)
    assert "more capacity" in caught.value.hint


def test_no_error_repeats_a_whole_id(dynamo):
    sessions, stubber = dynamo
    stubber.add_client_error("get_item", "AccessDeniedException", "no")
    with pytest.raises(AwsRefused) as caught:
        sessions.read(ID)
    assert ID not in str(caught.value)
    assert "session 3kd93kfa from" in str(caught.value)


def test_the_servers_clock_is_taken_from_its_answer(dynamo):
    sessions, stubber = dynamo
    meta = {"HTTPHeaders": {"date": "Sun, 01 Mar 2026 12:00:07 GMT"}, "HTTPStatusCode": 200}
    stubber.add_response("get_item", {"ResponseMetadata": meta}, ANY_GET)
    assert sessions.read(ID).answered == datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)
    stubber.add_response("get_item", {"ResponseMetadata": meta | {"HTTPHeaders": {"date": "soon"}}}, ANY_GET)
    assert sessions.read(ID).answered is None


ANY_GET = {"TableName": TABLE, "Key": ANY, "ConsistentRead": True}


def test_epochs_left_out_of_a_batch_are_read_singly(dynamo):
    sessions, stubber = dynamo
    users = [f"u{n}" for n in range(101)]
    keys = [{"session_id": {"S": f"user#{user}"}} for user in users]
    item = {"session_id": {"S": "user#u0"}, "epoch": {"N": "2"}}
    stubber.add_response(
        "batch_get_item",
        {"Responses": {TABLE: [item]}, "UnprocessedKeys": {TABLE: {"Keys": [keys[1], keys[2]]}}},
        {"RequestItems": {TABLE: {"Keys": keys[:100]}}},
    )
    stubber.add_response("get_item", {"Item": {**keys[1], "epoch": {"N": "7"}}}, ANY_GET)
    stubber.add_response("get_item", {}, ANY_GET)
    stubber.add_response("batch_get_item", {"Responses": {TABLE: []}}, {"RequestItems": {TABLE: {"Keys": keys[100:]}}})
    assert sessions.epochs(users) == {"u0": 2, "u1": 7}


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ({"user_id": {"S": "u"}, "expires_at": {"S": "soon"}}, (0, "S")),
        ({"user_id": {"S": "u"}, "expires_at": {"N": "1E+20"}}, (10**20, "N")),
        ({"user_id": {"S": "u"}, "expires_at": {"N": "12.9"}}, (12, "N")),
        ({"user_id": {"S": "u"}}, None),
        ({"expires_at": {"N": "1"}}, None),
    ],
)
def test_odd_items_read_as_the_handler_reads_them(dynamo, item, what):
    from backend.items import session_of

    sessions, stubber = dynamo
    stored = {"session_id": {"S": ID}, **item}
    stubber.add_response("get_item", {"Item": stored}, ANY_GET)
    reading = sessions.read(ID)
    theirs = session_of(stored)
    assert reading.is_there
    if what is None:
        assert reading.session is theirs is None
    else:
        assert (reading.session.expires_at, reading.session.expires_type) == what
        assert reading.session.expires_at == theirs.expires_at


def test_a_table_without_ttl_says_so(dynamo):
    sessions, stubber = dynamo
    stubber.add_response("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
    assert sessions.time_to_live() == TimeToLive("DISABLED")


def test_the_idle_time_is_the_setting_of_the_live_function(function):
    sessions, stubber = function
    stubber.add_response(
        "get_function_configuration",
        {"Environment": {"Variables": {"SESSION_IDLE_SECONDS": "3600"}}},
        {"FunctionName": "f", "Qualifier": "live"},
    )
    assert sessions.rules() == SessionRules(3600, "SESSION_IDLE_SECONDS of f:live")


@pytest.mark.parametrize("variables", [{}, {"SESSION_IDLE_SECONDS": "soon"}, {"SESSION_IDLE_SECONDS": "0"}])
def test_without_a_setting_the_idle_time_is_the_handlers_default(function, variables):
    sessions, stubber = function
    stubber.add_response("get_function_configuration", {"Environment": {"Variables": variables}})
    assert sessions.rules() == SessionRules()


def test_hidden_variables_leave_the_default_and_are_reported(function):
    sessions, stubber = function
    hidden = {"Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "KMS access was denied"}}}
    stubber.add_response("get_function_configuration", hidden)
    rules = sessions.rules()
    assert rules.idle == SessionRules().idle
    assert "KMS access was denied" in rules.source


def test_an_unreadable_function_leaves_the_default_and_is_reported(function):
    sessions, stubber = function
    stubber.add_client_error("get_function_configuration", "AccessDeniedException", "not allowed")
    rules = sessions.rules()
    assert rules.idle == SessionRules().idle
    assert "access denied" in rules.source
