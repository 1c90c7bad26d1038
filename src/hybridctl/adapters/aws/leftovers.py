"""Finds existing objects that a plan wants to create, by id if the name is the id, otherwise by name among all objects.

The ids are documented under "Import" on each type's page:
https://github.com/hashicorp/terraform-provider-aws/tree/main/website/docs/r
"""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.domain.adoption import Existing, Wanted
from hybridctl.domain.environment import Place

_ABSENT = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "NotFoundException",
    "NotFound",
    "NoSuchEntity",
    "NoSuchEntityException",
    "ResourceNotFound",
    "ProvisionedConcurrencyConfigNotFoundException",
}
# Without permission to look, continue as if nothing exists: the plan is no worse, and the apply reports conflicts.
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_AT_ONCE = 8

Tags = Mapping[str, str]
Found = Iterator[tuple[Wanted, str, Tags | None]]


class AwsLeftovers:
    """The existing objects. `client` returns the boto3 client of a service; `partition` is that of the ARNs."""

    def __init__(self, client: Callable[[str], Any], place: Place, partition: str = "aws") -> None:
        self._client = client
        self._place = place
        self._partition = partition

    def find(self, wanted: Sequence[Wanted]) -> Sequence[Existing]:
        """Return the wanted objects that exist, in the order of the lookups."""
        asked: dict[tuple[str, str], list[Wanted]] = {}
        for one in wanted:
            which = one.text("api_id") if one.type in _TOGETHER else one.address
            asked.setdefault((one.type, which), []).append(one)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [one for part in pool.map(self._ask, asked.values()) for one in part]
        return [Existing(one, identity, tags, self._remove(one, identity)) for one, identity, tags in found]

    def _ask(self, wanted: list[Wanted]) -> list[tuple[Wanted, str, Tags | None]]:
        from botocore.exceptions import ClientError

        with explain_failures(f"looking for {wanted[0].address}"):
            try:
                return list(_LOOKS[wanted[0].type](self, wanted))
            except ClientError as cause:
                if code(cause) in _ABSENT | _DENIED:
                    return []
                raise

    # One lookup per type. Each yields the objects that it found, with their ids and tags (None if the type has none).

    def tables(self, wanted: list[Wanted]) -> Found:
        dynamodb, [one] = self._client("dynamodb"), wanted
        arn = dynamodb.describe_table(TableName=one.text("name"))["Table"]["TableArn"]
        yield one, one.text("name"), _read_tags(dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", ()))

    def roles(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        role = self._client("iam").get_role(RoleName=one.text("name"))["Role"]
        yield one, role["RoleName"], _read_tags(role.get("Tags", ()))

    def role_policies(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        role, name = one.text("role"), one.text("name")
        self._client("iam").get_role_policy(RoleName=role, PolicyName=name)
        yield one, f"{role}:{name}", None

    def log_groups(self, wanted: list[Wanted]) -> Found:
        logs, [one] = self._client("logs"), wanted
        name = one.text("name")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        for group in (group for page in pages for group in page["logGroups"] if group["logGroupName"] == name):
            arn = group["arn"].removesuffix(":*")
            yield one, name, logs.list_tags_for_resource(resourceArn=arn).get("tags", {})

    def functions(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        name = one.text("function_name")
        yield one, name, self._client("lambda").get_function(FunctionName=name).get("Tags", {})

    def aliases(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        function, name = one.text("function_name"), one.text("name")
        self._client("lambda").get_alias(FunctionName=function, Name=name)
        yield one, f"{function}/{name}", None

    def permissions(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        function, qualifier, sid = one.text("function_name"), one.text("qualifier"), one.text("statement_id")
        asked = {"Qualifier": qualifier} if qualifier else {}
        policy = json.loads(self._client("lambda").get_policy(FunctionName=function, **asked)["Policy"])
        if any(statement.get("Sid") == sid for statement in policy["Statement"]):
            yield one, f"{function}:{qualifier}/{sid}" if qualifier else f"{function}/{sid}", None

    def read_provisioned(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        function, qualifier = one.text("function_name"), one.text("qualifier")
        self._client("lambda").get_provisioned_concurrency_config(FunctionName=function, Qualifier=qualifier)
        yield one, f"{function},{qualifier}", None

    def apis(self, wanted: list[Wanted]) -> Found:
        items = list(self._items("get_apis"))
        for one in wanted:
            for api in items:
                if api["Name"] == one.text("name"):
                    yield one, api["ApiId"], api.get("Tags", {})

    def integrations(self, wanted: list[Wanted]) -> Found:
        free = list(self._items("get_integrations", ApiId=wanted[0].text("api_id")))
        for one in wanted:
            uri = one.text("integration_uri")
            same = [each for each in free if not uri or each.get("IntegrationUri") == uri]
            for each in same:
                free.remove(each)
                yield one, f"{one.text('api_id')}/{each['IntegrationId']}", None

    def routes(self, wanted: list[Wanted]) -> Found:
        items = {each["RouteKey"]: each for each in self._items("get_routes", ApiId=wanted[0].text("api_id"))}
        for one in wanted:
            if one.text("route_key") in items:
                yield one, f"{one.text('api_id')}/{items[one.text('route_key')]['RouteId']}", None

    def stages(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        api, name = one.text("api_id"), one.text("name")
        stage = self._client("apigatewayv2").get_stage(ApiId=api, StageName=name)
        yield one, f"{api}/{name}", stage.get("Tags", {})

    def alarms(self, wanted: list[Wanted]) -> Found:
        cloudwatch, names = self._client("cloudwatch"), {one.text("alarm_name"): one for one in wanted}
        listed = list(names)
        for at in range(0, len(listed), 100):  # DescribeAlarms accepts 100 names
            asked = {"AlarmNames": listed[at : at + 100], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
            pages = cloudwatch.get_paginator("describe_alarms").paginate(**asked)
            for page in pages:
                for alarm in [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())]:
                    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get("Tags", ())
                    yield names[alarm["AlarmName"]], alarm["AlarmName"], _read_tags(tags)

    def dashboards(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        name = one.text("dashboard_name")
        self._client("cloudwatch").get_dashboard(DashboardName=name)
        yield one, name, None

    def topics(self, wanted: list[Wanted]) -> Found:
        sns, [one] = self._client("sns"), wanted
        where = self._place
        arn = f"arn:{where.partition}:sns:{where.region}:{where.account}:{one.text('name')}"
        sns.get_topic_attributes(TopicArn=arn)
        yield one, arn, _read_tags(sns.list_tags_for_resource(ResourceArn=arn).get("Tags", ()))

    def subscriptions(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        listed = self._client("sns").get_paginator("list_subscriptions_by_topic")
        pages = listed.paginate(TopicArn=one.text("topic_arn"))
        for each in (each for page in pages for each in page["Subscriptions"]):
            same = (each["Protocol"], each["Endpoint"]) == (one.text("protocol"), one.text("endpoint"))
            # An unconfirmed subscription has no ARN and cannot be imported.
            if same and each["SubscriptionArn"].startswith("arn:"):
                yield one, each["SubscriptionArn"], None
                return

    def queues(self, wanted: list[Wanted]) -> Found:
        sqs, [one] = self._client("sqs"), wanted
        url = sqs.get_queue_url(QueueName=one.text("name"))["QueueUrl"]
        yield one, url, sqs.list_queue_tags(QueueUrl=url).get("Tags", {})

    def mappings(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        listed = self._client("lambda").get_paginator("list_event_source_mappings")
        for page in listed.paginate(EventSourceArn=one.text("event_source_arn")):
            for each in page["EventSourceMappings"]:
                if each["FunctionArn"] == one.text("function_name") and each.get("State") != "Deleting":
                    yield one, each["UUID"], None
                    return

    def rules(self, wanted: list[Wanted]) -> Found:
        events, [one] = self._client("events"), wanted
        arn = events.describe_rule(Name=one.text("name"))["Arn"]
        yield one, one.text("name"), _read_tags(events.list_tags_for_resource(ResourceARN=arn).get("Tags", ()))

    def rule_targets(self, wanted: list[Wanted]) -> Found:
        """Match a target by what it invokes: a second target with another id would invoke it twice."""
        [one] = wanted
        rule, named = one.text("rule"), one.text("target_id")
        for each in self._client("events").list_targets_by_rule(Rule=rule)["Targets"]:
            if each["Arn"] == one.text("arn") and named in ("", each["Id"]):
                yield one, f"{rule}/{each['Id']}", None
                return

    def targets(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        namespace, resource, dimension = (one.text(name) for name in _SCALED)
        asked = {"ServiceNamespace": namespace, "ResourceIds": [resource], "ScalableDimension": dimension}
        if self._client("application-autoscaling").describe_scalable_targets(**asked)["ScalableTargets"]:
            yield one, f"{namespace}/{resource}/{dimension}", None

    def scaling_policies(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        namespace, resource, dimension = (one.text(name) for name in _SCALED)
        asked = {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}
        listed = self._client("application-autoscaling").get_paginator("describe_scaling_policies")
        policies = [each for page in listed.paginate(**asked) for each in page["ScalingPolicies"]]
        if any(each["PolicyName"] == one.text("name") for each in policies):
            yield one, f"{namespace}/{resource}/{dimension}/{one.text('name')}", None

    def _items(self, call: str, **asked: str) -> Iterator[Mapping[str, Any]]:
        for page in self._client("apigatewayv2").get_paginator(call).paginate(**asked):
            yield from page.get("Items", ())

    def _remove(self, one: Wanted, identity: str) -> str:
        if one.type not in _REMOVE:
            return ""
        words = _REMOVE[one.type](one, identity)
        where = ["--region", self._place.region]
        where += ["--endpoint-url", self._place.endpoint] if self._place.endpoint else []
        return shlex.join(["aws", *words, *where])


def _read_tags(tags: Sequence[Mapping[str, str]]) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags}


_SCALED = ("service_namespace", "resource_id", "scalable_dimension")
_LOOKS: Mapping[str, Callable[[AwsLeftovers, list[Wanted]], Found]] = {
    "aws_apigatewayv2_api": AwsLeftovers.apis,
    "aws_apigatewayv2_integration": AwsLeftovers.integrations,
    "aws_apigatewayv2_route": AwsLeftovers.routes,
    "aws_apigatewayv2_stage": AwsLeftovers.stages,
    "aws_appautoscaling_policy": AwsLeftovers.scaling_policies,
    "aws_appautoscaling_target": AwsLeftovers.targets,
    "aws_cloudwatch_composite_alarm": AwsLeftovers.alarms,
    "aws_cloudwatch_dashboard": AwsLeftovers.dashboards,
    "aws_cloudwatch_event_rule": AwsLeftovers.rules,
    "aws_cloudwatch_event_target": AwsLeftovers.rule_targets,
    "aws_cloudwatch_log_group": AwsLeftovers.log_groups,
    "aws_cloudwatch_metric_alarm": AwsLeftovers.alarms,
    "aws_dynamodb_table": AwsLeftovers.tables,
    "aws_iam_role": AwsLeftovers.roles,
    "aws_iam_role_policy": AwsLeftovers.role_policies,
    "aws_lambda_alias": AwsLeftovers.aliases,
    "aws_lambda_event_source_mapping": AwsLeftovers.mappings,
    "aws_lambda_function": AwsLeftovers.functions,
    "aws_lambda_permission": AwsLeftovers.permissions,
    "aws_lambda_provisioned_concurrency_config": AwsLeftovers.read_provisioned,
    "aws_sns_topic": AwsLeftovers.topics,
    "aws_sns_topic_subscription": AwsLeftovers.subscriptions,
    "aws_sqs_queue": AwsLeftovers.queues,
}
_TOGETHER = {
    "aws_apigatewayv2_api",
    "aws_apigatewayv2_integration",
    "aws_apigatewayv2_route",
    "aws_cloudwatch_metric_alarm",
    "aws_cloudwatch_composite_alarm",
}
# Only types with tags can belong to others, and only objects without a unique name can exist twice.
_REMOVE: Mapping[str, Callable[[Wanted, str], Sequence[str]]] = {
    "aws_apigatewayv2_api": lambda _one, found: ("apigatewayv2", "delete-api", "--api-id", found),
    "aws_apigatewayv2_integration": lambda one, found: (
        ("apigatewayv2", "delete-integration", "--api-id", one.text("api_id"), "--integration-id", found.split("/")[1])
    ),
    "aws_apigatewayv2_stage": lambda one, _id: (
        ("apigatewayv2", "delete-stage", "--api-id", one.text("api_id"), "--stage-name", one.text("name"))
    ),
    "aws_cloudwatch_composite_alarm": lambda _one, found: ("cloudwatch", "delete-alarms", "--alarm-names", found),
    "aws_cloudwatch_event_rule": lambda _one, found: ("events", "delete-rule", "--name", found),
    "aws_cloudwatch_log_group": lambda _one, found: ("logs", "delete-log-group", "--log-group-name", found),
    "aws_cloudwatch_metric_alarm": lambda _one, found: ("cloudwatch", "delete-alarms", "--alarm-names", found),
    "aws_dynamodb_table": lambda _one, found: ("dynamodb", "delete-table", "--table-name", found),
    "aws_iam_role": lambda _one, found: ("iam", "delete-role", "--role-name", found),
    "aws_lambda_function": lambda _one, found: ("lambda", "delete-function", "--function-name", found),
    "aws_sns_topic": lambda _one, found: ("sns", "delete-topic", "--topic-arn", found),
    "aws_sqs_queue": lambda _one, found: ("sqs", "delete-queue", "--queue-url", found),
}
