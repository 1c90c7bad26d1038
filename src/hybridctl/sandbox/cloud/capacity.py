"""Capacity that reads consume; the emulator counts one block for each, and nothing for BatchGetItem.

Source: amazondynamodb/latest/developerguide/read-write-operations.html and CapacityUnitCalculations.html.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

READ_BLOCK = 4096  # bytes
MEASURED = {"GetItem", "BatchGetItem", "Query", "Scan"}
NARROWING = {"ProjectionExpression", "AttributesToGet", "FilterExpression", "QueryFilter", "ScanFilter", "Select"}
WHOLE = ("TableName", "IndexName", "Key", "KeyConditions", "KeyConditionExpression", "ConsistentRead", "Limit")
PAGED = ("ExclusiveStartKey", "ScanIndexForward", "Segment", "TotalSegments")

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def measure_read(operation: str, request: Mapping[str, Any], answer: dict[str, Any], ask: Ask) -> Any:
    """Return the ConsumedCapacity of a read, with its indexes; `ask` repeats the read if the answer hides its size.

    Whole items count, even if a projection or a filter removes parts. Each item of a GetItem or BatchGetItem is rounded
    up to 4 KB, a missing one counts as the smallest; a Query or Scan is rounded up as a whole.
    """
    if operation == "BatchGetItem":
        return await _measure_batch(request, answer, ask)
    whole = answer
    if NARROWING & set(request):
        whole = await ask(_without_narrowing(request))
    if operation == "GetItem":
        blocks = _blocks(measure_item(whole.get("Item") or {}))
    else:
        blocks = _blocks(sum(measure_item(item) for item in whole.get("Items") or ()))
    units = blocks * _factor(request)
    consumed: dict[str, Any] = {"TableName": request["TableName"], "CapacityUnits": units}
    if "IndexName" in request:
        indexes = {request["IndexName"]: {"CapacityUnits": units}}
        return {**consumed, "Table": {"CapacityUnits": 0.0}, "GlobalSecondaryIndexes": indexes}
    return {**consumed, "Table": {"CapacityUnits": units}}


async def _measure_batch(request: Mapping[str, Any], answer: Mapping[str, Any], ask: Ask) -> list[dict[str, Any]]:
    asked = request["RequestItems"]
    whole = answer
    if any(NARROWING & set(keys) for keys in asked.values()):
        whole = await ask({"RequestItems": {name: {"Keys": keys["Keys"]} for name, keys in asked.items()}})
    consumed = []
    for name, keys in asked.items():
        unread = len((answer.get("UnprocessedKeys") or {}).get(name, {}).get("Keys", ()))
        items = (whole.get("Responses") or {}).get(name, [])
        missing = len(keys["Keys"]) - unread - len(items)
        units = (sum(_blocks(measure_item(item)) for item in items) + missing) * _factor(keys)
        consumed.append({"TableName": name, "CapacityUnits": units, "Table": {"CapacityUnits": units}})
    return consumed


def _without_narrowing(request: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: request[name] for name in (*WHOLE, *PAGED) if name in request}
    expression = str(plain.get("KeyConditionExpression", ""))
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {name: value for name, value in (request.get(member) or {}).items() if name in expression}
        if used:
            plain[member] = used
    return plain


def _factor(request: Mapping[str, Any]) -> float:
    return 1.0 if request.get("ConsistentRead") else 0.5


def _blocks(size: int) -> int:
    return max(1, -(-size // READ_BLOCK))


def measure_item(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return an item's size in bytes."""
    return sum(len(name.encode()) + _measure_value(value) for name, value in item.items())


def _measure_value(value: Mapping[str, Any]) -> int:
    kind: str
    content: Any
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            return (
                (len(str(content).strip("-").replace(".", "").strip("0")) + 1) // 2 + 1 + str(content).startswith("-")
            )
        case "B":
            return len(content) * 3 // 4
        case "SS" | "NS" | "BS":
            return sum(_measure_value({kind[0]: each}) for each in content)
        case "L":
            return 3 + sum(1 + _measure_value(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _measure_value(each) for name, each in content.items())
        case _:  # BOOL, NULL
            return 1
