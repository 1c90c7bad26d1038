"""What is compared: the same thing done by hybridctl and by its peers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Sample = Mapping[str, float]
"""The figures of one run by name: `seconds`, `peak MB`, or a plain count such as `events missed`."""


class Absent(Exception):
    """A peer is not installed here, or cannot do this; the text says why it is left out."""


def nothing() -> None:
    """What most contenders need before a run."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of doing it; `run` does it once, `prepare` comes before each run and is not measured.

    Either may raise Absent: a peer is then left out and the reason is shown.
    """

    name: str
    run: Callable[[], Sample]
    prepare: Callable[[], None] = nothing


@dataclass(frozen=True, slots=True)
class Contest:
    """`rounds` times ours, then each peer; `warm_ups` rounds before them are thrown away.

    `skipped` says why nothing of it can be measured here.
    """

    title: str
    ours: Contender
    peers: Sequence[Contender]
    rounds: int = 7
    warm_ups: int = 1
    note: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The medians of one contender; `ratios` is ours divided by its, the median over the rounds."""

    name: str
    figures: Mapping[str, float]
    ratios: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One finished contest; `left_out` says of each peer that did not take part why, `skipped` of all of it."""

    title: str
    rounds: int
    ours: Standing
    peers: Sequence[Standing]
    left_out: Mapping[str, str]
    note: str = ""
    skipped: str = ""
