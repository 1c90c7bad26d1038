"""The Terraform engine: which one runs, what it plans, and which events it reports."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hybridctl.domain.changes import Changes

PLAN_LIMIT = 32 * 2**20  # of a saved plan, which usually has some tens of kilobytes


@dataclass(frozen=True, slots=True)
class Engine:
    """The Terraform engine. `argv` starts it; `name` is "terraform" or "tofu"; `bundled` is true for the engine in
    hybridctl's wheel.
    """

    name: str
    version: str
    argv: tuple[str, ...]
    bundled: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}{' (bundled)' if self.bundled else ''}"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan. `values_of` uses the values of another environment; `variables` override all files.

    `imports` are objects to adopt: it maps the address of each one to its import id.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    values_of: str | None = None
    destroy: bool = False
    refresh_only: bool = False
    imports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A saved plan: the file to apply, its JSON, and its changes."""

    path: Path
    content: Mapping[str, Any]
    changes: Changes

    @property
    def id(self) -> str:
        """A hash of the plan's content. It identifies the plan, wherever the plan is saved."""
        text = json.dumps(self.content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


READING = "reading"  # the kind of the event that a plan with changes is being read
WARNING = "warning"  # the kind of the event for a warning of the engine, such as a `check` block that fails


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One event of the engine's JSON stream, reduced to what progress needs. `seconds` is the time spent so far."""

    kind: str
    message: str
    address: str = ""
    action: str = ""
    seconds: float = 0.0
