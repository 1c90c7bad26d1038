"""View of a smoke report: one line for each check, the reason of a failure, and the function's log lines."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.smoke import SmokeReport
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows


@render.register
def _(report: SmokeReport) -> RenderableType:
    repeated = _find_repeated(report)
    taken = [f"{check.milliseconds:.0f} ms" if check.milliseconds else "" for check in report.checks]
    longest = max(map(len, taken), default=0)
    rows = [
        (
            Text("✓", style="green") if check.ok else Text("✗", style="red"),
            check.name,
            Text(time.rjust(longest), style="dim"),
            Text("" if check.detail == repeated else check.detail, style="red"),
        )
        for check, time in zip(report.checks, taken, strict=True)
    ]
    parts: list[RenderableType] = [Rows(rows)]
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
    """Return the common reason if several failed checks have the same; checks that were not sent repeat none."""
    reasons = [check.detail for check in report.failed if not check.detail.startswith("skipped")]
    return reasons[0] if len(reasons) > 1 and len(set(reasons)) == 1 else None


def _summary(report: SmokeReport) -> Text:
    origin = f", version {report.version}" if report.version else ""
    origin += f", build {report.build}" if report.build else ""
    return Text(f"{report.summary}{origin}", style="green" if report.ok else "red")
