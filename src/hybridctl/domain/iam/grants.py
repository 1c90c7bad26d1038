"""The table of permissions: every statement of every policy, and who gets it.

The documented policies, the CI roles and the simulations of `doctor` use this table. Tests compare it with the calls of
the adapters and of Terraform's provider, on the resources and under the conditions that AWS evaluates. Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.arns import ANY, ArnResource, Arns, exactly

SCALING = "dynamodb.application-autoscaling.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
_BUCKET_PARTS = ("BucketVersioning", "EncryptionConfiguration", "BucketPublicAccessBlock", "BucketPolicy")


@unique
class Reach(StrEnum):
    """Who gets a statement: a plan reads, a deploy also writes, an engineer also operates and bootstraps."""

    PLAN = "plan"
    DEPLOY = "deploy"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement that allows `actions` on `resources`. `part` names its topic in messages.

    `calls` lists the actions behind the wildcards in `actions` that are actually called.
    """

    sid: str
    part: str
    reach: Reach
    actions: tuple[str, ...]
    resources: tuple[ArnResource, ...]
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    calls: tuple[str, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """The actions that are called, without wildcards."""
        return (*(action for action in self.actions if "*" not in action), *self.calls)


def grants(names: Names, place: Place, *, bounded: bool = False) -> Iterator[Grant]:
    """Yield all statements of one environment.

    With `bounded`, the function's role can only be written while it has the environment's permissions boundary. Whoever
    can change the function's code and role then still has no access outside the environment.
    """
    arns = Arns(names, place)
    yield from _state(arns)
    yield from _function(arns)
    yield from _role(arns, bounded=bounded)
    yield from _tables(arns)
    yield from _logs(arns)
    yield from _api(arns)
    yield from _alarms(arns)
    if names.workers:
        yield from _triggers(arns)
    yield from _bootstrap(arns)


def _of(service: str, names: str) -> tuple[str, ...]:
    """Return the actions of a service. `names` is separated by spaces."""
    return tuple(f"{service}:{name}" for name in names.split())


def _state(arns: Arns) -> Iterator[Grant]:
    plan, deploy = Reach.PLAN, Reach.DEPLOY
    yield Grant("StateBucket", "state bucket", plan, ("s3:ListBucket", "s3:GetBucketLocation"), (arns.bucket,))
    # The parts of the bucket are checked before anything is written to it.
    parts = tuple(f"s3:Get{part}" for part in _BUCKET_PARTS)
    yield Grant("StateBucketParts", "state bucket", plan, parts, (arns.bucket,))
    yield Grant("ReadState", "state", plan, ("s3:GetObject",), (arns.state, arns.state_lock, arns.releases))
    # A plan writes nothing but its lock.
    yield Grant("LockState", "state", plan, ("s3:PutObject", "s3:DeleteObject"), (arns.state_lock,))
    versions = ("s3:ListBucketVersions", "s3:GetObjectVersion")
    yield Grant("ReadEarlierStates", "state", Reach.OPERATE, versions, (arns.bucket, arns.state))
    yield Grant("WriteState", "state", deploy, ("s3:PutObject", "s3:DeleteObject"), (arns.state, arns.releases))


def _function(arns: Arns) -> Iterator[Grant]:
    yield Grant(
        "ReadFunction",
        "function",
        Reach.PLAN,
        ("lambda:Get*", "lambda:List*"),
        arns.function,
        calls=_of(
            "lambda",
            "GetAlias GetFunction GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration "
            "GetPolicy GetProvisionedConcurrencyConfig ListVersionsByFunction",
        ),
    )
    yield Grant("ReadQuota", "quota", Reach.PLAN, ("lambda:GetAccountSettings",), (ANY,))
    writes = _of(
        "lambda",
        "CreateFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion DeleteFunction CreateAlias "
        "UpdateAlias InvokeFunction AddPermission RemovePermission PutFunctionConcurrency DeleteFunctionConcurrency "
        "PutProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig TagResource UntagResource",
    )
    yield Grant("WriteFunction", "function", Reach.DEPLOY, writes, arns.function)
    yield Grant("DeleteAlias", "destroy", Reach.OPERATE, ("lambda:DeleteAlias",), arns.function)


def _role(arns: Arns, *, bounded: bool) -> Iterator[Grant]:
    role = (arns.function_role, *arns.worker_roles)
    within = {"StringEquals": {"iam:PermissionsBoundary": arns.boundary.pattern}}
    reads = ("iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
    yield Grant("ReadRole", "role", Reach.PLAN, ("iam:GetRole", "iam:GetRolePolicy", "iam:List*"), role, calls=reads)
    writes = _of("iam", "CreateRole PutRolePolicy PutRolePermissionsBoundary")
    yield Grant("WriteRole", "role", Reach.DEPLOY, writes, role, within if bounded else {})
    # These calls do not support the condition key of the boundary.
    tags = _of("iam", "UpdateAssumeRolePolicy TagRole UntagRole")
    yield Grant("TagRole", "role", Reach.DEPLOY, tags, role)
    to_lambda = {"StringEquals": {"iam:PassedToService": LAMBDA}}
    yield Grant("PassRole", "role", Reach.DEPLOY, ("iam:PassRole",), role, to_lambda)
    unbind = _of("iam", "DeleteRole DeleteRolePolicy DeleteRolePermissionsBoundary")
    yield Grant("DeleteRole", "destroy", Reach.OPERATE, unbind, role)


def _tables(arns: Arns) -> Iterator[Grant]:
    reads = ("dynamodb:Describe*", "dynamodb:ListTagsOfResource")
    described = _of("dynamodb", "DescribeTable DescribeTimeToLive DescribeContinuousBackups")
    yield Grant("ReadTables", "tables", Reach.PLAN, reads, (arns.tables,), calls=described)
    updates = "CreateTable UpdateTable UpdateTimeToLive UpdateContinuousBackups TagResource UntagResource"
    yield Grant("WriteTables", "tables", Reach.DEPLOY, _of("dynamodb", updates), (arns.tables,))
    items = _of("dynamodb", "GetItem BatchGetItem Query Scan UpdateItem DeleteItem BatchWriteItem")
    yield Grant("Sessions", "sessions", Reach.OPERATE, items, (arns.tables, arns.indexes))
    yield Grant("DeleteTables", "destroy", Reach.OPERATE, ("dynamodb:DeleteTable",), (arns.tables,))
    scaling = "application-autoscaling"
    yield Grant(
        "ReadScaling",
        "scaling",
        Reach.PLAN,
        _of(scaling, "Describe* ListTagsForResource"),
        (ANY,),
        calls=_of(scaling, "DescribeScalableTargets DescribeScalingPolicies"),
    )
    registers = "RegisterScalableTarget DeregisterScalableTarget PutScalingPolicy DeleteScalingPolicy"
    tagged = _of(scaling, f"{registers} TagResource UntagResource")
    yield Grant("WriteScaling", "scaling", Reach.DEPLOY, tagged, (ANY,))
    # PutScalingPolicy and DeleteScalingPolicy require permission to write the policy's alarms.
    # https://docs.aws.amazon.com/autoscaling/application/userguide/auth-and-access-control.html
    alarms = ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
    yield Grant("ScalingAlarms", "scaling", Reach.DEPLOY, alarms, (arns.scaling_alarms,))
    named = {"StringEquals": {"iam:AWSServiceName": SCALING}}
    linked = (arns.service_role(SCALING),)
    yield Grant("ScalingRole", "scaling", Reach.DEPLOY, ("iam:CreateServiceLinkedRole",), linked, named)


def _logs(arns: Arns) -> Iterator[Grant]:
    groups = arns.log_groups
    yield Grant("ReadLogs", "logs", Reach.PLAN, ("logs:FilterLogEvents", "logs:ListTagsForResource"), groups)
    yield Grant("FindLogs", "logs", Reach.PLAN, ("logs:DescribeLogGroups",), (ANY,))
    writes = _of("logs", "CreateLogGroup PutRetentionPolicy TagResource UntagResource")
    yield Grant("WriteLogs", "logs", Reach.DEPLOY, writes, groups)
    # API Gateway calls these as the caller who enables a stage's access log. None supports resource-level permissions.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
    delivers = "CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries"
    delivery = _of("logs", f"{delivers} DescribeResourcePolicies PutResourcePolicy")
    yield Grant("DeliverLogs", "access log", Reach.DEPLOY, delivery, (ANY,))
    yield Grant("QueryLogs", "log queries", Reach.OPERATE, ("logs:StartQuery", "logs:StartLiveTail"), groups)
    yield Grant("QueryResults", "log queries", Reach.OPERATE, ("logs:GetQueryResults", "logs:StopQuery"), (ANY,))
    deletes = ("logs:DeleteLogGroup", "logs:DeleteRetentionPolicy")
    yield Grant("DeleteLogs", "destroy", Reach.OPERATE, deletes, groups)


def _api(arns: Arns) -> Iterator[Grant]:
    yield Grant("ReadApis", "API", Reach.PLAN, ("apigateway:GET",), arns.apis)
    # API Gateway requires the last two for resources with tags, although the reference does not list them.
    # https://github.com/hashicorp/terraform-provider-aws/issues/20634
    writes = _of("apigateway", "POST PUT PATCH DELETE TagResource UntagResource")
    yield Grant("WriteApis", "API", Reach.DEPLOY, writes, arns.apis)


def _alarms(arns: Arns) -> Iterator[Grant]:
    reads = ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    yield Grant("ReadMetrics", "metrics", Reach.PLAN, reads, (ANY,))
    yield Grant("ReadAlarmTags", "alarms", Reach.PLAN, ("cloudwatch:ListTagsForResource",), (arns.alarms,))
    writes = _of("cloudwatch", "PutMetricAlarm DeleteAlarms TagResource UntagResource")
    yield Grant("WriteAlarms", "alarms", Reach.DEPLOY, writes, (arns.alarms,))
    # Denied unless it is granted on all resources.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    yield Grant("CompositeAlarm", "alarms", Reach.DEPLOY, ("cloudwatch:PutCompositeAlarm",), (ANY,))
    yield Grant("AlarmHistory", "alarms", Reach.OPERATE, ("cloudwatch:DescribeAlarmHistory",), (ANY,))
    yield Grant("ReadDashboard", "dashboard", Reach.PLAN, ("cloudwatch:GetDashboard",), (arns.dashboard,))
    yield Grant("WriteDashboard", "dashboard", Reach.DEPLOY, ("cloudwatch:PutDashboard",), (arns.dashboard,))
    yield Grant("DeleteDashboard", "destroy", Reach.OPERATE, ("cloudwatch:DeleteDashboards",), (arns.dashboard,))
    topic = _of("sns", "GetTopicAttributes ListTagsForResource GetSubscriptionAttributes ListSubscriptionsByTopic")
    yield Grant("ReadTopic", "topic", Reach.PLAN, topic, (arns.topic,))
    subscribes = _of("sns", "CreateTopic SetTopicAttributes Subscribe Unsubscribe TagResource UntagResource")
    yield Grant("WriteTopic", "topic", Reach.DEPLOY, subscribes, (arns.topic,))
    yield Grant("DeleteTopic", "destroy", Reach.OPERATE, ("sns:DeleteTopic",), (arns.topic,))


def _triggers(arns: Arns) -> Iterator[Grant]:
    """Yield the statements for queues and schedules that invoke workers."""
    plan, deploy, operate = Reach.PLAN, Reach.DEPLOY, Reach.OPERATE
    queue, rule = (arns.queues,), (arns.rules,)
    yield Grant("ReadQueues", "queues", plan, _of("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags"), queue)
    write_queue = _of("sqs", "CreateQueue SetQueueAttributes TagQueue UntagQueue")
    yield Grant("WriteQueues", "queues", deploy, write_queue, queue)
    yield Grant("DeleteQueues", "destroy", operate, ("sqs:DeleteQueue",), queue)
    yield Grant(
        "ReadRules", "schedules", plan, _of("events", "DescribeRule ListTargetsByRule ListTagsForResource"), rule
    )
    write_rule = _of("events", "PutRule PutTargets RemoveTargets TagResource UntagResource")
    yield Grant("WriteRules", "schedules", deploy, write_rule, rule)
    yield Grant("DeleteRules", "destroy", operate, ("events:DeleteRule",), rule)
    # AWS chooses the ids of mappings. When a mapping is created or changed, a condition limits its function.
    read_mapping = _of("lambda", "GetEventSourceMapping ListEventSourceMappings")
    yield Grant("ReadMappings", "mappings", plan, read_mapping, (ANY,))
    invokes = {"StringLike": {"lambda:FunctionArn": arns.worker_functions.pattern}}
    write_mapping = _of("lambda", "CreateEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping")
    yield Grant("WriteMappings", "mappings", deploy, write_mapping, (ANY,), invokes)
    yield Grant("ReadMappingTags", "mappings", plan, ("lambda:ListTags",), (arns.mappings,))
    yield Grant("TagMappings", "mappings", deploy, _of("lambda", "TagResource UntagResource"), (arns.mappings,))


def _bootstrap(arns: Arns) -> Iterator[Grant]:
    bucket = ("s3:CreateBucket", *(f"s3:Put{part}" for part in _BUCKET_PARTS))
    yield Grant("MakeStateBucket", "bootstrap", Reach.OPERATE, bucket, (arns.bucket,))
    roles = _of("iam", "GetRole GetRolePolicy CreateRole PutRolePolicy UpdateAssumeRolePolicy TagRole")
    yield Grant("MakeCiRoles", "bootstrap --ci", Reach.OPERATE, roles, (arns.ci_roles,))
    policies = _of("iam", "GetPolicy CreatePolicy")
    yield Grant("MakeBoundary", "bootstrap --ci", Reach.OPERATE, policies, (arns.boundary,))
    names = "GetOpenIDConnectProvider CreateOpenIDConnectProvider AddClientIDToOpenIDConnectProvider"
    provider = _of("iam", names)
    yield Grant("MakeProvider", "bootstrap --ci", Reach.OPERATE, provider, (identity_provider(arns.place),))
    asks = ("iam:SimulatePrincipalPolicy", "iam:GetRole")
    yield Grant("Simulate", "doctor", Reach.OPERATE, asks, (arns.any_role, arns.any_user))


ISSUER = "token.actions.githubusercontent.com"


def identity_provider(place: Place) -> ArnResource:
    """Return the ARN of GitHub's identity provider in the account."""
    return exactly(f"arn:{place.partition}:iam::{place.account}:oidc-provider/{ISSUER}")
