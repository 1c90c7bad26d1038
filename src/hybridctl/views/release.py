"""Parts that all views of releases share."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from rich.text import Text

from hybridctl.domain.release import Release, WorkerMove
from hybridctl.views.render import as_json


@as_json.register
def _(release: Release) -> dict[str, object]:
    return as_json_with_workers(release)


def as_json_with_workers(told: Any) -> dict[str, object]:
    """Return all fields of a dataclass; workers only if there are any."""
    members = {field.name: getattr(told, field.name) for field in fields(told)}
    return {name: as_json(value) for name, value in members.items() if name != "workers" or value}


def list_workers(moves: Sequence[WorkerMove]) -> list[Text]:
    return [Text(f"worker    {one.name}, version {one.after}") for one in moves]


def who(release: Release) -> str:
    """Return the actor without the mail domain."""
    return release.actor.partition("@")[0]


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def commit(release: Release) -> str:
    """Return the short commit, with a + for uncommitted changes, or a ? if git could not tell."""
    return f"{(release.source.commit or '')[:8]}{release.source.mark}"
