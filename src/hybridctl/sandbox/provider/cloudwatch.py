"""CloudWatch: aws_cloudwatch_composite_alarm and aws_cloudwatch_dashboard; metric alarms are in `metric_alarm.py`."""

import re
from collections.abc import Iterator
from typing import ClassVar

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.metric_alarm import MetricAlarm
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes, tag_list, tag_map
from hybridctl.sandbox.provider.validation import too_long
from hybridctl.sandbox.provider.values import Values, drop_empty

ACTIONS = {
    "alarm_actions": "AlarmActions",
    "insufficient_data_actions": "InsufficientDataActions",
    "ok_actions": "OKActions",
}


class CompositeAlarm(ResourceType):
    type_name = "aws_cloudwatch_composite_alarm"
    noun = "CloudWatch Composite Alarm"
    names = ("alarm_name",)
    implements = frozenset(
        {"actions_enabled", "actions_suppressor", "alarm_description", "alarm_name", "alarm_rule", *ACTIONS}
    )
    defaults: ClassVar = {"actions_enabled": True}
    force_new = frozenset({"actions_enabled", "alarm_name"})

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from too_long(config, alarm_name=(1, 255), alarm_description=(0, 1024), alarm_rule=(1, 10240))

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._put(call, planned)
        if planned["tags_all"]:
            self._tag(call, self._arn(call, planned["alarm_name"]), planned)
        return str(planned["alarm_name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        cloudwatch, name = call.aws("cloudwatch"), state["id"]
        described = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        found = next(iter(described.get("CompositeAlarms", [])), None)
        if found is None:
            return None
        suppressor = {
            "alarm": found.get("ActionsSuppressor"),
            "extension_period": found.get("ActionsSuppressorExtensionPeriod"),
            "wait_period": found.get("ActionsSuppressorWaitPeriod"),
        }
        return {
            "arn": found["AlarmArn"],
            "alarm_name": name,
            "alarm_rule": found["AlarmRule"],
            "alarm_description": found.get("AlarmDescription", ""),
            "actions_enabled": found.get("ActionsEnabled", False),
            "actions_suppressor": [suppressor] if suppressor["alarm"] else [],
            **{argument: found.get(field, []) for argument, field in ACTIONS.items()},
            "tags_all": tag_map(cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if changed - {"tags", "tags_all"}:
            self._put(call, planned)
        if "tags_all" in changed:
            gone, _ = tag_changes(prior, planned)
            if gone:
                call.aws("cloudwatch").untag_resource(ResourceARN=prior["arn"], TagKeys=gone)
            if planned["tags_all"]:
                self._tag(call, prior["arn"], planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_alarms(AlarmNames=[prior["id"]])

    @staticmethod
    def _put(call: ResourceCall, planned: Values) -> None:
        suppressor = (planned["actions_suppressor"] or [None])[0]
        suppressed = suppressor and {
            "ActionsSuppressor": suppressor["alarm"],
            "ActionsSuppressorExtensionPeriod": suppressor["extension_period"],
            "ActionsSuppressorWaitPeriod": suppressor["wait_period"],
        }
        call.aws("cloudwatch").put_composite_alarm(
            AlarmName=planned["alarm_name"],
            AlarmRule=planned["alarm_rule"],
            ActionsEnabled=planned["actions_enabled"],
            **drop_empty({"AlarmDescription": planned["alarm_description"]}),
            **drop_empty({field: planned[argument] for argument, field in ACTIONS.items()}),
            **(suppressed or {}),
        )

    @staticmethod
    def _arn(call: ResourceCall, name: str) -> str:
        return f"arn:{call.partition}:cloudwatch:{call.region}:{call.account}:alarm:{name}"

    @staticmethod
    def _tag(call: ResourceCall, arn: str, planned: Values) -> None:
        call.aws("cloudwatch").tag_resource(ResourceARN=arn, Tags=tag_list(planned["tags_all"]))


class Dashboard(ResourceType):
    type_name = "aws_cloudwatch_dashboard"
    noun = "CloudWatch Dashboard"
    names = ("dashboard_name",)
    implements = frozenset({"dashboard_body", "dashboard_name"})
    force_new = frozenset({"dashboard_name"})
    equal: ClassVar = {"dashboard_body": json_text.says_the_same}
    missing = frozenset({"ResourceNotFound", "ResourceNotFoundException"})

    def validate(self, config: Values) -> Iterator[Problem]:
        yield from json_text.problem(config, "dashboard_body")
        name = config["dashboard_name"]
        if isinstance(name, str) and not re.fullmatch(r"[0-9A-Za-z_-]{1,255}", name):
            text = f'"dashboard_name" has 1 to 255 letters, digits, dashes and underscores, got "{name}"'
            yield Problem(text, path=("dashboard_name",))

    def customize(self, change: ResourceChange) -> None:
        json_text.plan_normalised(change, "dashboard_body")

    def create(self, call: ResourceCall, planned: Values) -> str:
        call.aws("cloudwatch").put_dashboard(
            DashboardName=planned["dashboard_name"], DashboardBody=planned["dashboard_body"]
        )
        return str(planned["dashboard_name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws("cloudwatch").get_dashboard(DashboardName=state["id"])
        return {
            "dashboard_arn": found["DashboardArn"],
            "dashboard_name": found["DashboardName"],
            "dashboard_body": json_text.normalise(found["DashboardBody"]),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self.create(call, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_dashboards(DashboardNames=[prior["id"]])


RESOURCES = (CompositeAlarm(), Dashboard(), MetricAlarm())
