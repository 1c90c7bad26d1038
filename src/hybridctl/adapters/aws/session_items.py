"""The DynamoDB items of the sessions table, as documented in lambda_src/README.md."""

from collections.abc import Mapping
from typing import Any

from hybridctl.domain.sessions import Session, SessionPage

_EPOCH_KEY = "user#"


def key_of(session_id: str) -> dict[str, Any]:
    return {"session_id": {"S": session_id}}


def epoch_key(user_id: str) -> str:
    return f"{_EPOCH_KEY}{user_id}"


def id_of(item: Mapping[str, Any]) -> str:
    return _string(item, "session_id")


def user_of(epoch_item: Mapping[str, Any]) -> str:
    """Return the user of an epoch item."""
    return id_of(epoch_item).removeprefix(_EPOCH_KEY)


def epoch_of(item: Mapping[str, Any]) -> int:
    """Return the epoch in which a session was created, or the current epoch of a user."""
    return _number(item, "epoch", 0)


def page_of(answer: Any) -> SessionPage:
    sessions, epochs, strange = [], {}, 0
    for item in answer.get("Items", []):
        session = session_of(item)
        if session is not None:
            sessions.append(session)
        elif id_of(item).startswith(_EPOCH_KEY):
            epochs[user_of(item)] = epoch_of(item)
        else:
            strange += 1
    return SessionPage(sessions, epochs, strange, answer.get("LastEvaluatedKey") or None)


def session_of(item: Mapping[str, Any]) -> Session | None:
    """Return the session in an item, as the handler reads it, or None if the handler does not accept the item."""
    if "user_id" not in item or "expires_at" not in item:
        return None
    created_at = _number(item, "created_at", 0)
    return Session(
        id=id_of(item),
        user_id=_string(item, "user_id"),
        provider=_string(item, "provider"),
        created_at=created_at,
        last_seen_at=_number(item, "last_seen_at", created_at),
        expires_at=_number(item, "expires_at", 0),
        epoch=epoch_of(item),
        user_agent=_string(item, "user_agent"),
        address=_string(item, "address"),
        expires_type=next(iter(item["expires_at"]), ""),
    )


def _number(item: Mapping[str, Any], name: str, default: int) -> int:
    return int(float(item.get(name, {}).get("N", default)))


def _string(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
