"""What every view of a release shows alike."""

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
    """All fields of a dataclass; workers are mentioned where there are any."""
    members = {field.name: getattr(told, field.name) for field in fields(told)}
    return {name: as_json(value) for name, value in members.items() if name != "workers" or value}


def list_workers(moves: Sequence[WorkerMove]) -> list[Text]:
    return [Text(f"worker    {one.name}, version {one.after}") for one in moves]


def who(release: Release) -> str:
    """The actor without the mail domain."""
    return release.actor.partition("@")[0]


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def commit(release: Release) -> str:
    """The short commit, with a + when the code has changes of its own, with a ? when git could not tell."""
    return f"{(release.source.commit or '')[:8]}{release.source.mark}"
