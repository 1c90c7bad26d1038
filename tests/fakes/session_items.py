"""Sessions to test with, around the noon of the FakeClock."""

from fakes.clock import NOON
from hybridctl.domain.sessions import Session

T = int(NOON.timestamp())
HOUR, DAY = 3600, 86_400
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/133.0"


def session_id(start: str) -> str:
    """An id of full length that begins so."""
    return start.ljust(43, "x")


def session(start: str = "3kd93kfa", **values: object) -> Session:
    made = {
        "id": session_id(start),
        "user_id": "user123",
        "provider": "google",
        "created_at": T - DAY,
        "last_seen_at": T - 300,
        "expires_at": T + 29 * DAY,
        "epoch": 0,
        "user_agent": BROWSER,
        "address": "203.0.113.0/24",
    }
    return Session(**(made | values))  # type: ignore[arg-type]
