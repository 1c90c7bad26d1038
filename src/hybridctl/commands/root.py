"""The command tree and the options that stand before every command."""

from importlib.metadata import version as installed
from typing import Annotated

import typer

from hybridctl.commands import (
    abort,
    alarms,
    bootstrap,
    build,
    cost,
    deploy,
    destroy,
    doctor,
    drift,
    logs,
    metrics,
    outputs,
    plan,
    promote,
    releases,
    rollback,
    sandbox,
    sessions,
    smoke,
    state,
    status,
    troubleshoot,
)
from hybridctl.context import app_context
from hybridctl.exit_codes import ExitCode
from hybridctl.views.screen import Output

_CODES = "\n".join(f"- {code.value}: {code.meaning}" for code in ExitCode)
_EPILOG = f"Exit codes\n\n{_CODES}"
_DAILY = "Every day"
_CHANGE = "Make and take down"
_LOCAL = "This machine"


def build_app() -> typer.Typer:
    """The whole command tree, made afresh for each run."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        no_args_is_help=True,
        epilog=_EPILOG,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    app.command(rich_help_panel=_DAILY)(deploy.deploy)
    app.command(rich_help_panel=_DAILY)(smoke.smoke)
    app.command(rich_help_panel=_DAILY)(status.status)
    app.add_typer(logs.app, name="logs", rich_help_panel=_DAILY)
    app.command(rich_help_panel=_DAILY)(metrics.metrics)
    app.add_typer(alarms.app, name="alarms", rich_help_panel=_DAILY)
    app.add_typer(sessions.app, name="sessions", rich_help_panel=_DAILY)
    app.add_typer(troubleshoot.app, name="troubleshoot", rich_help_panel=_DAILY)
    app.command("cost", rich_help_panel=_DAILY)(cost.cost)
    app.command(rich_help_panel=_DAILY)(promote.promote)
    app.command(rich_help_panel=_DAILY)(abort.abort)
    app.command(rich_help_panel=_DAILY)(rollback.rollback)
    app.add_typer(releases.app, name="releases", rich_help_panel=_DAILY)
    app.command("bootstrap", rich_help_panel=_CHANGE)(bootstrap.bootstrap_)
    app.command(rich_help_panel=_CHANGE)(build.build)
    app.command(rich_help_panel=_CHANGE)(plan.plan)
    app.command(rich_help_panel=_CHANGE)(outputs.outputs)
    app.command(rich_help_panel=_CHANGE)(drift.drift)
    app.add_typer(state.app, name="state", rich_help_panel=_CHANGE)
    app.command(rich_help_panel=_CHANGE)(destroy.destroy)
    app.command(rich_help_panel=_LOCAL)(doctor.doctor)
    app.add_typer(sandbox.app, name="sandbox", rich_help_panel=_LOCAL)
    return app


def _print_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        app_context(ctx).screen.plain(f"hybridctl {installed('hybridctl')}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    output: Annotated[Output, typer.Option(help="How results are printed.")] = Output.TEXT,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected failure.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Deploy, prove, watch and roll back one serverless backend on AWS, rehearsed offline first."""
    screen = app_context(ctx).screen
    screen.output = output
    screen.debug = debug
