import sys
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.context import AppContext, app_context
from hybridctl.domain.scaffold import RUNTIMES, TemplateName, Wish, suggest_name
from hybridctl.errors import UsageInvalid
from hybridctl.operations.init import initialize

_HERE = f"python3.{sys.version_info.minor}"
_RUNTIME = _HERE if _HERE in RUNTIMES else RUNTIMES[-1]


def init(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Name of the backend, and of the folder to make (default: this folder and its name).",
            show_default=False,
        ),
    ] = None,
    template: Annotated[
        TemplateName | None,
        typer.Option(
            "--template", "-t", help="http: notes in one table. sessions: log-in sessions, with alarms. [default: http]"
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="AWS region. [default: us-east-1]", show_default=False)
    ] = None,
    runtime: Annotated[
        str, typer.Option(metavar="RUNTIME", help=f"Lambda runtime: {', '.join(RUNTIMES)}.", show_default="this Python")
    ] = _RUNTIME,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files, and write none.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take the defaults.")] = False,
) -> None:
    """Make a new backend: configuration, Terraform, handler, tests, workflow.

    It deploys as it is. No file that exists is changed.

    Examples:
      hybridctl init shop
      hybridctl init shop --template sessions --region eu-central-1
      hybridctl init --dry-run
    """
    from importlib.metadata import version as installed

    app = app_context(ctx)
    app.works = True
    here = Path.cwd()
    asks = name is None and not yes and not dry_run
    project = name or _ask(app, "Name", suggest_name(here.name), asks=asks)
    if "/" in project or project.startswith("."):
        raise UsageInvalid(f"{project!r} is a path, not a name", hint="go to the folder and type: hybridctl init")
    chosen = template or _template(_ask(app, "Template: http or sessions", TemplateName.HTTP.value, asks=asks))
    where = region or _ask(app, "AWS region", "us-east-1", asks=asks)
    folder = here / project if name else here
    wish = Wish(chosen, project, where, runtime, installed("hybridctl"))
    app.screen.result(initialize(app.open_templates(), folder, wish, start=here, dry_run=dry_run))


def _ask(app: AppContext, question: str, default: str, *, asks: bool) -> str:
    return app.screen.ask(question, default) if asks else default


def _template(answer: str) -> TemplateName:
    try:
        return TemplateName(answer)
    except ValueError as cause:
        raise UsageInvalid(f"there is no template {answer!r}", hint="http or sessions") from cause
