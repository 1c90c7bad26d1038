"""The one table of permissions: each statement of every policy, and whom it is for.

The documented policies, the roles of CI and what `doctor` simulates are all read from it. Tests compare it with the
calls that the adapters and Terraform's provider make, on the resources and under the conditions that AWS evaluates.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.arns import ANY, ArnResource, Arns

SCALING = "dynamodb.application-autoscaling.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
_BUCKET_PARTS = ("BucketVersioning", "EncryptionConfiguration", "BucketPublicAccessBlock", "BucketPolicy")


@unique
class Reach(StrEnum):
    """Who has a statement: a plan reads, a deploy writes too, an engineer operates and bootstraps beside both."""

    PLAN = "plan"
    DEPLOY = "deploy"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement that allows `actions` on `resources`; `part` says to a person what it is about.

    `calls` names what wildcards in `actions` stand for, as far as it is called.
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
        """The actions in full."""
        return (*(action for action in self.actions if "*" not in action), *self.calls)


def grants(names: Names, place: Place, *, bounded: bool = False) -> Iterator[Grant]:
    """All statements of one environment.

    With `bounded` the function's role may only be written while it carries the environment's permissions boundary, so
    that who may change the function's code and role still reaches nothing outside of the environment.
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


def _state(arns: Arns) -> Iterator[Grant]:
    plan, deploy = Reach.PLAN, Reach.DEPLOY
    yield Grant("StateBucket", "state bucket", plan, ("s3:ListBucket", "s3:GetBucketLocation"), (arns.bucket,))
    # Whether the bucket is whole is looked at before anything is written to it.
    parts = tuple(f"s3:Get{part}" for part in _BUCKET_PARTS)
    yield Grant("StateBucketParts", "state bucket", plan, parts, (arns.bucket,))
    yield Grant("ReadState", "state", plan, ("s3:GetObject",), (arns.state, arns.state_lock, arns.releases))
    # The one thing that a plan writes is its lock.
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
        calls=(
            "lambda:GetAlias",
            "lambda:GetFunction",
            "lambda:GetFunctionCodeSigningConfig",
            "lambda:GetFunctionConcurrency",
            "lambda:GetFunctionConfiguration",
            "lambda:GetPolicy",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:ListVersionsByFunction",
        ),
    )
    yield Grant("ReadQuota", "quota", Reach.PLAN, ("lambda:GetAccountSettings",), (ANY,))
    yield Grant(
        "WriteFunction",
        "function",
        Reach.DEPLOY,
        (
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PublishVersion",
            "lambda:DeleteFunction",
            "lambda:CreateAlias",
            "lambda:UpdateAlias",
            "lambda:InvokeFunction",
            "lambda:AddPermission",
            "lambda:RemovePermission",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PutProvisionedConcurrencyConfig",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:TagResource",
            "lambda:UntagResource",
        ),
        arns.function,
    )
    yield Grant("DeleteAlias", "destroy", Reach.OPERATE, ("lambda:DeleteAlias",), arns.function)


def _role(arns: Arns, *, bounded: bool) -> Iterator[Grant]:
    role = (arns.function_role, *arns.worker_roles)
    within = {"StringEquals": {"iam:PermissionsBoundary": arns.boundary.pattern}}
    reads = ("iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
    yield Grant("ReadRole", "role", Reach.PLAN, ("iam:GetRole", "iam:GetRolePolicy", "iam:List*"), role, calls=reads)
    yield Grant(
        "WriteRole",
        "role",
        Reach.DEPLOY,
        ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"),
        role,
        within if bounded else {},
    )
    # IAM has no boundary to compare in these calls.
    tags = ("iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole")
    yield Grant("TagRole", "role", Reach.DEPLOY, tags, role)
    to_lambda = {"StringEquals": {"iam:PassedToService": LAMBDA}}
    yield Grant("PassRole", "role", Reach.DEPLOY, ("iam:PassRole",), role, to_lambda)
    unbind = ("iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DeleteRolePermissionsBoundary")
    yield Grant("DeleteRole", "destroy", Reach.OPERATE, unbind, role)


def _tables(arns: Arns) -> Iterator[Grant]:
    yield Grant(
        "ReadTables",
        "tables",
        Reach.PLAN,
        ("dynamodb:Describe*", "dynamodb:ListTagsOfResource"),
        (arns.tables,),
        calls=("dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:DescribeContinuousBackups"),
    )
    yield Grant(
        "WriteTables",
        "tables",
        Reach.DEPLOY,
        (
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
        ),
        (arns.tables,),
    )
    yield Grant(
        "Sessions",
        "sessions",
        Reach.OPERATE,
        (
            *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
            *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
        ),
        (arns.tables, arns.indexes),
    )
    yield Grant("DeleteTables", "destroy", Reach.OPERATE, ("dynamodb:DeleteTable",), (arns.tables,))
    yield Grant(
        "ReadScaling",
        "scaling",
        Reach.PLAN,
        ("application-autoscaling:Describe*", "application-autoscaling:ListTagsForResource"),
        (ANY,),
        calls=(
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScalingPolicies",
        ),
    )
    yield Grant(
        "WriteScaling",
        "scaling",
        Reach.DEPLOY,
        (
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:TagResource",
            "application-autoscaling:UntagResource",
        ),
        (ANY,),
    )
    # PutScalingPolicy and DeleteScalingPolicy are refused to a caller who may not write the policy's own alarms.
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
    writes = ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource")
    yield Grant("WriteLogs", "logs", Reach.DEPLOY, writes, groups)
    # API Gateway calls these for the caller who gives a stage its access log. None can be narrowed.
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
    yield Grant(
        "DeliverLogs",
        "access log",
        Reach.DEPLOY,
        (
            *(f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")),
            *("logs:ListLogDeliveries", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"),
        ),
        (ANY,),
    )
    yield Grant("QueryLogs", "log queries", Reach.OPERATE, ("logs:StartQuery", "logs:StartLiveTail"), groups)
    yield Grant("QueryResults", "log queries", Reach.OPERATE, ("logs:GetQueryResults", "logs:StopQuery"), (ANY,))
    deletes = ("logs:DeleteLogGroup", "logs:DeleteRetentionPolicy")
    yield Grant("DeleteLogs", "destroy", Reach.OPERATE, deletes, groups)


def _api(arns: Arns) -> Iterator[Grant]:
    yield Grant("ReadApis", "API", Reach.PLAN, ("apigateway:GET",), arns.apis)
    yield Grant(
        "WriteApis",
        "API",
        Reach.DEPLOY,
        (
            *("apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"),
            # Asked for by API Gateway where a resource has tags, although the reference does not list them.
            # https://github.com/hashicorp/terraform-provider-aws/issues/20634
            *("apigateway:TagResource", "apigateway:UntagResource"),
        ),
        arns.apis,
    )


def _alarms(arns: Arns) -> Iterator[Grant]:
    reads = ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    yield Grant("ReadMetrics", "metrics", Reach.PLAN, reads, (ANY,))
    yield Grant("ReadAlarmTags", "alarms", Reach.PLAN, ("cloudwatch:ListTagsForResource",), (arns.alarms,))
    yield Grant(
        "WriteAlarms",
        "alarms",
        Reach.DEPLOY,
        (
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DeleteAlarms",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ),
        (arns.alarms,),
    )
    # Refused unless it is granted on everything.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    yield Grant("CompositeAlarm", "alarms", Reach.DEPLOY, ("cloudwatch:PutCompositeAlarm",), (ANY,))
    yield Grant("AlarmHistory", "alarms", Reach.OPERATE, ("cloudwatch:DescribeAlarmHistory",), (ANY,))
    yield Grant("ReadDashboard", "dashboard", Reach.PLAN, ("cloudwatch:GetDashboard",), (arns.dashboard,))
    yield Grant("WriteDashboard", "dashboard", Reach.DEPLOY, ("cloudwatch:PutDashboard",), (arns.dashboard,))
    yield Grant("DeleteDashboard", "destroy", Reach.OPERATE, ("cloudwatch:DeleteDashboards",), (arns.dashboard,))
    topic = (
        "sns:GetTopicAttributes",
        "sns:ListTagsForResource",
        "sns:GetSubscriptionAttributes",
        "sns:ListSubscriptionsByTopic",
    )
    yield Grant("ReadTopic", "topic", Reach.PLAN, topic, (arns.topic,))
    yield Grant(
        "WriteTopic",
        "topic",
        Reach.DEPLOY,
        (
            *("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:Unsubscribe"),
            *("sns:TagResource", "sns:UntagResource"),
        ),
        (arns.topic,),
    )
    yield Grant("DeleteTopic", "destroy", Reach.OPERATE, ("sns:DeleteTopic",), (arns.topic,))


def _triggers(arns: Arns) -> Iterator[Grant]:
    """Queues and schedules, where there are workers that they invoke."""
    plan, deploy, operate = Reach.PLAN, Reach.DEPLOY, Reach.OPERATE
    queue, rule = (arns.queues,), (arns.rules,)
    read_queue = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags")
    yield Grant("ReadQueues", "queues", plan, read_queue, queue)
    write_queue = ("sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue")
    yield Grant("WriteQueues", "queues", deploy, write_queue, queue)
    yield Grant("DeleteQueues", "destroy", operate, ("sqs:DeleteQueue",), queue)
    read_rule = ("events:DescribeRule", "events:ListTargetsByRule", "events:ListTagsForResource")
    yield Grant("ReadRules", "schedules", plan, read_rule, rule)
    write_rule = ("events:PutRule", "events:PutTargets", "events:RemoveTargets")
    tag_rule = ("events:TagResource", "events:UntagResource")
    yield Grant("WriteRules", "schedules", deploy, (*write_rule, *tag_rule), rule)
    yield Grant("DeleteRules", "destroy", operate, ("events:DeleteRule",), rule)
    # AWS chooses the ids of mappings; which function they invoke is a condition where one is made or changed.
    read_mapping = ("lambda:GetEventSourceMapping", "lambda:ListEventSourceMappings")
    yield Grant("ReadMappings", "mappings", plan, read_mapping, (ANY,))
    invokes = {"StringLike": {"lambda:FunctionArn": arns.worker_functions.pattern}}
    write_mapping = tuple(f"lambda:{verb}EventSourceMapping" for verb in ("Create", "Update", "Delete"))
    yield Grant("WriteMappings", "mappings", deploy, write_mapping, (ANY,), invokes)
    yield Grant("ReadMappingTags", "mappings", plan, ("lambda:ListTags",), (arns.mappings,))
    tag_mapping = ("lambda:TagResource", "lambda:UntagResource")
    yield Grant("TagMappings", "mappings", deploy, tag_mapping, (arns.mappings,))


def _bootstrap(arns: Arns) -> Iterator[Grant]:
    bucket = ("s3:CreateBucket", *(f"s3:Put{part}" for part in _BUCKET_PARTS))
    yield Grant("MakeStateBucket", "bootstrap", Reach.OPERATE, bucket, (arns.bucket,))
    roles = ("iam:GetRole", "iam:GetRolePolicy", "iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy")
    yield Grant("MakeCiRoles", "bootstrap --ci", Reach.OPERATE, (*roles, "iam:TagRole"), (arns.ci_roles,))
    yield Grant(
        "MakeBoundary", "bootstrap --ci", Reach.OPERATE, ("iam:GetPolicy", "iam:CreatePolicy"), (arns.boundary,)
    )
    provider = (
        "iam:GetOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
    )
    yield Grant("MakeProvider", "bootstrap --ci", Reach.OPERATE, provider, (identity_provider(arns.place),))
    asks = ("iam:SimulatePrincipalPolicy", "iam:GetRole")
    yield Grant("Simulate", "doctor", Reach.OPERATE, asks, (arns.any_role, arns.any_user))


ISSUER = "token.actions.githubusercontent.com"


def identity_provider(place: Place) -> ArnResource:
    """GitHub's identity provider in the account."""
    arn = f"arn:{place.partition}:iam::{place.account}:oidc-provider/{ISSUER}"
    return ArnResource(arn, arn)
