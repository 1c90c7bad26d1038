"""Who the credentials are, and what the time is where they were checked."""

import re
from dataclasses import dataclass
from datetime import datetime

_ASSUMED = re.compile(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Identity:
    """As STS tells it; `at` is its own clock, where the answer told it."""

    account: str
    arn: str
    at: datetime | None = None

    @property
    def role(self) -> str | None:
        """The name of the role that was assumed; None for a user or root."""
        found = _ASSUMED.match(self.arn)
        return found[3] if found else None

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")
