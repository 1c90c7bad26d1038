"""AWS/DynamoDB metrics from the capacity that each operation consumes; the emulator reports none."""

import json
import time
import zlib
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.capacity import MEASURED, measure_read
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.meter import Meter

NAMESPACE = "AWS/DynamoDB"
READS = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
THROTTLED = "ProvisionedThroughputExceededException"


class TableMetrics:
    """A layer around DynamoDB: requests the consumed capacity of each data operation, counts it, and answers as
    requested.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def install(self) -> None:
        emulator.layer("dynamodb", self._measure)

    async def _measure(self, forward: Handler, sent: ServiceRequest) -> Answer:
        operation = sent.operation
        if operation not in READS | WRITES:
            return await forward(*sent)
        try:
            request = json.loads(sent.body)
            asked = request.get("ReturnConsumedCapacity", "NONE")
        except (ValueError, AttributeError):
            return await forward(*sent)
        if asked not in ("NONE", "TOTAL", "INDEXES"):
            return await forward(*sent)

        async def ask(request: dict[str, Any]) -> dict[str, Any]:
            _, _, body = await forward(*sent._replace(body=json.dumps(request).encode()))
            read: dict[str, Any] = json.loads(body)
            return read

        request["ReturnConsumedCapacity"] = "INDEXES"
        began = time.perf_counter()
        status, headers, body = await forward(*sent._replace(body=json.dumps(request).encode()))
        latency = (time.perf_counter() - began) * 1000
        answer = json.loads(body)
        if status == 200:
            if operation in MEASURED:
                answer["ConsumedCapacity"] = await measure_read(operation, request, answer, ask)
            self._record_capacity(operation, answer, latency)
            body = json.dumps(_as_asked(answer, asked)).encode()
            headers["x-amz-crc32"] = str(zlib.crc32(body))
        else:
            self._record_failure(operation, request, str(answer.get("__type", "")))
        return status, headers, body

    def _record_capacity(self, operation: str, answer: dict[str, Any], latency: float) -> None:
        name = "ConsumedReadCapacityUnits" if operation in READS else "ConsumedWriteCapacityUnits"
        for capacity in _capacities(answer):
            table = ("TableName", capacity["TableName"])
            own = (capacity.get("Table") or capacity).get("CapacityUnits", 0)
            self._meter.count(NAMESPACE, name, own, "Count", [(table,)])
            for index, used in (capacity.get("GlobalSecondaryIndexes") or {}).items():
                both = (table, ("GlobalSecondaryIndexName", index))
                self._meter.count(NAMESPACE, name, used.get("CapacityUnits", 0), "Count", [both])
            timed = (table, ("Operation", operation))
            self._meter.count(NAMESPACE, "SuccessfulRequestLatency", latency, "Milliseconds", [timed])

    def _record_failure(self, operation: str, request: dict[str, Any], error: str) -> None:
        code = error.rpartition("#")[2]
        tables = [str(request["TableName"])] if "TableName" in request else list(request.get("RequestItems") or {})
        for name in tables:
            table = ("TableName", name)
            if code == "ConditionalCheckFailedException":
                self._meter.count(NAMESPACE, "ConditionalCheckFailedRequests", 1, "Count", [(table,)])
            elif code == THROTTLED:
                events = "ReadThrottleEvents" if operation in READS else "WriteThrottleEvents"
                self._meter.count(NAMESPACE, "ThrottledRequests", 1, "Count", [(table, ("Operation", operation))])
                self._meter.count(NAMESPACE, events, 1, "Count", [(table,)])
        if code not in ("ConditionalCheckFailedException", THROTTLED):
            self._meter.count(NAMESPACE, "UserErrors", 1, "Count", [()])


def _capacities(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = answer.get("ConsumedCapacity") or []
    return found if isinstance(found, list) else [found]


def _as_asked(answer: dict[str, Any], asked: str) -> dict[str, Any]:
    if asked == "NONE":
        answer.pop("ConsumedCapacity", None)
    elif asked == "TOTAL":
        for capacity in _capacities(answer):
            for detail in ("Table", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
                capacity.pop(detail, None)
    return answer
