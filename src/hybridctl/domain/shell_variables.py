"""Terraform variables in the process environment. Only those that hybridctl.toml names are passed to Terraform."""

from collections.abc import Collection, Mapping

_PREFIX = "TF_VAR_"


def withhold(environ: Mapping[str, str], allowed: Collection[str]) -> list[str]:
    """Return the variables in the shell that are not passed to Terraform, sorted."""
    return sorted(name for name in _set(environ) if name not in allowed)


def hand_over(environ: Mapping[str, str], allowed: Collection[str]) -> list[str]:
    """Return the variables in the shell that are passed to Terraform, sorted."""
    return sorted(name for name in _set(environ) if name in allowed)


def is_withheld(variable: str, allowed: Collection[str]) -> bool:
    """Return whether this environment variable is not passed to Terraform."""
    return variable.startswith(_PREFIX) and variable.removeprefix(_PREFIX) not in allowed


def _set(environ: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(_PREFIX) for name in environ if name.startswith(_PREFIX)]
