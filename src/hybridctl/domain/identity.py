"""The identity behind the credentials, and the time at the server that checked them."""

import re
from dataclasses import dataclass
from datetime import datetime

_ASSUMED = re.compile(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller's identity from STS. `at` is the server's time, None if the response had none."""

    account: str
    arn: str
    at: datetime | None = None

    @property
    def role(self) -> str | None:
        """The name of the assumed role, None for a user or root."""
        match = _ASSUMED.match(self.arn)
        return match[3] if match else None

    @property
    def role_arn(self) -> str | None:
        """The role's IAM ARN without its path, which STS does not return; None for a user or root."""
        match = _ASSUMED.match(self.arn)
        return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else None

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The credentials for an environment, and where they come from.

    `profile` is the AWS profile, chosen by `profile_source`; None if AWS's own rules decide. `expected` is the only
    allowed account of the environment, if hybridctl.toml sets one.
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
