"""Read an environment's metrics from CloudWatch: every series in one call, or what a release changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from hybridctl.domain.history import is_version
from hybridctl.domain.logs.moments import Window
from hybridctl.domain.metrics.catalogue import Subjects, by_version, catalogue, subjects_of
from hybridctl.domain.metrics.readings import Comparison, MetricsReport, choose_series, compare, queries, read_series
from hybridctl.domain.metrics.release import LAST, find_release, sides_of
from hybridctl.domain.metrics.series import Series
from hybridctl.domain.metrics.span import AWS_DELAY, Span, span_of
from hybridctl.domain.outputs import require_outputs
from hybridctl.errors import HybridctlError
from hybridctl.operations.versions import list_numbers
from hybridctl.ports.insight import HasMetrics
from hybridctl.ports.release import HasFunctions, HasJournal, HasPlace, HasWorkers
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState

NEWEST_VERSIONS = 5
Heard = Callable[[MetricsReport], None]
Noted = Callable[[str], None]


class MetricPorts(HasFunctions, HasJournal, HasMetrics, HasPlace, HasState, HasWorkers, Protocol):
    """The ports that reading metrics uses."""


def all_series(backend: MetricPorts, names: Sequence[str], *, versions: bool) -> list[Series]:
    """Return the series of a deployed environment, or the named ones; `versions` adds those of each version.

    Raises NotDeployed, and UsageInvalid for an unknown name.
    """
    subjects = _subjects(backend)
    series = catalogue(subjects)
    if versions:
        series = [*by_version(subjects, _versions(backend)), *series]
    return choose_series(series, names) if names else series


def read_metrics(backend: MetricPorts, series: Sequence[Series], span: Span, now: datetime) -> MetricsReport:
    """Return one reading of each series at this time. A period that can still change is left out of trend and latest
    value.
    """
    span = span.as_of(now, _delay(backend))
    points = backend.metrics.read(queries(series), span)
    return MetricsReport(backend.place, span, tuple(read_series(one, points, span) for one in series))


def watch_metrics(
    backend: MetricPorts,
    series: Sequence[Series],
    clock: Clock,
    span: Callable[[datetime], Span],
    *,
    seconds: float,
    heard: Heard,
    noted: Noted,
) -> None:
    """Read repeatedly until Ctrl-C. Only the first reading may fail; later failures are noted and retried."""
    now = clock.now()
    heard(read_metrics(backend, series, span(now), now))
    while True:
        clock.sleep(seconds)
        try:
            now = clock.now()
            report = read_metrics(backend, series, span(now), now)
        except HybridctlError as error:
            noted(f"{error}: retrying in {seconds:.0f} s")
            continue
        heard(report)


def compare_release(
    backend: MetricPorts, series: Sequence[Series], name: str, now: datetime, *, length: timedelta, period: str | None
) -> Comparison:
    """Compare the metrics before and after a release, over windows of the same length, in one call.

    Raises NotFound, and UsageInvalid if there is no data after it yet.
    """
    beginning = "" if name == LAST or is_version(name) else name
    release = find_release(backend.journal.releases(beginning=beginning), name)
    finished = release.finished or now
    around = span_of(Window(release.started - length, min(now, finished + length)), now, period)
    before, after = sides_of(release, length, now - _delay(backend), around.seconds)
    whole = Span(before.start, int((after.end - before.start).total_seconds()) // around.seconds, around.seconds)
    points = backend.metrics.read(queries(series), whole)
    return Comparison(
        place=backend.place,
        release=release.id,
        version_before=release.version_before,
        version_after=release.version_after,
        started=release.started,
        finished=finished,
        before=before,
        after=after,
        rows=tuple(compare(one, points, before, after) for one in series),
    )


def _delay(backend: MetricPorts) -> timedelta:
    return timedelta() if backend.place.endpoint else AWS_DELAY


def _subjects(backend: MetricPorts) -> Subjects:
    outputs = require_outputs(backend.place.environment, backend.state.outputs(), "there are no metrics")
    names = {one.name: backend.workers.full_name(one.name) for one in backend.workers.list_declared()}
    return replace(subjects_of(outputs, backend.place.environment), workers=names)


def _versions(backend: MetricPorts) -> list[int]:
    """Return the newest versions and those that the alias serves, newest first."""
    newest = list_numbers(backend.functions)[-NEWEST_VERSIONS:]
    alias = backend.functions.live()
    served = {alias.version, *alias.weights} if alias else set()
    return sorted({*newest, *served}, reverse=True)
