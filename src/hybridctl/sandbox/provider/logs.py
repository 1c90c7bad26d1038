"""CloudWatch Logs: aws_cloudwatch_log_group."""

from collections.abc import Iterable
from typing import Any, ClassVar

from hybridctl.sandbox.provider.generated_names import choose_name
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

RETENTION = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


class LogGroupResource(ResourceType):
    type_name = "aws_cloudwatch_log_group"
    noun = "CloudWatch Logs Log Group"
    implements = frozenset(
        {"kms_key_id", "log_group_class", "name", "name_prefix", "retention_in_days", "skip_destroy"}
    )
    defaults: ClassVar = {"retention_in_days": 0, "skip_destroy": False}
    force_new = frozenset({"log_group_class", "name", "name_prefix"})
    choices: ClassVar = {"log_group_class": ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")}
    conflicts = (("name", "name_prefix"),)
    aws_names: ClassVar = {
        "kms_key_id": "kmsKeyId",
        "log_group_class": "logGroupClass",
        "name": "logGroupName",
        "retention_in_days": "retentionInDays",
    }
    unreported = frozenset({"skip_destroy"})
    tagging = TagCalls("logs", "resourceArn", tags="tags", keys="tagKeys", listed=False)

    def validate(self, config: Values) -> Iterable[Problem]:
        days = config["retention_in_days"]
        if days not in (None, UNKNOWN, *RETENTION):
            allowed = " ".join(map(str, RETENTION))
            yield Problem(
                f"expected retention_in_days to be one of [{allowed}], got {days}", path=("retention_in_days",)
            )

    def create(self, call: ResourceCall, planned: Values) -> str:
        name = choose_name(planned)
        asked = self.request(planned, ("kms_key_id", "log_group_class")) | drop_empty({"tags": planned["tags_all"]})
        call.aws("logs").create_log_group(logGroupName=name, **asked)
        call.note_created(name)
        if planned["retention_in_days"]:
            call.aws("logs").put_retention_policy(logGroupName=name, retentionInDays=planned["retention_in_days"])
        return name

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        name = state["id"]
        group = self._find(call, name)
        if group is None:
            return None
        return {
            **self.report({"logGroupClass": "STANDARD", "retentionInDays": 0, **group}),
            "arn": group["arn"].removesuffix(":*"),
            "name_prefix": state["name_prefix"] or "",
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        logs, name = call.aws("logs"), prior["id"]
        if "retention_in_days" in changed:
            if planned["retention_in_days"]:
                logs.put_retention_policy(logGroupName=name, retentionInDays=planned["retention_in_days"])
            else:
                logs.delete_retention_policy(logGroupName=name)
        if "kms_key_id" in changed:
            if planned["kms_key_id"]:
                logs.associate_kms_key(logGroupName=name, kmsKeyId=planned["kms_key_id"])
            else:
                logs.disassociate_kms_key(logGroupName=name)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        if not prior["skip_destroy"]:
            call.aws("logs").delete_log_group(logGroupName=prior["id"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "name": identity, "skip_destroy": False}

    @staticmethod
    def _find(call: ResourceCall, name: str) -> dict[str, Any] | None:
        pages = call.aws("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        return next((group for page in pages for group in page["logGroups"] if group["logGroupName"] == name), None)


RESOURCES = (LogGroupResource(),)
