"""How alarms changed their states: by themselves, and in a test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.alarms import AlarmState


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """A change of an alarm's state."""

    name: str
    at: datetime
    before: AlarmState | None
    after: AlarmState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """State changes, newest first, with the alarms' short names."""

    since: datetime
    changes: tuple[AlarmChange, ...]


def newest_changes(changes: Iterable[AlarmChange], limit: int) -> list[AlarmChange]:
    """Return the newest `limit` changes. `changes` is newest first and is read only as far as necessary.

    A change from INSUFFICIENT_DATA to OK is kept only if the alarm had data before. For a new alarm it is the first
    reading, and is left out.
    """
    kept: list[AlarmChange] = []
    returned: dict[str, AlarmChange] = {}
    for change in changes:
        later = returned.pop(change.name, None)
        if later is not None and change.after is AlarmState.INSUFFICIENT_DATA:
            kept.append(later)
        if (change.before, change.after) == (AlarmState.INSUFFICIENT_DATA, AlarmState.OK):
            returned[change.name] = change
            continue
        kept.append(change)
        if len(kept) >= limit:
            break
    return sorted(kept, key=lambda one: one.at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class AlarmTest:
    """The result of a test that drives an alarm through its states. `changes` are the observed changes of the alarm and
    of the composite alarm, oldest first.
    """

    short: str
    path: tuple[AlarmState, ...]
    changes: tuple[AlarmChange, ...]
    reached: bool


def path_through(state: AlarmState) -> tuple[AlarmState, ...]:
    """Return the states to set, so that every change happens once and the alarm ends in its original state."""
    return (AlarmState.OK, state) if state is AlarmState.ALARM else (AlarmState.ALARM, state)


def is_through(path: Sequence[AlarmState], changes: Sequence[AlarmChange], reason: str) -> bool:
    """Return whether the first state was reached with our `reason` and the last state after it, for any reason."""
    states = [(change.after, change.reason) for change in changes]
    first = (path[0], reason)
    return first in states and any(after is path[-1] for after, _ in states[states.index(first) + 1 :])
