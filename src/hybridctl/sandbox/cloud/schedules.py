"""EventBridge rules that invoke functions: only with permission, asynchronously, through the target's alias.

Sources: eventbridge/latest/userguide/eb-use-resource-based.html (permissions), lambda/latest/dg/invocation-async.html
(two retries), eventbridge/latest/userguide/eb-monitoring.html (metrics).
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.meter import Meter
from hybridctl.sandbox.cloud.permissions import may_service_invoke
from hybridctl.sandbox.home import read_seconds

NAMESPACE = "AWS/Events"
PRINCIPAL = "events.amazonaws.com"
TICK_SECONDS = 1  # the emulator looks every ten seconds whether a rule is due

log = logging.getLogger("sandbox.triggers")
_rule: ContextVar[Mapping[str, Any] | None] = ContextVar("rule", default=None)


# One unit is singular, several are plural: eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
_RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")


class Schedules:
    """The emulator's EventBridge with Lambda targets; the file `pace` holds the seconds between two events in a
    rehearsal.
    """

    def __init__(self, meter: Meter, pace: Path) -> None:
        self._meter = meter
        self._pace = pace
        self._events = emulator.service("eventbridge", "_rule_key", "_targets")
        self._lambda = emulator.service("lambda_svc", "_get_func_record_for_ref", "invoke_async_with_retry")

    def install(self) -> None:
        module = self._events.module
        emulator.put(module, "_SCHEDULER_TICK_INTERVAL", TICK_SECONDS)
        emulator.replace(module, "_validate_schedule_expression", "expr", _is_schedule)
        emulator.replace(module, "_parse_rate_seconds", "expr", self._rate)
        emulator.replace(module, "_invoke_target", "target event rule view", self._remember)
        emulator.substitute(module, "_dispatch_to_lambda", "arn payload", self.invoke)
        emulator.replace(module, "_delete_rule", "data", self._delete)

    def invoke(self, arn: str, payload: str) -> None:
        """Send the event to the function if its policy allows this rule."""
        rule = _rule.get() or {}
        name, source = str(rule.get("Name", "")), str(rule.get("Arn", ""))
        record, config, _ = self._lambda["_get_func_record_for_ref"](arn)  # leaves the chosen version to metrics
        if not record or not config:
            log.warning("rule %s: there is no function %s", name, arn)
            self._count("FailedInvocations", name)
            return
        if not may_service_invoke(arn, PRINCIPAL, source):
            log.warning("rule %s may not invoke %s: no statement of its policy allows it", name, arn)
            self._count("FailedInvocations", name)
            return
        self._count("Invocations", name)
        self._lambda["invoke_async_with_retry"](record, json.loads(payload))

    def _remember(self, original: Any, target: Any, event: Any, rule: Mapping[str, Any], view: Any = None) -> None:
        token = _rule.set(rule)
        try:
            original(target, event, rule, view)
        finally:
            _rule.reset(token)

    def _rate(self, original: Callable[[str], float | None], expression: str) -> float | None:
        return (read_seconds(self._pace, 0.0) if expression else 0.0) or original(expression)

    def _delete(self, original: emulator.Original, data: dict[str, Any]) -> emulator.Answer:
        bus = str(data.get("EventBusName", "default"))
        if self._events["_targets"].get(self._events["_rule_key"](str(data.get("Name")), bus)):
            return emulator.refuse("ValidationException", "Rule can't be deleted since it has targets.")
        return original(data)

    def _count(self, metric: str, rule: str) -> None:
        self._meter.count(NAMESPACE, metric, 1, "Count", ((), (("RuleName", rule),)), time.time())


def _is_schedule(original: Callable[[str], bool], expression: str) -> bool:
    return bool(_RATE.fullmatch(expression)) if expression.startswith("rate(") else original(expression)
