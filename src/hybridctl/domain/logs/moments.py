"""Points in time as users type them: `10m`, `1h30m`, `2d`, `03:15`, `2026-11-24`, `2026-11-24T03:15:00Z`. All in
UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hybridctl.durations import parse_duration
from hybridctl.errors import UsageInvalid

_HINT = "for example 10m, 1h30m, 2d, 03:15 or 2026-11-24T03:15:00Z (UTC unless an offset is given)"


@dataclass(frozen=True, slots=True)
class Window:
    """A period from `start` to `end`, both included. Without `end` it is open."""

    start: datetime
    end: datetime | None = None


def parse_moment(text: str, now: datetime, *, option: str) -> datetime:
    """Parse a point in time. Raises UsageInvalid if `text` is invalid or after `now`."""
    moment = _read(text.strip(), now, option)
    if moment > now:
        raise UsageInvalid(f"{option} {text} is in the future (it is {_show(now)} now)", hint=_HINT)
    return moment


def window_of(since: str | None, until: str | None, now: datetime, *, default: timedelta) -> Window:
    """Return the window of a search. Without `since` it starts `default` before its end. Raises UsageInvalid."""
    end = parse_moment(until, now, option="--until") if until else None
    start = parse_moment(since, now, option="--since") if since else (end or now) - default
    if end is not None and end < start:
        raise UsageInvalid(f"--until {until} ({_show(end)}) is before --since {since} ({_show(start)})", hint=_HINT)
    return Window(start, end)


def _read(text: str, now: datetime, option: str) -> datetime:
    if text == "0":
        return now
    try:
        if (seconds := parse_duration(text)) is not None:
            return now - timedelta(seconds=seconds)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", text):
            return datetime.combine(now.astimezone(UTC), time.fromisoformat(text.zfill(5)), UTC)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise UsageInvalid(f"{option} {text}: not a time", hint=_HINT) from cause


def _show(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
