"""The two kinds of item in the sessions table, as DynamoDB spells them."""

from collections.abc import Mapping
from typing import Any

from backend.sessions import Session

Item = Mapping[str, Mapping[str, Any]]


def key_of(session_id: str) -> dict[str, dict[str, str]]:
    return {"session_id": {"S": session_id}}


def epoch_key(user_id: str) -> str:
    return f"user#{user_id}"


def epoch_of(item: Item) -> int:
    return _number(item, "epoch", 0)


def item_of(session: Session) -> dict[str, dict[str, str]]:
    return {
        "session_id": {"S": session.id},
        "user_id": {"S": session.user_id},
        "provider": {"S": session.provider},
        "created_at": {"N": str(session.created_at)},
        "created_ms": {"N": str(session.created_ms)},
        "last_seen_at": {"N": str(session.last_seen_at)},
        "expires_at": {"N": str(session.expires_at)},
        "epoch": {"N": str(session.epoch)},
        "user_agent": {"S": session.user_agent},
        "address": {"S": session.address},
    }


def session_of(item: Item) -> Session | None:
    """The session in `item`; None for an epoch item, for nothing, and for what no create of ours can have written."""
    if "user_id" not in item or "expires_at" not in item:
        return None
    created_at = _number(item, "created_at", 0)
    return Session(
        id=_string(item, "session_id"),
        user_id=_string(item, "user_id"),
        provider=_string(item, "provider"),
        created_ms=_number(item, "created_ms", created_at * 1000),
        last_seen_at=_number(item, "last_seen_at", created_at),
        expires_at=_number(item, "expires_at", 0),
        epoch=_number(item, "epoch", 0),
        user_agent=_string(item, "user_agent"),
        address=_string(item, "address"),
    )


def _number(item: Item, name: str, default: int) -> int:
    return int(float(item.get(name, {}).get("N", default)))


def _string(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
