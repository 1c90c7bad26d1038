"""The logs of a backend, and the log group that the function writes to."""

from enum import Enum

from hybridctl.domain.environment import Names
from hybridctl.domain.outputs import Outputs


class LogKind(Enum):
    """Who writes a log: the function, or the API about its requests."""

    FUNCTION = "function"
    ACCESS = "access"


def log_group_of(outputs: Outputs | None, names: Names) -> str:
    """The group that Terraform says it has configured, else the one Lambda's own naming rule gives."""
    named = outputs.values.get("lambda_log_group") if outputs is not None else None
    return named if isinstance(named, str) and named else names.log_group
