"""Finds existing objects that a plan wants to create, by id if the name is the id, otherwise by name among all objects.

The ids are documented under "Import" on each type's page:
https://github.com/hashicorp/terraform-provider-aws/tree/main/website/docs/r
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from hybridctl.adapters.aws.errors import DENIED, code, explain_failures
from hybridctl.adapters.aws.removal_commands import describe_removal
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
_AT_ONCE = 8

Tags = Mapping[str, str]
Found = Iterator[tuple[Wanted, str, Tags | None]]


class AwsLeftovers:
    """The existing objects. `client` returns the boto3 client of a service."""

    def __init__(self, client: Callable[[str], Any], place: Place) -> None:
        self._client = client
        self._place = place

    def find(self, wanted: Sequence[Wanted]) -> Sequence[Existing]:
        """Return the wanted objects that exist, in the order of the lookups."""
        asked: dict[tuple[str, str], list[Wanted]] = {}
        for one in wanted:
            which = one.text("api_id") if one.type in _TOGETHER else one.address
            asked.setdefault((one.type, which), []).append(one)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [one for part in pool.map(self._ask, asked.values()) for one in part]
        return [Existing(one, name, tags, describe_removal(one, name, self._place)) for one, name, tags in found]

    def _ask(self, wanted: list[Wanted]) -> list[tuple[Wanted, str, Tags | None]]:
        from botocore.exceptions import ClientError

        with explain_failures(f"looking for {wanted[0].address}"):
            try:
                if wanted[0].type in _READS:
                    return [self._read(_READS[wanted[0].type], wanted[0])]
                return list(_LOOKS[wanted[0].type](self, wanted))
            except ClientError as cause:
                if code(cause) in _ABSENT | DENIED:
                    return []
                raise

    def _read(self, read: "_Read", wanted: Wanted) -> tuple[Wanted, str, Tags | None]:
        asked = {parameter: wanted.text(attribute) for parameter, attribute in read.asked.items()}
        answer = getattr(self._client(read.service), read.operation)(**asked)
        tags = None if read.tags is None else _read_tags(read.tags(answer))
        return wanted, read.identity.format(*asked.values()), tags

    # One lookup for each type that takes more than one read by name. Each yields the objects that it found, with their
    # ids and tags (None if the type has none).

    def tables(self, wanted: list[Wanted]) -> Found:
        dynamodb, [one] = self._client("dynamodb"), wanted
        arn = dynamodb.describe_table(TableName=one.text("name"))["Table"]["TableArn"]
        yield one, one.text("name"), _read_tags(dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", ()))

    def log_groups(self, wanted: list[Wanted]) -> Found:
        logs, [one] = self._client("logs"), wanted
        name = one.text("name")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        for group in (group for page in pages for group in page["logGroups"] if group["logGroupName"] == name):
            arn = group["arn"].removesuffix(":*")
            yield one, name, logs.list_tags_for_resource(resourceArn=arn).get("tags", {})

    def permissions(self, wanted: list[Wanted]) -> Found:
        [one] = wanted
        function, qualifier, sid = one.text("function_name"), one.text("qualifier"), one.text("statement_id")
        asked = {"Qualifier": qualifier} if qualifier else {}
        policy = json.loads(self._client("lambda").get_policy(FunctionName=function, **asked)["Policy"])
        if any(statement.get("Sid") == sid for statement in policy["Statement"]):
            yield one, f"{function}:{qualifier}/{sid}" if qualifier else f"{function}/{sid}", None

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


def _read_tags(tags: Sequence[Mapping[str, str]] | Tags) -> Tags:
    return tags if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


class _Read(NamedTuple):
    """A call that finds one object: the attribute for each parameter, the id made of their values, and any tags."""

    service: str
    operation: str
    asked: Mapping[str, str]
    identity: str
    tags: Callable[[Any], Any] | None = None


_FUNCTION = {"FunctionName": "function_name"}
_READS = {
    "aws_apigatewayv2_stage": _Read(
        "apigatewayv2", "get_stage", {"ApiId": "api_id", "StageName": "name"}, "{}/{}", lambda a: a.get("Tags", {})
    ),
    "aws_cloudwatch_dashboard": _Read("cloudwatch", "get_dashboard", {"DashboardName": "dashboard_name"}, "{}"),
    "aws_iam_role": _Read("iam", "get_role", {"RoleName": "name"}, "{}", lambda a: a["Role"].get("Tags", ())),
    "aws_iam_role_policy": _Read("iam", "get_role_policy", {"RoleName": "role", "PolicyName": "name"}, "{}:{}"),
    "aws_lambda_alias": _Read("lambda", "get_alias", {**_FUNCTION, "Name": "name"}, "{}/{}"),
    "aws_lambda_function": _Read("lambda", "get_function", _FUNCTION, "{}", lambda a: a.get("Tags", {})),
    "aws_lambda_provisioned_concurrency_config": _Read(
        "lambda", "get_provisioned_concurrency_config", {**_FUNCTION, "Qualifier": "qualifier"}, "{},{}"
    ),
}
_SCALED = ("service_namespace", "resource_id", "scalable_dimension")
_LOOKS: Mapping[str, Callable[[AwsLeftovers, list[Wanted]], Found]] = {
    "aws_apigatewayv2_api": AwsLeftovers.apis,
    "aws_apigatewayv2_integration": AwsLeftovers.integrations,
    "aws_apigatewayv2_route": AwsLeftovers.routes,
    "aws_appautoscaling_policy": AwsLeftovers.scaling_policies,
    "aws_appautoscaling_target": AwsLeftovers.targets,
    "aws_cloudwatch_composite_alarm": AwsLeftovers.alarms,
    "aws_cloudwatch_event_rule": AwsLeftovers.rules,
    "aws_cloudwatch_event_target": AwsLeftovers.rule_targets,
    "aws_cloudwatch_log_group": AwsLeftovers.log_groups,
    "aws_cloudwatch_metric_alarm": AwsLeftovers.alarms,
    "aws_dynamodb_table": AwsLeftovers.tables,
    "aws_lambda_event_source_mapping": AwsLeftovers.mappings,
    "aws_lambda_permission": AwsLeftovers.permissions,
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
