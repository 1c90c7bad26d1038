import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from hybridctl.context import AppContext, app_context
from hybridctl.domain.scaffold import RUNTIMES, TemplateName, Wish, suggest_name
from hybridctl.errors import UsageInvalid
from hybridctl.operations.init import initialize

_HERE = f"python3.{sys.version_info.minor}"
_FUNCTION = (
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[\w-]+):\d{12}:function:)?(?P<name>[\w-]{1,64})(?::(?P<alias>[A-Za-z][\w-]*))?"
)
_RUNTIME = _HERE if _HERE in RUNTIMES else RUNTIMES[-1]


def init(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Name of the backend and of the new folder [default: this folder and its name].",
            show_default=False,
        ),
    ] = None,
    template: Annotated[
        TemplateName | None,
        typer.Option(
            "--template", "-t", help="http: notes in one table. sessions: login sessions with alarms. [default: http]"
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="AWS region [default: us-east-1].", show_default=False)
    ] = None,
    runtime: Annotated[
        str, typer.Option(metavar="RUNTIME", help=f"Lambda runtime: {', '.join(RUNTIMES)}.", show_default="this Python")
    ] = _RUNTIME,
    from_function: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="Take over this Lambda function, by name or ARN: its code, its settings, and import blocks.",
            show_default=False,
        ),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option(
            "--env",
            "-e",
            metavar="ENV",
            help="Environment for the function; local looks for it in this folder's sandbox. [default: production]",
            show_default=False,
        ),
    ] = None,
    alias: Annotated[
        str | None,
        typer.Option(metavar="ALIAS", help="The function's alias that serves the traffic.", show_default=False),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="Harmless event that tests each version; required if no HTTP API calls the function.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the files; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask questions; use the defaults.")] = False,
) -> None:
    """Create a backend: configuration, Terraform, handler, tests and workflow.

    You can deploy it unchanged. Existing files are not changed. With --from-function, the project manages an existing
    Lambda function: init calls each GET route without parameters once, and `plan` then shows what a deploy imports.

    Examples:
      hybridctl init shop
      hybridctl init shop --template sessions --region eu-central-1
      hybridctl init --dry-run
      hybridctl init --from-function checkout --region eu-central-1
    """
    from importlib.metadata import version as installed

    app = app_context(ctx)
    app.works = True
    here = Path.cwd()
    if from_function is None:
        given = {"--env": environment, "--alias": alias, "--event": event}
        if stray := next((option for option, value in given.items() if value is not None), None):
            raise UsageInvalid(f"{stray} belongs to --from-function", hint="hybridctl init --help")
    elif template is not None:
        raise UsageInvalid("--template and --from-function exclude each other", hint="leave out one")
    asks = name is None and not yes and not dry_run
    if from_function is not None:
        _take_over(app, name, from_function, region, environment, alias, event, dry_run=dry_run, asks=not yes)
        return
    project = name or _ask(app, "Name", suggest_name(here.name), asks=asks)
    _must_be_name(project)
    chosen = template or _template(_ask(app, "Template: http or sessions", TemplateName.HTTP.value, asks=asks))
    where = region or _ask(app, "AWS region", "us-east-1", asks=asks)
    folder = here / project if name else here
    wish = Wish(chosen, project, where, runtime, installed("hybridctl"))
    app.screen.result(initialize(app.open_templates(), folder, wish, start=here, dry_run=dry_run))


def _take_over(
    app: AppContext,
    name: str | None,
    function: str,
    region: str | None,
    environment: str | None,
    alias: str | None,
    event: str | None,
    *,
    dry_run: bool,
    asks: bool,
) -> None:
    from importlib.metadata import version as installed

    from hybridctl.context import Whereabouts
    from hybridctl.operations.take_over import TakeOver, take_over

    found = re.fullmatch(_FUNCTION, function)
    if found is None:
        raise UsageInvalid(f"{function!r} is neither a function's name nor its ARN", hint="e.g. checkout")
    if environment is not None and not re.fullmatch(r"[a-z][a-z0-9-]*", environment):
        raise UsageInvalid(f"{environment!r} cannot be an environment's name", hint="e.g. production")
    here, where = Path.cwd(), environment or "production"
    suggested = suggest_name(found["name"].removesuffix(f"-{where}"))
    asks_name = name is None and asks and not dry_run
    project = name or _ask(app, "Name of the project", suggested, asks=asks_name)
    _must_be_name(project)
    folder = here / project if name else here
    request = TakeOver(
        found["name"],
        project,
        where,
        folder,
        here,
        installed("hybridctl"),
        alias or found["alias"],
        event,
        lambda question: _ask(app, question, "", asks=asks),
        dry_run,
    )
    place = Whereabouts(folder, region or found["region"], app.profile, where == "local")
    functions = app.open_existing(place)
    app.screen.result(
        take_over(
            functions, app.open_source_packages(), app.open_templates(), app.clock, app.screen.progress(), request
        )
    )


def _must_be_name(project: str) -> None:
    if "/" in project or project.startswith("."):
        raise UsageInvalid(f"{project!r} is a path, not a name", hint="run in that folder: hybridctl init")


def _ask(app: AppContext, question: str, default: str, *, asks: bool) -> str:
    return app.screen.ask(question, default) if asks else default


def _template(answer: str) -> TemplateName:
    try:
        return TemplateName(answer)
    except ValueError as cause:
        raise UsageInvalid(f"there is no template {answer!r}", hint="http or sessions") from cause
