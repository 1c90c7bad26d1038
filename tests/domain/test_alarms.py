"""States of alarms and of log queries: words that AWS adds are unknown."""

from hybridctl.domain.alarms import AlarmState
from hybridctl.domain.logs.query import QueryState


def test_words_that_are_new_to_us_are_unknown_and_no_error():
    assert (AlarmState.of("SNOOZED"), QueryState.of("Paused")) == (AlarmState.UNKNOWN, QueryState.UNKNOWN)
    assert all(AlarmState.of(state.value) is state for state in AlarmState)
    assert all(QueryState.of(state.value) is state for state in QueryState)
