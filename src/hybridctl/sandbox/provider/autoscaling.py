"""Application Auto Scaling: aws_appautoscaling_target and aws_appautoscaling_policy (target tracking)."""

from collections.abc import Iterator
from typing import ClassVar

from hybridctl.sandbox.provider.members import member_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values, drop_empty

SERVICE = "application-autoscaling"
WHERE = ("service_namespace", "resource_id", "scalable_dimension")
MISSING = frozenset({"ObjectNotFoundException"})
TRACKING = "target_tracking_scaling_policy_configuration"
SUSPENDED = tuple(
    f"suspended_state.{what}_suspended" for what in ("dynamic_scaling_in", "dynamic_scaling_out", "scheduled_scaling")
)


def _where(values: Values) -> dict[str, str]:
    return {member_of(name, {}): values[name] for name in WHERE}


class ScalableTargetResource(ResourceType):
    type_name = "aws_appautoscaling_target"
    noun = "Application AutoScaling Target"
    names = ("resource_id",)
    implements = frozenset({*WHERE, "max_capacity", "min_capacity", "suspended_state"})
    defaults: ClassVar = dict.fromkeys(SUSPENDED, False)
    force_new = frozenset(WHERE)
    computed_blocks = frozenset({"suspended_state"})
    aws_names: ClassVar = {"arn": "ScalableTargetARN", "role_arn": "RoleARN"}
    missing = MISSING
    tagging = TagCalls(SERVICE, listed=False)

    def validate(self, config: Values) -> Iterator[Problem]:
        least, most = config["min_capacity"], config["max_capacity"]
        if UNKNOWN not in (least, most) and least > most:
            yield Problem(f"min_capacity ({least}) is above max_capacity ({most})", path=("min_capacity",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        tags = drop_empty({"Tags": planned["tags_all"]})
        call.aws(SERVICE).register_scalable_target(**self.request(planned), **tags)
        return str(planned["resource_id"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        pages = call.aws(SERVICE).get_paginator("describe_scalable_targets")
        where = _where(state)
        asked = {"ResourceIds": [where.pop("ResourceId")], **where}
        target = next((one for page in pages.paginate(**asked) for one in page["ScalableTargets"]), None)
        return None if target is None else self.report(target)

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        call.aws(SERVICE).register_scalable_target(**self.request(planned))

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


class Policy(ResourceType):
    type_name = "aws_appautoscaling_policy"
    noun = "Application AutoScaling Scaling Policy"
    implements = frozenset({*WHERE, "name", "policy_type", TRACKING})
    refuses = frozenset({f"{TRACKING}.customized_metric_specification"})
    defaults: ClassVar = {"policy_type": "StepScaling", f"{TRACKING}.disable_scale_in": False}
    force_new = frozenset({*WHERE, "name"})
    aws_names: ClassVar = {
        "arn": "PolicyARN",
        "name": "PolicyName",
        TRACKING: "TargetTrackingScalingPolicyConfiguration",
    }
    unreported = frozenset({"alarm_arns"})
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        kind = config["policy_type"]
        if kind not in (UNKNOWN, "TargetTrackingScaling"):
            yield not_here(self.type_name, f'policy_type "{kind or "StepScaling"}"', ("policy_type",))
        elif kind is not UNKNOWN and not config[TRACKING]:
            yield Problem(f"{TRACKING} is needed when policy_type is TargetTrackingScaling", path=("policy_type",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        call.aws(SERVICE).put_scaling_policy(**self.request(planned))
        return str(planned["name"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        pages = call.aws(SERVICE).get_paginator("describe_scaling_policies")
        asked = {**_where(state), "PolicyNames": [state["name"]]}
        policy = next((one for page in pages.paginate(**asked) for one in page["ScalingPolicies"]), None)
        if policy is None:
            return None
        return {**self.report(policy), "alarm_arns": [alarm["AlarmARN"] for alarm in policy.get("Alarms", [])]}

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        del prior, changed
        self.create(call, planned)

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


RESOURCES = (ScalableTargetResource(), Policy())
