"""Who is told of releases: a part of the settings, so it imports nothing of what a release is."""

from dataclasses import dataclass

SLACK, TEAMS = "slack", "teams"


@dataclass(frozen=True, slots=True)
class Notify:
    """A webhook, whose address is in the variable of that name, and a command that reads the record."""

    webhook_variable: str = ""
    format: str = SLACK
    command: tuple[str, ...] = ()
