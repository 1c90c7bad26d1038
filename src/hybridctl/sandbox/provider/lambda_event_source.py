"""Lambda: aws_lambda_event_source_mapping, of a queue."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.lambda_arns import parts
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tags import tag_changes
from hybridctl.sandbox.provider.values import Values, is_blank

MEMBERS = {
    "batch_size": "BatchSize",
    "enabled": "Enabled",
    "function_name": "FunctionName",
    "function_response_types": "FunctionResponseTypes",
    "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
}
QUEUE_BATCH = 10  # what Lambda takes for a queue where the HCL is silent


def _same_function(old: Any, new: Any) -> bool:
    """True when a name and an ARN tell the same function by the same qualifier."""
    return isinstance(old, str) and isinstance(new, str) and parts(old) == parts(new)


def _same_size(old: Any, new: Any) -> bool:
    return bool(old == new) or (is_blank(new) and old == QUEUE_BATCH)


class EventSourceMapping(ResourceType):
    type_name = "aws_lambda_event_source_mapping"
    noun = "Lambda Event Source Mapping"
    names = ("event_source_arn",)
    implements = frozenset({*MEMBERS, "event_source_arn", "filter_criteria", "scaling_config"})
    defaults: ClassVar = {"enabled": True}
    force_new = frozenset({"event_source_arn"})
    computed_blocks = frozenset({"amazon_managed_kafka_event_source_config", "self_managed_kafka_event_source_config"})
    equal: ClassVar = {"batch_size": _same_size, "function_name": _same_function}

    def validate(self, config: Values) -> Iterator[Problem]:
        source = config["event_source_arn"]
        if isinstance(source, str) and ":sqs:" not in source:
            yield Problem(f"the sandbox reads no event source but SQS queues, got {source}", path=("event_source_arn",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        wanted = {theirs: planned[ours] for ours, theirs in MEMBERS.items() if not is_blank(planned[ours])}
        wanted |= {"Enabled": planned["enabled"], **_blocks(planned)}
        made = call.aws("lambda").create_event_source_mapping(
            EventSourceArn=planned["event_source_arn"], Tags=planned["tags_all"] or {}, **wanted
        )
        call.note_created(made["UUID"])
        _wait(call, made["UUID"])
        return str(made["UUID"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws("lambda").get_event_source_mapping(UUID=state["id"])
        filters = (found.get("FilterCriteria") or {}).get("Filters") or []
        most = (found.get("ScalingConfig") or {}).get("MaximumConcurrency")
        arn = found["EventSourceMappingArn"]
        return {
            "arn": arn,
            "batch_size": found.get("BatchSize"),
            "enabled": found["State"] in ("Enabled", "Enabling"),
            "event_source_arn": found["EventSourceArn"],
            "filter_criteria": [{"filter": [{"pattern": one.get("Pattern", "")} for one in filters]}]
            if filters
            else [],
            "function_arn": found["FunctionArn"],
            "function_name": found["FunctionArn"],
            "function_response_types": list(found.get("FunctionResponseTypes") or ()),
            "last_modified": found["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "last_processing_result": found.get("LastProcessingResult", ""),
            "maximum_batching_window_in_seconds": found.get("MaximumBatchingWindowInSeconds", 0),
            "maximum_record_age_in_seconds": found.get("MaximumRecordAgeInSeconds", 0),
            "maximum_retry_attempts": found.get("MaximumRetryAttempts", 0),
            "parallelization_factor": found.get("ParallelizationFactor", 0),
            "scaling_config": [{"maximum_concurrency": most}] if most else [],
            "state": found["State"],
            "state_transition_reason": found.get("StateTransitionReason", ""),
            "uuid": found["UUID"],
            "tags_all": call.aws("lambda").list_tags(Resource=arn).get("Tags", {}),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        client = call.aws("lambda")
        wanted = {theirs: planned[ours] for ours, theirs in MEMBERS.items() if ours in changed}
        if "BatchSize" in wanted:
            wanted["BatchSize"] = planned["batch_size"] or QUEUE_BATCH
        if "FunctionResponseTypes" in wanted:
            wanted["FunctionResponseTypes"] = planned["function_response_types"] or []
        if "MaximumBatchingWindowInSeconds" in wanted:
            wanted["MaximumBatchingWindowInSeconds"] = planned["maximum_batching_window_in_seconds"] or 0
        taken_away = {"filter_criteria": "FilterCriteria", "scaling_config": "ScalingConfig"}
        wanted |= {theirs: _blocks(planned).get(theirs, {}) for ours, theirs in taken_away.items() if ours in changed}
        if wanted:
            client.update_event_source_mapping(UUID=prior["id"], **wanted)
            _wait(call, prior["id"])
        if "tags_all" in changed:
            gone, tags = tag_changes(prior, planned)
            if gone:
                client.untag_resource(Resource=prior["arn"], TagKeys=gone)
            if tags:
                client.tag_resource(Resource=prior["arn"], Tags=tags)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("lambda").delete_event_source_mapping(UUID=prior["id"])


def _blocks(planned: Values) -> dict[str, Any]:
    """The blocks that are there, as Lambda spells them."""
    found: dict[str, Any] = {}
    for block in planned["filter_criteria"] or ():
        found["FilterCriteria"] = {"Filters": [{"Pattern": one["pattern"]} for one in block["filter"] or ()]}
    for block in planned["scaling_config"] or ():
        if block["maximum_concurrency"]:
            found["ScalingConfig"] = {"MaximumConcurrency": block["maximum_concurrency"]}
    return found


def _wait(call: ResourceCall, identity: str) -> None:
    def is_settled() -> bool:
        state = call.aws("lambda").get_event_source_mapping(UUID=identity)["State"]
        return state in ("Enabled", "Disabled")

    call.wait(is_settled, "the mapping to be enabled or disabled")


RESOURCES = (EventSourceMapping(),)
