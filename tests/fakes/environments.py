"""Environments for the status screen: all well, in trouble, half released, and not to be read."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from fakes import FakeBackend, FakeClock
from fakes.alarms import COMPOSITE, RememberingAlarms, burning, make_watched
from fakes.clock import NOON
from fakes.measured import busy
from hybridctl.domain.release import Alias, Kind, Outcome, Release, Rollout, Source
from hybridctl.errors import AwsRefused

RELEASE = Release(
    id="20260301T112000-4711",
    kind=Kind.DEPLOY,
    environment="local",
    account="000000000000",
    actor="ada@example.com",
    host="laptop:1",
    started=NOON - timedelta(minutes=40),
    finished=NOON - timedelta(minutes=39),
    outcome=Outcome.LIVE,
    version_before=1,
    version_after=2,
    source=Source("0123456789abcdef"),
    reason="log in faster",
    verified=True,
)


@dataclass
class StatusBackend(FakeBackend):
    """An environment with alarms that are remembered, beside all the rest."""

    alarms: RememberingAlarms = field(default_factory=lambda: RememberingAlarms(FakeClock()))  # type: ignore[assignment]


def well() -> StatusBackend:
    """Version 2 is live; a calm, busy hour."""
    source = busy(1, 2)
    backend = StatusBackend(functions=source.functions, state=source.state, metrics=source.metrics)
    backend.alarms = make_watched().alarms
    assert backend.state.values is not None
    names = [name for name in backend.alarms.kept if name != COMPOSITE]
    backend.state.values |= {"alarm_names": names, "composite_alarm_name": COMPOSITE}
    backend.journal.records = {RELEASE.id: RELEASE}
    for key, points in backend.metrics.points.items():
        if key[0] == "5xx":
            backend.metrics.points[key] = dict.fromkeys(points, 0.0)
        if key[0].endswith("ThrottleEvents"):
            points.clear()
    return backend


def in_trouble() -> StatusBackend:
    """Errors since twelve minutes, throttled tables, and an alarm that someone has deleted."""
    backend = well()
    source = busy(1, 2)
    backend.metrics = source.metrics
    backend.alarms = burning().alarms
    del backend.alarms.kept["hybrid-ci-cd-slow-local"]
    backend.probe.broken = {2: {"GET /health"}}
    return backend


def releasing() -> StatusBackend:
    """A canary that waits for a decision."""
    backend = well()
    rollout = Rollout("canary:10@5m", old=1, new=2, share=0.1, since=NOON, waiting=True)
    backend.functions.alias = Alias("live", 1, "r1", {2: 0.1})
    backend.journal.holder = replace(RELEASE, finished=None, outcome=Outcome.RUNNING, rollout=rollout)
    backend.journal.records = {}
    return backend


def unreadable() -> StatusBackend:
    """Everything answers but CloudWatch, which is not allowed."""
    backend = well()
    denied = AwsRefused(
        "reading the metrics (cloudwatch:GetMetricData): access denied: not you",
        hint="hybridctl doctor lists the permissions that are needed",
    )
    backend.metrics.troubles = [denied]
    backend.alarms.trouble = AwsRefused(
        "reading the alarms (cloudwatch:DescribeAlarms): access denied: not you",
        hint="hybridctl doctor lists the permissions that are needed",
    )
    return backend


def function_gone() -> StatusBackend:
    """Terraform's state has it, Lambda has not."""
    backend = well()
    backend.functions.alias = None
    backend.probe.down = True
    return backend
