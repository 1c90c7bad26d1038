"""The Terraform engine: which one runs, what it is asked, and what it says while it works."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from hybridctl.domain.changes import Changes
from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Engine:
    """`argv` starts the engine; `name` is "terraform" or "tofu"; `bundled` when it came with hybridctl's own wheel."""

    name: str
    version: str
    argv: tuple[str, ...]
    bundled: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.version}{' (bundled)' if self.bundled else ''}"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan: `values_of` borrows another environment's values, `variables` override all files.

    `imports` are objects to adopt: their ids by the address that each is to have.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    values_of: str | None = None
    destroy: bool = False
    refresh_only: bool = False
    imports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A saved plan: the file that will be applied, its JSON, and its changes."""

    path: Path
    content: Mapping[str, Any]
    changes: Changes

    @property
    def id(self) -> str:
        """Tells this plan from any other, however it was saved: a hash of all that it says."""
        text = json.dumps(self.content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One line of the engine's JSON stream, reduced to what progress needs; `seconds` is the time spent so far."""

    kind: str
    message: str
    address: str = ""
    action: str = ""
    seconds: float = 0.0
