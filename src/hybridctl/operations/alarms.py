"""Read alarms and their history, and test that an alarm works."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from hybridctl.domain.alarm_history import AlarmHistory, AlarmTest, is_through, newest_changes, path_through
from hybridctl.domain.alarms import (
    AlarmsReport,
    LaidDown,
    find_configured_alarms,
    find_full_name,
    names_in,
    report,
    short_name,
)
from hybridctl.domain.outputs import Outputs, require_outputs
from hybridctl.domain.tfstate import Resources
from hybridctl.errors import NotFound, OnlyOnSandbox
from hybridctl.ports.insight import HasAlarms
from hybridctl.ports.release import HasPlace
from hybridctl.ports.resources import HasTopics
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState


class AlarmPorts(HasAlarms, HasPlace, HasState, HasTopics, Protocol):
    """The ports that reading alarms uses."""


def read_alarms(backend: AlarmPorts, clock: Clock) -> AlarmsReport:
    """Return all alarms of a deployed environment, the most severe first."""
    return alarms_of(backend, _outputs(backend), clock, backend.state.read_resources() or Resources(()))


def alarms_of(backend: AlarmPorts, outputs: Outputs, clock: Clock, resources: Resources) -> AlarmsReport:
    """Return the alarms that these outputs name."""
    wanted = _name_alarms(outputs, backend.place.environment)
    alarms = backend.alarms.alarms(list(wanted.values()))
    topic = outputs.values.get("alarm_topic_arn") if wanted else None
    subscribers = backend.topics.subscribers(str(topic)) if topic else None
    laid_down = find_configured_alarms(resources) if resources.found else LaidDown()
    return report(
        backend.place,
        clock.now(),
        alarms,
        wanted,
        laid_down,
        subscribers,
        topic_is_gone=bool(topic and subscribers is None),
    )


def read_alarm_history(backend: AlarmPorts, name: str | None, since: datetime, limit: int) -> AlarmHistory:
    """Return the newest state changes since a time, of one alarm or of all. Raises NotFound if the alarm does not
    exist.

    Entries from the creation of an alarm are left out: "no data to no data", and a first reading that is good.
    """
    wanted = _find_expected(backend)
    shorts = {full: short for short, full in wanted.items()}
    changes = backend.alarms.history(since, name=find_full_name(name, wanted) if name else None)
    ours = (
        replace(change, name=shorts[change.name])
        for change in changes
        if change.name in shorts and change.before is not change.after
    )
    return AlarmHistory(since, tuple(newest_changes(ours, limit)))


def try_alarm(backend: AlarmPorts, clock: Clock, name: str) -> AlarmTest:
    """Set one alarm of the sandbox to ALARM and back, and check its history for the change.

    Raises OnlyOnSandbox on AWS, where this would page people and could roll back a release.
    """
    if backend.place.endpoint is None:
        raise OnlyOnSandbox(
            f"testing an alarm of {backend.place.environment}: this would notify people on AWS",
            hint=f"rehearse it in the sandbox: hybridctl alarms test {name} local",
        )
    wanted = _find_expected(backend)
    shorts = {full: short for short, full in wanted.items()}
    full = find_full_name(name, wanted)
    found = backend.alarms.alarms([full])
    if not found:
        raise NotFound(
            f"the alarm {full} no longer exists", hint=f"hybridctl deploy {backend.place.environment} recreates it"
        )
    began = clock.now()
    reason = f"hybridctl alarms test, {began:%Y-%m-%dT%H:%M:%S.%fZ}"
    path = path_through(found[0].state)
    for state in path:
        backend.alarms.set_state(full, state, reason)
    since = began.replace(microsecond=0)  # history is in whole seconds on the sandbox
    seen = [change for change in backend.alarms.history(since) if change.name in shorts][::-1]
    own = [change for change in seen if change.name == full]
    shown = tuple(replace(change, name=shorts[change.name]) for change in seen)
    return AlarmTest(shorts[full], path, shown, is_through(path, own, reason))


def _find_expected(backend: AlarmPorts) -> Mapping[str, str]:
    return _name_alarms(_outputs(backend), backend.place.environment)


def _name_alarms(outputs: Outputs, environment: str) -> Mapping[str, str]:
    """Return the full alarm names by short name, as Terraform created them."""
    project = str(outputs.values.get("lambda_function_name", "")).removesuffix(f"-{environment}")
    return {short_name(name, project, environment): name for name in names_in(outputs)}


def _outputs(backend: AlarmPorts) -> Outputs:
    return require_outputs(backend.place.environment, backend.state.outputs(), "there are no alarms")
