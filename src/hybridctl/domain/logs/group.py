"""The logs of a backend, and the function's log group."""

from enum import Enum

from hybridctl.domain.environment import Names
from hybridctl.domain.outputs import Outputs


class LogKind(Enum):
    """Who writes a log: the function, or the API for its requests."""

    FUNCTION = "function"
    ACCESS = "access"


def log_group_of(outputs: Outputs | None, names: Names) -> str:
    """Return the log group from Terraform's outputs, or the group that Lambda's naming rule gives."""
    named = outputs.values.get("lambda_log_group") if outputs is not None else None
    return named if isinstance(named, str) and named else names.log_group
