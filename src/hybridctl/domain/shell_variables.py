"""Terraform variables in the process environment: only those that hybridctl.toml names reach Terraform."""

from collections.abc import Collection, Mapping

_PREFIX = "TF_VAR_"


def withhold(environ: Mapping[str, str], allowed: Collection[str]) -> list[str]:
    """The names of the variables that the shell sets and Terraform does not get, in order."""
    return sorted(name for name in _set(environ) if name not in allowed)


def hand_over(environ: Mapping[str, str], allowed: Collection[str]) -> list[str]:
    """The names of the variables that Terraform takes from the shell, in order."""
    return sorted(name for name in _set(environ) if name in allowed)


def is_withheld(variable: str, allowed: Collection[str]) -> bool:
    """Whether an environment variable of this name is kept from Terraform."""
    return variable.startswith(_PREFIX) and variable.removeprefix(_PREFIX) not in allowed


def _set(environ: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(_PREFIX) for name in environ if name.startswith(_PREFIX)]
