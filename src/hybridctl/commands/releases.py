from typing import Annotated

import typer

from hybridctl.commands.completion import releases
from hybridctl.commands.groups import ListUnlessTold
from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.context import app_context
from hybridctl.operations.releases import compare_releases, plan_prune, prune, read_history

group = typer.Typer(cls=ListUnlessTold, help="List releases, compare two of them, or delete old versions.")

_ID = "Version, or a release id (or the beginning of one)."


@group.command("list")
def list_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number of releases, newest first.")] = 20,
) -> None:
    """List the releases: version, outcome, author, commit and reason. * marks the live one.

    `list` is optional: hybridctl releases staging.

    Examples:
      hybridctl releases staging --limit 5
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env))
    history = read_history(backend, limit)
    app.checkout.remember_releases(backend.place.environment, [release.id for release in history.releases])
    app.screen.result(history)


@group.command()
def diff(
    ctx: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help=_ID, autocompletion=releases)],
    other: Annotated[str, typer.Argument(metavar="B", help=_ID, autocompletion=releases)],
    environment: Environment = None,
    env: NamedEnvironment = None,
    code: Annotated[bool, typer.Option("--code", help="Also show the lines that differ.")] = False,
    lines: Annotated[
        int, typer.Option("--lines", min=0, metavar="N", help="With --code: maximum number of lines; 0 for all.")
    ] = 500,
) -> None:
    """Compare two releases: version, commit, plan, and the files in their packages.

    --code compares the files line by line. It shows only sizes and hashes of binary and large files, and no secrets.

    Examples:
      hybridctl releases diff 3 4 staging
      hybridctl releases diff 3 4 staging --code
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env))
    app.screen.result(compare_releases(backend, one, other, code=code, limit=lines))


@group.command("prune")
def prune_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    keep: Annotated[int, typer.Option(min=1, help="Number of verified versions to keep.")] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted; delete nothing.")] = False,
    yes: Yes = False,
) -> None:
    """Delete old function versions. Live versions, the newest version and rollback targets are kept.

    Examples:
      hybridctl releases prune staging --keep 5 --dry-run
    """
    app = app_context(ctx)
    backend = app.backend(choose_environment(environment, env), changes=True)
    plan = plan_prune(backend, keep)
    if dry_run or not plan.versions:
        app.screen.result(plan)
        return
    app.screen.say(plan)
    app.ask_consent(f"Delete these versions from {backend.place.environment}", backend, given=yes)
    app.screen.result(prune(backend, app.screen.progress(), plan))
