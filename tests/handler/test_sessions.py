"""Sessions as decisions, without a store."""

import base64
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend import sessions
from backend.sessions import Session

NOW = 1_795_500_000
SESSION = Session("A" * 43, "user123", "google", NOW * 1000, NOW, NOW + 1000, 0, "curl/8", "203.0.113.0/24")


@given(st.binary(min_size=32, max_size=32))
@example(b"\xf8" + bytes(31))
def test_an_id_keeps_its_entropy_in_43_characters_and_is_no_option_on_a_command_line(entropy):
    session_id = sessions.new_id(entropy)
    assert sessions.is_well_formed(session_id)
    assert not session_id.startswith("-")
    plain = base64.urlsafe_b64encode(entropy).decode().removesuffix("=")
    assert session_id == (f"_{plain[1:]}" if plain.startswith("-") else plain)


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 43 + "\n", "#" + "A" * 42, "Ä" * 43])
def test_what_cannot_be_an_id_is_distinguished(text):
    assert not sessions.is_well_formed(text)


@given(st.text(st.characters(codec=None)))
@example("\ud800")
def test_any_text_has_a_decoy_that_could_be_an_id(text):
    assert sessions.is_well_formed(sessions.decoy_for(text))


@pytest.mark.parametrize(
    ("changes", "epoch", "now", "is_active"),
    [
        ({}, 0, NOW, True),
        ({}, 0, NOW + 499, True),
        ({}, 0, NOW + 500, False),  # idle
        ({"last_seen_at": NOW + 900}, 0, NOW + 999, True),
        ({"last_seen_at": NOW + 900}, 0, NOW + 1000, False),  # past its lifetime
        ({}, 1, NOW, False),  # logged out everywhere since
        ({"epoch": 1}, 0, NOW, False),  # an epoch nobody has counted
        ({}, 0, NOW - 60, True),  # a clock behind the one that created it
    ],
)
def test_a_session_is_active_within_its_lifetime_idle_time_and_epoch(changes, epoch, now, is_active):
    assert sessions.is_active(replace(SESSION, **changes), epoch=epoch, now=now, idle=500) is is_active


def test_a_session_is_noted_as_seen_at_most_every_five_minutes():
    assert [sessions.wants_touch(SESSION, NOW + passed) for passed in (-5, 0, 299, 300)] == [False, False, False, True]


@given(
    known=st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=12),
    limit=st.integers(1, 5),
    is_indexed=st.booleans(),
)
def test_dead_sessions_go_before_the_oldest_and_the_newest_always_stays(known, limit, is_indexed):
    others = [replace(SESSION, id=f"{n}", created_ms=NOW * 1000 - age) for n, (age, _) in enumerate(known)]
    active = {f"{n}" for n, (_, is_active) in enumerate(known) if is_active}
    shown = [*others, SESSION] if is_indexed else others
    gone = sessions.beyond_limit(shown, SESSION, limit, lambda session: session.id in active)
    kept = [session for session in others if session not in gone]
    assert SESSION not in gone
    assert len(kept) == min(len(others), limit - 1)
    worth = [(session.id in active, session.created_ms) for session in kept]
    assert all(kept_worth >= (lost.id in active, lost.created_ms) for kept_worth in worth for lost in gone)


@pytest.mark.parametrize(
    ("address", "coarse"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_an_address_is_kept_only_coarsely(address, coarse):
    assert sessions.coarse(address) == coarse


def test_a_user_agent_is_made_short_and_printable():
    client = sessions.client("\x1b[31mred\r\n\ud800" + "x" * 500, "203.0.113.77")
    assert client.user_agent.startswith("?[31mred???xxx")
    assert len(client.user_agent) == 200
    assert client.address == "203.0.113.0/24"


def test_a_device_list_shortens_ids_and_marks_the_current_one():
    session = replace(SESSION, created_ms=(NOW - 60) * 1000 + 999)
    assert sessions.describe(session, current_id=SESSION.id) == {
        "id": "A" * 8,
        "created_at": NOW - 60,
        "last_seen_at": NOW,
        "expires_at": NOW + 1000,
        "user_agent": "curl/8",
        "address": "203.0.113.0/24",
        "current": True,
    }
    assert sessions.describe(session, current_id="B" * 43)["current"] is False
