"""Any order of log-ins, log-outs, validations and clock jumps agrees with a model of a few lines.

HYBRIDCTL_TEST_SESSION_RUNS=400 makes it a search of 10 000 steps, 25 a run.
"""

import itertools
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from handler.fakes import ENVIRON, Handler

RUNS = int(os.environ.get("HYBRIDCTL_TEST_SESSION_RUNS", "25"))
LIFETIME, IDLE, LIMIT = 5000, 2000, 3
USERS = st.sampled_from(["ann", "bob"])


def machine_over(client):
    environ = {
        **ENVIRON,
        "SESSION_LIFETIME_SECONDS": str(LIFETIME),
        "SESSION_IDLE_SECONDS": str(IDLE),
        "MAX_SESSIONS_PER_USER": str(LIMIT),
    }

    runs = itertools.count()

    class Sessions(RuleBasedStateMachine):
        """Two containers over one table; the model knows of each session its user and three times."""

        sessions = Bundle("sessions")

        def __init__(self):
            super().__init__()
            self.containers = [Handler(client, environ), Handler(client, environ)]
            # Every run has users of its own, so that all can share one table.
            self.run = next(runs)
            self.model = {}
            self.gone = set()

        @property
        def now(self):
            return self.containers[0].now

        def is_valid(self, session_id):
            known = self.model.get(session_id)
            return known is not None and self.now < known["created"] + LIFETIME and self.now - known["seen"] < IDLE

        def forget(self, session_id):
            del self.model[session_id]
            self.gone.add(session_id)

        def advance(self, seconds):
            for container in self.containers:
                container.now += seconds

        @rule(target=sessions, user=USERS, at=st.integers(0, 1))
        def log_in(self, user, at):
            self.advance(1)  # no two begin in one second, so that "the oldest" is never a draw
            name = f"{user}-{self.run}"
            session_id = self.containers[at].log_in(name)
            self.model[session_id] = {"user": name, "created": self.now, "seen": self.now}
            mine = [s for s in self.model if self.model[s]["user"] == name]
            mine.sort(key=lambda s: (self.is_valid(s), self.model[s]["created"]), reverse=True)
            for dropped in mine[LIMIT:]:
                self.forget(dropped)
            return session_id

        @rule(session_id=sessions, at=st.integers(0, 1))
        def validate(self, session_id, at):
            expected = self.is_valid(session_id)
            assert self.containers[at].is_valid(session_id) is expected
            if expected:
                known = self.model[session_id]
                known["seen"] = self.now if self.now - known["seen"] >= 300 else known["seen"]
            else:
                self.gone.add(session_id)

        @rule(session_id=sessions, at=st.integers(0, 1))
        def log_out(self, session_id, at):
            expected = self.is_valid(session_id)
            answered = self.containers[at].call("DELETE", "/auth/session", bearer=session_id)
            assert answered.status == (204 if expected else 401)
            if expected:
                self.forget(session_id)

        @rule(session_id=sessions, at=st.integers(0, 1))
        def log_out_everywhere(self, session_id, at):
            expected = self.is_valid(session_id)
            answered = self.containers[at].call("DELETE", "/auth/sessions", bearer=session_id)
            assert answered.status == (204 if expected else 401)
            if expected:
                user = self.model[session_id]["user"]
                for revoked in [s for s in self.model if self.model[s]["user"] == user]:
                    self.forget(revoked)

        @rule(session_id=sessions, at=st.integers(0, 1))
        def list_devices(self, session_id, at):
            expected = self.is_valid(session_id)
            answered = self.containers[at].call("GET", "/auth/sessions", bearer=session_id)
            assert answered.status == (200 if expected else 401)
            if expected:
                known = self.model[session_id]
                known["seen"] = self.now if self.now - known["seen"] >= 300 else known["seen"]
                mine = {s for s in self.model if self.model[s]["user"] == known["user"] and self.is_valid(s)}
                assert sorted(d["id"] for d in answered.body["sessions"]) == sorted(s[:8] for s in mine)

        @rule(seconds=st.sampled_from([1, 299, 300, IDLE - 1, IDLE, LIFETIME]))
        def time_passes(self, seconds):
            self.advance(seconds)

        def teardown(self):
            """What was logged out, dropped or refused once is never accepted again, by no container."""
            for session_id in self.gone:
                assert not any(container.is_valid(session_id) for container in self.containers)

    return Sessions


def test_sessions_agree_with_the_model(dynamodb):
    run_state_machine_as_test(
        machine_over(dynamodb),
        settings=settings(
            max_examples=RUNS, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
