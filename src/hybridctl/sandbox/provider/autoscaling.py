"""Application Auto Scaling: aws_appautoscaling_target and aws_appautoscaling_policy (target tracking)."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

SERVICE = "application-autoscaling"
WHERE = ("service_namespace", "resource_id", "scalable_dimension")
MISSING = frozenset({"ObjectNotFoundException"})
SUSPENDED = {
    "dynamic_scaling_in_suspended": "DynamicScalingInSuspended",
    "dynamic_scaling_out_suspended": "DynamicScalingOutSuspended",
    "scheduled_scaling_suspended": "ScheduledScalingSuspended",
}
TRACKING = "target_tracking_scaling_policy_configuration"
PREDEFINED = "predefined_metric_specification"


def _where(values: Values) -> dict[str, str]:
    return {
        "ServiceNamespace": values["service_namespace"],
        "ResourceId": values["resource_id"],
        "ScalableDimension": values["scalable_dimension"],
    }


def _read_target(found: dict[str, Any]) -> Values:
    return {
        "service_namespace": found["ServiceNamespace"],
        "resource_id": found["ResourceId"],
        "scalable_dimension": found["ScalableDimension"],
    }


class ScalableTargetResource(ResourceType):
    type_name = "aws_appautoscaling_target"
    noun = "Application AutoScaling Target"
    names = ("resource_id",)
    implements = frozenset({*WHERE, "max_capacity", "min_capacity", "suspended_state"})
    defaults: ClassVar = {f"suspended_state.{name}": False for name in SUSPENDED}
    force_new = frozenset(WHERE)
    computed_blocks = frozenset({"suspended_state"})
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        least, most = config["min_capacity"], config["max_capacity"]
        if UNKNOWN not in (least, most) and least > most:
            yield Problem(f"min_capacity ({least}) is above max_capacity ({most})", path=("min_capacity",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._register(call, planned, Tags=planned["tags_all"])
        return str(planned["resource_id"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        pages = call.aws(SERVICE).get_paginator("describe_scalable_targets")
        where = _where(state)
        asked = {"ResourceIds": [where.pop("ResourceId")], **where}
        found = next((one for page in pages.paginate(**asked) for one in page["ScalableTargets"]), None)
        if found is None:
            return None
        arn, suspended = found.get("ScalableTargetARN", ""), found.get("SuspendedState")
        return {
            **_read_target(found),
            "arn": arn,
            "min_capacity": found["MinCapacity"],
            "max_capacity": found["MaxCapacity"],
            "role_arn": found.get("RoleARN", ""),
            "suspended_state": [{name: suspended.get(key, False) for name, key in SUSPENDED.items()}]
            if suspended
            else [],
            "tags_all": call.aws(SERVICE).list_tags_for_resource(ResourceARN=arn)["Tags"] if arn else {},
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if changed - {"tags", "tags_all"}:
            self._register(call, planned)
        if "tags_all" in changed:
            gone, tags = tag_changes(prior, planned)
            if gone:
                call.aws(SERVICE).untag_resource(ResourceARN=prior["arn"], TagKeys=gone)
            if tags:
                call.aws(SERVICE).tag_resource(ResourceARN=prior["arn"], Tags=tags)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).deregister_scalable_target(**_where(prior))

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        namespace, _, rest = identity.partition("/")
        resource, _, dimension = rest.rpartition("/")
        if not (namespace and resource and dimension):
            form = "<service-namespace>/<resource-id>/<scalable-dimension>"
            raise Problem(f'unexpected format ("{identity}"), expected {form}')
        where = dict(zip(WHERE, (namespace, resource, dimension), strict=True))
        return {"id": resource, **where}

    @staticmethod
    def _register(call: ResourceCall, planned: Values, **more: Any) -> None:
        suspended = (planned["suspended_state"] or [None])[0]
        state = {key: bool(suspended[name]) for name, key in SUSPENDED.items()} if suspended else None
        call.aws(SERVICE).register_scalable_target(
            **_where(planned),
            MinCapacity=planned["min_capacity"],
            MaxCapacity=planned["max_capacity"],
            **drop_empty({"SuspendedState": state, **more}),
        )


class Policy(ResourceType):
    type_name = "aws_appautoscaling_policy"
    noun = "Application AutoScaling Scaling Policy"
    implements = frozenset({*WHERE, "name", "policy_type", TRACKING})
    refuses = frozenset({f"{TRACKING}.customized_metric_specification"})
    defaults: ClassVar = {"policy_type": "StepScaling", f"{TRACKING}.disable_scale_in": False}
    force_new = frozenset({*WHERE, "name"})
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        kind = config["policy_type"]
        if kind not in (UNKNOWN, "TargetTrackingScaling"):
            yield not_here(self.type_name, f'policy_type "{kind or "StepScaling"}"', ("policy_type",))
        elif kind is not UNKNOWN and not config[TRACKING]:
            yield Problem(f"{TRACKING} is needed when policy_type is TargetTrackingScaling", path=("policy_type",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        self._put(call, planned)
        return str(planned["name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        pages = call.aws(SERVICE).get_paginator("describe_scaling_policies")
        asked = {**_where(state), "PolicyNames": [state["name"]]}
        found = next((one for page in pages.paginate(**asked) for one in page["ScalingPolicies"]), None)
        if found is None:
            return None
        return {
            **_read_target(found),
            "name": found["PolicyName"],
            "arn": found["PolicyARN"],
            "policy_type": found["PolicyType"],
            "alarm_arns": [alarm["AlarmARN"] for alarm in found.get("Alarms", [])],
            TRACKING: _tracking(found.get("TargetTrackingScalingPolicyConfiguration")),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self._put(call, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws(SERVICE).delete_scaling_policy(**_where(prior), PolicyName=prior["name"])

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        """A policy's name may hold slashes, and so do DynamoDB's resources: table/NAME, table/NAME/index/NAME."""
        del call
        parts = identity.split("/")
        cut = len(parts) - 2
        if parts[0] == "dynamodb":
            cut = 5 if parts[3:4] == ["index"] else 3
        namespace, resource, rest = parts[0], "/".join(parts[1:cut]), parts[cut:]
        if not (namespace and resource and len(rest) > 1 and all(rest)):
            form = "<service-namespace>/<resource-id>/<scalable-dimension>/<policy-name>"
            raise Problem(f'unexpected format ("{identity}"), expected {form}')
        name = "/".join(rest[1:])
        return {"id": name, "name": name, **dict(zip(WHERE, (namespace, resource, rest[0]), strict=True))}

    @staticmethod
    def _put(call: ResourceCall, planned: Values) -> None:
        tracking = planned[TRACKING][0]
        metric = (tracking[PREDEFINED] or [None])[0]
        specification = None
        if metric is not None:
            label = {"ResourceLabel": metric["resource_label"]}
            specification = {"PredefinedMetricType": metric["predefined_metric_type"], **drop_empty(label)}
        call.aws(SERVICE).put_scaling_policy(
            **_where(planned),
            PolicyName=planned["name"],
            PolicyType=planned["policy_type"],
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": tracking["target_value"],
                "DisableScaleIn": bool(tracking["disable_scale_in"]),
                **drop_empty(
                    {
                        "PredefinedMetricSpecification": specification,
                        "ScaleInCooldown": tracking["scale_in_cooldown"],
                        "ScaleOutCooldown": tracking["scale_out_cooldown"],
                    }
                ),
            },
        )


def _tracking(found: dict[str, Any] | None) -> list[Values]:
    if not found:
        return []
    metric = found.get("PredefinedMetricSpecification")
    named = {
        "predefined_metric_type": (metric or {}).get("PredefinedMetricType"),
        "resource_label": (metric or {}).get("ResourceLabel", ""),
    }
    return [
        {
            "target_value": found["TargetValue"],
            "disable_scale_in": found.get("DisableScaleIn", False),
            "scale_in_cooldown": found.get("ScaleInCooldown"),
            "scale_out_cooldown": found.get("ScaleOutCooldown"),
            PREDEFINED: [named] if metric else [],
        }
    ]


RESOURCES = (ScalableTargetResource(), Policy())
