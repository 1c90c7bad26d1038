"""CloudWatch's Live Tail: what it sends, what it costs, and where it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from hybridctl.domain.logs.events import LogEvent

# aws.amazon.com/cloudwatch/pricing (us-east-1) and AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
TERMS = (
    "Live Tail is charged by the minute: about $0.01, beyond the 1,800 minutes a month that are free to an account. "
    "It ends after 3 hours, and shows at most 500 lines a second; --follow costs nothing and leaves nothing out"
)


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What came in during about a second; `sampled` when more than 500 events matched and some were left out.

    `access` are those of the API's log, where that is tailed too.
    """

    events: Sequence[LogEvent]
    access: Sequence[LogEvent] = ()
    sampled: bool = False
