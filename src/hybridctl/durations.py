"""Parse and format durations (`1h30m` in, `90 min` out) for hybridctl and its sandbox."""

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_UNITS = ((365 * 86_400, "y"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def parse_duration(text: str) -> float | None:
    """Return the seconds of `10m`, `1h30m` or `2d`; None if the text is not a duration."""
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        return None
    return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)


def describe_duration(seconds: float, *, exact: bool = False) -> str:
    """Format in one unit: the largest that fits twice, because `47 h` is more precise than `1 d`; with `exact`, one
    that fits evenly.
    """
    whole = int(max(0.0, seconds))
    for size, name in _UNITS:
        if (whole and whole % size == 0) if exact else (whole >= 2 * size or whole == size):
            return f"{whole // size} {name}"
    return f"{whole} s"


def describe_milliseconds(milliseconds: float) -> str:
    """Format a measured duration: `4.2 ms`, `512 ms`, `1.25 s`."""
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"
