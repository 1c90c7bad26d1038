"""What to ask CloudWatch Logs Insights: predefined queries by name, or your own."""

from dataclasses import dataclass
from difflib import get_close_matches

from hybridctl.errors import UsageInvalid

MOST_ROWS = 10_000
DEFAULT_ROWS = 1000  # for a query without a limit

# AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html; text that starts with none of these commands is not a query.
_COMMANDS = (
    *("fields", "display", "filter", "stats", "sort", "limit", "parse", "dedup", "pattern", "diff", "unmask"),
    *("filterindex", "anomaly", "unnest", "source", "join", "lookup", "subqueries"),
)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A predefined query with its name and purpose."""

    name: str
    about: str
    text: str


# Lambda writes its own lines as text or JSON; Powertools and the runtime use names of their own. The query finds every
# kind of failure in each form. Sources: monitoring-cloudwatchlogs-logformat.html and telemetry-schema-reference.html in
# lambda/latest/dg, CWL_QuerySyntax-operations-functions.html in AmazonCloudWatch/latest/logs.
_ERRORS = (
    "filter status >= 500 or level in ['ERROR', 'CRITICAL', 'FATAL'] or log_level in ['ERROR', 'CRITICAL', 'FATAL']\n"
    "  or ispresent(errorType) or ispresent(exception_name) or type = 'platform.fault'\n"
    "  or (type in ['platform.report', 'platform.initReport'] and ispresent(record.status)"
    " and record.status != 'success')\n"
    "  or @message like /Task timed out|Traceback|^\\[ERROR\\]|^[A-Z_]*REPORT .*Status: (timeout|error|failure)"
    "|^RequestId: .* Error: |Runtime\\.ExitError/\n"
    "| parse @message /\\s(?<named>Runtime\\.\\w+|[A-Z]\\w*(?:Error|Exception))/\n"
    "| parse @message /(?:Status: |Task )(?<ended>timeout|timed out|error|failure)/\n"
    "| fields @timestamp, status, route,\n"
    "  coalesce(error.type, errorType, exception_name, record.errorType, named, record.status, ended) as error_type,\n"
    "  substr(coalesce(error.message, errorMessage, message, @message), 0, 160) as what,\n"
    "  coalesce(request_id, function_request_id, requestId, record.requestId, @requestId) as request\n"
    "| display @timestamp, status, route, error_type, what, request\n"
    "| sort @timestamp desc\n"
    "| limit 20"
)
# A pre-started environment reports an init although no request waited for it, so the two are counted separately.
_COLD_STARTS = (
    "filter @type = 'REPORT' or type = 'platform.report' or (ispresent(route) and ispresent(cold_start))\n"
    "| fields coalesce(@initDuration, record.metrics.initDurationMs) as init_ms,\n"
    "  coalesce(@duration, record.metrics.durationMs) as taken_ms,\n"
    "  strcontains(@message, '\"cold_start\": true') + strcontains(@message, '\"cold_start\":true') as waited\n"
    "| stats count(taken_ms) as requests, sum(waited) as cold, count(init_ms) as started, avg(init_ms) as avg_ms,"
    " pct(init_ms, 95) as p95_ms, max(init_ms) as max_ms by bin(5m)\n"
    "| sort bin(5m) desc\n"
    "| limit 20"
)

QUESTIONS = (
    NamedQuery(
        "slowest",
        "the slowest requests",
        "filter ispresent(route) and ispresent(duration_ms)\n"
        "| fields @timestamp, duration_ms, status, route, version, request_id\n"
        "| sort duration_ms desc\n"
        "| limit 20",
    ),
    NamedQuery(
        "errors",
        "errors, newest first; lines without a route come from Lambda or a library",
        _ERRORS,
    ),
    NamedQuery(
        "cold-starts",
        "how many requests waited for a cold start (as the function reports), and how long the starts took",
        _COLD_STARTS,
    ),
    NamedQuery(
        "by-route",
        "requests and latency of each route and status",
        "filter ispresent(route)\n"
        "| stats count(*) as requests, avg(duration_ms) as avg_ms, pct(duration_ms, 95) as p95_ms,"
        " max(duration_ms) as max_ms by route, status\n"
        "| sort requests desc",
    ),
)

# API Gateway writes every value as a string, and "-" for a missing value. Arithmetic treats such strings as numbers.
ACCESS_QUESTIONS = (
    NamedQuery(
        "slowest",
        "the slowest requests, as the API measured them, and the function's part",
        "filter ispresent(responseLatency)\n"
        "| fields @timestamp, responseLatency, integrationLatency, status, routeKey, path, functionRequestId\n"
        "| sort responseLatency desc\n"
        "| limit 20",
    ),
    NamedQuery(
        "errors",
        "5xx responses, newest first, and the reason if the function did not answer",
        "filter status like /^5/\n"
        "| fields @timestamp, status, routeKey, path, integrationError, sourceIp, functionRequestId\n"
        "| sort @timestamp desc\n"
        "| limit 20",
    ),
    NamedQuery(
        "by-route",
        "requests and latency of each route and status",
        "filter ispresent(routeKey)\n"
        "| stats count(*) as requests, avg(responseLatency) as avg_ms, pct(responseLatency, 95) as p95_ms,"
        " max(responseLatency) as max_ms by routeKey, status\n"
        "| sort requests desc",
    ),
    NamedQuery(
        "callers",
        "the most frequent callers, and their user agents",
        "filter ispresent(sourceIp)\n"
        "| stats count(*) as requests by sourceIp, userAgent\n"
        "| sort requests desc\n"
        "| limit 20",
    ),
)


def questions(*, access: bool = False) -> tuple[NamedQuery, ...]:
    """Return the predefined queries for the function's log, or with `access` for the API's access log."""
    return ACCESS_QUESTIONS if access else QUESTIONS


@dataclass(frozen=True, slots=True)
class Questions:
    """The predefined queries."""

    known: tuple[NamedQuery, ...] = QUESTIONS


def query_text(asked: str, *, access: bool = False) -> str:
    """Return the text of a predefined query, or the query itself. Raises UsageInvalid for anything else.

    With `access`, the query is for the API's access log.
    """
    names = {question.name: question for question in questions(access=access)}
    if asked in names:
        return names[asked].text
    if asked in {question.name for question in questions(access=not access)}:
        whose, other = ("the function's log", "without") if access else ("the API's access log", "with")
        raise UsageInvalid(f"{asked} is a query on {whose}", hint=f"use {other} --access")
    first = asked.split(maxsplit=1)[0].lower() if asked.strip() else ""
    if first in _COMMANDS or first.startswith(("#", "|")):
        return asked
    near = get_close_matches(asked, names, n=2, cutoff=0.4) or list(names)
    raise UsageInvalid(
        f"{asked!r} is neither the name of a predefined query nor a query, which "
        "begins with a command such as fields, filter or stats",
        hint=f"predefined queries: {', '.join(near)}",
    )
