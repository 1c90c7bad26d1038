"""Faster start-up: Typer checks each value with pydantic, whose import takes longer than most commands.

A value that already has the declared type is used as it is; all other values are checked by Typer.
"""

from dataclasses import dataclass
from types import NoneType
from typing import Any


@dataclass(slots=True)
class AsDeclared:
    """Replace a parameter's check, which is created when the first value needs it."""

    check: Any = None

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        several = param.multiple or param.nargs == -1
        declared = param.type_descriptor.annotation
        if not several and isinstance(declared, type) and isinstance(value, declared | NoneType):
            return value
        if several and value is None:
            return ()
        if self.check is None:
            param._runtime_param = None  # noqa: SLF001  (Typer then makes its own check)
            self.check = param.get_runtime_param()
        return self.check.coerce(value, param=param, ctx=ctx)


def check_late(parameters: list[Any]) -> list[Any]:
    """Return the parameters with this check; if Typer works differently, with Typer's own."""
    for parameter in parameters:
        if hasattr(parameter, "get_runtime_param") and getattr(parameter, "_runtime_param", 0) is None:
            parameter._runtime_param = AsDeclared()  # noqa: SLF001
    return parameters
