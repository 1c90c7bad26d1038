"""What a life of an environment asks of IAM, role by role: recorded by tests/e2e/test_enforced_iam.py."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("recorded_calls.json")
# What is another one in each run: ids of API Gateway, and the names of releases.
_ID = re.compile(r"(?<=/)[0-9a-f]{8}(?=/|$)")
_RELEASE = re.compile(r"\d{8}T\d{6}-\d+")


@dataclass(frozen=True, order=True)
class Call:
    """An action on a resource; `context` are the condition keys of IAM itself, as JSON."""

    action: str
    resource: str
    context: str = "{}"

    @property
    def keys(self) -> Mapping[str, str]:
        found: Mapping[str, str] = json.loads(self.context)
        return found


def read_calls() -> dict[str, list[Call]]:
    return {role: [Call(*call) for call in calls] for role, calls in json.loads(PATH.read_text()).items()}


def write_calls(roles: Mapping[str, Iterable[Call]]) -> None:
    parts = []
    for role, calls in roles.items():
        lines = (f"  {json.dumps([call.action, call.resource, call.context])}" for call in sorted(calls))
        parts.append(f' "{role}": [\n' + ",\n".join(lines) + "\n ]")
    PATH.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def decisions_of(log: Path, role: str, *, allowed: bool = True) -> set[Call]:
    """What the sandbox noted of the sessions of a role."""
    found = (json.loads(line) for line in log.read_text().splitlines())
    return {
        Call(one["action"], _generalize(one["resource"]), json.dumps(one["context"], sort_keys=True))
        for one in found
        if f":assumed-role/{role}/" in one["principal"] and one["allowed"] is allowed
    }


def _generalize(resource: str) -> str:
    return _RELEASE.sub("20260101T000000-1", _ID.sub("a1b2c3d4", resource))
