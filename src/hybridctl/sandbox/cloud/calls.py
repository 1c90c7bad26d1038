"""One request to an HTTP API: the data for its access log and its metrics."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

SOURCE = "127.0.0.1"  # of every connection: what a client claims in x-forwarded-for does not count
# Left out of an event that has none (docs: apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
OPTIONAL = ("pathParameters", "queryStringParameters", "stageVariables", "body")


@dataclass(slots=True)
class ApiCall:
    """Filled in during the request; times are epoch seconds, latencies milliseconds."""

    request_id: str
    api: str
    stage: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    route: str | None = None
    status: int = 0
    length: int = 0
    latency_ms: float = 0.0
    integration_ms: float | None = None
    integration_status: int | None = None
    integration_request: str | None = None
    integration_error: str | None = None

    @property
    def full_path(self) -> str:
        """Return the path as API Gateway reports it: with the stage in front unless it is $default."""
        return self.path if self.stage == "$default" else f"/{self.stage}{self.path}"

    def complete(self, event: dict[str, Any]) -> None:
        """Put the request id of the access log and the response into the event."""
        context = event["requestContext"]
        context["requestId"] = self.request_id
        context["domainPrefix"] = self.api
        context["timeEpoch"] = int(self.began * 1000)
        context["http"]["sourceIp"] = SOURCE
        headers = event["headers"]
        cookies = headers.pop("cookie", None)
        if cookies:
            event["cookies"] = [each.strip() for each in cookies.split(";")]
        for member in OPTIONAL:
            if not event.get(member):
                event.pop(member, None)
        claimed = headers.get("x-forwarded-for")
        headers["x-forwarded-for"] = f"{claimed}, {SOURCE}" if claimed else SOURCE
        headers["x-forwarded-port"] = "443"
        headers["x-forwarded-proto"] = "https"
        headers.setdefault("x-amzn-trace-id", f"Root=1-{int(self.began):08x}-{token_hex(12)}")


current: ContextVar[ApiCall | None] = ContextVar("call", default=None)
