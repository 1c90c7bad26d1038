"""View of a watch's numbers for both versions."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.samples import Sample
from hybridctl.domain.strategy import percent
from hybridctl.domain.watch import WatchFinding, WatchReport
from hybridctl.views.render import render
from hybridctl.views.tables import plain_table

_STYLES = {WatchFinding.PASS: "green", WatchFinding.FAIL: "bold red", WatchFinding.INCONCLUSIVE: "yellow"}
_PERCENTILES = (50, 95, 99)


@render.register
def _(report: WatchReport) -> RenderableType:
    period, *versions = watch_heading(report)
    table = plain_table(period)
    for version in versions:
        table.add_column(version, justify="right", no_wrap=True)
    for row in watch_rows(report):
        table.add_row(*row)
    verdict = Text(report.verdict.finding.value, style=_STYLES[report.verdict.finding])
    verdict.append(f": {'; '.join(report.verdict.reasons)}", style="default not bold")
    red = [Text(f"already red before the release, not counted: {name}", style="dim") for name in report.red_before]
    return Group(table, verdict, *red, *(Text(note, style="yellow") for note in report.notes))


def watch_heading(report: WatchReport) -> tuple[str, str, str]:
    """Return the heading of a watch's table: the period and the two versions."""
    old, new = report.old.version, report.new.version
    return f"{report.seconds:.0f} s", f"version {old} (old)", f"version {new} (new)"


def watch_rows(report: WatchReport) -> list[tuple[str, str, str]]:
    """Return each number of a watch by name, for the old version and the new one."""
    old, new = report.old, report.new
    return [
        ("share", percent(1 - report.share), percent(report.share)),
        ("requests", str(old.requests), str(new.requests)),
        ("errors (5xx)", _errors(old), _errors(new)),
        *(
            (f"p{rank}, warm", _milliseconds(old.percentile(rank)), _milliseconds(new.percentile(rank)))
            for rank in _PERCENTILES
        ),
        ("cold starts", str(old.cold_starts), str(new.cold_starts)),
    ]


def _errors(sample: Sample) -> str:
    share = sample.error_share
    return "0" if share is None else f"{sample.errors} ({share:.1%})"


def _milliseconds(found: float | None) -> str:
    return "-" if found is None else f"{found:.0f} ms"
