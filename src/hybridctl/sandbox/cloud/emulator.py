"""The only module that uses the emulator's internals: each seam names what it expects and fails loudly otherwise."""

import functools
import importlib
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from importlib import metadata
from types import ModuleType
from typing import Any, NamedTuple

from hybridctl.sandbox.home import ACCOUNT, REGION

TESTED = "1.5.33"

Answer = tuple[int, dict[str, Any], Any]  # status, headers, body: what every handler of the emulator returns
Original = Callable[..., Answer]
Handler = Callable[..., Awaitable[Answer]]  # called with the members of a ServiceRequest


class ServiceRequest(NamedTuple):
    """The arguments of every service handler."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, list[str]]

    @property
    def operation(self) -> str:
        """Return the operation in the JSON protocols; "" in others."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


class EmulatorChanged(Exception):
    """An upgrade of the emulator changed something that the wrapper uses."""


def version() -> str:
    return metadata.version("ministack")


class Parts:
    """The names that the wrapper uses of one emulator module; their existence is checked at construction.

    They are looked up at each use, because the emulator replaces some of its stores, and the wrapper some of its
    functions.
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
    """The account and region of the sandbox, for work outside a request."""
    scope: AbstractContextManager[None] = Parts("core.responses", "request_scope")["request_scope"](ACCOUNT, REGION)
    return scope


def answer_json(value: object, status: int = 200) -> Answer:
    """Return a response of a JSON service."""
    answer: Answer = Parts("core.responses", "json_response")["json_response"](value, status)
    return answer


def refuse(code: str, message: str, status: int = 400) -> Answer:
    """Return an error response of a JSON service."""
    refusal: Answer = Parts("core.responses", "error_response_json")["error_response_json"](code, message, status)
    return refusal


def refuse_query(code: str, message: str, status: int = 400) -> Answer:
    """Return an error response of a service with the query protocol."""
    refusal: Answer = Parts("core.responses", "error_response_xml")["error_response_xml"](code, message, status)
    return refusal


def replace(module: ModuleType, name: str, parameters: str, replacement: Callable[..., Any]) -> None:
    """Call `replacement(original, …)` instead of a function; `parameters` are the original's parameter names."""
    original = getattr(module, name, None)
    if not callable(original):
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no {module.__name__}.{name}")
    found = " ".join(inspect.signature(original).parameters)
    if found != parameters:
        raise EmulatorChanged(
            f"{module.__name__}.{name} of ministack {version()} takes ({found}); tested with {TESTED}: ({parameters})"
        )

    @functools.wraps(original)
    def call(*arguments: Any, **named: Any) -> Any:
        return replacement(original, *arguments, **named)

    setattr(module, name, call)


def substitute(module: ModuleType, name: str, parameters: str, function: Callable[..., Any]) -> None:
    """Replace a function by one that does not need the original."""
    replace(module, name, parameters, lambda _, *arguments, **named: function(*arguments, **named))


def put(module: ModuleType, name: str, value: object) -> None:
    """Replace a module's value."""
    if not hasattr(module, name):
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no {module.__name__}.{name}")
    setattr(module, name, value)


def layer(service_name: str, handle: Callable[[Handler, ServiceRequest], Awaitable[Answer]]) -> None:
    """Call `handle(forward, request)` for each request to a service, by the name under which the emulator routes."""
    handlers = importlib.import_module("ministack.app").SERVICE_HANDLERS
    if service_name not in handlers:
        raise EmulatorChanged(f"ministack {version()} (tested with {TESTED}) has no service {service_name}")
    forward = handlers[service_name]

    async def call(*request: Any) -> Answer:
        return await handle(forward, ServiceRequest(*request))

    handlers[service_name] = call
