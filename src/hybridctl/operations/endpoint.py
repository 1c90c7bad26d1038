"""Where an environment answers: publicly, as its users are answered, or by one version that is invoked directly."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from hybridctl.domain.api_event import DEFAULT, Gateway
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.smoke import Answer, direct_event, read_invocation
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import HybridctlError
from hybridctl.ports.release import Functions, HasFunctions, HasProbe, HttpProbe
from hybridctl.ports.resources import HasHttpApis, HttpApis
from hybridctl.ports.run import Clock


class PublicPorts(HasFunctions, HasHttpApis, HasProbe, Protocol):
    """What a question to the public endpoint uses of an environment."""


@dataclass
class Direct:
    """Calls to one version by direct invocation; `log` keeps the function's output of failed calls."""

    functions: Functions
    version: int
    gateway: Gateway
    log: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> Answer:
        ran = self.functions.invoke(self.version, direct_event(call, self.gateway))
        answer = read_invocation(call, ran)
        if (ran.error or answer.status >= 500) and not self.log:  # the first says it; the others repeat it
            self.log.extend(ran.log)
        return answer


@dataclass
class Endpoint:
    """The public endpoint of what the outputs describe."""

    functions: Functions
    probe: HttpProbe
    http_apis: HttpApis
    outputs: Outputs
    clock: Clock

    @cached_property
    def gateway(self) -> Gateway:
        """What the API adds to a request, read once."""
        return read_gateway(self.http_apis, self.outputs, self.clock)

    def ask(self, call: Call) -> Answer:
        """The answer that a user gets: over HTTP, or through the alias where there is no API, or to an event."""
        if self.outputs.has_api and call.event is None:
            return self.probe.call(self.outputs.endpoint, call)
        return read_invocation(call, self.functions.invoke_alias(direct_event(call, self.gateway)))


def endpoint_of(backend: PublicPorts, outputs: Outputs, clock: Clock) -> Endpoint:
    return Endpoint(backend.functions, backend.probe, backend.http_apis, outputs, clock)


def read_gateway(http_apis: HttpApis, outputs: Outputs, clock: Clock) -> Gateway:
    """Return what the API adds to a request. If the routes cannot be read, the proof guesses their keys."""
    api = str(outputs.values.get("api_id", ""))
    keys: tuple[str, ...] = ()
    with suppress(HybridctlError):
        keys = tuple(route.key for route in (http_apis.routes(api) if api else None) or ())
    account, region = (str(outputs.values.get(name, "")) for name in ("account_id", "region"))
    stage = outputs.text("api_stage") if outputs.has_api else DEFAULT
    return Gateway(stage, clock.now(), keys, api, account, region)
