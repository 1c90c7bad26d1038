"""FilterLogEvents with the paging and filters of CloudWatch Logs.

Source: AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from hybridctl.sandbox.cloud import emulator, filter_pattern

EVENTS = 10_000
BYTES = 1_000_000
INVALID = "InvalidParameterException"

Key = tuple[int, int, str, int]  # event time, ingestion time, stream, place in the stream


class LogEvents:
    """Replaces the emulator's operation, which returns the oldest events and never a token."""

    def __init__(self, *, page_bytes: int = BYTES, page_events: int = EVENTS) -> None:
        self._logs = emulator.service("cloudwatch_logs", "_log_events_lock", "_log_groups", "_resolve_log_group_name")
        self._page_bytes = page_bytes
        self._page_events = page_events

    def install(self) -> None:
        emulator.substitute(self._logs.module, "_filter_log_events", "data", self.filter)

    def filter(self, request: dict[str, Any]) -> emulator.Answer:
        group = self._logs["_log_groups"].get(self._logs["_resolve_log_group_name"](request))
        if group is None:
            return emulator.refuse("ResourceNotFoundException", "The specified log group does not exist.")
        names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
        if names and prefix:
            return emulator.refuse(INVALID, "LogStreamNames and LogStreamNamePrefix cannot both be set.")
        limit = int(request.get("limit") or self._page_events)
        if not 1 <= limit <= self._page_events:
            return emulator.refuse(INVALID, f"limit must be between 1 and {self._page_events}.")
        try:
            matches = filter_pattern.compile(request.get("filterPattern") or "")
            after = _decode(request["nextToken"]) if request.get("nextToken") else None
        except ValueError as error:
            return emulator.refuse(INVALID, str(error))
        chosen = [name for name in group["streams"] if (not names or name in names) and name.startswith(prefix or "")]
        page, more = self._page(group, chosen, request, limit, matches, after)
        answer: dict[str, Any] = {"events": [_public(key, event) for key, event in page], "searchedLogStreams": []}
        if more is not None:
            answer["nextToken"] = _encode(more)
        return emulator.answer_json(answer)

    def _page(
        self,
        group: dict[str, Any],
        streams: list[str],
        request: dict[str, Any],
        limit: int,
        matches: filter_pattern.Matcher,
        after: Key | None,
    ) -> tuple[list[tuple[Key, dict[str, Any]]], Key | None]:
        """Return one page and, if the scan stopped early, the key of the next one.

        A page ends at its number of events or at 1 MB *scanned*. With a filter that rarely matches, it may be short or
        empty although there is a next page.
        """
        start = max(int(request.get("startTime") or 0), after[0] if after else 0)
        end = request.get("endTime")
        with self._logs["_log_events_lock"]:
            histories = {name: group["streams"][name]["events"] for name in streams}
            sizes = {name: len(history) for name, history in histories.items()}
        runs = [_run(name, history, sizes[name], start, end) for name, history in histories.items()]
        page: list[tuple[Key, dict[str, Any]]] = []
        scanned = 0
        last = after
        for key, event in heapq.merge(*runs, key=lambda entry: entry[0]):
            if after is not None and key <= after:
                continue
            if len(page) == limit or scanned >= self._page_bytes:
                return page, last
            last = key
            scanned += len(event["message"]) + 26  # what CloudWatch Logs adds to each event's size
            if matches(event["message"]):
                page.append((key, event))
        return page, None


def _run(
    stream: str, history: list[dict[str, Any]], size: int, start: int, end: int | None
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield a stream's events from start to end, both included, each with its sort key among all."""
    first = bisect_left(history, start, hi=size, key=_time)
    beyond = size if end is None else bisect_right(history, end, lo=first, hi=size, key=_time)
    pending: list[tuple[Key, dict[str, Any]]] = []
    for place in range(first, beyond):
        event = history[place]
        if pending and pending[0][0][0] != event["timestamp"]:
            yield from sorted(pending, key=lambda entry: entry[0])
            pending = []
        pending.append(((event["timestamp"], event.get("ingestionTime", 0), stream, place), event))
    yield from sorted(pending, key=lambda entry: entry[0])


def _time(event: dict[str, Any]) -> int:
    return int(event["timestamp"])


def _public(key: Key, event: dict[str, Any]) -> dict[str, Any]:
    made = f"{key[0]:020d}{key[1]:020d}{abs(hash((key[2], key[3]))) % 10**16:016d}"
    return {
        "logStreamName": key[2],
        "timestamp": event["timestamp"],
        "message": event["message"],
        "ingestionTime": event.get("ingestionTime", event["timestamp"]),
        "eventId": event.get("eventId") or made,
    }


def _encode(key: Key) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(token: str) -> Key:
    try:
        time, ingested, stream, place = json.loads(urlsafe_b64decode(token))
        return int(time), int(ingested), str(stream), int(place)
    except (ValueError, TypeError) as error:
        raise ValueError("The specified nextToken is invalid.") from error
