"""Who is notified about releases. It is part of the settings, so this module imports nothing about releases."""

from dataclasses import dataclass

SLACK, TEAMS = "slack", "teams"


@dataclass(frozen=True, slots=True)
class Notify:
    """A webhook, whose URL is in the environment variable `webhook_variable`, and a command that reads the record."""

    webhook_variable: str = ""
    format: str = SLACK
    command: tuple[str, ...] = ()
