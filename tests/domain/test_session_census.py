"""Counting a table, in whatever order its items come."""

from hypothesis import given
from hypothesis import strategies as st

from fakes.session_items import DAY, HOUR, T, session
from hybridctl.domain.session_census import Counting
from hybridctl.domain.sessions import SessionPage, SessionState, state_of

IDLE = 7 * DAY
USERS = st.sampled_from(["ada", "bob", "cleo"])
SESSIONS = st.builds(
    lambda number, **values: session(f"id{number}", **values),
    st.integers(0, 999),
    user_id=USERS,
    epoch=st.integers(0, 2),
    expires_at=st.integers(T - 2, T + 2),
    last_seen_at=st.sampled_from([T, T - IDLE]),
)


@given(st.lists(SESSIONS, max_size=12), st.dictionaries(USERS, st.integers(0, 2)), st.data())
def test_each_session_counts_once_in_the_state_the_rule_gives_it(sessions, epochs, data):
    items = [*sessions, *epochs.items()]
    counting = Counting(now=T, idle=IDLE)
    for item in data.draw(st.permutations(items)):
        counting.add(SessionPage(epochs=dict([item])) if isinstance(item, tuple) else SessionPage([item]))
    census = counting.result({})
    wanted = [state_of(one, epoch=epochs.get(one.user_id, 0), now=T, idle=IDLE) for one in sessions]
    assert census.states == {state: wanted.count(state) for state in SessionState}
    assert (census.sessions, census.read) == (len(sessions), len(items))
    assert sum(census.ages.values()) == sum(census.providers.values()) == len(sessions)


def test_a_table_cut_short_asks_for_the_epochs_it_has_not_met():
    counting = Counting(now=T, idle=IDLE)
    counting.add(SessionPage([session(user_id="ada"), session(user_id="bob")], {"bob": 1}))
    assert counting.users_without_epoch() == ["ada"]
    assert counting.result({"ada": 1}).states[SessionState.REVOKED] == 2
    assert counting.result({}).states[SessionState.REVOKED] == 1
    assert (counting.result({}).logged_out, counting.result({"ada": 1}).logged_out) == (1, 2)


def test_ages_and_providers_are_reported():
    counting = Counting(now=T, idle=IDLE)
    counting.add(SessionPage([session(created_at=T - age) for age in (0, HOUR, DAY, 8 * DAY, 90 * DAY, T)], strange=2))
    census = counting.result({})
    assert census.ages == {"under 1 h": 1, "under 1 d": 1, "under 7 d": 1, "under 30 d": 1, "older": 2}
    assert (census.providers, census.strange, census.users) == ({"google": 6}, 2, 1)
