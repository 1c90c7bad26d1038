import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.context import AppContext, Opening, app_context
from hybridctl.domain.iam.ci_role import ci_access
from hybridctl.domain.iam.engineer import engineer_policies, engineer_policy
from hybridctl.errors import FileUnwritable, UsageInvalid
from hybridctl.operations.bootstrap import bootstrap, find_subject, look

if TYPE_CHECKING:
    from hybridctl.domain.environment import Place


def bootstrap_(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    ci: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/REPO",
            help="Also create the IAM roles for the CI jobs of this GitHub "
            "repository. OWNER@ID/REPO@ID avoids asking GitHub.",
        ),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option(
            help="With --ci: the only branch whose jobs are trusted. [default: the repository's default branch]"
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="CLAIM",
            help="With --ci: the whole `sub` claim of the token, if the repository "
            "customizes it. {environment} stands for the job's environment.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --ci: also replace policies that were edited by hand.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is missing; create nothing.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Print the IAM policy that an engineer needs.")] = False,
    policies: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write that policy as managed policies of at most 6,144 characters each."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Create or complete the bucket for Terraform's state: versioned, private, encrypted, TLS only.

    `deploy` also does this after confirmation if there is no bucket. --ci also creates the roles for CI. Each role
    trusts one GitHub environment of the repository, on one branch, through OIDC, so no access keys are needed.
    hybridctl reads the format of the repository's tokens from GitHub, using GITHUB_TOKEN or `gh`.

    Examples:
      hybridctl bootstrap staging --dry-run
      hybridctl bootstrap production --ci acme/backend
      hybridctl bootstrap production --ci acme@123456/backend@456789
      hybridctl bootstrap staging --policy > policy.json
    """
    app = app_context(ctx)
    if not ci and (branch or subject or overwrite):
        raise UsageInvalid("--branch, --subject and --overwrite require --ci", hint="add --ci OWNER/REPO")
    if policy or policies:
        place = app.backend(choose_environment(environment, env)).place
        _tell_policy(app, place, policies)
        return
    backend = app.backend(choose_environment(environment, env), changes=True, opening=Opening(start=True))
    target = app.environment(backend.place.environment)
    names = app.settings.names(target.name)
    trusted = find_subject(app.open_github(app.settings), ci, template=subject, branch=branch) if ci else None
    access = ci_access(names, backend.place, trusted, is_protected=target.protected) if trusted else None
    found = look(backend, access, trusted, overwrite=overwrite)
    if dry_run:
        app.screen.result(found)
        return
    if not found.is_complete:
        app.screen.say(found)
        app.screen.consent(f"Create this for {target.name}", target.name, target.consent, given=yes)
    app.screen.result(bootstrap(backend, app.screen.progress(), found, access))


def _tell_policy(app: AppContext, place: "Place", folder: Path | None) -> None:
    """Print the policies as IAM accepts them, whatever --output says, or write one file per policy."""
    names = app.settings.names(place.environment)
    if folder is None:
        app.screen.plain(json.dumps(engineer_policy(names, place), indent=2))
        return
    for name, document in engineer_policies(names, place):
        path = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as cause:
            raise FileUnwritable(f"writing {path}: {cause.strerror}", hint="choose another folder") from cause
        app.screen.plain(str(path))
