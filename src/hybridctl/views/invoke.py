"""View of one invocation: result, response and the end of its log."""

import json
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.operations.invoke import Invoked
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Folded


@render.register
def _(invoked: Invoked) -> RenderableType:
    ran = invoked.invocation
    head = Text(f"failed ({ran.error})", style="bold red") if invoked.failed else Text("ok", style="bold green")
    head.append(f" · version {ran.version} · {ran.seconds * 1000:,.0f} ms{' · cold start' if ran.is_cold else ''}")
    if invoked.http_status is not None:
        head.append(f" · HTTP {invoked.http_status}")
    answer = Text(json.dumps(ran.payload, indent=2, ensure_ascii=False))
    log: list[RenderableType] = [Folded(Text(line, style="dim")) for line in ran.log if line.strip()]
    return Group(head, Folded(answer), *([Text("log", style="bold"), *log] if log else []))


@as_json.register
def _(invoked: Invoked) -> Any:
    ran = invoked.invocation
    return {
        "environment": invoked.environment,
        "function": invoked.function,
        "version": ran.version,
        "ok": not invoked.failed,
        "error": ran.error,
        "http_status": invoked.http_status,
        "seconds": round(ran.seconds, 4),
        "cold": ran.is_cold,
        "payload": ran.payload,
        "log": list(ran.log),
    }
