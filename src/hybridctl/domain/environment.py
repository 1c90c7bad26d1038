"""An environment: where one copy of the backend lives, and how carefully it is treated."""

from enum import StrEnum, unique

from hybridctl.domain.strategy import ALL_AT_ONCE, Strategy
from hybridctl.values import dataclass

COMMERCIAL = "aws"  # the partition of AWS's commercial regions
BUCKET_NAME_LIMIT = 63  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html


@unique
class Consent(StrEnum):
    """What a change asks of the person who makes it."""

    NONE = "none"
    CONFIRM = "confirm"  # the plan is shown, y/N
    TYPED = "typed"  # the plan is shown, the environment's name is typed


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of `hybridctl.toml`; `account` is a guard: any other account is refused.

    `stop_alarms` are those that end a release by turning red; None means all that Terraform made. `profile` is that of
    the AWS configuration that acts there, unless the shell has credentials.
    `function` and `role` are names that do not follow the naming rule.
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
    """Where commands really land: the account and region that answered, and the endpoint when it is the sandbox's.

    `elsewhere` are the user's settings that send calls to another address than AWS's, each as "NAME=address".
    `partition` is the first part of every ARN there: "aws", "aws-us-gov" or "aws-cn".
    """

    environment: str
    account: str
    region: str
    endpoint: str | None = None
    elsewhere: tuple[str, ...] = ()
    partition: str = COMMERCIAL


@dataclass(frozen=True, slots=True)
class Names:
    """The one naming rule: `<project>-<thing>-<environment>`, and what AWS derives from it.

    `workers` are the names of further functions; permissions are made out for them too.
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
        """The function's name; one that was there before hybridctl keeps its own."""
        return self.given_function or self.stem

    @property
    def role(self) -> str:
        """The name of the function's role, after its path where it has one."""
        return self.given_role or f"{self.project}-function-{self.environment}"

    def worker(self, name: str) -> str:
        """The full name of a worker's function."""
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
        """Groups below /aws/vendedlogs/ do not count against the size of the account's log resource policy.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
        """
        return f"/aws/vendedlogs/apigateway/{self.stem}"

    @property
    def releases_prefix(self) -> str:
        return f"releases/{self.environment}/"

    def state_bucket(self, account: str, region: str) -> str:
        """Bucket names are global, so the account and region make this one ours."""
        return f"{self.project}-tfstate-{account}-{region}"
