"""StartLiveTail's event stream."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.adapters.aws.logs import explain_log_class, log_event
from hybridctl.domain.logs.live_tail import LiveUpdate
from hybridctl.errors import LiveTailEnded, LogsUnreachable, NotDeployed

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient


@dataclass(eq=False, repr=False)
class CloudWatchLiveTail:
    """Live Tail sessions on the log group `group` of `account`, and on `access` if given, both in one session.

    `open_client` returns a client with fresh credentials.
    """

    open_client: Callable[[], "CloudWatchLogsClient"]
    group: str
    account: str
    access: str | None = None

    def updates(self, pattern: str | None) -> Iterator[LiveUpdate]:
        """Yield the updates of one session, about one per second, including empty ones.

        Raises LiveTailEnded after three hours, LogsUnreachable if the stream breaks, NotDeployed if the group does not
        exist, and AwsRefused for permanent errors.
        """
        from botocore import exceptions

        doing = f"tailing {self.group} (logs:StartLiveTail)"
        with explain_failures(doing):
            client = self.open_client()
            where = f"arn:{client.meta.partition}:logs:{client.meta.region_name}:{self.account}:log-group"
            groups = [self.group, *([self.access] if self.access else [])]
            request: dict[str, Any] = {"logGroupIdentifiers": [f"{where}:{group}" for group in groups]}
            if pattern:
                request["logEventFilterPattern"] = pattern
            try:
                with closing(client.start_live_tail(**request)["responseStream"]) as stream:
                    for raw in stream:
                        yield from self._updates(raw)
            except exceptions.EventStreamError as cause:
                if code(cause) == "SessionTimeoutException":
                    raise LiveTailEnded(
                        f"{doing}: the session ended after 3 hours", hint="run it again to continue"
                    ) from cause
                raise LogsUnreachable(f"{doing}: the stream was interrupted: {code(cause)}") from cause
            except exceptions.ClientError as cause:
                if code(cause) == "ResourceNotFoundException":
                    raise NotDeployed(
                        f"tailing the log group {self.group}: it does not exist", hint="hybridctl deploy creates it"
                    ) from cause
                if query_only := explain_log_class(doing, str(cause)):
                    raise query_only from cause
                raise
            except (exceptions.HTTPClientError, exceptions.ConnectionError) as cause:
                raise LogsUnreachable(
                    f"{doing}: {cause}", hint="hybridctl doctor checks the connection to AWS"
                ) from cause
            except _stream_breaks() as cause:
                raise LogsUnreachable(f"{doing}: the stream was interrupted: {type(cause).__name__}") from cause
        raise LogsUnreachable(f"{doing}: the stream ended unexpectedly")

    def _updates(self, raw: Any) -> Iterator[LiveUpdate]:
        if (update := raw.get("sessionUpdate")) is not None:
            results = update.get("sessionResults", [])
            yield LiveUpdate(
                [log_event(one) for one in results if not self._is_access(one)],
                [log_event(one) for one in results if self._is_access(one)],
                sampled=bool(update.get("sessionMetadata", {}).get("sampled")),
            )

    def _is_access(self, raw: Any) -> bool:
        """Return whether an event is from the access log. CloudWatch gives "111122223333:name" or "arn:…:name"."""
        return self.access is not None and str(raw.get("logGroupIdentifier", "")).split(":")[-1] == self.access


def _stream_breaks() -> tuple[type[Exception], ...]:
    """Return the exceptions that urllib3 and botocore raise when a stream breaks."""
    from botocore.eventstream import ParserError
    from urllib3.exceptions import HTTPError

    return (HTTPError, ParserError, OSError)
