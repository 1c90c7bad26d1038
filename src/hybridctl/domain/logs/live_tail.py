"""CloudWatch's Live Tail: its updates, cost and limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.logs.events import LogEvent

# aws.amazon.com/cloudwatch/pricing (us-east-1) and AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
TERMS = (
    "Live Tail is billed per minute: about $0.01 after the account's 1,800 free minutes per month. It ends "
    "after 3 hours and shows at most 500 lines per second; --follow is free and shows every line"
)


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """The events of about one second. `sampled` is true if more than 500 events matched and some were left out.

    `access` contains the events of the API's log, if that log is tailed too.
    """

    events: Sequence[LogEvent]
    access: Sequence[LogEvent] = ()
    sampled: bool = False
