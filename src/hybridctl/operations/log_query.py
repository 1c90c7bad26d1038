"""Run a CloudWatch Logs Insights query and wait for the result; an abandoned query is stopped."""

from hybridctl.domain.counting import count_noun
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.logs.query import QueryAnswer, QueryProgress, QueryState, limit_rows, make_answer
from hybridctl.domain.logs.questions import DEFAULT_ROWS, MOST_ROWS
from hybridctl.errors import AwsRefused, HybridctlError
from hybridctl.operations.log_calls import Noted
from hybridctl.ports.insight import LogQueries
from hybridctl.ports.run import Clock

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0
PATIENCE = 10.0  # seconds after which it is said what is waited for


def run_query(
    queries: LogQueries, clock: Clock, text: str, window: Window, *, limit: int | None, noted: Noted
) -> QueryAnswer:
    """Return the result over the whole window. Ctrl-C also stops the query at CloudWatch, because scanning is billed.

    A `limit` overrides the text's own; without both, DEFAULT_ROWS applies. Raises UsageInvalid for an invalid query,
    NotDeployed if there is no log group, and AwsRefused if the query fails.
    """
    whole = Window(window.start, window.end or clock.now())
    if limit is not None:
        text = limit_rows(text, limit)
    query = queries.start(text, whole, limit=limit or DEFAULT_ROWS)
    try:
        answer = _final(queries, clock, query, noted)
    except BaseException:  # KeyboardInterrupt above all
        _stop(queries, query, noted)
        raise
    if answer.state is not QueryState.COMPLETE:
        raise AwsRefused(
            f"querying {queries.group}: CloudWatch ended the query with status {answer.state.value}",
            hint="use a shorter time range",
        )
    return make_answer(queries.group, whole, text, answer, limit=limit or MOST_ROWS)


def _final(queries: LogQueries, clock: Clock, query: str, noted: Noted) -> QueryProgress:
    began, pause, is_told = clock.monotonic(), FIRST_PAUSE, False
    while not (progress := queries.progress(query)).state.is_final:
        if not is_told and clock.monotonic() - began > PATIENCE:
            is_told = True
            noted(f"running: {count_noun(progress.scanned, 'event', ',.0f')} scanned so far; Ctrl-C stops the query")
        clock.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)
    return progress


def _stop(queries: LogQueries, query: str, noted: Noted) -> None:
    try:
        queries.stop(query)
        noted("the query was stopped")
    except HybridctlError as error:
        noted(f"the query could not be stopped and may still be running: {error}")
