"""Named stand-ins for the ports: each behaves as the contract says, and records its calls."""

from fakes.backend import FakeArtifacts, FakeBackend, FakeState, FakeTerraform
from fakes.checkout import FakeCheckout, FakePrerequisites
from fakes.clock import FakeClock
from fakes.context import fake_context
from fakes.functions import FakeFunctions, FakeProbe
from fakes.journal import FakeJournal
from fakes.sandbox import FakeSandbox
from fakes.sessions import FakeSessions
from fakes.traffic import Behaviour, FakeAlarms, FakeTraffic

__all__ = [
    "Behaviour",
    "FakeAlarms",
    "FakeArtifacts",
    "FakeBackend",
    "FakeCheckout",
    "FakeClock",
    "FakeFunctions",
    "FakeJournal",
    "FakePrerequisites",
    "FakeProbe",
    "FakeSandbox",
    "FakeSessions",
    "FakeState",
    "FakeTerraform",
    "FakeTraffic",
    "fake_context",
]
