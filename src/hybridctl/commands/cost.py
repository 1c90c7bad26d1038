from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, choose_environment
from hybridctl.context import AppContext, app_context
from hybridctl.domain.cost.bill import Estimate
from hybridctl.domain.cost.load import PerRequest
from hybridctl.errors import UsageInvalid
from hybridctl.operations.cost import (
    ComparedCosts,
    Given,
    estimate_given,
    estimate_measured,
    read_quantity,
    refresh,
)

_EACH = PerRequest()


def cost(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    requests: Annotated[
        str | None,
        typer.Option(metavar="N", help="Requests per month, as 250k or 1.5M [default: measured].", show_default=False),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=60, help="Number of days to measure.")] = 7,
    duration_ms: Annotated[
        float, typer.Option(min=1, max=900_000, help="Billed duration per request in ms (with --requests).")
    ] = _EACH.duration_ms,
    reads: Annotated[float, typer.Option(min=0, help="Read units per request (with --requests).")] = _EACH.reads,
    writes: Annotated[float, typer.Option(min=0, help="Write units per request (with --requests).")] = _EACH.writes,
    answer_kb: Annotated[
        float, typer.Option(min=0, help="Response size per request in kB (with --requests).")
    ] = _EACH.answer_kb,
    log_kb: Annotated[float, typer.Option(min=0, help="Log size per request in kB (with --requests).")] = _EACH.log_kb,
    storage_gb: Annotated[float, typer.Option(min=0, help="Data stored in the tables in GB (with --requests).")] = 0.1,
    against: Annotated[
        str | None, typer.Option(metavar="ENV", help="Compare with another environment (with --requests).")
    ] = None,
    free_tier: Annotated[
        bool, typer.Option("--free-tier", help="Subtract the permanent free tier of the account.")
    ] = False,
    refresh_prices: Annotated[
        bool,
        typer.Option(
            "--refresh-prices", help="Download the current list prices of the region from AWS, and keep them."
        ),
    ] = False,
) -> None:
    """Estimate a month at list prices, for a given load or for the load measured in the last days.

    With --requests it makes no AWS calls.

    Examples:
      hybridctl cost production
      hybridctl cost production --requests 5M --against staging
    """
    app = app_context(ctx)
    target = app.environment(choose_environment(environment, env))
    if refresh_prices:
        app.screen.result(refresh(app.prices, app.clock, target.region))
        return
    prices = app.prices.of(target.region)
    if requests is None:
        if against:
            raise UsageInvalid("--against requires a load for both environments", hint="add --requests 1M")
        backend = app.backend(target.name)
        kept = int(app.checkout.values(target.name).get("log_retention_days", 30))
        app.screen.result(estimate_measured(backend, app.clock, days, kept, prices, free_tier=free_tier))
        return
    each = PerRequest(duration_ms, reads, writes, answer_kb, log_kb)
    given = Given(read_quantity(requests, option="--requests"), each, storage_gb)
    first = _estimate(app, target.name, given, free_tier=free_tier)
    app.screen.result(ComparedCosts(first, _estimate(app, against, given, free_tier=free_tier)) if against else first)


def _estimate(app: AppContext, name: str, given: Given, *, free_tier: bool) -> Estimate:
    target = app.environment(name)
    return estimate_given(
        target.name,
        app.checkout.values(target.name),
        app.settings.architecture,
        given,
        app.prices.of(target.region),
        free_tier=free_tier,
        declared=app.checkout.list_variables(target.name),
    )
