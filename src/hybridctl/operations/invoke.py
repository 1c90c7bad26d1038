"""Invoke one version of the function directly, once."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from hybridctl.domain.invocation import Invocation
from hybridctl.domain.outputs import no_function
from hybridctl.domain.smoke import direct_event
from hybridctl.domain.worker import Worker
from hybridctl.errors import UsageInvalid
from hybridctl.operations.endpoint import read_gateway
from hybridctl.operations.versions import must_be_published
from hybridctl.ports.machine import Checkout
from hybridctl.ports.release import HasFunctions, HasPlace, HasRules, HasWorkers
from hybridctl.ports.resources import HasHttpApis
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState


class InvokePorts(HasFunctions, HasHttpApis, HasPlace, HasRules, HasState, HasWorkers, Protocol):
    """The ports that a direct invocation uses."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """The answer of one version; `http_status` is its status code if it answers like an HTTP API's function."""

    environment: str
    function: str
    invocation: Invocation

    @property
    def failed(self) -> bool:
        return self.invocation.error is not None

    @property
    def http_status(self) -> int | None:
        payload = self.invocation.payload
        status = payload.get("statusCode") if isinstance(payload, dict) else None
        return status if isinstance(status, int) else None


def read_payload(typed: str, checkout: Checkout) -> str:
    """Return the payload's text: from a file for `@FILE`, from stdin for `-`, otherwise as given."""
    from pathlib import Path

    if typed == "-":
        return checkout.read(Path(typed))
    return checkout.read(Path(typed[1:])) if typed.startswith("@") else typed


def parse_payload(text: str) -> Any:
    """Parse the JSON. Raises UsageInvalid with the position of the error."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as cause:
        where = f"line {cause.lineno} column {cause.colno}: " if isinstance(cause, json.JSONDecodeError) else ""
        why = f"{where}{getattr(cause, 'msg', cause)}"
        hint = 'use --payload \'{"key": "value"}\', @FILE, or -'
        raise UsageInvalid(f"--payload is not JSON: {why}", hint=hint) from cause


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not valid JSON")


def invoke_function(
    backend: InvokePorts, clock: Clock, version: int | None, payload: str | None, worker: Worker | None = None
) -> Invoked:
    """Invoke `version`, or the one that gets most requests, once; the default payload is a health request.

    For a `worker`, its function is invoked; the default payload is the event of its first check. Raises NotDeployed,
    NotFound or VersionNotFound.
    """
    given = parse_payload(payload) if payload is not None else None
    outputs = backend.state.outputs()
    functions = backend.workers.functions(worker.name) if worker else backend.functions
    alias = functions.live() if outputs else None
    name = backend.place.environment
    if outputs is None or alias is None:
        raise no_function(name, outputs, "there is no function to invoke")
    function = backend.workers.full_name(worker.name) if worker else outputs.function
    if version is not None:
        must_be_published(functions, version, function)
    if payload is None:
        pulse = (worker.plan if worker else backend.rules.smoke).pulse
        given = direct_event(pulse, read_gateway(backend.http_apis, outputs, clock))
    return Invoked(name, function, functions.invoke_once(version or alias.served, given))
