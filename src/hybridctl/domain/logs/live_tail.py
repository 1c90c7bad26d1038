"""CloudWatch's Live Tail: what it sends, what it costs, and where it ends."""

from collections.abc import Sequence

from hybridctl.domain.logs.events import LogEvent
from hybridctl.values import dataclass

# aws.amazon.com/cloudwatch/pricing (us-east-1) and AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
TERMS = (
    "Live Tail is billed per minute: about $0.01 after the account's 1,800 free minutes per month. It ends "
    "after 3 hours and shows at most 500 lines per second; --follow is free and shows every line"
)


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What came in during about a second; `sampled` when more than 500 events matched and some were left out.

    `access` are those of the API's log, where that is tailed too.
    """

    events: Sequence[LogEvent]
    access: Sequence[LogEvent] = ()
    sampled: bool = False
