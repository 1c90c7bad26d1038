"""The ARNs of one environment, based on the names in the HCL."""

from dataclasses import dataclass

from hybridctl.domain.environment import Names, Place


@dataclass(frozen=True, slots=True)
class ArnResource:
    """The ARN pattern that a statement allows, and an example of an ARN that matches it."""

    pattern: str
    example: str


ANY = ArnResource("*", "*")


def exactly(arn: str) -> ArnResource:
    return ArnResource(arn, arn)


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs of an environment's resources in an account and region. The partition is that of the region."""

    names: Names
    place: Place

    @property
    def bucket(self) -> ArnResource:
        name = self.names.state_bucket(self.place.account, self.place.region)
        return exactly(f"arn:{self.place.partition}:s3:::{name}")

    @property
    def state(self) -> ArnResource:
        return exactly(f"{self.bucket.pattern}/{self.names.state_key}")

    @property
    def state_lock(self) -> ArnResource:
        return exactly(f"{self.state.pattern}.tflock")

    @property
    def releases(self) -> ArnResource:
        prefix = f"{self.bucket.pattern}/{self.names.releases_prefix}"
        return ArnResource(f"{prefix}*", f"{prefix}running")

    @property
    def function(self) -> tuple[ArnResource, ...]:
        names = (self.names.function, *map(self.names.worker, self.names.workers))
        arns = [self._regional("lambda", f"function:{name}") for name in names]
        return tuple(one for arn in arns for one in (exactly(arn), ArnResource(f"{arn}:*", f"{arn}:1")))

    @property
    def worker_functions(self) -> ArnResource:
        """The workers' functions with any qualifier, as one pattern: a condition compares one text."""
        named = self._arn_of("lambda", "function:{}", "worker")
        return ArnResource(f"{named.pattern}*", f"{named.example}:live")

    @property
    def worker_roles(self) -> tuple[ArnResource, ...]:
        return tuple(exactly(self.iam(f"role/{self.names.worker(one)}")) for one in self.names.workers)

    @property
    def queues(self) -> ArnResource:
        return self._arn_of("sqs", "{}", "jobs")

    @property
    def mappings(self) -> ArnResource:
        """Event source mappings. AWS chooses their ids."""
        arn = self._regional("lambda", "event-source-mapping:{}")
        return ArnResource(arn.format("*"), arn.format("00000000-0000-4000-8000-000000000000"))

    @property
    def rules(self) -> ArnResource:
        return self._arn_of("events", "rule/{}", "nightly")

    @property
    def tables(self) -> ArnResource:
        return self._arn_of("dynamodb", "table/{}", "sessions")

    @property
    def indexes(self) -> ArnResource:
        return ArnResource(f"{self.tables.pattern}/index/*", f"{self.tables.example}/index/by_user")

    @property
    def log_groups(self) -> tuple[ArnResource, ...]:
        """Log groups. CloudWatch Logs evaluates some actions on the group's ARN, others on the ARN that ends with
        `:*`.
        """
        workers = map(self.names.worker_log_group, self.names.workers)
        groups = (self.names.log_group, self.names.access_log_group, *workers)
        arns = [self._regional("logs", f"log-group:{group}") for group in groups]
        return tuple(one for arn in arns for one in (exactly(arn), ArnResource(f"{arn}:*", f"{arn}:*")))

    @property
    def alarms(self) -> ArnResource:
        return self._arn_of("cloudwatch", "alarm:{}", "errors")

    @property
    def scaling_alarms(self) -> ArnResource:
        """The alarms that Application Auto Scaling creates for a table, or for an index (with `/index/NAME`)."""
        tables = self._arn_of("cloudwatch", "alarm:TargetTracking-table/{}", "sessions")
        return ArnResource(f"{tables.pattern}*", f"{tables.example}-AlarmHigh-00000000-0000-0000-0000-000000000000")

    @property
    def dashboard(self) -> ArnResource:
        return exactly(f"arn:{self.place.partition}:cloudwatch::{self.place.account}:dashboard/{self.names.stem}")

    @property
    def topic(self) -> ArnResource:
        return exactly(self._regional("sns", f"{self.names.project}-alarms-{self.names.environment}"))

    @property
    def apis(self) -> tuple[ArnResource, ...]:
        """HTTP APIs. AWS chooses their ids, so an ARN does not show which API is ours."""
        base = f"arn:{self.place.partition}:apigateway:{self.place.region}::"
        return (
            exactly(f"{base}/apis"),
            ArnResource(f"{base}/apis/*", f"{base}/apis/a1b2c3d4e5/stages"),
            ArnResource(f"{base}/tags/*", f"{base}/tags/a1b2c3d4e5"),
        )

    @property
    def parameters(self) -> ArnResource:
        path = f"parameter/{self.names.project}/{self.names.environment}"
        return ArnResource(
            self._regional("ssm", f"{path}/*"), self._regional("ssm", f"{path}/oauth/github_client_secret")
        )

    @property
    def function_role(self) -> ArnResource:
        return exactly(self.iam(f"role/{self.names.role}"))

    @property
    def ci_roles(self) -> ArnResource:
        name = f"role/{self.names.project}-ci-{{}}{self.names.environment}"
        return ArnResource(self.iam(name.format("*")), self.iam(name.format("")))

    @property
    def boundary(self) -> ArnResource:
        return exactly(self.iam(f"policy/{self.names.project}-boundary-{self.names.environment}"))

    @property
    def any_role(self) -> ArnResource:
        return ArnResource(self.iam("role/*"), self.iam("role/engineer"))

    @property
    def any_user(self) -> ArnResource:
        return ArnResource(self.iam("user/*"), self.iam("user/engineer"))

    def service_role(self, service: str) -> ArnResource:
        path = f"role/aws-service-role/{service}"
        name = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
        return ArnResource(self.iam(f"{path}/*"), self.iam(f"{path}/{name}"))

    def iam(self, resource: str) -> str:
        """Return an IAM ARN. IAM is global, so the ARN has no region."""
        return f"arn:{self.place.partition}:iam::{self.place.account}:{resource}"

    def _regional(self, service: str, resource: str) -> str:
        return f"arn:{self.place.partition}:{service}:{self.place.region}:{self.place.account}:{resource}"

    def _arn_of(self, service: str, resource: str, thing: str) -> ArnResource:
        """Return the pattern `<project>-<thing>-<environment>` for every thing, with one thing as its example."""
        name = f"{self.names.project}-{{}}-{self.names.environment}"
        pattern, example = (resource.format(name.format(each)) for each in ("*", thing))
        return ArnResource(self._regional(service, pattern), self._regional(service, example))
