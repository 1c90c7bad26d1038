"""Views of sessions: a user's list, one explained, and the table's count.

Ids are always shortened.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.counting import count_noun
from hybridctl.domain.session_census import Census
from hybridctl.domain.sessions import Session, SessionState, as_time
from hybridctl.domain.user_agent import device_name
from hybridctl.durations import describe_duration
from hybridctl.operations.sessions import Device, Devices, ExplainedSession, Scanned
from hybridctl.views.render import as_json, render
from hybridctl.views.rows import Rows
from hybridctl.views.tables import plain_table

_STYLES = {
    SessionState.ACTIVE: "green",
    SessionState.REVOKED: "red",
    SessionState.EXPIRED: "yellow",
    SessionState.IDLE: "yellow",
}
_PROVIDERS_SHOWN = 8
# The Date header has whole seconds, and the answer took time to arrive.
_CLOCKS_AGREE = 3.0


@render.register
def _(devices: Devices) -> RenderableType:
    now = devices.now.timestamp()
    eventually = Text("from the index: changes of the last second may be missing", style="dim")
    if not devices.devices:
        return Group(Text(f"no sessions of {devices.user_id}"), eventually)
    table = plain_table("id", "state", "created (UTC)", "seen", "ends")
    table.expand = True
    table.add_column("from", no_wrap=True, overflow="ellipsis", ratio=1)
    for one in devices.devices:
        session = one.session
        table.add_row(
            session.short_id,
            Text(one.state.value, style=_STYLES[one.state]),
            _minute(session.created_at),
            _distance(session.last_seen_at - now),
            _distance(session.expires_at - now),
            device(session),
        )
    more = [Text(f"showing the newest {len(devices.devices)}; use --limit for more")] if devices.cut else []
    return Group(table, *more, eventually)


@render.register
def _(found: ExplainedSession) -> RenderableType:
    session, now = found.session, found.now.timestamp()
    rows: list[tuple[str, str | Text]] = []
    rows.append(("session", Text(session.short_id)))
    rows.append(("user", Text(f"{session.user_id} ({session.provider})")))
    rows.append(("from", _from(session.address, session.user_agent)))
    rows.append(("created", _when(session.created_at, now)))
    rows.append(("last seen", _when(session.last_seen_at, now)))
    rows.append(("idle time", Text(f"{describe_duration(found.rules.idle)} ({found.rules.source})")))
    rows.append(("expires", _when(session.expires_at, now)))
    rows.append(("epoch", f"{session.epoch}; the user's epoch is {found.epoch}"))
    rows.append(("TTL", f"{found.ttl.status.lower()}" + (f" on {found.ttl.attribute}" if found.ttl.attribute else "")))
    rows.append(("clock", _clock(found.ahead)))
    notes = [Text(f"! {remark}", style="yellow") for remark in found.remarks]
    style = "yellow" if notes and not found.reasons else _STYLES[found.state]
    return Group(Text(_verdict(found), style=f"bold {style}"), _pairs(rows), *notes)


@render.register
def _(scanned: Scanned) -> RenderableType:
    census = scanned.census
    read = f"{count_noun(census.sessions, 'session')} of {count_noun(census.users, 'user')} in {scanned.table}"
    rows: list[tuple[str, str | Text]] = []
    rows.append(("state", _counts({state.value: count for state, count in census.states.items()})))
    rows.append(("age", _counts(census.ages)))
    rows.append(("provider", _counts(_most(census.providers))))
    rows.append(("logged out", f"{count_noun(census.logged_out, 'user')} logged out everywhere at least once"))
    if census.strange:
        rows.append(("other", f"{count_noun(census.strange, 'item')} that the handler does not accept as a session"))
    rows.append(("read", count_noun(census.read, "item")))
    cut = Text("incomplete: --limit was reached", style="yellow")
    return Group(Text(read, style="bold"), _pairs(rows), *([cut] if scanned.cut else []))


@as_json.register
def _(session: Session) -> Any:
    return {
        "id": session.short_id,
        "user_id": session.user_id,
        "provider": session.provider,
        "created_at": _iso(session.created_at),
        "last_seen_at": _iso(session.last_seen_at),
        "expires_at": _iso(session.expires_at),
        "expires_at_stored": session.expires_at,
        "epoch": session.epoch,
        "user_agent": session.user_agent,
        "address": session.address,
    }


@as_json.register
def _(device: Device) -> Any:
    return {**as_json(device.session), "state": device.state.value}


@as_json.register
def _(devices: Devices) -> Any:
    return {
        "user_id": devices.user_id,
        "epoch": devices.epoch,
        "idle_seconds": devices.rules.idle,
        "eventually_consistent": True,
        "cut": devices.cut,
        "sessions": [as_json(device) for device in devices.devices],
    }


@as_json.register
def _(found: ExplainedSession) -> Any:
    return {
        "state": found.state.value,
        "reasons": [reason.value for reason in found.reasons],
        "verdict": _verdict(found),
        "session": as_json(found.session),
        "seconds_to_expiry": round(found.session.expires_at - found.now.timestamp()),
        "user_epoch": found.epoch,
        "idle_seconds": found.rules.idle,
        "idle_source": found.rules.source,
        "ttl": as_json(found.ttl),
        "asked_at": found.now.isoformat(),
        "clock_ahead_seconds": found.ahead,
        "remarks": list(found.remarks),
    }


@as_json.register
def _(census: Census) -> Any:
    return {
        "items_read": census.read,
        "sessions": census.sessions,
        "users": census.users,
        "users_with_epoch": census.logged_out,
        "other_items": census.strange,
        "states": {state.value: count for state, count in census.states.items()},
        "providers": dict(census.providers),
        "ages": dict(census.ages),
    }


@as_json.register
def _(scanned: Scanned) -> Any:
    return {"table": scanned.table, "cut": scanned.cut, **as_json(scanned.census)}


def _verdict(found: ExplainedSession) -> str:
    session, now = found.session, found.now.timestamp()
    if not found.reasons:
        ends = _distance(session.expires_at - now)
        return f"active: ends {ends}, or after {describe_duration(found.rules.idle)} without a request"
    unseen, limit = describe_duration(now - session.last_seen_at), describe_duration(found.rules.idle)
    said = {
        SessionState.REVOKED: f"revoked: the user logged out everywhere (epoch {session.epoch}, now {found.epoch})",
        SessionState.EXPIRED: f"expired {_distance(session.expires_at - now)}",
        SessionState.IDLE: f"idle: no request for {unseen}, the limit is {limit}",
    }
    return "; also ".join(said[reason] for reason in found.reasons)


def _clock(ahead: float | None) -> str:
    if ahead is None:
        return "AWS did not send its time; this machine's clock was used"
    if abs(ahead) <= _CLOCKS_AGREE:
        return "this machine's clock agrees with AWS"
    side = "ahead of" if ahead > 0 else "behind"
    return f"this machine's clock is {describe_duration(abs(ahead))} {side} AWS's clock, which was used"


def device(session: Session) -> Text:
    """Return a short description of a session's device, beginning with what distinguishes two devices."""
    return _from(device_name(session.user_agent), session.address)


def _from(*parts: str) -> Text:
    return Text(" ".join(part for part in parts if part) or "unknown")


def _most(counts: Mapping[str, int]) -> Mapping[str, int]:
    pairs = list(counts.items())
    rest = sum(count for _, count in pairs[_PROVIDERS_SHOWN:])
    return {name or "none": count for name, count in pairs[:_PROVIDERS_SHOWN]} | ({"others": rest} if rest else {})


def _counts(counts: Mapping[str, int]) -> Text:
    return Text(", ".join(f"{count} {name}" for name, count in counts.items()) or "none")


def _pairs(rows: Sequence[tuple[str, str | Text]]) -> Rows:
    return Rows((Text(name, "bold"), value) for name, value in rows)


def _distance(seconds: float) -> str:
    return f"in {describe_duration(seconds)}" if seconds > 0 else f"{describe_duration(-seconds)} ago"


def _minute(seconds: int) -> str:
    moment = as_time(seconds)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else str(seconds)


def _when(seconds: int, now: float) -> str:
    moment = as_time(seconds)
    said = f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else f"{seconds}, past the calendar's end"
    return f"{said}, {_distance(seconds - now)}"


def _iso(seconds: int) -> str | None:
    moment = as_time(seconds)
    return moment.isoformat() if moment else None
