"""A layer before the emulator's DynamoDB that refuses what DynamoDB refuses, and changes nothing else.

Sources: amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html (one change per hour),
amazondynamodb/latest/developerguide/bp-switching-capacity-modes.html (four switches to on-demand in 24 hours),
amazondynamodb/latest/developerguide/switching.capacitymode.html (the capacity of indexes),
amazondynamodb/latest/developerguide/Constraints.html (sizes of keys). For a rehearsal, the file `ttl-interval` in the
sandbox's folder sets the seconds between two changes of TTL.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.dynamodb.expressions import PARAMETERS, Checker
from hybridctl.sandbox.cloud.dynamodb.grammar import MalformedExpression
from hybridctl.sandbox.cloud.emulator import Answer, Handler, Original, ServiceRequest
from hybridctl.sandbox.home import read_seconds

HOUR = 3600.0
DAY = 24 * HOUR
SWITCHES_A_DAY = 4
ON_DEMAND = "PAY_PER_REQUEST"
NO_CAPACITY = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
KEY_BYTES = {"HASH": 2048, "RANGE": 1024}
# Kept in the emulator's own records, which are saved with the rest and deleted with their table.
_CHANGED, _SWITCHED = "_ChangedAt", "_SwitchedAt"


class DynamoDbRefusals:
    """`interval` is the file with the seconds between two changes of TTL; `clock` gives epoch seconds."""

    def __init__(self, interval: Path, clock: Callable[[], float]) -> None:
        self._interval = interval
        self._clock = clock
        self._dynamodb = emulator.service("dynamodb", "_normalize_table_name", "_tables", "_ttl_settings")
        self._reserved = frozenset(emulator.service("_dynamodb_keywords", "AWS_KEYWORDS")["AWS_KEYWORDS"])

    def install(self) -> None:
        module = self._dynamodb.module
        emulator.layer("dynamodb", self._check)
        emulator.replace(module, "_update_ttl", "data", self._limit_ttl)
        emulator.replace(module, "_update_table", "data", self._switch_billing)
        emulator.replace(module, "_index_key_empty_reason", "table item update_expr", _limit_index_keys)

    async def _check(self, forward: Handler, request: ServiceRequest) -> Answer:
        try:
            self._check_expressions(request.operation, json.loads(request.body or b"{}"))
        except MalformedExpression as why:
            return emulator.refuse("ValidationException", str(why))
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
            pass  # a request of the wrong shape, or nested without end: the emulator says so
        return await forward(*request)

    def _check_expressions(self, operation: str, request: dict[str, Any]) -> None:
        if operation == "TransactWriteItems":
            _check_actions(request["TransactItems"])
        for part in _parts(operation, request):
            checker = Checker(part, self._reserved)
            for parameter in PARAMETERS:
                if isinstance(part.get(parameter), str):
                    named = checker.check(parameter, part[parameter])
                    if operation == "Query" and parameter == "FilterExpression":
                        self._must_not_filter_keys(named, part)

    def _must_not_filter_keys(self, named: set[str], request: Mapping[str, Any]) -> None:
        table = self._table(request) or {}
        schemas = [each["KeySchema"] for each in _indexes(table) if each["IndexName"] == request.get("IndexName")]
        for key in [*schemas, table.get("KeySchema") or []][0]:
            if key["AttributeName"] in named:
                raise MalformedExpression(
                    "Filter Expression can only contain non-primary key attributes: "
                    f"Primary key attribute: {key['AttributeName']}"
                )

    def _limit_ttl(self, original: Original, data: dict[str, Any]) -> Answer:
        name = self._dynamodb["_normalize_table_name"](data.get("TableName"))
        before = self._dynamodb["_ttl_settings"].get(name) or {}
        since = self._clock() - before.get(_CHANGED, 0.0)
        can_change = since >= read_seconds(self._interval, HOUR)
        if why := refuse_ttl(before, data.get("TimeToLiveSpecification") or {}, can_change=can_change):
            return emulator.refuse("ValidationException", why)
        answer = original(data)
        if answer[0] == 200:
            self._dynamodb["_ttl_settings"][name][_CHANGED] = self._clock()
        return answer

    def _switch_billing(self, original: Original, data: dict[str, Any]) -> Answer:
        """On demand removes the capacity of indexes, at most four times a day; provisioned requires one for each."""
        table, mode = self._table(data), data.get("BillingMode")
        if table is None or mode is None:
            return original(data)
        if mode == "PROVISIONED" and (indexes := _find_unprovisioned(table, data)):
            return emulator.refuse(
                "ValidationException",
                "One or more parameter values were invalid: ProvisionedThroughput must be specified for index: "
                + ", ".join(indexes),
            )
        before = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        switches, now, earlier = before != mode == ON_DEMAND, self._clock(), list(table.get(_SWITCHED, ()))
        if switches and (why := refuse_switch(earlier, now)):
            return emulator.refuse("LimitExceededException", why)
        answer = original(data)
        if answer[0] == 200 and mode == ON_DEMAND:
            for index in table.get("GlobalSecondaryIndexes") or []:
                index["ProvisionedThroughput"] = dict(NO_CAPACITY)
        if answer[0] == 200 and switches:
            table[_SWITCHED] = [*earlier, now][-SWITCHES_A_DAY:]
        return answer

    def _table(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._dynamodb["_tables"].get(
            self._dynamodb["_normalize_table_name"](request.get("TableName"))
        )
        return found


def _parts(operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the parts of a request that have expressions with their own placeholders."""
    if operation == "BatchGetItem":
        yield from request["RequestItems"].values()
    elif operation in ("TransactWriteItems", "TransactGetItems"):
        yield from (part for each in request["TransactItems"] for part in each.values())
    else:
        yield request


def _check_actions(items: Sequence[Mapping[str, Any]]) -> None:
    if any(len(each) > 1 for each in items):
        raise MalformedExpression("TransactItems can only contain one of Check, Put, Update or Delete")
    checks = [each["ConditionCheck"] for each in items if "ConditionCheck" in each]
    if any(not each.get("ConditionExpression") for each in checks):
        raise MalformedExpression(
            "1 validation error detected: Value null at 'transactItems.1.member.conditionCheck.conditionExpression' "
            "failed to satisfy constraint: Member must not be null"
        )


def _limit_index_keys(original: Any, table: dict[str, Any], item: dict[str, Any], **update: bool) -> str | None:
    reason: str | None = original(table, item, **update)
    for key in (key for index in _indexes(table) for key in index["KeySchema"]) if reason is None else ():
        kind = key["KeyType"]
        if _size(item.get(key["AttributeName"]) or {}) > KEY_BYTES[kind]:
            return (
                f"One or more parameter values were invalid: Aggregated size of all {kind.lower()} keys has "
                f"exceeded the size limit of {KEY_BYTES[kind]} bytes"
            )
    return reason


def _indexes(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(table.get("GlobalSecondaryIndexes") or ()), *(table.get("LocalSecondaryIndexes") or ())]


def _find_unprovisioned(table: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Return the indexes that would have no capacity."""
    given = {each["Update"]["IndexName"] for each in data.get("GlobalSecondaryIndexUpdates") or [] if "Update" in each}
    return [
        index["IndexName"]
        for index in table.get("GlobalSecondaryIndexes") or []
        if index["IndexName"] not in given
        and not (index.get("ProvisionedThroughput") or NO_CAPACITY)["ReadCapacityUnits"]
    ]


def refuse_switch(earlier: Sequence[float], now: float) -> str:
    """Return why a switch to on-demand is refused, given the epoch seconds of earlier ones; "" if it is allowed."""
    if len([each for each in earlier if each > now - DAY]) < SWITCHES_A_DAY:
        return ""
    return f"Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES_A_DAY} times in 1 day(s)."


def refuse_ttl(before: Mapping[str, Any], wanted: Mapping[str, Any], *, can_change: bool) -> str:
    """Return why a change of TTL is refused, given whether the last one was long enough ago; "" if it is allowed."""
    is_on = before.get("TimeToLiveStatus") == "ENABLED"
    attribute = before.get("AttributeName")
    if wanted.get("Enabled") is is_on and attribute == wanted.get("AttributeName", attribute):
        return f"TimeToLive is already {'enabled' if is_on else 'disabled'}"
    if is_on and attribute != wanted.get("AttributeName"):
        return f"TimeToLive is active on a different AttributeName: current AttributeName is {attribute}"
    if not is_on and not wanted.get("Enabled"):
        return "TimeToLive is already disabled"
    return "" if can_change else "Time to live has been modified multiple times within a fixed interval"


def _size(value: Mapping[str, Any]) -> int:
    """Return the size in bytes of a text or binary value; 0 for a number, which has at most 21 bytes."""
    if "S" in value:
        return len(str(value["S"]).encode())
    return len(b64decode(value["B"])) if "B" in value else 0
