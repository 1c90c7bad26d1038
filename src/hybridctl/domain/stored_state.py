"""Terraform's state object in its bucket. Its bytes are checked before its content is used.

Formats: https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go and, for OpenTofu's
envelope, https://opentofu.org/docs/language/state/encryption/ .
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

FORMAT = 4


@unique
class StateKind(StrEnum):
    """The kind of a state object. Only `OK` means deployed; only `ABSENT` and `EMPTY` mean not deployed."""

    ABSENT = "absent"
    EMPTY = "empty"  # a state without resources, such as after a destroy
    WITHOUT_OUTPUTS = "without outputs"  # resources but no outputs: the first apply did not finish
    OK = "ok"
    ENCRYPTED = "encrypted"
    NEWER = "newer"
    UNREADABLE = "unreadable"

    @property
    def is_readable(self) -> bool:
        return self not in (StateKind.ENCRYPTED, StateKind.NEWER, StateKind.UNREADABLE)


@dataclass(frozen=True, slots=True)
class StoredState:
    """A state object. `why` describes what is wrong with it; `resources` is the number of managed resources.

    `age` is in seconds, by S3's clock. `engine` is the version that wrote the state. `content` is empty if it is
    unreadable. `version` is the object version in the bucket, for an earlier state.
    """

    kind: StateKind
    why: str = ""
    written: datetime | None = None
    age: float = 0.0
    lineage: str = ""
    serial: int = 0
    engine: str | None = None
    resources: int = 0
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    version: str = ""


@dataclass(frozen=True, slots=True)
class StatePosition:
    """A position in the history of a state: its lineage, and the number of times it was written."""

    lineage: str
    serial: int


def read_stored_state(body: bytes, written: datetime | None = None, age: float = 0.0) -> StoredState:
    """Parse the bytes of a state object. Never raises."""
    content, why = read_object(body)
    if content is None:
        return StoredState(StateKind.UNREADABLE, why, written, age)
    serial, lineage, engine = content.get("serial", 0), content.get("lineage", ""), content.get("terraform_version")
    state = StoredState(
        StateKind.UNREADABLE,
        written=written,
        age=age,
        lineage=lineage if isinstance(lineage, str) else "",
        serial=serial if isinstance(serial, int) else 0,
        engine=engine if isinstance(engine, str) else None,
    )
    if "encrypted_data" in content:
        return replace(state, kind=StateKind.ENCRYPTED, why="OpenTofu has encrypted it")
    version = content.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        return replace(state, why="it has no format version, so it is not a Terraform state")
    if version > FORMAT:
        return replace(state, kind=StateKind.NEWER, why=f"its format is {version}, but only {FORMAT} is supported")
    if version < FORMAT:
        return replace(state, why=f"its format is the outdated {version}, not {FORMAT}")
    resources, outputs = content.get("resources") or [], content.get("outputs") or {}
    if not _are_resources(resources):
        return replace(state, why="its resources cannot be parsed")
    if not (isinstance(outputs, dict) and all(isinstance(one, dict) and "value" in one for one in outputs.values())):
        return replace(state, why="its outputs cannot be parsed")
    managed = sum(len(one["instances"]) for one in resources if one.get("mode") == "managed")
    kind = StateKind.OK if outputs else StateKind.WITHOUT_OUTPUTS if managed else StateKind.EMPTY
    return replace(state, kind=kind, resources=managed, content=content)


def read_object(body: bytes) -> tuple[dict[str, Any] | None, str]:
    """Parse the bytes as a JSON object. Return None and the reason if they are not one."""
    if not body.strip(b"\x00 \t\r\n"):
        return None, "it is empty" if not body else "it is blank"
    try:
        content = json.loads(body)
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError as cause:
        cut = isinstance(cause, json.JSONDecodeError) and cause.pos >= len(cause.doc.rstrip()) - 1
        return None, "it is truncated" if cut or "Unterminated" in str(cause) else "it is not JSON"
    if not isinstance(content, dict):
        return None, f"it is {_NAMES.get(type(content), 'a number')}, not an object"
    return content, ""


_NAMES: Mapping[type, str] = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


def _are_resources(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("type"), str)
        and isinstance(one.get("name"), str)
        and isinstance(one.get("instances"), list)
        and all(isinstance(instance, dict) for instance in one["instances"])
        for one in value
    )
