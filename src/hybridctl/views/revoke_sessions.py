"""What a revocation would do, and what it did; ids as in the views of sessions."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.sessions import Session
from hybridctl.operations.revoke_sessions import AGAIN, End, Ended, LoggedOut, LogOut
from hybridctl.views.render import as_json, render
from hybridctl.views.sessions import device, many


@render.register
def _(plan: LogOut) -> Text:
    listed = "sessions not counted: the index cannot be read"
    if plan.listed is not None:
        listed = f"{many(plan.listed.sessions, 'session')}{' or more' if plan.listed.cut else ''} in the index"
    return Text(f"log out {plan.user_id} everywhere: epoch {plan.epoch} → {plan.epoch + 1}, {listed}")


@render.register
def _(plan: End) -> Text:
    return Text("end session ").append_text(_named(plan.session))


@render.register
def _(done: LoggedOut) -> RenderableType:
    who = " by somebody else in the same moment" if done.by_somebody_else else ""
    remaining = "not counted" if done.remaining is None else str(done.remaining)
    return Group(
        Text(f"{done.user_id} is logged out everywhere{who}, epoch {done.epoch}"),
        Text(
            f"sessions deleted: {done.deleted}, remaining: {remaining}, requests retried: {done.retried}, "
            f"{done.seconds:.1f} s"
        ),
        *([] if done.unfinished is None else [Text(f"the clean-up did not finish: {done.unfinished}; {AGAIN}")]),
    )


@render.register
def _(done: Ended) -> Text:
    return Text("ended session ").append_text(_named(done.session))


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
def _(plan: End) -> Any:
    return {"action": "end_session", "session": as_json(plan.session)}


def _named(session: Session) -> Text:
    return Text(f"{session.short_id} of {session.user_id}, ").append_text(device(session))
