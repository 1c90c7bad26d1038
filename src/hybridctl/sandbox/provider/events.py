"""EventBridge: aws_cloudwatch_event_rule, a schedule on the default bus, and aws_cloudwatch_event_target."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.generated_names import choose_name, prefix_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import Values

ON = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
BUS = "default"
NAME = r"[0-9A-Za-z_.-]{1,64}"
TARGET = frozenset({"arn", "dead_letter_config", "input", "retry_policy"})


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
    lengths: ClassVar = {"description": (0, 512), "schedule_expression": (0, 256)}
    patterns: ClassVar = {"name": ("rule name", NAME)}
    unreported = frozenset({"event_bus_name", "event_pattern", "force_destroy", "is_enabled", "name_prefix"})
    tagging = TagCalls("events")

    def validate(self, config: Values) -> Iterator[Problem]:
        if config["schedule_expression"] is None and config["event_pattern"] is None:
            names = "`event_pattern,schedule_expression`"
            yield Problem(f"one of {names} must be specified", path=("schedule_expression",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        name = choose_name(planned)
        tags = {"Tags": self.tagging.write(planned["tags_all"])} if planned["tags_all"] else {}
        call.aws("events").put_rule(Name=name, **self._settings(planned), **tags)
        return name

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        rule = call.aws("events").describe_rule(Name=state["id"])
        return {
            **self.report(rule),
            "event_bus_name": BUS,
            "is_enabled": rule.get("State") in ON,
            "name_prefix": prefix_of(rule["Name"]),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if changed - {"force_destroy"}:
            call.aws("events").put_rule(Name=prior["id"], **self._settings(planned))

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("events").delete_rule(Name=prior["id"], Force=bool(prior["force_destroy"]))

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "force_destroy": False}

    def _settings(self, planned: Values) -> dict[str, Any]:
        return self.request(planned, ("description", "schedule_expression", "state"))


class EventTargetResource(ResourceType):
    type_name = "aws_cloudwatch_event_target"
    noun = "EventBridge Target"
    names = ("rule", "target_id")
    implements = frozenset({*TARGET, "event_bus_name", "force_destroy", "rule", "target_id"})
    defaults: ClassVar = {"event_bus_name": BUS, "force_destroy": False}
    force_new = frozenset({"event_bus_name", "rule", "target_id"})
    choices: ClassVar = {"event_bus_name": (BUS,)}
    patterns: ClassVar = {"target_id": ("target id", NAME)}
    unreported = frozenset({"event_bus_name", "force_destroy", "rule", "target_id"})

    def create(self, call: ResourceCall, planned: Values) -> str:
        identity = choose_name(planned, "target_id")
        self._put(call, planned, identity)
        return f"{planned['rule']}-{identity}"

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        listed = call.aws("events").list_targets_by_rule(Rule=state["rule"])["Targets"]
        wanted = state["target_id"] or state["id"].removeprefix(f"{state['rule']}-")
        target = next((one for one in listed if one["Id"] == wanted), None)
        return None if target is None else {**self.report(target), "event_bus_name": BUS, "target_id": wanted}

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

    def _put(self, call: ResourceCall, planned: Values, identity: str) -> None:
        target = {"Id": identity, **self.request(planned, TARGET)}
        answer = call.aws("events").put_targets(Rule=planned["rule"], Targets=[target])
        if answer.get("FailedEntryCount"):
            failed = answer["FailedEntries"][0]
            raise Problem(f"putting the target: {failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


RESOURCES = (Rule(), EventTargetResource())
