"""The deploy order that `deploy` and `troubleshoot --apply` share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hybridctl.context import AppContext
from hybridctl.domain.engine import PlanRequest
from hybridctl.domain.environment import Consent, Environment
from hybridctl.domain.shift import ShiftRequest
from hybridctl.operations.deploy import Deploy, DeployRequest
from hybridctl.operations.proposal import Proposal
from hybridctl.operations.safe_deploy import DeployOrder, Workshop, deploy_safely
from hybridctl.ports.backend import Backend


def make_order(
    app: AppContext,
    target: Environment,
    variables: Mapping[str, str],
    *,
    save: bool,
    reason: str,
    yes: bool,
    values_of: str | None = None,
    allow: Sequence[str] = (),
    adopts: Mapping[str, str | None] | None = None,
    package: Path | None = None,
    shift: ShiftRequest | None = None,
    plan_file: Path | None = None,
    digest: str | None = None,
    dry_run: bool = False,
) -> DeployOrder:
    """Return the order for an environment; its strategy and alarms apply unless `shift` overrides them."""
    proposal = Proposal(
        PlanRequest(variables, values_of),
        allow,
        target.protected,
        package,
        bootstraps=target.consent is Consent.NONE or (yes and not dry_run),
        function=app.settings.function(target.name),
        adopts=adopts or {},
        repairs=not dry_run,
        workers=app.settings.worker_functions(target.name),
    )
    shift = shift or ShiftRequest(target.strategy, stop_alarms=target.stop_alarms)
    request = DeployRequest(reason, shift, variables if save else {}, proposal.waived)
    return DeployOrder(target, proposal, request, plan_file, digest, values_of, dry_run, yes)


def carry_out(app: AppContext, backend: Backend, order: DeployOrder) -> None:
    """Carry the order out and show its result."""
    run = Deploy(backend, app.checkout, app.clock, app.screen.progress(), app.smoke_user)
    settings = app.settings
    workshop = Workshop(
        lambda: app.prices, app.prerequisites, app.open_plan_files, settings.runtime, settings.architecture
    )
    app.screen.result(deploy_safely(run, app.screen, workshop, order))
