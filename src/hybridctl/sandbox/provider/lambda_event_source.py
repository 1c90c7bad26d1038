"""Lambda: aws_lambda_event_source_mapping, of a queue."""

from collections.abc import Iterator
from typing import Any, ClassVar

from hybridctl.sandbox.provider.lambda_arns import parts
from hybridctl.sandbox.provider.members import member_of
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import Values, is_blank

QUEUE_BATCH = 10  # what Lambda takes for a queue where the HCL is silent
# What UpdateEventSourceMapping takes, and what removes it.
REMOVED = {
    "batch_size": QUEUE_BATCH,
    "enabled": False,
    "filter_criteria": {},
    "function_name": None,
    "function_response_types": [],
    "maximum_batching_window_in_seconds": 0,
    "scaling_config": {},
}


def _same_function(old: Any, new: Any) -> bool:
    """True when a name and an ARN tell the same function by the same qualifier."""
    return isinstance(old, str) and isinstance(new, str) and parts(old) == parts(new)


def _same_size(old: Any, new: Any) -> bool:
    return bool(old == new) or (is_blank(new) and old == QUEUE_BATCH)


class EventSourceMapping(ResourceType):
    type_name = "aws_lambda_event_source_mapping"
    noun = "Lambda Event Source Mapping"
    names = ("event_source_arn",)
    implements = frozenset({*REMOVED, "event_source_arn"})
    defaults: ClassVar = {"enabled": True}
    force_new = frozenset({"event_source_arn"})
    computed_blocks = frozenset({"amazon_managed_kafka_event_source_config", "self_managed_kafka_event_source_config"})
    equal: ClassVar = {"batch_size": _same_size, "function_name": _same_function}
    aws_names: ClassVar = {"arn": "EventSourceMappingArn", "filter_criteria.filter": "Filters", "uuid": "UUID"}
    unreported = frozenset({"enabled", "function_name", "last_modified"})
    tagging = TagCalls("lambda", "Resource", read="list_tags", listed=False)

    def validate(self, config: Values) -> Iterator[Problem]:
        source = config["event_source_arn"]
        if isinstance(source, str) and ":sqs:" not in source:
            yield Problem(f"the sandbox reads no event source but SQS queues, got {source}", path=("event_source_arn",))

    def create(self, call: ResourceCall, planned: Values) -> str:
        wanted = {member: value for member, value in self.request(planned).items() if not is_blank(value)}
        wanted |= {"Enabled": planned["enabled"], "Tags": planned["tags_all"] or {}}
        made = call.aws("lambda").create_event_source_mapping(**wanted)
        call.note_created(made["UUID"])
        _wait(call, made["UUID"])
        return str(made["UUID"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws("lambda").get_event_source_mapping(UUID=state["id"])
        return {
            **self.report(found),
            "enabled": found["State"] in ("Enabled", "Enabling"),
            "function_name": found["FunctionArn"],
            "last_modified": found["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        if names := changed & REMOVED.keys():
            request = self.request(planned, names)
            blank = {member_of(name, {}): REMOVED[name] for name in names if is_blank(planned[name])}
            call.aws("lambda").update_event_source_mapping(UUID=prior["id"], **(request | blank))
            _wait(call, prior["id"])

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("lambda").delete_event_source_mapping(UUID=prior["id"])


def _wait(call: ResourceCall, identity: str) -> None:
    def is_settled() -> bool:
        state = call.aws("lambda").get_event_source_mapping(UUID=identity)["State"]
        return state in ("Enabled", "Disabled")

    call.wait(is_settled, "the mapping to be enabled or disabled")


RESOURCES = (EventSourceMapping(),)
