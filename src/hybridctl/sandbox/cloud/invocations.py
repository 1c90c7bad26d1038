"""Run every invocation in an environment of the sandbox, with AWS's log and metrics."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from hybridctl.sandbox.cloud import calls, emf, emulator, routing
from hybridctl.sandbox.cloud.meter import Dimensions, Meter
from hybridctl.sandbox.cloud.runtime import log
from hybridctl.sandbox.cloud.runtime.environment import ExecutionEnvironment, RuntimeInvocation

NAMESPACE = "AWS/Lambda"
IDLE_SECONDS = 600.0  # AWS keeps an environment for minutes too; a version without traffic costs no memory then


class Invocations:
    """The emulator's warm executor for Python, its concurrency gate and its measurements, replaced."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._lambda = emulator.service(
            "lambda_svc",
            "_ensure_reaper_thread",
            "_functions",
            "_inflight",
            "_xray_trace_id_for_invocation",
            "acquire_worker",
            "release_worker",
        )
        self._pool = emulator.Parts("core.lambda_runtime", "_lock", "_workers", "kill_workers")

    def install(self) -> None:
        pool, svc = self._pool.module, self._lambda.module
        emulator.replace(pool, "_worker_class_for", "config", _choose_environment)
        emulator.replace(svc, "_execute_function_warm", "func event request_id", self._execute)
        emulator.replace(svc, "_acquire_execution_slot", "func config", self._acquire_slot)
        emulator.substitute(
            svc, "_emit_lambda_metrics", "function_name duration_ms error throttle", lambda *_, **__: None
        )
        emulator.replace(svc, "_emit_lambda_logs", "func request_id log_text error duration_ms log_source", _log_others)

    def start_ahead(self, config: dict[str, Any], code: bytes) -> None:
        """Start an environment of a new version while nobody waits for it, as Lambda occasionally does.

        Source: lambda/latest/dg/lambda-runtime-environment.html, "may occasionally initialize execution environments
        ahead of invocation requests".
        """
        environment, _ = self._lambda["acquire_worker"](
            config["FunctionName"], config, code, qualifier=config["Version"]
        )
        self._lambda["release_worker"](environment)
        Thread(target=environment.start_ahead, name="start-ahead", daemon=True).start()

    def reap_idle(self) -> None:
        """End environments that have been idle for a while; the emulator keeps the first of each version forever."""
        pool, since = self._pool, time.time() - IDLE_SECONDS
        with pool["_lock"]:
            idle = [
                each
                for environments in pool["_workers"].values()
                for each in environments
                if not each.in_use and each.last_used < since
            ]
            for environments in pool["_workers"].values():
                environments[:] = [each for each in environments if each not in idle]
        pool["kill_workers"](idle)

    def _acquire_slot(self, original: Any, func: dict[str, Any], config: dict[str, Any]) -> Any:
        # A version's record lacks the reservation: it belongs to the function, for all versions together.
        base = self._lambda["_functions"].get(config.get("FunctionName")) or {}
        held = original({**(func or {}), "concurrency": base.get("concurrency")}, config)
        dimensions = _dimension_sets(config)
        self._meter.count(NAMESPACE, "Throttles", int(held[0] is None), "Count", dimensions)
        if held[0] is not None:
            running = self._lambda["_inflight"].get(held[0], 1)
            self._meter.count(NAMESPACE, "ConcurrentExecutions", running, "Count", dimensions)
        return held

    def _execute(
        self, original: Callable[..., dict[str, Any]], func: dict[str, Any], event: Any, request_id: str
    ) -> dict[str, Any]:
        config = func.get("config") or func
        code = func.get("code_zip")
        if not _is_python(config) or not code:
            return original(func, event, request_id)
        done = self._run(config, code, event, request_id)
        self._measure(config, done)
        for _, line in done.lines:
            emf.record(self._meter, line)
        answer = {"body": done.answer, "log": "\n".join(line for _, line in done.lines)}
        return {**answer, "error": True, "function_error": "Unhandled"} if done.is_error else answer

    def _run(self, config: dict[str, Any], code: bytes, event: Any, request_id: str) -> RuntimeInvocation:
        svc = self._lambda
        call = calls.current.get()
        if call is not None:
            call.integration_request = request_id
        svc["_ensure_reaper_thread"]()
        environment, _ = svc["acquire_worker"](
            config["FunctionName"], config, code, qualifier=config.get("Version", "$LATEST")
        )
        try:
            trace = svc["_xray_trace_id_for_invocation"](config)
            done: RuntimeInvocation = environment.invoke(
                event,
                request_id,
                arn=_arn_of_invoked(config),
                trace_id=trace,
                write=lambda lines: log.write(config, environment.stream, lines),
            )
            return done
        finally:
            environment.last_used = time.time()
            svc["release_worker"](environment)

    def _measure(self, config: dict[str, Any], done: RuntimeInvocation) -> None:
        dimensions = _dimension_sets(config)
        count = self._meter.count
        count(NAMESPACE, "Invocations", 1, "Count", dimensions, done.began)
        count(NAMESPACE, "Errors", 1 if done.is_error else 0, "Count", dimensions, done.began)
        count(NAMESPACE, "Duration", done.duration_ms, "Milliseconds", dimensions, done.began)


def _choose_environment(original: Any, config: dict[str, Any]) -> Any:
    return ExecutionEnvironment if _is_python(config) else original(config)


def _log_others(original: Any, func: dict[str, Any], *arguments: Any, **named: Any) -> None:
    if not _is_python(func.get("config") or func):  # those have been written already, with their own times
        original(func, *arguments, **named)


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python") and config.get("PackageType", "Zip") == "Zip"


def _route(config: dict[str, Any]) -> routing.GatewayRoute:
    """Return how this function was addressed; a route of another function in the same context does not count."""
    name = str(config.get("FunctionName"))
    route = routing.current.get()
    return route if route is not None and route.function == name else routing.GatewayRoute(name)


def _arn_of_invoked(config: dict[str, Any]) -> str:
    unqualified = ":".join(str(config["FunctionArn"]).split(":")[:7])
    qualifier = _route(config).qualifier
    return f"{unqualified}:{qualifier}" if qualifier else unqualified


def _dimension_sets(config: dict[str, Any]) -> tuple[Dimensions, ...]:
    """Return the dimension sets under which AWS/Lambda reports one invocation (docs:
    lambda/latest/dg/monitoring-metrics-types.html).
    """
    route = _route(config)
    function = ("FunctionName", route.function)
    resource = ("Resource", route.resource)
    sets: tuple[Dimensions, ...] = ((), (function,), (function, resource))
    if route.is_alias:
        sets = (*sets, (function, resource, ("ExecutedVersion", str(config.get("Version", "$LATEST")))))
    return sets
