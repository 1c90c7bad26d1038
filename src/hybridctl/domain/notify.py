"""Who gets a message about releases. Part of the settings, so it imports nothing about releases."""

from hybridctl.values import dataclass

SLACK, TEAMS = "slack", "teams"


@dataclass(frozen=True, slots=True)
class Notify:
    """A webhook, whose address is in the variable of that name, and a command that reads the record."""

    webhook_variable: str = ""
    format: str = SLACK
    command: tuple[str, ...] = ()
