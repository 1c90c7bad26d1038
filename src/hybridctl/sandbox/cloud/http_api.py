"""Serve HTTP APIs as API Gateway does: stage in the path, CORS, throttling, access log, metrics, its own errors."""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from secrets import token_bytes
from typing import Any

from hybridctl.sandbox.cloud import access_log, calls, cors, emulator, permissions
from hybridctl.sandbox.cloud.calls import ApiCall
from hybridctl.sandbox.cloud.emulator import Answer, Handler
from hybridctl.sandbox.cloud.function_answers import MalformedAnswer, read_answer
from hybridctl.sandbox.cloud.meter import Meter
from hybridctl.sandbox.cloud.runtime import log
from hybridctl.sandbox.cloud.throttle import StageThrottle
from hybridctl.sandbox.door import host_of_api

NAMESPACE = "AWS/ApiGateway"
INTEGRATION_SECONDS = 30.0
BODY_BYTES = 10 * 1024 * 1024
LINE_AND_HEADER_BYTES = 10_240
EXECUTE = "api_id stage path method headers body query_params raw_query_string"
INTEGRATE = (
    "integration api_id stage path method headers body query_params route_key path_params authorizer_claims"
    " authorizer_scopes authorizer_lambda_context authorizer_iam owner_account_id owner_region raw_query_string"
)
NO_PERMISSION = (
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. "
    "Check the permissions and try again."
)


class HttpApiGateway:
    """The emulator's HTTP API data plane, completed."""

    def __init__(self, meter: Meter, throttle: StageThrottle) -> None:
        self._meter = meter
        self._throttle = throttle
        self._gateway = emulator.service("apigateway", "_apis", "_match_route", "_stages")

    def install(self) -> None:
        svc = emulator.service("lambda_svc").module
        emulator.replace(self._gateway.module, "handle_execute", EXECUTE, self._execute)
        emulator.replace(self._gateway.module, "_invoke_lambda_proxy", INTEGRATE, self._integrate)
        emulator.replace(svc, "_execute_function_with_config_scope", "func event", _complete_event)
        emulator.replace(svc, "lambda_execute_result_to_api_proxy_response", "exec_result", _hide_error)

    async def _execute(
        self,
        original: Handler,
        api: str,
        stage: str,
        path: str,
        method: str,
        headers: dict[str, str],
        body: bytes,
        query: Any,
        raw_query_string: str | None = None,
    ) -> Answer:
        if host := host_of_api.get():
            headers = {**headers, "host": host}
        request_id = b64encode(token_bytes(11)).decode()
        call = ApiCall(request_id, api, stage, method, path, headers, time.time())
        calls.current.set(call)
        began = time.perf_counter()
        settings = self._stage(api, stage)
        answer = (
            self._refuse_disabled(call)
            or _refuse_size(call, raw_query_string or "", body)
            or self._answer_alone(call, settings)
        )
        if answer is None:
            answer = await original(api, stage, path, method, headers, body, query, raw_query_string)
        call.latency_ms = (time.perf_counter() - began) * 1000
        return self._finish(call, settings, answer)

    def _stage(self, api: str, stage: str) -> Mapping[str, Any] | None:
        with emulator.as_owner():
            found: Mapping[str, Any] | None = self._gateway["_stages"].get(api, {}).get(stage)
        return found

    def _refuse_disabled(self, call: ApiCall) -> Answer | None:
        """Refuse requests to an API whose own endpoint is disabled.

        Source: repost.aws/knowledge-center/api-gateway-disable-endpoint (404 Not Found for an HTTP API).
        """
        with emulator.as_owner():
            is_disabled = self._gateway["_apis"].get(call.api, {}).get("disableExecuteApiEndpoint")
        return _message(404, "Not Found") if is_disabled else None

    def _cors(self, api: str) -> Mapping[str, Any]:
        with emulator.as_owner():
            return self._gateway["_apis"].get(api, {}).get("corsConfiguration") or {}

    def _answer_alone(self, call: ApiCall, settings: Mapping[str, Any] | None) -> Answer | None:
        """Return the response if it requires no integration, or None."""
        if settings is None:
            return None
        if self._cors(call.api) and cors.is_preflight(call.method, call.headers):
            return 204, cors.preflight(self._cors(call.api), call.headers), b""
        if not self._admits(call, settings):
            return _message(429, "Too Many Requests")
        if call.method == "OPTIONS" and self._cors(call.api):
            return 204, {}, b""
        if call.method == "OPTIONS" and self._gateway["_match_route"](call.api, call.method, call.path) is None:
            return _message(404, "Not Found")
        return None

    def _admits(self, call: ApiCall, settings: Mapping[str, Any]) -> bool:
        """Ask the bucket of the route if the stage has settings for it, the bucket of the stage otherwise."""
        with emulator.as_owner():
            route = self._gateway["_match_route"](call.api, call.method, call.path) or {}
        key = route.get("routeKey", "")
        own = (settings.get("routeSettings") or {}).get(key)
        if own:
            return self._throttle.admits((call.api, call.stage, key), own)
        return self._throttle.admits((call.api, call.stage), settings.get("defaultRouteSettings") or {})

    def _finish(self, call: ApiCall, settings: Mapping[str, Any] | None, answer: Answer) -> Answer:
        call.status, headers, body = answer
        configured = self._cors(call.api)
        # The function's own CORS headers are ignored.
        if configured and not cors.is_preflight(call.method, call.headers):
            headers = {name: value for name, value in headers.items() if name.lower() not in cors.HEADERS}
            headers.update(cors.on_answer(configured, call.headers))
        headers["apigw-requestid"] = call.request_id
        call.length = len(body) if isinstance(body, bytes) else 0
        if settings is not None:
            self._measure(call)
            with emulator.as_owner():
                self._log(call, settings)
        return call.status, headers, body

    def _measure(self, call: ApiCall) -> None:
        api = ("ApiId", call.api)
        sets = ((api,), (api, ("Stage", call.stage)))
        count = self._meter.count
        count(NAMESPACE, "Count", 1, "Count", sets, call.began)
        count(NAMESPACE, "4xx", 1 if 400 <= call.status < 500 else 0, "Count", sets, call.began)
        count(NAMESPACE, "5xx", 1 if call.status >= 500 else 0, "Count", sets, call.began)
        count(NAMESPACE, "Latency", call.latency_ms, "Milliseconds", sets, call.began)
        count(NAMESPACE, "DataProcessed", call.length, "Bytes", sets, call.began)
        if call.integration_ms is not None:
            count(NAMESPACE, "IntegrationLatency", call.integration_ms, "Milliseconds", sets, call.began)

    def _log(self, call: ApiCall, settings: Mapping[str, Any]) -> None:
        configured = settings.get("accessLogSettings") or {}
        group = str(configured.get("destinationArn", "")).removesuffix(":*").partition(":log-group:")[2]
        if not group or not configured.get("format"):
            return
        stream = f"{datetime.now(UTC):%Y-%m-%d-%H}-{md5(call.api.encode(), usedforsecurity=False).hexdigest()}"
        log.append(group, stream, [(call.began, access_log.line(configured["format"], call))])

    async def _integrate(
        self,
        original: Handler,
        integration: Any,
        api: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: bytes,
        query: Any,
        route: str = "$default",
        *rest: Any,
        **named: Any,
    ) -> Answer:
        call = calls.current.get()
        if call is None:
            raise emulator.EmulatorChanged("an HTTP API's integration was reached past handle_execute")
        call.route = route
        uri = str(integration.get("integrationUri") or "")
        if not permissions.may_invoke(uri, call.api, call.stage, route):
            call.integration_error = NO_PERMISSION
            return _message(500, "Internal Server Error")
        seconds = float(integration.get("timeoutInMillis") or INTEGRATION_SECONDS * 1000) / 1000
        began = time.perf_counter()
        where = (api, stage, call.full_path, method)
        forwarded = original(integration, *where, headers, body, query, route, *rest, **named)
        try:  # the function goes on: it is not told that nobody waits any more
            answer = await asyncio.wait_for(asyncio.shield(forwarded), seconds)
        except TimeoutError:
            call.integration_error = "Integration timed out"
            answer = _message(503, "Service Unavailable")
        call.integration_ms = (time.perf_counter() - began) * 1000
        call.integration_status = answer[0]
        return answer


def _complete_event(original: Any, func: dict[str, Any], event: Any) -> Any:
    call = calls.current.get()
    if call is not None and isinstance(event, dict) and event.get("version") == "2.0":
        call.complete(event)
    return original(func, event)


def _hide_error(original: Any, result: dict[str, Any]) -> Any:
    """Hide from the client what went wrong in the function, as an HTTP API does.

    Source: apigateway/latest/developerguide/http-api-troubleshooting-lambda.html. The 503 of a throttled function was
    observed; it is not documented.
    """
    call = calls.current.get()
    if call is None:
        return original(result)
    if result.get("throttle"):
        call.integration_error = "Rate Exceeded"
        return _proxy_answer(503, "Service Unavailable"), None
    if result.get("error"):
        call.integration_error = str((result.get("body") or {}).get("errorMessage"))
        return _proxy_answer(500, "Internal Server Error"), None
    try:
        return read_answer(result.get("body")), None
    except MalformedAnswer as why:
        call.integration_error = str(why)
        return _proxy_answer(500, "Internal Server Error"), None


def _refuse_size(call: ApiCall, query: str, body: bytes) -> Answer | None:
    """Refuse requests that exceed the quotas of an HTTP API.

    Source: apigateway/latest/developerguide/http-api-quotas.html; the wording of both responses is not documented.
    """
    line = len(call.method) + len(call.full_path) + len(query)
    headers = sum(len(name) + len(value) for name, value in call.headers.items())
    if line + headers > LINE_AND_HEADER_BYTES:
        return _message(431, "Request Header Fields Too Large")
    if len(body) > BODY_BYTES:
        return _message(413, "Request Entity Too Large")
    return None


def _message(status: int, text: str) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": text}, separators=(",", ":")).encode()


def _proxy_answer(status: int, text: str) -> dict[str, Any]:
    body = json.dumps({"message": text}, separators=(",", ":"))
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}
