"""Questions to CloudWatch Logs Insights: the common ones by name, and what an answer costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum, unique

from hybridctl.domain.logs.moments import Window
from hybridctl.errors import UsageInvalid

DOLLARS_PER_GB = 0.005  # of log scanned, us-east-1; the console's own figure: aws.amazon.com/cloudwatch/pricing
MOST_ROWS = 10_000

# AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html; what begins with none of these is no query.
_COMMANDS = (
    *("fields", "display", "filter", "stats", "sort", "limit", "parse", "dedup", "pattern", "diff", "unmask"),
    *("filterindex", "anomaly", "unnest", "source", "join", "lookup", "subqueries"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A query under a name, and what it answers."""

    name: str
    about: str
    text: str


QUESTIONS = (
    Question(
        "slowest",
        "the requests that took longest",
        "filter ispresent(route) and ispresent(duration_ms)\n"
        "| fields @timestamp, duration_ms, status, route, version, request_id\n"
        "| sort duration_ms desc\n"
        "| limit 20",
    ),
    Question(
        "errors",
        "what went wrong, the newest first; lines without a route are not the handler's own",
        'filter status >= 500 or level = "ERROR" or @message like /Task timed out|Traceback|Runtime\\.ExitError/\n'
        "| fields @timestamp, status, route, error.type, error.message, request_id\n"
        "| sort @timestamp desc\n"
        "| limit 20",
    ),
    Question(
        "cold-starts",
        "how many requests met one, and how long those took",
        'filter @type = "REPORT"\n'
        "| stats count(*) as requests, count(@initDuration) as cold, avg(@initDuration) as avg_ms,"
        " pct(@initDuration, 95) as p95_ms, max(@initDuration) as max_ms by bin(5m)\n"
        "| sort bin(5m) desc\n"
        "| limit 20",
    ),
    Question(
        "by-route",
        "requests and latency of each route and status",
        "filter ispresent(route)\n"
        "| stats count(*) as requests, avg(duration_ms) as avg_ms, pct(duration_ms, 95) as p95_ms,"
        " max(duration_ms) as max_ms by route, status\n"
        "| sort requests desc",
    ),
)

# API Gateway writes every value as a string, and "-" where it has none; arithmetic takes such strings for numbers.
ACCESS_QUESTIONS = (
    Question(
        "slowest",
        "the requests that took longest, as the API saw them, and what of that the function took",
        "filter ispresent(responseLatency)\n"
        "| fields @timestamp, responseLatency, integrationLatency, status, routeKey, path, functionRequestId\n"
        "| sort responseLatency desc\n"
        "| limit 20",
    ),
    Question(
        "errors",
        "what was answered by 5xx, the newest first, and why where the function did not answer",
        "filter status like /^5/\n"
        "| fields @timestamp, status, routeKey, path, integrationError, sourceIp, functionRequestId\n"
        "| sort @timestamp desc\n"
        "| limit 20",
    ),
    Question(
        "by-route",
        "requests and latency of each route and status",
        "filter ispresent(routeKey)\n"
        "| stats count(*) as requests, avg(responseLatency) as avg_ms, pct(responseLatency, 95) as p95_ms,"
        " max(responseLatency) as max_ms by routeKey, status\n"
        "| sort requests desc",
    ),
    Question(
        "callers",
        "who asks most, and with what",
        "filter ispresent(sourceIp)\n"
        "| stats count(*) as requests by sourceIp, userAgent\n"
        "| sort requests desc\n"
        "| limit 20",
    ),
)


def questions(*, access: bool = False) -> tuple[Question, ...]:
    """Those asked of the function's log, or with `access` of the API's."""
    return ACCESS_QUESTIONS if access else QUESTIONS


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions there are by name."""

    known: tuple[Question, ...] = QUESTIONS


@unique
class QueryState(StrEnum):
    """CloudWatch's own words for how far a query is."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    TIMEOUT = "Timeout"
    UNKNOWN = "Unknown"

    @classmethod
    def of(cls, word: str) -> "QueryState":
        """The state that CloudWatch Logs names; a word that is new to us is UNKNOWN, which has not ended."""
        return cls(word) if word in {state.value for state in cls} else cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        return self not in (QueryState.SCHEDULED, QueryState.RUNNING, QueryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """Where a query is, and what it has found by then: each row its fields in order, as text."""

    state: QueryState
    rows: Sequence[Mapping[str, str]] = ()
    matched: float = 0
    scanned: float = 0
    bytes_scanned: float = 0


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """A finished query: `columns` in the order in which rows name them."""

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


def query_text(asked: str, *, access: bool = False) -> str:
    """The query that is meant: a question's, or the text as it stands; UsageInvalid for what is neither.

    With `access`, a question to the API's access log.
    """
    names = {question.name: question for question in questions(access=access)}
    if asked in names:
        return names[asked].text
    if asked in {question.name for question in questions(access=not access)}:
        whose, other = ("the function's log", "without") if access else ("the API's access log", "with")
        raise UsageInvalid(f"{asked} is a question to {whose}", hint=f"ask it {other} --access")
    first = asked.split(maxsplit=1)[0].lower() if asked.strip() else ""
    if first in _COMMANDS or first.startswith(("#", "|")):
        return asked
    near = get_close_matches(asked, names, n=2, cutoff=0.4) or list(names)
    raise UsageInvalid(
        f"{asked!r} is no question's name, and no query: that begins with a command such as fields, filter or stats",
        hint=f"questions: {', '.join(near)}",
    )


def answered(group: str, window: Window, text: str, found: QueryProgress) -> QueryAnswer:
    """The answer, without the pointer that CloudWatch adds to each row."""
    rows = tuple({name: value for name, value in row.items() if name != "@ptr"} for row in found.rows)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return QueryAnswer(
        group, window, text, columns, rows, int(found.matched), int(found.scanned), int(found.bytes_scanned)
    )
