"""After the write that decides a request, nothing turns its answer into an error, whichever call fails in which way."""

import threading
from dataclasses import replace

import pytest

from backend.aws.client import ServiceError
from backend.aws.connections import NoAnswer
from handler.fakes import LOGIN, TABLE, Handler, empty_sessions_table

# Every error that the service's own model has for the calls of the store, and those that all services share.
CODES = [
    "AccessDeniedException",
    "ConditionalCheckFailedException",
    "ExpiredTokenException",
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ResourceNotFoundException",
    "SerializationException",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "UnrecognizedClientException",
    "ValidationException",  # "Cannot read from backfilling global secondary index", "does not have the specified index"
]


def client_error(code):
    return ServiceError("Op", code, 500 if code in ("InternalServerError", "ServiceUnavailable") else 400)


ERRORS = [
    *map(client_error, CODES),
    NoAnswer("dynamodb: TimeoutError"),
    OSError("no"),
    RuntimeError("cannot start new thread"),
    KeyError("Items"),
    RecursionError(),
    MemoryError(),
]
# Per route: the call that decides it; of a validation it is the read, which the note that it was seen follows.
ROUTES = {
    "log in": ("PutItem", ("POST", "/auth/session", LOGIN), 201),
    "log out": ("DeleteItem", ("DELETE", "/auth/session"), 204),
    "log out everywhere": ("UpdateItem", ("DELETE", "/auth/sessions"), 204),
    "validate": ("BatchGetItem", ("POST", "/auth/validate"), 200),
}


class FailsAfter:
    """Passes calls on; once `decisive` has succeeded, each call of `failing` does what `fail` does."""

    def __init__(self, client):
        self._client = client
        self.decisive, self.failing, self.fail = None, (), None
        self.is_decided = False
        self.failed, self.followed = [], []

    def __call__(self, operation, **parameters):
        if self.is_decided:
            self.followed.append(operation)
            if operation in self.failing:
                self.failed.append(operation)
                return self.fail()
        answer = self._client(operation, **parameters)
        self.is_decided = self.is_decided or operation == self.decisive
        return answer


def raising(error):
    def fail():
        raise error

    return fail


PREPARED: dict[str, list] = {}


def prepare(dynamodb):
    """A user with as many sessions as may be, the last of them not seen for a while.

    They are made once, by logging in; each test gets a copy of what that has written.
    """
    client = FailsAfter(dynamodb)
    handler = Handler(client)
    if not PREPARED:
        made = [handler.log_in() for _ in range(handler.application._endpoints.settings.max_sessions)]
        PREPARED[made[-1]] = dynamodb.table.scan(TableName=TABLE)["Items"]
    ((session_id, items),) = PREPARED.items()
    dynamodb.table.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": one}} for one in items]})
    handler.is_valid(session_id)  # so that its owner is known, and one read decides the next validation
    handler.now += 600
    handler.lines.clear()
    return client, handler, session_id


def ask(handler, session_id, request):
    method, path, *body = request
    sent = body[0] if body else {"session_id": session_id} if method == "POST" else None
    return handler.call(method, path, sent, bearer=session_id)


FOLLOWED: dict[str, set[str]] = {}


def find_followed(dynamodb, route):
    """The calls that a request makes after the one that decides it, found out once."""
    if route not in FOLLOWED:
        client, handler, session_id = prepare(dynamodb)
        client.decisive = ROUTES[route][0]
        ask(handler, session_id, ROUTES[route][1])
        FOLLOWED[route] = set(client.followed)
        empty_sessions_table(dynamodb.table)
    return sorted(FOLLOWED[route])


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("route", [route for route in ROUTES if route != "log out"])
def test_the_answer_stays_whatever_fails_afterwards(dynamodb, route, error):
    decisive, request, status = ROUTES[route]
    followed = find_followed(dynamodb, route)
    assert followed
    for failing in ([name] for name in followed):
        client, handler, session_id = prepare(dynamodb)
        client.decisive, client.failing, client.fail = decisive, failing, raising(error)
        answered = ask(handler, session_id, request)
        assert answered.status == status, (failing, answered.text)
        if route == "validate":
            assert answered.body["valid"] or isinstance(error, ServiceError)  # a failed condition: it has just gone
        is_stopped = bool(client.failed) and "ConditionalCheckFailed" not in str(error)
        (line,) = handler.requests_logged
        assert line["status"] == status
        if is_stopped:
            assert (line["level"], line["error"]["type"]) == ("WARNING", type(error).__name__)
            assert "left undone" in line["message"]
        client.failing = ()
        if route == "log out everywhere":
            assert not handler.is_valid(session_id)
        if route == "log in":
            assert handler.is_valid(answered.body["session_id"])
        empty_sessions_table(dynamodb.table)


def test_nothing_follows_a_log_out(dynamodb):
    assert find_followed(dynamodb, "log out") == []


@pytest.mark.parametrize(
    ("route", "failing"), [("log in", "Query"), ("log out everywhere", "Query"), ("validate", "UpdateItem")]
)
def test_work_that_hangs_is_not_waited_for(dynamodb, route, failing):
    decisive, request, status = ROUTES[route]
    client, handler, session_id = prepare(dynamodb)
    released = threading.Event()
    handler.application._endpoints = replace(handler.application._endpoints, follow_up_patience=0.05)
    client.decisive, client.failing, client.fail = decisive, (failing,), lambda: released.wait(30) and {}
    try:
        answered = ask(handler, session_id, request)
        assert answered.status == status
        assert not released.is_set()
        assert handler.requests_logged[0]["error"]["type"] == "TookTooLong"
    finally:
        released.set()


@pytest.mark.parametrize("error", [OSError("no space left"), BrokenPipeError(), ValueError("I/O on closed file")])
def test_a_log_that_cannot_be_written_leaves_the_answer(dynamodb, error):
    _, handler, session_id = prepare(dynamodb)
    handler.application._write_line = lambda _line: raising(error)()
    assert ask(handler, session_id, ROUTES["log out everywhere"][1]).status == 204
    assert not handler.is_valid(session_id)


def test_logging_out_needs_no_index_and_one_write(dynamodb):
    client, handler, session_id = prepare(dynamodb)
    client.is_decided, client.failing = True, ("Query", "BatchWriteItem", "PutItem", "DeleteItem")
    client.fail = raising(client_error("ValidationException"))
    before = len(dynamodb.calls)
    assert ask(handler, session_id, ROUTES["log out everywhere"][1]).status == 204
    writes = [name for name, _ in dynamodb.calls[before:] if name not in ("BatchGetItem", "GetItem")]
    assert writes == ["UpdateItem"]
    assert not handler.is_valid(session_id)
