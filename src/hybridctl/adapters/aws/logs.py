"""One log group of CloudWatch Logs, read with FilterLogEvents."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import DENIED, EXPIRED, THROTTLED, code, explain_failures
from hybridctl.adapters.aws.server_time import read_server_time
from hybridctl.domain.logs.events import LogEvent, LogPage
from hybridctl.domain.logs.moments import Window
from hybridctl.errors import (
    AwsRefused,
    CredentialsExpired,
    HybridctlError,
    LogPagesLost,
    LogsThrottled,
    LogsUnreachable,
    NotDeployed,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_logs import CloudWatchLogsClient

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNFILTERED = "INFREQUENT_ACCESS"


class CloudWatchLogs:
    """The log group `group`.

    `client_factory` returns a client with its own session, and is called again after credentials expire. The client
    must make one attempt per call: callers decide how fast and how often CloudWatch is called.
    """

    def __init__(self, client_factory: Callable[[], "CloudWatchLogsClient"], *, group: str) -> None:
        self._open = client_factory
        self._client: CloudWatchLogsClient | None = None
        self.group = group
        self._events: list[Any] | None = None  # of the current answer

    def page(
        self, window: Window, *, pattern: str | None = None, token: str | None = None, newest_first: bool = False
    ) -> LogPage:
        """Return one page. Raises NotDeployed, LogsThrottled, LogsUnreachable, LogPagesLost, or AwsRefused for
        permanent errors.
        """
        request: dict[str, Any] = {"logGroupName": self.group, "startTime": _milliseconds(window.start)}
        if window.end is not None:
            request["endTime"] = _milliseconds(window.end)
        if pattern:
            request["filterPattern"] = pattern
        if token:
            request["nextToken"] = token
        doing = f"reading the log group {self.group} (logs:FilterLogEvents)"
        with explain_failures(doing):
            return self._ask(doing, request, newest_first=newest_first, again=True)

    def _ask(self, doing: str, request: dict[str, Any], *, newest_first: bool, again: bool) -> LogPage:
        from botocore import exceptions
        from botocore.parsers import ResponseParserError

        credentials_gone = (
            exceptions.CredentialRetrievalError,
            exceptions.SSOError,
            exceptions.TokenRetrievalError,
        )
        try:
            client = self._client = self._client or self._make_client()
            if newest_first and _takes_order(client):
                request = request | {"startFromHead": False}
            self._events = None
            answer = client.filter_log_events(**request)
            return _page(answer, answer.get("events", []) if self._events is None else self._events)
        except exceptions.ClientError as cause:
            if code(cause) not in EXPIRED:
                raise _explain(doing, cause, self.group, resumed="nextToken" in request) from cause
            reason: Exception = cause
        except credentials_gone as cause:
            reason = cause
        except (exceptions.HTTPClientError, exceptions.ConnectionError, ResponseParserError) as cause:
            raise LogsUnreachable(f"{doing}: {cause}", hint="hybridctl doctor checks the connection to AWS") from cause
        self._client = None
        if not again:
            raise CredentialsExpired(
                f"{doing}: the credentials have expired", hint="aws sso login, or renew the credentials"
            ) from reason
        return self._ask(doing, request, newest_first=newest_first, again=False)

    def _make_client(self) -> "CloudWatchLogsClient":
        client = self._open()
        client.meta.events.register("before-parse.cloudwatch-logs.FilterLogEvents", self._take_events)
        return client

    def _take_events(self, response_dict: dict[str, Any], **_: object) -> None:
        """Parse the events here, because botocore takes ten times as long as parsing their JSON."""
        if response_dict["status_code"] != 200:
            return
        try:
            answer = json.loads(response_dict["body"])
            self._events = answer.pop("events", [])
        except (ValueError, AttributeError, TypeError):
            return  # botocore reports the error
        answer.pop("searchedLogStreams", None)
        response_dict["body"] = json.dumps(answer).encode()


def _explain(doing: str, cause: "ClientError", group: str, *, resumed: bool) -> HybridctlError:
    from hybridctl.adapters.aws.errors import explain_refusal

    name = code(cause)
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    message = str(cause.response.get("Error", {}).get("Message", "")) or name
    if name == "ResourceNotFoundException":
        return NotDeployed(
            f"reading the log group {group}: it does not exist",
            hint="hybridctl deploy creates it; --follow waits for it",
        )
    if query_only := explain_log_class(doing, message):
        return query_only
    if name in THROTTLED or status == 429:
        return LogsThrottled(
            f"{doing}: CloudWatch throttles the requests ({name})", hint="wait a minute and run it again"
        )
    if status >= 500 or name == "ServiceUnavailableException":
        return LogsUnreachable(f"{doing}: CloudWatch answered {status}: {message}", hint="run it again in a moment")
    if name == "InvalidParameterException" and resumed:
        return LogPagesLost(f"{doing}: the page token has expired: {message}", hint="run it again")
    if name in DENIED:
        return AwsRefused(f"{doing}: access denied: {message}", hint=f"the role needs logs:FilterLogEvents on {group}")
    return explain_refusal(doing, cause)


def explain_log_class(doing: str, message: str) -> AwsRefused | None:
    """Return the error for a log class without FilterLogEvents and Live Tail, or None for any other message."""
    if _UNFILTERED not in message:
        return None
    return AwsRefused(
        f"{doing}: log groups of the class {_UNFILTERED} can only be queried",
        hint="hybridctl logs query errors, or hybridctl logs query 'fields @timestamp, @message'",
    )


def _takes_order(client: "CloudWatchLogsClient") -> bool:
    """Return whether this botocore knows `startFromHead` of FilterLogEvents. Older versions reject the parameter."""
    shape = client.meta.service_model.operation_model("FilterLogEvents").input_shape
    return shape is not None and "startFromHead" in getattr(shape, "members", {})


def _page(answer: Any, events: Sequence[Any]) -> LogPage:
    return LogPage([log_event(raw) for raw in events], answer.get("nextToken") or None, read_server_time(answer))


def log_event(raw: Any) -> LogEvent:
    """Convert an event of FilterLogEvents or Live Tail."""
    stamp = raw.get("timestamp", 0)
    taken_in = raw.get("ingestionTime", stamp)
    stream = raw.get("logStreamName", "")
    message = raw.get("message", "")
    time = _moment(stamp)
    return LogEvent(
        # An event without an id is identified by all its values.
        raw.get("eventId") or f"{stream}\0{stamp}\0{raw.get('ingestionTime', 0)}\0{message}",
        time,
        time if taken_in == stamp else _moment(taken_in),
        stream,
        message.rstrip("\r\n"),
    )


def _milliseconds(moment: datetime) -> int:
    return max(0, (moment - _EPOCH) // _MILLISECOND)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)  # exact to the millisecond
