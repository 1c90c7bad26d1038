"""The one place that reaches into the emulator: each seam names what it expects and fails loudly otherwise."""

import functools
import importlib
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from importlib import metadata
from types import ModuleType
from typing import Any

from hybridctl.sandbox.home import ACCOUNT, REGION

TESTED = "1.5.33"

Answer = tuple[int, dict[str, Any], Any]  # status, headers, body: what every handler of the emulator returns
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Answer]]


class EmulatorChanged(Exception):
    """An upgrade of the emulator moved something that the wrapper leans on."""


def version() -> str:
    return metadata.version("ministack")


class Parts:
    """What the wrapper uses of one module of the emulator, by name; that it is all there is checked when it is made.

    Looked up at each use: the emulator replaces some of its stores, and the wrapper some of its functions.
    """

    def __init__(self, module: str, *names: str) -> None:
        self.module = importlib.import_module(f"ministack.{module}")
        self._names = frozenset(names)
        missing = [name for name in names if not hasattr(self.module, name)]
        if missing:
            raise EmulatorChanged(
                f"ministack {version()} (tested with {TESTED}) has no {module}.{', '.join(sorted(missing))}"
            )

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(f"{name} is not among the declared parts of {self.module.__name__}")
        return getattr(self.module, name)


@functools.cache
def service(name: str, *names: str) -> Parts:
    """The named parts of a service module, such as `lambda_svc`."""
    return Parts(f"services.{name}", *names)


def as_owner() -> AbstractContextManager[None]:
    """The scope of the sandbox's one account and region, for what is done on no request's behalf."""
    scope: AbstractContextManager[None] = Parts("core.responses", "request_scope")["request_scope"](ACCOUNT, REGION)
    return scope


def replace(module: ModuleType, name: str, parameters: str, make: Callable[[Any], Any]) -> None:
    """Replace a function by `make(original)`; `parameters` are the names that the original must take."""
    original = getattr(module, name, None)
    if not callable(original):
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no {module.__name__}.{name}")
    found = " ".join(inspect.signature(original).parameters)
    if found != parameters:
        raise EmulatorChanged(
            f"{module.__name__}.{name} of ministack {version()} takes ({found}); tested with {TESTED}: ({parameters})"
        )
    replacement = make(original)

    @functools.wraps(original)
    def calling(*arguments: Any, **named: Any) -> Any:
        return replacement(*arguments, **named)

    setattr(module, name, calling)


def put(module: ModuleType, name: str, value: object) -> None:
    """Replace a module's value."""
    if not hasattr(module, name):
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no {module.__name__}.{name}")
    setattr(module, name, value)


def layer(service_name: str, make: Callable[[Handler], Handler]) -> None:
    """Wrap the handler of a whole service, by the name under which the emulator routes to it."""
    handlers = importlib.import_module("ministack.app").SERVICE_HANDLERS
    if service_name not in handlers:
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no service {service_name}")
    handlers[service_name] = make(handlers[service_name])
