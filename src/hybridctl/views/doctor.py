"""View of doctor's findings, each with a fix; the verdict comes last, next to the prompt."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.diagnosis import Diagnosis, HealthVerdict, Level
from hybridctl.views.render import render
from hybridctl.views.rows import Rows

_STYLES = {
    Level.OK: "green",
    Level.SKIPPED: "dim",
    Level.BUSY: "yellow",
    Level.WARN: "yellow",
    Level.UNKNOWN: "red",
    Level.FAIL: "red",
}
_BAD = (Level.FAIL, Level.UNKNOWN)


@render.register
def _(diagnosis: Diagnosis) -> RenderableType:
    rows: list[tuple[str | Text, ...]] = []
    for finding in diagnosis.findings:
        rows.append((Text(finding.level.value, style=_STYLES[finding.level]), finding.name, finding.detail))
        if finding.fixed:
            rows.append(("", "", Text(f"✓ {finding.fixed}", style="green")))
        if finding.fix:
            rows.append(("", "", Text(f"→ {finding.fix}", style="bold")))
    return Group(Rows(rows), _verdict(diagnosis))


def _verdict(diagnosis: Diagnosis) -> Text:
    failed, unknown = diagnosis.count(Level.FAIL), diagnosis.count(Level.UNKNOWN)
    warned = diagnosis.count(Level.WARN, Level.BUSY)
    counts = [f"{failed} failed", f"{unknown} unknown" if unknown else "", count_noun(warned, "warning")]
    counts += [f"{diagnosis.count(Level.OK)} passed", "drift not checked" if diagnosis.count(Level.SKIPPED) else ""]
    word = f"{diagnosis.environment} is {diagnosis.verdict}" if diagnosis.verdict else diagnosis.environment
    if failed and diagnosis.verdict not in (None, HealthVerdict.UNHEALTHY):
        word += ", not ready for a deploy"
    style = "bold red" if failed or unknown else "bold yellow" if warned else "bold green"
    return Text(f"{word}: {', '.join(filter(None, counts))}", style=style)
