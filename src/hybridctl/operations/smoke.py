"""The smoke test of an environment: the suite, asked of its public endpoint or of one version."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from hybridctl.domain.outputs import require_outputs
from hybridctl.domain.patience import Patience
from hybridctl.domain.smoke import SmokeReport
from hybridctl.domain.smoke_plan import SmokePlan
from hybridctl.operations.endpoint import Direct, Endpoint, PublicPorts
from hybridctl.operations.repeat_calls import RepeatedCalls
from hybridctl.operations.smoke_suite import Expected, run_suite
from hybridctl.operations.versions import must_be_published
from hybridctl.ports.release import HasPlace, HasRules
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState

_LOG_LINES = 20
_METRICS = '{"_aws"'  # an embedded metric: it explains no failure


class SmokePorts(PublicPorts, HasPlace, HasRules, HasState, Protocol):
    """What the smoke suite uses of an environment."""


@dataclass
class SmokeTest(Endpoint):
    """What the suite asks, as which user, and how long it is patient with nobody."""

    user: str
    plan: SmokePlan
    patience: Patience

    def ask_directly(self, version: int, build: str | None) -> SmokeReport:
        """Ask one version directly, whether or not it takes traffic."""
        ask = Direct(self.functions, version, self.gateway)
        target = f"version {version}, invoked directly"
        report = run_suite(target, ask, user=self.user, expected=Expected(version, build), plan=self.plan)
        lines = [line for line in ask.log if line.strip() and not line.startswith(_METRICS)]
        return replace(report, log=tuple(lines[-_LOG_LINES:]))

    def ask_publicly(self, expected: Expected, say: Callable[[str], None] = lambda _: None) -> SmokeReport:
        """Run the suite through the public endpoint, and ask again for a while where nobody answers.

        Where a session needs a provider's proof, it is created by direct invocation.
        """
        open_session = None
        if self.outputs.values.get("token_verification") == "provider":
            alias = self.functions.live()
            open_session = Direct(self.functions, alias.version, self.gateway) if alias else None
        ask = RepeatedCalls(self.ask, self.clock, self.patience.silence, say, names_version=self.plan.names_version)
        report = run_suite(
            self.outputs.endpoint, ask, user=self.user, expected=expected, plan=self.plan, open_session=open_session
        )
        return replace(report, notes=tuple(ask.notes))


def smoke_environment(backend: SmokePorts, clock: Clock, version: int | None, user: str) -> SmokeReport:
    """The suite on a deployed environment: its public endpoint, or one version of its function."""
    outputs = require_outputs(backend.place.environment, backend.state.outputs(), "there is nothing to test")
    rules = backend.rules
    test = SmokeTest(
        backend.functions, backend.probe, backend.http_apis, outputs, clock, user, rules.smoke, rules.patience
    )
    if version is None:
        return test.ask_publicly(Expected())
    must_be_published(backend.functions, version, outputs.function)
    return test.ask_directly(version, None)
