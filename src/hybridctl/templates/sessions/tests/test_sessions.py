import pytest
from backend import sessions
from backend.sessions import Session

NOW = 1_800_000_000
HOUR = 3600
SESSION = Session(
    id=sessions.new_id(bytes(32)),
    user_id="ada",
    provider="google",
    created_ms=NOW * 1000,
    last_seen_at=NOW,
    expires_at=NOW + 24 * HOUR,
    epoch=0,
    user_agent="curl/8",
    address="203.0.113.0/24",
)


def is_active(epoch=0, now=NOW, idle=HOUR):
    return sessions.is_active(SESSION, epoch=epoch, now=now, idle=idle)


def test_a_new_session_is_active():
    assert is_active()


def test_a_session_ends_when_it_is_idle_or_expired():
    assert not is_active(now=NOW + HOUR)
    assert not is_active(now=NOW + 24 * HOUR, idle=48 * HOUR)


def test_log_out_everywhere_ends_a_session():
    assert not is_active(epoch=1)


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "#" * 43])
def test_what_cannot_be_an_id_is_refused(text):
    assert not sessions.is_well_formed(text)
    assert sessions.is_well_formed(sessions.decoy_for(text))
