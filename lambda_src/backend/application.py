"""One request from event to answer: route it, carry it out, and say on stdout how it went."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from backend import cors, telemetry
from backend.endpoints import Endpoints
from backend.events import read_event
from backend.replies import Refused, Reply
from backend.routes import ROUTES, UNMATCHED, find_route
from backend.settings import LEVELS

Answer = dict[str, Any]
COLD_STARTS = "ColdStarts"
_EVERY_REPLY = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Application:
    """Answers events; no exception leaves it, so no stack trace does either."""

    def __init__(self, endpoints: Endpoints, write_line: Callable[[str], None]) -> None:
        self._endpoints = endpoints
        self._settings = endpoints.settings
        self._write_line = write_line
        self._is_cold = not endpoints.settings.is_prewarmed
        self._identity = {
            **_EVERY_REPLY,
            "x-build": endpoints.settings.build,
            "x-function-version": endpoints.settings.function_version,
        }

    def answer(self, event: object, context: object) -> Answer:
        began = time.perf_counter()
        record: dict[str, Any] = {"route": UNMATCHED, "api_request_id": ""}
        headers = dict(self._identity)
        with_body = True
        error: Exception | None = None
        try:
            request = read_event(event, ROUTES)
            route = find_route(request)
            record.update(route=route.name, api_request_id=request.api_request_id)
            headers |= cors.headers(request, self._settings.cors_origins, route.allowed)
            with_body = request.method != "HEAD"
            reply = route.action(self._endpoints, request)
        except Refused as refused:
            error, reply = refused, refused.reply
        except Exception as bug:  # the last line of defence: the client gets JSON, the log gets the stack
            error, reply = bug, Refused(500, "internal", "an error of ours; it has been logged").reply
        with suppress(Exception):  # a line that cannot be written must not undo what has been done
            self._log(reply, record, error, context, began)
        return reply.as_event(headers, with_body=with_body)

    def _log(
        self, reply: Reply, record: dict[str, Any], error: Exception | None, context: object, began: float
    ) -> None:
        is_cold, self._is_cold = self._is_cold, False
        now = self._endpoints.clock()
        duration = round((time.perf_counter() - began) * 1000, 3)
        level = telemetry.level_of(reply.status)
        if reply.left_undone is not None:
            level, error = "WARNING", reply.left_undone
        undone = "" if reply.left_undone is None else ", but work after it was left undone"
        if LEVELS[level] >= self._settings.log_level:
            line = {
                "timestamp": telemetry.timestamp(now),
                "level": level,
                "message": f"{record['route']} {reply.status}{undone}",
                "request_id": str(getattr(context, "aws_request_id", "")),
                "api_request_id": record["api_request_id"],
                "version": self._settings.function_version,
                "build": self._settings.build,
                "route": record["route"],
                "status": reply.status,
                "duration_ms": duration,
                "cold_start": is_cold,
            }
            if error is not None:
                line["error"] = telemetry.error_fields(error)
            self._write_line(json.dumps(line))
        counts = (*reply.counts, COLD_STARTS) if is_cold else reply.counts
        if counts:
            self._write_line(telemetry.metrics(counts, self._settings.environment, now))
