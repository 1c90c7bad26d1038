"""Strategies for shifting traffic to a new version: their notation and phases."""

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from hybridctl.durations import parse_duration
from hybridctl.errors import UsageInvalid

NOTATIONS = "all-at-once, canary:10@5m, linear:10@1m or blue-green"
PATTERN = r"all-at-once|blue-green|(canary|linear)(:\d+(\.\d+)?@\d+(\.\d+)?[smh])?"
_NOTATION = re.compile(r"(canary|linear):(\d+(?:\.\d+)?)@(\d+(?:\.\d+)?[smh])")
# Inconclusive phases are extended until the release has taken at most this many times its length in total.
MOST_TIMES = 3
_SHORT = {"canary": "canary:10@5m", "linear": "linear:10@1m"}


@unique
class Shift(StrEnum):
    ALL_AT_ONCE = "all-at-once"
    CANARY = "canary"
    LINEAR = "linear"
    BLUE_GREEN = "blue-green"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase: the new version gets `share` (of 1) of the traffic and is watched for `seconds`."""

    share: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy. `phases` come before all traffic shifts; all-at-once has none, nor has blue-green, which waits at 0
    %.
    """

    shift: Shift
    notation: str
    phases: tuple[Phase, ...] = ()

    def __str__(self) -> str:
        return self.notation

    @property
    def longest_seconds(self) -> float:
        """The longest time that the phases can take."""
        return MOST_TIMES * sum(phase.seconds for phase in self.phases)


ALL_AT_ONCE = Strategy(Shift.ALL_AT_ONCE, Shift.ALL_AT_ONCE.value)


def parse_strategy(text: str, *, option: str = "--strategy") -> Strategy:
    """Parse a strategy such as `canary:10@5m`. `canary` is short for `canary:10@5m`, and `linear` for `linear:10@1m`.

    `linear:30@1m` shifts 30, 60 and 90 % for a minute each, then all. Raises UsageInvalid.
    """
    notation = _SHORT.get(text.strip(), text.strip())
    if notation in (Shift.ALL_AT_ONCE, Shift.BLUE_GREEN):
        return Strategy(Shift(notation), notation)
    match = _NOTATION.fullmatch(notation)
    if not match:
        raise UsageInvalid(f"{option} {text!r} is not a strategy", hint=NOTATIONS)
    percent, seconds = float(match[2]), parse_duration(match[3]) or 0.0
    if not 0 < percent < 100:
        raise UsageInvalid(f"{option} {text!r}: the share must be between 0 and 100 %", hint=NOTATIONS)
    if seconds <= 0:
        raise UsageInvalid(f"{option} {text!r}: a step must have a duration", hint=NOTATIONS)
    shift = Shift(match[1])
    steps = 1 if shift is Shift.CANARY else int(-(-100 // percent)) - 1
    shares = (round(percent * step / 100, 4) for step in range(1, steps + 1))
    return Strategy(shift, notation, tuple(Phase(share, seconds) for share in shares))


def percent(share: float) -> str:
    """Return a share of the traffic in percent: 0.125 is "12.5 %"."""
    return f"{share:.4%}".rstrip("%").rstrip("0").rstrip(".") + " %"
