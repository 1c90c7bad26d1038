"""A smoke report: one line for each check, what was wrong below it, and the function's own log lines."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.smoke import SmokeReport
from hybridctl.views.render import as_json, render


@render.register
def _(report: SmokeReport) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    repeated = _find_repeated(report)
    for check in report.checks:
        mark = Text("✓", style="green") if check.ok else Text("✗", style="red")
        taken = f"{check.milliseconds:.0f} ms" if check.milliseconds else ""
        table.add_row(
            mark,
            check.name,
            Text(taken, style="dim"),
            Text("" if check.detail == repeated else check.detail, style="red"),
        )
    parts: list[RenderableType] = [table]
    if repeated:
        count = sum(check.detail == repeated for check in report.failed)
        parts.append(Text(f"all {count}: {repeated}", style="red"))
    parts.append(_summary(report))
    if report.log:
        parts += [Text("the function's log:", style="bold"), *(Text(f"  {line}", style="dim") for line in report.log)]
    return Group(*parts)


@as_json.register
def _(report: SmokeReport) -> Any:
    return {
        "ok": report.ok,
        "target": report.target,
        "version": report.version,
        "build": report.build,
        "checks": [as_json(check) for check in report.checks],
        "log": list(report.log),
        "notes": list(report.notes),
    }


def _find_repeated(report: SmokeReport) -> str | None:
    """The one reason why all red checks are red, where several give the same; those not asked at all repeat none."""
    reasons = [check.detail for check in report.failed if not check.detail.startswith("not asked")]
    return reasons[0] if len(reasons) > 1 and len(set(reasons)) == 1 else None


def _summary(report: SmokeReport) -> Text:
    origin = f", version {report.version}" if report.version else ""
    origin += f", build {report.build}" if report.build else ""
    return Text(f"{report.summary}{origin}", style="green" if report.ok else "red")
