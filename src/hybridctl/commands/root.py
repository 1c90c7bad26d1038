"""The global options, and `hybridctl` without a command."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hybridctl.commands.completion import profiles
from hybridctl.commands.tree import WORKING, Tree
from hybridctl.context import app_context
from hybridctl.views.screen import Output


def build_app() -> Any:
    """Return the whole command tree; a command is imported only when it is used."""
    app = typer.Typer(
        cls=Tree,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        # Typer's own lines (--install-completion) go through our streams, which show escape sequences as text.
        context_settings={"help_option_names": ["-h", "--help"], "color": False},
    )
    app.callback(invoke_without_command=True)(root)
    return typer.main.get_command(app)


def _print_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        app_context(ctx).screen.plain(f"hybridctl {installed('hybridctl')}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    output: Annotated[Output, typer.Option(help="Output format of results.")] = Output.TEXT,
    events: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write progress events to FILE, one JSON object per line.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="AWS profile [default: the environment's].",
            show_default=False,
            autocompletion=profiles,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --output json.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only results and errors, no progress or notes.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Deploy, watch and roll back a serverless backend on AWS, with an offline rehearsal first."""
    app = app_context(ctx)
    screen = app.screen
    screen.output = Output.JSON if as_json else output
    screen.quiet = quiet
    screen.debug = debug
    if screen.job:
        screen.job.doing = f"hybridctl {ctx.invoked_subcommand}"
    app.profile = profile
    app.works = ctx.invoked_subcommand in WORKING
    app.events_file = events
    if events:
        screen.events = app.open_events(events)
        screen.events.write("begin", command=ctx.invoked_subcommand)
    if ctx.invoked_subcommand is None:
        tree: Any = ctx.command
        screen.plain(tree.format_daily(ctx.make_formatter()).rstrip())
