"""The values that an environment's files set for Terraform."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hybridctl.errors import ConfigurationInvalid


@dataclass(frozen=True, eq=False)
class Values(Mapping[str, Any]):
    """Values by name. Reading a value that is set by an expression raises ConfigurationInvalid.

    `unreadable` maps the names of such values to their file and text.
    """

    known: Mapping[str, Any] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name in self.unreadable:
            raise ConfigurationInvalid(
                f"{name} is set, but cannot be read here: {self.unreadable[name]}",
                hint=f"use a literal value for {name}; only Terraform evaluates expressions",
            )
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def __contains__(self, name: object) -> bool:
        return name in self.known or name in self.unreadable

    @property
    def names(self) -> set[str]:
        """The names of all values that are set, including unreadable ones."""
        return {*self.known, *self.unreadable}
