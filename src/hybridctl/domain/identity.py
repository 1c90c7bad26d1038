"""Who the credentials are, and what the time is where they were checked."""

import re
from datetime import datetime

from hybridctl.values import dataclass

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
    def role_arn(self) -> str | None:
        """The role as IAM names it, without its path, which STS does not tell; None for a user or root."""
        found = _ASSUMED.match(self.arn)
        return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else None

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Whose credentials act on an environment, and where they come from.

    `profile` is that of the AWS configuration, chosen by `profile_source`; None where AWS's own rules decide.
    `expected` is the only account that the environment may live in, where hybridctl.toml names one.
    """

    environment: str
    region: str
    account: str
    arn: str
    role: str | None
    credentials: str
    expected: str | None = None
    profile: str | None = None
    profile_source: str = "default"

    @property
    def is_expected(self) -> bool:
        return self.expected in (None, self.account)
