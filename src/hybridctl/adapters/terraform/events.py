"""Parses the engine's JSON lines into events and diagnostics.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui . Unknown types are ignored. A line that
is not JSON (a provider's crash, a loader warning) is kept as text.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from hybridctl.domain.engine import WARNING, EngineEvent

_PROGRESS = {"apply_start", "apply_progress", "apply_complete", "apply_errored", "refresh_start", "refresh_complete"}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or warning, with its position in the HCL if it has one."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    where: str = ""

    def __str__(self) -> str:
        subject = f"{self.address}: " if self.address else ""
        place = f" ({self.where})" if self.where else ""
        detail = f": {' '.join(self.detail.split())}" if self.detail else ""
        return f"{subject}{' '.join(self.summary.split())}{detail}{place}"


@dataclass
class Heard:
    """The output of one run of the engine: diagnostics, and lines that are not JSON."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[Diagnostic]:
        return [diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"]

    def take(self, line: str) -> EngineEvent | None:
        """Add a line. Return an event if progress shows it."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                self.noise.append(line.rstrip())
            return None
        kind = str(event.get("type", ""))
        if kind == "diagnostic" or "diagnostic" in event:
            found = _diagnostic(event.get("diagnostic", {}))
            self.diagnostics.append(found)
            return EngineEvent(WARNING, str(found)) if found.severity == "warning" else None
        if kind not in _PROGRESS:
            return None
        hook = event.get("hook", {})
        return EngineEvent(
            kind=kind,
            message=str(event.get("@message", "")),
            address=str(hook.get("resource", {}).get("addr", "")),
            action=str(hook.get("action", "")),
            seconds=float(hook.get("elapsed_seconds", 0) or 0),
        )


def _diagnostic(raw: dict[str, Any]) -> Diagnostic:
    span = raw.get("range") or {}
    where = f"{span['filename']}:{span['start']['line']}" if span.get("filename") else ""
    return Diagnostic(
        severity=str(raw.get("severity", "error")),
        summary=str(raw.get("summary", "")),
        detail=str(raw.get("detail", "")),
        address=str(raw.get("address", "")),
        where=where,
    )


def read_errors(text: str) -> list[Diagnostic]:
    """Return the errors in the text of a command without JSON output, run with `-no-color`.

    Each starts with a line "Error: summary"; an empty line and the detail follow, up to the next error or warning.
    """
    parts = re.split(r"^(Error|Warning): ", text, flags=re.MULTILINE)[1:]
    told = zip(parts[::2], parts[1::2], strict=True)
    return [Diagnostic("error", *_split(what)) for severity, what in told if severity == "Error"]


def _split(what: str) -> tuple[str, str]:
    summary, _, detail = what.partition("\n")
    return summary.strip(), detail.strip()
