"""Terraform's state as a reader sees it: addresses, attributes, and the lock on it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hybridctl.errors import NotFound


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource or data source in the state; sensitive attributes are masked."""

    address: str
    type: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resources:
    """All of them, by address."""

    found: tuple[Resource, ...]

    def at(self, address: str) -> Resource:
        for resource in self.found:
            if resource.address == address:
                return resource
        raise NotFound(f"there is no {address} in the state", hint="hybridctl state list")


@dataclass(frozen=True, slots=True)
class StateLock:
    """Who holds the state, as Terraform wrote it into the lock; `age` is in seconds."""

    id: str
    operation: str
    who: str
    created: datetime
    age: float


def read_resources(shown: Mapping[str, Any]) -> Resources:
    """The resources of `terraform show -json`, children last."""
    root = shown.get("values", {}).get("root_module", {})
    return Resources(tuple(sorted(_in_module(root), key=lambda one: one.address)))


def _in_module(module: Mapping[str, Any]) -> Iterator[Resource]:
    for raw in module.get("resources", ()):
        secret = raw.get("sensitive_values") or {}
        values = {
            name: "(sensitive)" if secret.get(name) is True else value for name, value in raw.get("values", {}).items()
        }
        yield Resource(raw["address"], raw["type"], values)
    for child in module.get("child_modules", ()):
        yield from _in_module(child)
