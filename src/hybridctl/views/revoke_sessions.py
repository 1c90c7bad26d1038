"""Views of a planned and a finished revocation; ids are shown as in the views of sessions."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.sessions import Session
from hybridctl.operations.revoke_sessions import AGAIN, Ended, LoggedOut, LogOut, SessionEnd
from hybridctl.views.render import as_json, render
from hybridctl.views.sessions import device


@render.register
def _(plan: LogOut) -> Text:
    listed = "sessions not counted: the index is unreadable"
    if plan.listed is not None:
        listed = f"{count_noun(plan.listed.sessions, 'session')}{' or more' if plan.listed.cut else ''} in the index"
    return Text(f"log out {plan.user_id} everywhere: epoch {plan.epoch} → {plan.epoch + 1}, {listed}")


@render.register
def _(plan: SessionEnd) -> Text:
    return Text("end session ").append_text(_name(plan.session))


@render.register
def _(done: LoggedOut) -> RenderableType:
    who = " by someone else at the same time" if done.by_somebody_else else ""
    return Group(
        Text(f"{done.user_id} is logged out everywhere{who}, epoch {done.epoch}"),
        Text(f"revoked sessions deleted: {done.deleted}, requests retried: {done.retried}, {done.seconds:.1f} s"),
        *([Text(remaining)] if (remaining := _remaining(done)) else []),
    )


def _remaining(done: LoggedOut) -> str:
    """Describe what the clean-up left, and why; empty if it left nothing."""
    if done.remaining == 0:
        return ""
    left = "revoked sessions may remain"
    if done.remaining is not None:
        left = f"{count_noun(done.remaining, 'revoked session')} remain{'s' if done.remaining == 1 else ''}"
    return f"{left}: {done.unfinished or 'the clean-up was interrupted'}; {AGAIN}"


@render.register
def _(done: Ended) -> Text:
    return Text("ended session ").append_text(_name(done.session))


@as_json.register
def _(plan: LogOut) -> Any:
    return {
        "action": "log_out_everywhere",
        "user_id": plan.user_id,
        "epoch": plan.epoch,
        "listed": plan.listed and plan.listed.sessions,
        "cut": plan.listed and plan.listed.cut,
    }


@as_json.register
def _(plan: SessionEnd) -> Any:
    return {"action": "end_session", "session": as_json(plan.session)}


def _name(session: Session) -> Text:
    return Text(f"{session.short_id} of {session.user_id}, ").append_text(device(session))
