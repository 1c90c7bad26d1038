"""StartQuery with the sandbox's own interpreter; results are stored where the emulator stores them.

Source: AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

from bisect import bisect_left, bisect_right
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.insights import commands, fields
from hybridctl.sandbox.cloud.insights.reader import MalformedQuery

LIMIT = 10_000


class Insights:
    """Replaces the emulator's operation, which supports only fields, simple filters, sort by time and limit."""

    def __init__(self) -> None:
        self._logs = emulator.service(
            "cloudwatch_logs",
            "_log_events_lock",
            "_log_groups",
            "_queries",
            "_resolve_query_log_groups",
            "new_uuid",
        )

    def install(self) -> None:
        emulator.substitute(self._logs.module, "_start_query", "data", self.start)

    def start(self, request: dict[str, Any]) -> emulator.Answer:
        """Run the query to its end before responding; its result is read by its id, as on AWS."""
        groups = self._logs["_resolve_query_log_groups"](request)
        if not groups:
            return emulator.refuse("InvalidParameterException", "Exactly one kind of log group name is required.")
        if missing := [name for name in groups if name not in self._logs["_log_groups"]]:
            return emulator.refuse("ResourceNotFoundException", f"Log group '{missing[0]}' does not exist")
        if int(request["endTime"]) < int(request["startTime"]):
            return emulator.refuse("MalformedQueryException", "Query's end date and time is before its start")
        try:
            query = commands.read(request.get("queryString", ""))
        except MalformedQuery as error:
            return emulator.refuse("MalformedQueryException", str(error))
        rows, size = self._rows(groups, int(request["startTime"]) * 1000, int(request["endTime"]) * 1000 + 999)
        results = query.answer(rows)[: int(request.get("limit") or LIMIT)]
        key = self._logs["new_uuid"]()
        self._logs["_queries"][key] = {
            "queryId": key,
            "logGroupName": groups[0],
            "logGroupNames": groups,
            "logGroupIdentifiers": [],
            "startTime": request["startTime"],
            "endTime": request["endTime"],
            "queryString": request.get("queryString", ""),
            "status": "Complete",
            "results": results,
            "statistics": {
                "recordsMatched": float(query.matched),
                "recordsScanned": float(len(rows)),
                "bytesScanned": float(size),
            },
        }
        return emulator.answer_json({"queryId": key})

    def _rows(self, groups: list[str], start: int, end: int) -> tuple[list[dict[str, Any]], int]:
        """Sort newest first, the order of an unsorted result."""
        found: list[dict[str, Any]] = []
        size = 0
        for group in groups:
            with self._logs["_log_events_lock"]:
                streams = self._logs["_log_groups"][group]["streams"]
                histories = {name: list(stream["events"]) for name, stream in streams.items()}
            for stream, history in histories.items():
                first = bisect_left(history, start, key=_time)
                for event in history[first : bisect_right(history, end, lo=first, key=_time)]:
                    size += len(event["message"].encode())
                    found.append(fields.row(group, stream, event))
        found.sort(key=lambda row: row["@timestamp_ms"], reverse=True)
        return found, size


def _time(event: dict[str, Any]) -> int:
    return int(event["timestamp"])
