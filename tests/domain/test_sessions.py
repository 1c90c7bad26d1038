"""Which sessions count, and what is reported about the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import sessions as handler
from fakes.session_items import DAY, T, session
from hybridctl.domain.sessions import (
    DEFAULT_IDLE,
    SessionState,
    TimeToLive,
    as_time,
    find_end_reasons,
    remarks,
    shorten_id,
    state_of,
)
from hybridctl.operations.sessions import ID_LENGTH

ON = TimeToLive("ENABLED", "expires_at")
NEAR = st.integers(-10, 10)


@given(ends=NEAR, seen=NEAR, epoch=st.integers(0, 3), user_epoch=st.integers(0, 3), idle=st.integers(1, 12))
def test_the_rule_is_the_handlers(ends, seen, epoch, user_epoch, idle):
    ours = session(expires_at=T + ends, last_seen_at=T + seen, epoch=epoch)
    theirs = handler.Session(
        id=ours.id,
        user_id=ours.user_id,
        provider="",
        created_ms=0,
        last_seen_at=ours.last_seen_at,
        expires_at=ours.expires_at,
        epoch=epoch,
        user_agent="",
        address="",
    )
    counts = handler.is_active(theirs, epoch=user_epoch, now=T, idle=idle)
    assert (state_of(ours, epoch=user_epoch, now=T, idle=idle) is SessionState.ACTIVE) == counts
    assert bool(find_end_reasons(ours, epoch=user_epoch, now=T, idle=idle)) != counts


def test_ids_are_as_long_and_shown_as_short_as_the_handlers():
    made = handler.new_id(bytes(handler.ID_BYTES))
    assert len(made) == ID_LENGTH
    assert shorten_id(made) == made[: handler.ID_SHOWN]


def test_the_default_idle_time_is_the_handlers():
    from backend.settings import read_settings

    assert read_settings({"ENVIRONMENT": "x", "SESSIONS_TABLE": "x"}, "dev").idle == DEFAULT_IDLE


def test_all_reasons_are_reported_with_the_log_out_first():
    dead = session(epoch=1, expires_at=T, last_seen_at=T - 8 * DAY)
    assert find_end_reasons(dead, epoch=2, now=T, idle=7 * DAY) == (
        SessionState.REVOKED,
        SessionState.EXPIRED,
        SessionState.IDLE,
    )
    assert state_of(dead, epoch=2, now=T, idle=7 * DAY) is SessionState.REVOKED


def test_nothing_is_remarked_of_a_good_session():
    assert remarks(session(), epoch=0, now=T, ttl=ON) == ()


@pytest.mark.parametrize(
    ("values", "ttl", "expected"),
    [
        ({"expires_at": (T + DAY) * 1000}, ON, "expires_at is 1772452800000: in milliseconds"),
        ({"expires_at": (T + DAY) * 1000}, ON, "1772452800 would be 2026-03-02 12:00:00 UTC"),
        ({"last_seen_at": T * 1000}, ON, "last_seen_at is 1772366400000: in milliseconds"),
        ({"expires_at": 2_592_000}, ON, "expires_at is 2592000: a duration"),
        ({"expires_at": 0, "expires_type": "S"}, ON, "has type S instead of N"),
        ({"expires_at": T - 1}, ON, "expired but still stored"),
        ({"expires_at": T - 6 * 365 * DAY}, ON, "more than five years ago"),
        ({}, TimeToLive("DISABLED"), "TTL is disabled on the table"),
        ({}, TimeToLive("ENABLED", "ttl"), "TTL uses ttl"),
        ({"epoch": 4}, ON, "its epoch is 4 but its user's is 0"),
    ],
)
def test_what_is_wrong_is_named(values, ttl, expected):
    assert expected in " / ".join(remarks(session(**values), epoch=0, now=T, ttl=ttl))


@given(st.integers())
def test_any_number_is_a_moment_or_none(seconds):
    moment = as_time(seconds)
    assert moment is None or int(moment.timestamp()) == seconds


@given(st.integers(), st.integers(), st.integers(0))
def test_remarks_are_made_of_any_stored_number(expires_at, last_seen_at, epoch):
    odd = session(expires_at=expires_at, last_seen_at=last_seen_at, epoch=epoch)
    assert all(remarks(odd, epoch=0, now=T, ttl=ON))
