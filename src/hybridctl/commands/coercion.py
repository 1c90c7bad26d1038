"""Start-up: Typer checks each value with pydantic, whose import alone takes longer than most of our commands do.

A value that already is what was declared is taken as it is; everything else goes Typer's own way.
"""

from dataclasses import dataclass
from types import NoneType
from typing import Any


@dataclass(slots=True)
class AsDeclared:
    """Instead of a parameter's own check, which is made when the first value needs it."""

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
    """The same parameters, with this check; with a Typer that works in another way, with Typer's own."""
    for parameter in parameters:
        if hasattr(parameter, "get_runtime_param") and getattr(parameter, "_runtime_param", 0) is None:
            parameter._runtime_param = AsDeclared()  # noqa: SLF001
    return parameters
