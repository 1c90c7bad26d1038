from typing import Annotated

import typer

from hybridctl.commands.options import Environment, NamedEnvironment, Yes, chosen
from hybridctl.context import app_context
from hybridctl.errors import UsageInvalid
from hybridctl.operations.revoke_sessions import Kind, LogOut, Revocation, plan_revocation
from hybridctl.operations.sessions import explain, list_sessions
from hybridctl.operations.sessions import scan as scan_sessions

app = typer.Typer(no_args_is_help=True, help="A user's sessions: list, explain, end; and all of them counted.")

_Of = Annotated[
    str | None,
    typer.Option("--of", metavar="USER", help="Whose session it is; 8 characters of its id will do then."),
]
# DynamoDB's limit for a key is 2 048 bytes; nothing the handler writes comes near it.
_LONGEST_ID = 512


@app.command("list")
def list_user(
    ctx: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="User id, as in google:1234.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many, newest first.")] = 100,
) -> None:
    """List a user's sessions: active, idle, expired or revoked, since when and from where.

    The index they are read from follows the table within a second or so.

    Examples:
      hybridctl sessions list user123 staging
    """
    found = app_context(ctx)
    user = _readable(user, "USER")
    found.screen.result(list_sessions(found.backend(chosen(environment, env)).sessions, found.clock, user, limit))


@app.command()
def show(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(metavar="ID", help="Session id, whole; or shortened, with --of.")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    of: _Of = None,
) -> None:
    """Explain whether one session counts: its expiry, idle time and epoch, the table's TTL, and the clocks.

    Examples:
      hybridctl sessions show Zk3v9aQe --of user123 staging
    """
    found = app_context(ctx)
    session, of = _readable(session, "ID"), _readable(of, "--of") if of else None
    found.screen.result(explain(found.backend(chosen(environment, env)).sessions, found.clock, session, of=of))


@app.command()
def revoke(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="USER|ID", help="User id, or session id (shortened: with --of).")],
    environment: Environment = None,
    env: NamedEnvironment = None,
    user: Annotated[bool, typer.Option("--user", help="It is a user id, even one without any session.")] = False,
    session: Annotated[bool, typer.Option("--session", help="It is a session id.")] = False,
    of: _Of = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be revoked, and stop.")] = False,
    yes: Yes = False,
) -> None:
    """Log a user out everywhere, or end one session; in force at the next validation.

    A user's log-out is one write. The dead sessions are deleted afterwards; should that be cut short, none of them
    counts again, and running it again deletes the rest.

    Examples:
      hybridctl sessions revoke user123 staging
      hybridctl sessions revoke user123 --dry-run
    """
    found = app_context(ctx)
    subject, of = _readable(subject, "USER|ID"), _readable(of, "--of") if of else None
    if user and (session or of):
        raise UsageInvalid(
            f"--user does not go with {'--session' if session else '--of'}", hint="leave one of them out"
        )
    kind = Kind.USER if user else Kind.SESSION if session else None
    backend = found.backend(chosen(environment, env), changes=True)
    plan = plan_revocation(backend.sessions, subject, kind=kind, of=of)
    if dry_run:
        found.screen.result(plan)
        return
    found.screen.say(plan)
    target = found.environment(backend.place.environment)
    question = f"Log out of {target.name}" if isinstance(plan, LogOut) else f"End it on {target.name}"
    found.screen.consent(question, target.name, target.consent, given=yes)
    found.screen.result(Revocation(backend.sessions, found.clock, found.screen.progress()).carry_out(plan))


@app.command()
def scan(
    ctx: typer.Context,
    environment: Environment = None,
    env: NamedEnvironment = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many items to read at most.")] = 10_000,
) -> None:
    """Count the sessions in the table by state, age and provider; each item read costs read capacity.

    Examples:
      hybridctl sessions scan staging --limit 1000
    """
    found = app_context(ctx)
    found.screen.result(scan_sessions(found.backend(chosen(environment, env)).sessions, found.clock, limit))


def _readable(text: str, what: str) -> str:
    """An id as it can be one; what is none is not repeated, for it may hold what a terminal would obey."""
    # Names in Persian, Hindi or emoji have joiners in them, which Python takes for unprintable.
    without_joiners = text.replace("\u200c", "").replace("\u200d", "")
    if not without_joiners.isprintable() or not 0 < len(text) <= _LONGEST_ID:
        raise UsageInvalid(f"{what}: an id has 1 to {_LONGEST_ID} printable characters")
    return text
