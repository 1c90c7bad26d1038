"""The settings with their values and sources."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `source` is a line of hybridctl.toml, a variable's name, or "default"."""

    name: str
    value: str | bool | int | list[str] | None
    source: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings of one environment. `file` is the path of hybridctl.toml."""

    environment: str
    file: str
    settings: tuple[Setting, ...]
