"""An HTTP API's access log: one line per request, in the stage's format, to the stage's log group.

Variables: apigateway/latest/developerguide/http-api-logging-variables.html
"""

import json
import re
from datetime import UTC, datetime

from hybridctl.sandbox.cloud.calls import SOURCE, ApiCall
from hybridctl.sandbox.home import ACCOUNT

NOTHING = "-"
VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.]+)")


def line(template: str, call: ApiCall) -> str:
    """Return the template with each $context variable replaced; one without a value becomes a dash."""
    values = variables(call)

    def value(found: re.Match[str]) -> str:
        name = found[1].rstrip(".")
        tail = found[1][len(name) :]
        return values.get(name, NOTHING) + tail

    return VARIABLE.sub(value, template)


def variables(call: ApiCall) -> dict[str, str]:
    at = datetime.fromtimestamp(call.began, UTC)
    told: dict[str, object] = {
        "accountId": ACCOUNT,
        "apiId": call.api,
        "domainName": f"{call.api}.execute-api.localhost",
        "domainPrefix": call.api,
        "extendedRequestId": call.request_id,
        "httpMethod": call.method,
        "identity.sourceIp": SOURCE,
        "identity.userAgent": call.headers.get("user-agent"),
        "path": call.full_path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": f"{at:%d/%b/%Y:%H:%M:%S} +0000",
        "requestTimeEpoch": int(call.began),
        "responseLatency": round(call.latency_ms),
        "responseLength": call.length,
        "routeKey": call.route,
        "stage": call.stage,
        "status": call.status,
        "integrationErrorMessage": call.integration_error,
        "integration.error": call.integration_error,
        "integration.requestId": call.integration_request,
        "integration.status": call.integration_status,
        "integration.integrationStatus": call.integration_status and 200,
        "integrationStatus": call.integration_status and 200,
        "integration.latency": None if call.integration_ms is None else round(call.integration_ms),
        "integrationLatency": None if call.integration_ms is None else round(call.integration_ms),
    }
    return {name: _escape(str(value)) for name, value in told.items() if value is not None}


def _escape(value: str) -> str:
    """Escape a value for JSON, which most formats are, as API Gateway does for what a client sent."""
    return json.dumps(value, ensure_ascii=False)[1:-1]
