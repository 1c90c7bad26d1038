"""Sessions that end too early or too late: TTL, the unit of expires_at, clocks, and the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hybridctl.domain.counting import count_noun
from hybridctl.domain.sessions import Session, TimeToLive, remarks, shorten_id
from hybridctl.domain.troubles.answer import Remedy, TroubleAnswer, TroubleEvidence, remedy_by_deploy, remedy_by_look

SKEW = timedelta(seconds=30)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample of the table and its settings. `projection` is that of the index, None if there is no index."""

    table: str
    ttl: TimeToLive
    sessions: Sequence[Session]
    read: int
    now: float
    ahead: timedelta | None
    projection: str | None
    one: str = ""


def judge_sessions(environment: str, seen: Seen) -> TroubleAnswer:
    wrong = {session.id: faults for session in seen.sessions if (faults := _find_faults(session, seen))}
    users = sorted({session.user_id for session in seen.sessions if session.id in wrong})
    expired = sum(session.expires_at <= seen.now and session.id not in wrong for session in seen.sessions)
    evidence = [
        TroubleEvidence(
            "TTL", f"{seen.ttl.status.lower()} on {seen.ttl.attribute or 'nothing'}", bad=not _removes(seen.ttl)
        ),
        TroubleEvidence("expires_at", _describe(wrong, seen), bad=bool(wrong)),
        TroubleEvidence(
            "expired", f"{expired} still stored, which is normal: TTL can take days, and every read checks the expiry"
        ),
        _clock(seen.ahead),
        TroubleEvidence(
            "index", f"by_user projects {seen.projection or 'nothing: it is gone'}", bad=seen.projection != "ALL"
        ),
    ]
    if seen.one:
        evidence.append(TroubleEvidence("item", seen.one, bad=not seen.one.startswith("found")))
    explained = tuple(
        f"{shorten_id(session_id)}: {sentence}"
        for session_id, sentences in list(wrong.items())[:_SHOWN]
        for sentence in sentences
    )
    verdict, remedy = _verdict(environment, seen, wrong, users)
    is_bad = any(one.bad for one in evidence)
    return TroubleAnswer("sessions", environment, is_bad, verdict, tuple(evidence), remedy, (*explained, _ABOUT_TTL))


_ABOUT_TTL = "describe-table does not return the TTL; use aws dynamodb describe-time-to-live, or this command"


def _verdict(environment: str, seen: Seen, wrong: dict[str, Sequence[str]], users: Sequence[str]) -> tuple[str, Remedy]:
    if not _removes(seen.ttl):
        setting = seen.ttl.status.lower() if not seen.ttl.is_on else f"on {seen.ttl.attribute}"
        why = "a deploy enables it again, on expires_at; without it sessions still expire, but are never deleted"
        return f"TTL of {seen.table} is {setting}", remedy_by_deploy(environment, why)
    if wrong:
        user = users[0]
        why = (
            f"these sessions were stored wrongly and cannot be repaired: log {user} out, and the next login is correct"
        )
        command = f"hybridctl sessions revoke {user} -e {environment}"
        return f"{len(wrong)} of {count_noun(seen.read, 'session')} stored incorrectly", Remedy(why, command)
    if seen.projection != "ALL":
        why = "device lists read whole items from the index; a deploy restores it as in the HCL"
        return "the index by_user does not match what the handler reads", remedy_by_deploy(environment, why)
    if seen.ahead is not None and abs(seen.ahead) > SKEW:
        why = "only output on this machine is affected: the handler uses AWS's clock"
        return "this machine's clock is off", remedy_by_look("timedatectl set-ntp true", why)
    return f"{count_noun(seen.read, 'item')} checked, no problem found", remedy_by_look(
        f"hybridctl sessions show ID -e {environment}", "explain one session"
    )


def _removes(ttl: TimeToLive) -> bool:
    return ttl.is_on and ttl.attribute == "expires_at"


def _find_faults(session: Session, seen: Seen) -> Sequence[str]:
    """Return what is wrong with the item. TTL and epochs are judged elsewhere in the answer."""
    faults = remarks(session, epoch=session.epoch, now=seen.now, ttl=TimeToLive("ENABLED", "expires_at"))
    return [sentence for sentence in faults if "milliseconds" in sentence or sentence.startswith("expires_at is")]


def _describe(wrong: dict[str, Sequence[str]], seen: Seen) -> str:
    if not wrong:
        return f"seconds, type Number, in all of {count_noun(len(seen.sessions), 'session')} checked"
    return f"{len(wrong)} of {len(seen.sessions)} are not a time in seconds"


def _clock(ahead: timedelta | None) -> TroubleEvidence:
    if ahead is None:
        return TroubleEvidence("clock", "AWS's response had no date")
    seconds = ahead.total_seconds()
    return TroubleEvidence(
        "clock", f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} AWS's", bad=abs(ahead) > SKEW
    )
