"""Terraform's state for display: addresses and attributes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hybridctl.errors import NotFound


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource or data source in the state. Sensitive attributes are masked."""

    address: str
    type: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resources:
    """All resources in the state."""

    found: tuple[Resource, ...]

    def of(self, kind: str) -> list[Resource]:
        return [resource for resource in self.found if resource.type == kind]

    def at(self, address: str) -> Resource:
        for resource in self.found:
            if resource.address == address:
                return resource
        near = self._near(address)
        hint = f"did you mean {near}?" if near else "hybridctl state list"
        raise NotFound(f"there is no {address} in the state", hint=hint)

    def _near(self, address: str) -> str | None:
        """Return the address that was probably meant: the only one with this ending, else the most similar one."""
        from difflib import get_close_matches

        addresses = [resource.address for resource in self.found]
        ending = [one for one in addresses if one.endswith(f".{address}")]
        return ending[0] if len(ending) == 1 else next(iter(get_close_matches(address, addresses, n=1)), None)


def read_resources(shown: Mapping[str, Any]) -> Resources:
    """Read the resources from the JSON of `terraform show -json`, sorted by address."""
    root = shown.get("values", {}).get("root_module", {})
    return Resources(tuple(sorted(_in_module(root), key=lambda one: one.address)))


def _in_module(module: Mapping[str, Any]) -> Iterator[Resource]:
    for raw in module.get("resources", ()):
        secret = raw.get("sensitive_values") or {}
        values = {name: hide_sensitive(value, secret.get(name)) for name, value in raw.get("values", {}).items()}
        yield Resource(raw["address"], raw["type"], values)
    for child in module.get("child_modules", ()):
        yield from _in_module(child)


def hide_sensitive(value: Any, secret: Any) -> Any:
    """Replace the value by "(sensitive)" wherever `secret` is true. `secret` is a mask with the value's structure."""
    if secret is True:
        return "(sensitive)"
    if isinstance(value, Mapping) and isinstance(secret, Mapping):
        return {name: hide_sensitive(member, secret.get(name)) for name, member in value.items()}
    if isinstance(value, list) and isinstance(secret, list):
        masks = [*secret, *([None] * (len(value) - len(secret)))]
        return [hide_sensitive(member, mask) for member, mask in zip(value, masks, strict=False)]
    return value


def address_of(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    """Return the address of an instance of a resource in a stored state object (version 4)."""
    module = f"{resource['module']}." if resource.get("module") else ""
    data = "data." if resource["mode"] == "data" else ""
    key = instance.get("index_key")
    index = "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    return f"{module}{data}{resource['type']}.{resource['name']}{index}"


def read_raw(state: Mapping[str, Any]) -> Resources:
    """Read the managed resources from a stored state object (version 4). Sensitive attributes are masked."""
    return Resources(tuple(sorted(_raw(state), key=lambda one: one.address)))


def _raw(state: Mapping[str, Any]) -> Iterator[Resource]:
    for resource in state.get("resources", ()):
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances", ()):
            hidden = {path[0].get("value") for path in instance.get("sensitive_attributes") or () if path}
            values = {
                name: "(sensitive)" if name in hidden else value
                for name, value in (instance.get("attributes") or {}).items()
            }
            yield Resource(address_of(resource, instance), resource["type"], values)
