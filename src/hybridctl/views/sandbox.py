"""Views of the sandbox: whether it runs, and the variables to export for other tools."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.rehearsal import RehearsalKey, SandboxGaps
from hybridctl.domain.sandbox import SandboxStatus, ServerLog
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows


def exports(status: SandboxStatus) -> dict[str, str]:
    """Return the variables for the AWS CLI and SDKs to reach the sandbox; empty while it is stopped."""
    if status.key is None:
        return {}
    return {
        "AWS_ENDPOINT_URL": str(status.endpoint),
        "AWS_ACCESS_KEY_ID": status.key.id,
        "AWS_SECRET_ACCESS_KEY": status.key.secret,
        "AWS_DEFAULT_REGION": str(status.region),
    }


@render.register
def _(status: SandboxStatus) -> RenderableType:
    if not status.running:
        return Text("stopped")
    lines = [
        Text(f"running on {status.endpoint}, pid {status.pid}, {status.emulator}"),
        *(Text(f"export {name}={value}") for name, value in exports(status).items()),
    ]
    return Group(*lines)


@as_json.register
def _(status: SandboxStatus) -> Any:
    return {
        "running": status.running,
        "pid": status.pid,
        "endpoint": status.endpoint,
        "emulator": status.emulator,
        "environment": exports(status),
    }


@render.register
def _(made: RehearsalKey) -> RenderableType:
    line = f"export HYBRIDCTL_SANDBOX_KEY={made.key.id}:{made.key.secret}"
    return Group(Text(line, no_wrap=True, overflow="ignore"))  # a Text by itself would be wrapped all the same


@as_json.register
def _(made: RehearsalKey) -> Any:
    return {
        "role": made.role.value,
        "environment": {"HYBRIDCTL_SANDBOX_KEY": f"{made.key.id}:{made.key.secret}"},
    }


@render.register
def _(log: ServerLog) -> RenderableType:
    return Text("\n".join(log.lines))


@render.register
def _(found: SandboxGaps) -> RenderableType:
    rows: list[tuple[Text | str, ...]] = []
    for one in found.differences:
        rows += [(Text(one.service, "bold"), Text("AWS", "dim"), one.aws), ("", Text("here", "dim"), one.here)]
    made = [("resources", ", ".join(found.resources)), ("data sources", ", ".join(found.data_sources))]
    return Group(Rows(rows), Text("\nTerraform can make and read here", style="bold"), Rows(made))
