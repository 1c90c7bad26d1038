from datetime import timedelta
from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.commands.release_order import carry_out, make_order
from hybridctl.commands.variables import say_values
from hybridctl.context import AppContext, app_context
from hybridctl.domain.logs.moments import parse_moment
from hybridctl.domain.troubles.answer import TroubleAnswer, keep_applicable
from hybridctl.errors import UsageInvalid
from hybridctl.exit_codes import ExitCode
from hybridctl.operations import troubleshoot
from hybridctl.operations.cors import diagnose_cors
from hybridctl.ports.backend import Backend

group = typer.Typer(
    no_args_is_help=True, help="Find the cause of a known problem in live data, and the command that fixes it."
)

Apply = Annotated[bool, typer.Option("--apply", help="Apply the fix as a release, after confirmation.")]
Since = Annotated[str, typer.Option(help="How far back to look: 30m, 3h.")]
_LONGEST = timedelta(hours=23)  # a minute's points of CloudWatch fit into one answer


@group.command("cold-starts")
def cold_starts(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Since = "12h",
    apply: Apply = False,
    yes: Yes = False,
) -> int:
    """Explain slow first requests: init times, package, memory, provisioned concurrency and its cost.

    Examples:
      hybridctl troubleshoot cold-starts production --since 3h
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=apply)
    prices = app.prices.of(backend.place.region)
    answer = troubleshoot.cold_starts(backend, app.clock, _back(app, since), prices)
    return _show_answer(app, backend, answer, apply=apply, yes=yes)


@group.command()
def throttling(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    since: Since = "12h",
    apply: Apply = False,
    yes: Yes = False,
) -> int:
    """Explain throttled requests: table or index, reads or writes, capacity or hot key, or Lambda limits.

    Examples:
      hybridctl troubleshoot throttling production
      hybridctl troubleshoot throttling staging --apply
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=apply)
    prices = app.prices.of(backend.place.region)
    values = app.checkout.values(backend.place.environment)
    answer = troubleshoot.throttling(backend, app.clock, _back(app, since), values, prices)
    if backend.place.endpoint:
        app.screen.say("note: no table of the sandbox runs out of capacity: only function and API are throttled")
    return _show_answer(app, backend, answer, apply=apply, yes=yes)


@group.command()
def sessions(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="Also look up this session.", show_default=False)
    ] = None,
    apply: Apply = False,
    yes: Yes = False,
) -> int:
    """Explain why sessions do not stay valid: TTL, time units, clocks, the item, the index.

    Examples:
      hybridctl troubleshoot sessions staging
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=apply)
    return _show_answer(app, backend, troubleshoot.sessions(backend, app.clock, session), apply=apply, yes=yes)


@group.command()
def cors(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    origin: Annotated[
        str,
        typer.Option(metavar="ORIGIN", help="Origin of the page, such as https://app.example.com.", show_default=False),
    ] = "",
    apply: Apply = False,
    yes: Yes = False,
) -> int:
    """Explain blocked browser requests: send real preflight requests and compare them with the configuration.

    Examples:
      hybridctl troubleshoot cors staging --origin https://app.example.com --apply
    """
    app = app_context(ctx)
    if not origin:
        raise UsageInvalid(
            "--origin is required: the origin of the page that is blocked",
            hint="hybridctl troubleshoot cors --origin https://app.example.com",
        )
    backend = app.backend(choose_environment(environment, env), changes=apply)
    return _show_answer(app, backend, diagnose_cors(backend, origin), apply=apply, yes=yes)


def _back(app: AppContext, since: str) -> timedelta:
    now = app.clock.now()
    length = now - parse_moment(since, now, option="--since")
    if not timedelta(minutes=1) <= length <= _LONGEST:
        raise UsageInvalid(f"--since {since}: from a minute to 23 hours", hint="like 30m, 3h or 12h")
    return length


def _show_answer(app: AppContext, backend: Backend, answer: TroubleAnswer, *, apply: bool, yes: bool) -> int:
    """Show the answer; with `--apply`, show it on stderr and make the release the result."""
    if answer.remedy.variables:
        answer = keep_applicable(answer, app.checkout.list_variables(answer.environment))
    if not apply:
        app.screen.result(answer)
        return ExitCode.CHECK_FAILED if answer.found else ExitCode.OK
    if not answer.found:
        app.screen.result(answer)
        return ExitCode.OK
    if not answer.remedy.deploys:
        app.screen.result(answer)
        raise UsageInvalid(
            "--apply applies only fixes that are deploys, and this one is not", hint=answer.remedy.command
        )
    app.screen.say(answer)
    target, variables = app.environment(answer.environment), dict(answer.remedy.variables)
    say_values(app, target.name, None)
    reason = f"troubleshoot {answer.trouble}: {answer.verdict}"
    carry_out(app, backend, make_order(app, target, variables, save=bool(variables), reason=reason, yes=yes))
    return ExitCode.OK
