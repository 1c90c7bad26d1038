"""How a window is divided into periods: short enough for detail, long enough that CloudWatch still stores them.

Points of 60 s are kept 15 days, of 300 s 63 days, of 3600 s 455 days
(AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Metrics_Retention).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from hybridctl.domain.logs.moments import Window
from hybridctl.durations import parse_duration
from hybridctl.errors import UsageInvalid

PERIODS = (60, 300, 900, 3600, 21_600, 86_400)  # each is a multiple of the previous ones
KEPT = ((timedelta(days=15), 60), (timedelta(days=63), 300), (timedelta(days=455), 3600))
ENOUGH_POINTS = 60
MOST_POINTS = 1440


# How long a period can still change after its end. AWS gives no number. Datadog saw one-minute metrics about two
# minutes late (docs.datadoghq.com/integrations/guide/cloud-metric-delay). The Prometheus exporter waits ten minutes,
# after which no value changes (github.com/prometheus/cloudwatch_exporter#timestamps): too long for watching a release.
# docs/first-contact.md measures it. The sandbox has no delay.
AWS_DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole periods of `seconds` from `start`. The last `filling` periods can still change."""

    start: datetime
    count: int
    seconds: int
    filling: int = 0

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.count * self.seconds)

    def as_of(self, now: datetime, delay: timedelta) -> "Span":
        """Return the span with `filling` set for this time: periods change until they are `delay` old."""
        settled = int((now - delay - self.start).total_seconds()) // self.seconds
        return replace(self, filling=self.count - min(max(settled, 0), self.count))

    @property
    def moments(self) -> tuple[datetime, ...]:
        """The start of each period."""
        return tuple(self.start + timedelta(seconds=number * self.seconds) for number in range(self.count))


def span_of(window: Window, now: datetime, period: str | None) -> Span:
    """Return the window in whole periods. Raises UsageInvalid for a period or window that CloudWatch cannot provide."""
    end = window.end or now
    age = now - window.start
    finest = next((seconds for kept, seconds in KEPT if age <= kept), None)
    if finest is None:
        raise UsageInvalid(
            f"--since {window.start:%Y-%m-%d}: CloudWatch keeps metrics for 455 days", hint="use a shorter time range"
        )
    seconds = _period(period, finest) if period else _fitting(end - window.start, finest)
    first = int(window.start.timestamp()) // seconds * seconds
    last = ceil(end.timestamp() / seconds) * seconds
    count = max(1, (last - first) // seconds)
    if count > MOST_POINTS:
        raise UsageInvalid(
            f"--period {period} would give {count:,} points, more than {MOST_POINTS:,}",
            hint="use a longer period or a shorter time range",
        )
    return Span(datetime.fromtimestamp(first, UTC), count, seconds)


def _fitting(length: timedelta, finest: int) -> int:
    """Return the longest period that still gives enough points, but not shorter than what CloudWatch stores."""
    fitting = [seconds for seconds in PERIODS if length.total_seconds() / seconds >= ENOUGH_POINTS]
    return max(finest, *fitting, PERIODS[0])


def _period(text: str, finest: int) -> int:
    typed = text.strip()
    seconds = int(parse_duration(f"{typed}s" if typed.isdecimal() else typed) or 0)
    if seconds < 60 or seconds % 60 or seconds > PERIODS[-1]:
        raise UsageInvalid(
            f"--period {text}: not a number of whole minutes up to a day", hint="for example 60, 5m or 1h"
        )
    if seconds % finest:
        raise UsageInvalid(
            f"--period {text}: CloudWatch keeps only points of {finest} s for that long",
            hint=f"use a multiple of {finest}, or a --since less than {'63' if finest == 3600 else '15'} days back",
        )
    return seconds
