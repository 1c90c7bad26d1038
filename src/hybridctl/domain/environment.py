"""Environments: where one copy of the backend runs, and how it is protected."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from hybridctl.domain.strategy import ALL_AT_ONCE, Strategy

if TYPE_CHECKING:
    from datetime import datetime

COMMERCIAL = "aws"  # the partition of AWS's commercial regions
BUCKET_NAME_LIMIT = 63  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html


@unique
class Consent(StrEnum):
    """The confirmation that a change requires."""

    NONE = "none"
    CONFIRM = "confirm"  # shows the plan and asks y/N
    TYPED = "typed"  # shows the plan and asks for the environment's name


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of `hybridctl.toml`. `account` is a guard: commands refuse any other account.

    `stop_alarms` are the alarms that stop a release when they turn red; None means all alarms that Terraform created.
    `profile` is the AWS profile to use, unless the shell has credentials. `function` and `role` are names that do not
    follow the naming rule.
    """

    name: str
    region: str
    sandbox: bool = False
    account: str | None = None
    function: str | None = None
    role: str | None = None
    protected: bool = False
    consent: Consent = Consent.CONFIRM
    strategy: Strategy = ALL_AT_ONCE
    stop_alarms: tuple[str, ...] | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands run: the account and region of the credentials, and the endpoint if it is the sandbox.

    `elsewhere` lists the user's settings that send calls to a different address than AWS, each as "NAME=address".
    `partition` is the partition of the ARNs: "aws", "aws-us-gov" or "aws-cn". `credentials_end` is when the credentials
    expire, None if they refresh themselves or it is unknown.
    """

    environment: str
    account: str
    region: str
    endpoint: str | None = None
    elsewhere: tuple[str, ...] = ()
    partition: str = COMMERCIAL
    credentials_end: "datetime | None" = None


@dataclass(frozen=True, slots=True)
class Names:
    """The naming rule `<project>-<thing>-<environment>`, and the names that AWS derives from it.

    `workers` are the names of additional functions, which permissions include.
    """

    project: str
    environment: str
    given_function: str | None = None
    given_role: str | None = None
    workers: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        return f"{self.project}-{self.environment}"

    @property
    def function(self) -> str:
        """The function's name. A function that existed before hybridctl keeps its name."""
        return self.given_function or self.stem

    @property
    def role(self) -> str:
        """The name of the function's role, with its path if it has one."""
        return self.given_role or f"{self.project}-function-{self.environment}"

    def worker(self, name: str) -> str:
        """Return the full name of a worker's function."""
        return f"{self.project}-{name}-{self.environment}"

    def worker_log_group(self, name: str) -> str:
        return f"/aws/lambda/{self.worker(name)}"

    @property
    def state_key(self) -> str:
        return f"{self.stem}/terraform.tfstate"

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.function}"

    @property
    def access_log_group(self) -> str:
        """The name of the API's access log group.

        Groups below /aws/vendedlogs/ do not count toward the size limit of the account's log resource policy.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
        """
        return f"/aws/vendedlogs/apigateway/{self.stem}"

    @property
    def releases_prefix(self) -> str:
        return f"releases/{self.environment}/"

    def state_bucket(self, account: str, region: str) -> str:
        """Return the name of the state bucket. Bucket names are global; the account and region make the name unique."""
        return f"{self.project}-tfstate-{account}-{region}"
