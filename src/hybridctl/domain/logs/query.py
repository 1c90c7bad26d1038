"""A query of CloudWatch Logs Insights: its progress, its answer, and its cost."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from hybridctl.domain.logs.moments import Window

DOLLARS_PER_GB = 0.005  # scanned, in us-east-1; the console shows the same price: aws.amazon.com/cloudwatch/pricing
_LAST_LIMIT = re.compile(r"(?:\A|\|)\s*limit\s+\d+\s*\Z", re.IGNORECASE)


@unique
class QueryState(StrEnum):
    """CloudWatch's states of a query."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEOUT = "Timeout"
    UNKNOWN = "Unknown"

    @classmethod
    def of(cls, word: str) -> "QueryState":
        """Return the state that CloudWatch Logs names. An unknown name becomes UNKNOWN, which is not final."""
        return cls(word) if word in {state.value for state in cls} else cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        return self not in (QueryState.SCHEDULED, QueryState.RUNNING, QueryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """The state of a query and its results so far. Each row maps fields to text, in order."""

    state: QueryState
    rows: Sequence[Mapping[str, str]] = ()
    matched: float = 0
    scanned: float = 0
    bytes_scanned: float = 0


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """A finished query. `columns` are in the order in which the rows contain them."""

    group: str
    window: Window
    text: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    matched: int
    scanned: int
    bytes_scanned: int

    @property
    def dollars(self) -> float:
        return self.bytes_scanned / 1e9 * DOLLARS_PER_GB


def limit_rows(text: str, limit: int) -> str:
    """Replace the number in a final `limit` command, which would otherwise override the caller's limit."""
    return _LAST_LIMIT.sub(lambda found: re.sub(r"\d+", str(limit), found[0]), text)


def make_answer(group: str, window: Window, text: str, found: QueryProgress, *, limit: int) -> QueryAnswer:
    """Build the answer with at most `limit` rows, without the pointer that CloudWatch adds to each row."""
    rows = tuple({name: value for name, value in row.items() if name != "@ptr"} for row in found.rows[:limit])
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return QueryAnswer(
        group, window, text, columns, rows, int(found.matched), int(found.scanned), int(found.bytes_scanned)
    )
