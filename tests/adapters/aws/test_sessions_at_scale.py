"""No command about one user, and no request of the handler, asks more of DynamoDB the more sessions the user has."""

from collections import Counter

from backend.items import item_of
from backend.sessions import Session as Stored
from backend.store import Store
from fakes.clock import NOON
from fakes.session_items import DAY, T, session_id
from fakes.sessions_table import aws as aws  # noqa: PLC0414  a fixture
from fakes.sessions_table import dynamo_sessions
from fakes.sessions_table import table as table  # noqa: PLC0414  a fixture
from handler.fakes import TABLE
from hybridctl.operations.revoke_sessions import plan_revocation

FEW, MANY = 30, 300
ONE = session_id(f"{FEW // 2:06}")


def fill(dynamodb, count: int) -> None:
    for at in range(0, count, 25):
        items = [
            item_of(Stored(session_id(f"{number:06}"), "ada", "google", (T - number) * 1000, T, T + DAY, 0, "x", ""))
            for number in range(at, min(count, at + 25))
        ]
        dynamodb.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": item}} for item in items]})


def store(dynamodb) -> Store:
    def call(operation, **parameters):
        return dynamodb._make_api_call(operation, parameters)

    return Store(call, table=TABLE, index="by_user")


ASKED = {
    "sessions list": lambda sessions, _: list(sessions.of_user("ada", limit=20).sessions),
    "sessions show": lambda sessions, _: (sessions.read(ONE), sessions.epoch("ada"), sessions.time_to_live()),
    "sessions revoke ID": lambda sessions, _: plan_revocation(sessions, ONE, kind=None, of=None),
    "sessions revoke USER": lambda sessions, _: plan_revocation(sessions, "ada", kind=None, of=None),
    "sessions revoke USER, its effect": lambda sessions, _: sessions.raise_epoch("ada", 0, NOON),
    "POST /auth/validate": lambda _, dynamodb: store(dynamodb).find_active(ONE, lambda *_: True),
    "POST /auth/google, its limit": lambda _, dynamodb: store(dynamodb).of_user("ada", 21),
}


def test_as_many_calls_are_made_whatever_the_number_of_sessions(table):
    calls: Counter[str] = Counter()

    def count(model, **_):
        calls[model.name] += 1

    found: dict[str, list[dict[str, int]]] = {}
    for size in (FEW, MANY):
        fill(table, size)
        table.meta.events.register("before-call.dynamodb", count)
        for name, ask in ASKED.items():
            calls.clear()
            ask(dynamo_sessions(table), table)
            found.setdefault(name, []).append(dict(calls))
        table.meta.events.unregister("before-call.dynamodb", count)
    for name, (few, many) in found.items():
        assert few == many, name
        assert 1 <= sum(few.values()) <= 5, name
