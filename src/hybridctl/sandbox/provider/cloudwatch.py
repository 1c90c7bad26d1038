"""CloudWatch: aws_cloudwatch_composite_alarm and aws_cloudwatch_dashboard; metric alarms are in `metric_alarm.py`."""

from typing import ClassVar

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.metric_alarm import ALARM_TAGS, MetricAlarm, tag_new_alarm
from hybridctl.sandbox.provider.resource import ResourceCall, ResourceType
from hybridctl.sandbox.provider.values import Values

SUPPRESSOR = {
    "alarm": "ActionsSuppressor",
    "extension_period": "ActionsSuppressorExtensionPeriod",
    "wait_period": "ActionsSuppressorWaitPeriod",
}


class CompositeAlarm(ResourceType):
    type_name = "aws_cloudwatch_composite_alarm"
    noun = "CloudWatch Composite Alarm"
    names = ("alarm_name",)
    aws_names: ClassVar = {"arn": "AlarmArn", "ok_actions": "OKActions"}
    implements = frozenset(
        {
            "actions_enabled",
            "actions_suppressor",
            "alarm_actions",
            "alarm_description",
            "alarm_name",
            "alarm_rule",
            "insufficient_data_actions",
            "ok_actions",
        }
    )
    defaults: ClassVar = {"actions_enabled": True}
    force_new = frozenset({"actions_enabled", "alarm_name"})
    lengths: ClassVar = {"alarm_name": (1, 255), "alarm_description": (0, 1024), "alarm_rule": (1, 10240)}
    unreported = frozenset({"actions_suppressor"})
    tagging = ALARM_TAGS

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._put(call, planned)
        return tag_new_alarm(call, planned)

    def _put(self, call: ResourceCall, planned: Values) -> None:
        suppressor = (planned["actions_suppressor"] or [{}])[0]
        suppressed = {SUPPRESSOR[name]: value for name, value in suppressor.items()}
        asked = self.request(planned, self.implements - {"actions_suppressor"})
        call.aws("cloudwatch").put_composite_alarm(**asked, **suppressed)

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        described = call.aws("cloudwatch").describe_alarms(AlarmNames=[state["id"]], AlarmTypes=["CompositeAlarm"])
        alarm = next(iter(described.get("CompositeAlarms", [])), None)
        if alarm is None:
            return None
        suppressor = {name: alarm.get(member) for name, member in SUPPRESSOR.items()}
        return {**self.report(alarm), "actions_suppressor": [suppressor] if suppressor["alarm"] else []}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self._put(call, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_alarms(AlarmNames=[prior["id"]])


class Dashboard(ResourceType):
    type_name = "aws_cloudwatch_dashboard"
    noun = "CloudWatch Dashboard"
    names = ("dashboard_name",)
    implements = frozenset({"dashboard_body", "dashboard_name"})
    force_new = frozenset({"dashboard_name"})
    documents: ClassVar = {"dashboard_body": json_text.normalise}
    equal: ClassVar = {"dashboard_body": json_text.says_the_same}
    patterns: ClassVar = {"dashboard_name": ("dashboard name", r"[0-9A-Za-z_-]{1,255}")}
    missing = frozenset({"ResourceNotFound", "ResourceNotFoundException"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        call.aws("cloudwatch").put_dashboard(**self.request(planned))
        return str(planned["dashboard_name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws("cloudwatch").get_dashboard(DashboardName=state["id"])
        return {**self.report(found), "dashboard_body": json_text.normalise(found["DashboardBody"])}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self.create(call, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("cloudwatch").delete_dashboards(DashboardNames=[prior["id"]])


RESOURCES = (CompositeAlarm(), Dashboard(), MetricAlarm())
