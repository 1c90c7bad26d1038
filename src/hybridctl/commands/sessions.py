from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, choose_environment
from hybridctl.context import app_context
from hybridctl.errors import UsageInvalid
from hybridctl.operations.revoke_sessions import LogOut, Revocation, SubjectKind, plan_revocation
from hybridctl.operations.sessions import explain, list_sessions
from hybridctl.operations.sessions import scan as scan_sessions

group = typer.Typer(no_args_is_help=True, help="List, explain and revoke a user's sessions, or count all sessions.")

_Of = Annotated[
    str | None,
    typer.Option("--of", metavar="USER", help="Session owner. Allows an 8-character prefix of the session id."),
]
# DynamoDB's limit for a key is 2,048 bytes; the handler writes much shorter ones.
_LONGEST_ID = 512


@group.command("list")
def list_user(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="User id, such as google:1234.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number of sessions, newest first.")] = 100,
) -> None:
    """List a user's sessions: state (active, idle, expired or revoked), start time and device.

    The list comes from an index that follows the table within about a second.

    Examples:
      hybridctl sessions list user123 staging
    """
    app = app_context(ctx)
    user = _readable(user, "USER")
    app.screen.result(list_sessions(app.backend(choose_environment(environment, env)).sessions, app.clock, user, limit))


@group.command()
def show(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(metavar="ID", help="Full session id, or a prefix with --of.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    of: _Of = None,
) -> None:
    """Explain whether a session is valid: expiry, idle time, epoch, the table's TTL, and the clocks.

    Examples:
      hybridctl sessions show Zk3v9aQe --of user123 staging
    """
    app = app_context(ctx)
    session, of = _readable(session, "ID"), _readable(of, "--of") if of else None
    app.screen.result(explain(app.backend(choose_environment(environment, env)).sessions, app.clock, session, of=of))


@group.command()
def revoke(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="USER|ID", help="User id, or session id (a prefix with --of).")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    user: Annotated[
        bool, typer.Option("--user", help="Treat the id as a user id, even if the user has no sessions.")
    ] = False,
    session: Annotated[bool, typer.Option("--session", help="Treat the id as a session id.")] = False,
    of: _Of = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be revoked; revoke nothing.")] = False,
    yes: Yes = False,
) -> None:
    """Log a user out everywhere, or end one session. Takes effect at the next validation.

    One write logs the user out; the revoked sessions are deleted afterwards. If the deletion is interrupted, they stay
    invalid; run the command again to delete the rest.

    Examples:
      hybridctl sessions revoke user123 staging
      hybridctl sessions revoke user123 --dry-run
    """
    app = app_context(ctx)
    subject, of = _readable(subject, "USER|ID"), _readable(of, "--of") if of else None
    if user and (session or of):
        raise UsageInvalid(
            f"--user cannot be combined with {'--session' if session else '--of'}", hint="use one of them"
        )
    kind = SubjectKind.USER if user else SubjectKind.SESSION if session else None
    backend = app.backend(choose_environment(environment, env), changes=True)
    plan = plan_revocation(backend.sessions, subject, kind=kind, of=of)
    if dry_run:
        app.screen.result(plan)
        return
    app.screen.say(plan)
    what = "Log out of" if isinstance(plan, LogOut) else "End it on"
    app.ask_consent(f"{what} {backend.place.environment}", backend, given=yes)
    app.screen.result(Revocation(backend.sessions, app.clock, app.screen.progress()).carry_out(plan))


@group.command()
def scan(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number of items to read.")] = 10_000,
) -> None:
    """Count the sessions in the table by state, age and provider. Each item read uses read capacity.

    Examples:
      hybridctl sessions scan staging --limit 1000
    """
    app = app_context(ctx)
    app.screen.result(scan_sessions(app.backend(choose_environment(environment, env)).sessions, app.clock, limit))


def _readable(text: str, what: str) -> str:
    """Return a possible id; an invalid one is not repeated, because it may contain terminal commands."""
    # Names in Persian, Hindi or emoji contain joiners, which Python considers unprintable.
    without_joiners = text.replace("\u200c", "").replace("\u200d", "")
    if not without_joiners.isprintable() or not 0 < len(text) <= _LONGEST_ID:
        raise UsageInvalid(f"{what}: an id has 1 to {_LONGEST_ID} printable characters")
    return text
