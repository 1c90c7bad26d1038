"""EventBridge: aws_cloudwatch_event_rule, a schedule on the default bus, and aws_cloudwatch_event_target."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.generated_names import name_or_generated, prefix_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes, tag_list, tag_map
from hybridctl.sandbox.provider.validation import too_long
from hybridctl.sandbox.provider.values import Values

ON = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
BUS = "default"


def _is_kept(old: Any, new: Any) -> bool:
    """True when the HCL is silent: the rule then stays as it is."""
    return bool(old == new) or new in (None, "")


class Rule(ResourceType):
    type_name = "aws_cloudwatch_event_rule"
    noun = "EventBridge Rule"
    implements = frozenset(
        {"description", "event_bus_name", "force_destroy", "name", "name_prefix", "schedule_expression", "state"}
    )
    defaults: ClassVar = {"event_bus_name": BUS, "force_destroy": False}
    force_new = frozenset({"event_bus_name", "name", "name_prefix"})
    equal: ClassVar = {"is_enabled": _is_kept, "state": _is_kept}
    choices: ClassVar = {"event_bus_name": (BUS,), "state": ("DISABLED", *ON)}
    conflicts = (("name", "name_prefix"), ("is_enabled", "state"))

    def validate(self, config: Values) -> Iterator[Problem]:
        if config["schedule_expression"] is None and config["event_pattern"] is None:
            names = "`event_pattern,schedule_expression`"
            yield Problem(f"one of {names} must be specified", path=("schedule_expression",))
        name = config["name"]
        if isinstance(name, str) and not re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", name):
            yield Problem(f"invalid rule name: {name}", path=("name",))
        yield from too_long(config, description=(0, 512), schedule_expression=(0, 256))

    def create(self, call: ResourceCall, planned: Values) -> str:
        name = name_or_generated(planned["name"], planned["name_prefix"])
        tags = tag_list(planned["tags_all"])
        call.aws("events").put_rule(Name=name, **_settings(planned), **({"Tags": tags} if tags else {}))
        return name

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        events, name = call.aws("events"), state["id"]
        found = events.describe_rule(Name=name)
        return {
            "arn": found["Arn"],
            "description": found.get("Description", ""),
            "event_bus_name": BUS,
            "is_enabled": found.get("State") in ON,
            "name": found["Name"],
            "name_prefix": prefix_of(found["Name"]),
            "role_arn": found.get("RoleArn", ""),
            "schedule_expression": found.get("ScheduleExpression", ""),
            "state": found.get("State", ""),
            "tags_all": tag_map(events.list_tags_for_resource(ResourceARN=found["Arn"]).get("Tags", [])),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        events = call.aws("events")
        if changed - {"force_destroy", "tags", "tags_all"}:
            events.put_rule(Name=prior["id"], **_settings(planned))
        if "tags_all" in changed:
            gone, tags = tag_changes(prior, planned)
            if gone:
                events.untag_resource(ResourceARN=prior["arn"], TagKeys=gone)
            if tags:
                events.tag_resource(ResourceARN=prior["arn"], Tags=tag_list(tags))

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("events").delete_rule(Name=prior["id"], Force=bool(prior["force_destroy"]))

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "force_destroy": False}


def _settings(planned: Values) -> dict[str, Any]:
    wanted = {
        "Description": planned["description"],
        "ScheduleExpression": planned["schedule_expression"],
        "State": planned["state"],
    }
    return {name: value for name, value in wanted.items() if value}


class EventTargetResource(ResourceType):
    type_name = "aws_cloudwatch_event_target"
    noun = "EventBridge Target"
    names = ("rule", "target_id")
    implements = frozenset(
        {"arn", "dead_letter_config", "event_bus_name", "force_destroy", "input", "retry_policy", "rule", "target_id"}
    )
    defaults: ClassVar = {"event_bus_name": BUS, "force_destroy": False}
    force_new = frozenset({"event_bus_name", "rule", "target_id"})
    choices: ClassVar = {"event_bus_name": (BUS,)}

    def validate(self, config: Values) -> Iterator[Problem]:
        name = config["target_id"]
        if isinstance(name, str) and not re.fullmatch(r"[0-9A-Za-z_.-]{1,64}", name):
            yield Problem(f"invalid target id: {name}", path=("target_id",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        identity = name_or_generated(planned["target_id"], None)
        self._put(call, planned, identity)
        return f"{planned['rule']}-{identity}"

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        listed = call.aws("events").list_targets_by_rule(Rule=state["rule"])["Targets"]
        wanted = state["target_id"] or state["id"].removeprefix(f"{state['rule']}-")
        found = next((one for one in listed if one["Id"] == wanted), None)
        if found is None:
            return None
        retry = found.get("RetryPolicy")
        dead = (found.get("DeadLetterConfig") or {}).get("Arn")
        ages = {"maximum_event_age_in_seconds": "MaximumEventAgeInSeconds"}
        tries = {"maximum_retry_attempts": "MaximumRetryAttempts"}
        return {
            "arn": found["Arn"],
            "dead_letter_config": [{"arn": dead}] if dead else [],
            "event_bus_name": BUS,
            "input": found.get("Input", ""),
            "input_path": found.get("InputPath", ""),
            "retry_policy": [{ours: retry.get(theirs, 0) for ours, theirs in (ages | tries).items()}] if retry else [],
            "role_arn": found.get("RoleArn", ""),
            "rule": state["rule"],
            "target_id": wanted,
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del changed
        self._put(call, planned, prior["target_id"])

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("events").remove_targets(
            Rule=prior["rule"], Ids=[prior["target_id"]], Force=bool(prior["force_destroy"])
        )

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        rule, _, target = identity.partition("/")
        if not rule or not target or "/" in target:
            raise Problem(f'unexpected format of ID ("{identity}"), expected RULE_NAME/TARGET_ID')
        return {"id": f"{rule}-{target}", "rule": rule, "target_id": target, "force_destroy": False}

    @staticmethod
    def _put(call: ResourceCall, planned: Values, identity: str) -> None:
        target: dict[str, Any] = {"Id": identity, "Arn": planned["arn"]}
        if planned["input"]:
            target["Input"] = planned["input"]
        for block in planned["retry_policy"] or ():
            limits = {
                "MaximumEventAgeInSeconds": block["maximum_event_age_in_seconds"],
                "MaximumRetryAttempts": block["maximum_retry_attempts"],
            }
            target["RetryPolicy"] = {name: value for name, value in limits.items() if value is not None}
        for block in planned["dead_letter_config"] or ():
            target["DeadLetterConfig"] = {"Arn": block["arn"]}
        answer = call.aws("events").put_targets(Rule=planned["rule"], Targets=[target])
        if answer.get("FailedEntryCount"):
            failed = answer["FailedEntries"][0]
            raise Problem(f"putting the target: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


RESOURCES = (Rule(), EventTargetResource())
