"""SQS: aws_sqs_queue, a standard one, and aws_sqs_queue_policy."""

from typing import Any, ClassVar

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.attached_policy import AttachedPolicy
from hybridctl.sandbox.provider.generated_names import choose_name, prefix_of
from hybridctl.sandbox.provider.resource import ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import Values, json_same

NUMBERS = {
    "delay_seconds": "DelaySeconds",
    "max_message_size": "MaximumMessageSize",
    "message_retention_seconds": "MessageRetentionPeriod",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "visibility_timeout_seconds": "VisibilityTimeout",
}
POLICIES = {"policy": "Policy", "redrive_allow_policy": "RedriveAllowPolicy", "redrive_policy": "RedrivePolicy"}
MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
KMS_REUSE_SECONDS = 300  # what SQS has where nothing is set


class Queue(ResourceType):
    type_name = "aws_sqs_queue"
    noun = "SQS Queue"
    implements = frozenset({"name", "name_prefix", "sqs_managed_sse_enabled", *NUMBERS, *POLICIES})
    defaults: ClassVar = {
        "content_based_deduplication": False,
        "delay_seconds": 0,
        "fifo_queue": False,
        "max_message_size": 262_144,
        "message_retention_seconds": 345_600,
        "receive_wait_time_seconds": 0,
        "visibility_timeout_seconds": 30,
    }
    force_new = frozenset({"fifo_queue", "name", "name_prefix"})
    equal: ClassVar = dict.fromkeys(POLICIES, json_same)
    conflicts = (("name", "name_prefix"), ("kms_master_key_id", "sqs_managed_sse_enabled"))
    documents: ClassVar = dict.fromkeys(POLICIES, json_text.normalise)
    patterns: ClassVar = {"name": ("queue name", r"[0-9A-Za-z_-]{1,80}")}
    ranges: ClassVar = {  # those that the real provider checks before it plans
        "delay_seconds": (0, 900),
        "max_message_size": (1024, 1_048_576),
        "message_retention_seconds": (60, 1_209_600),
        "visibility_timeout_seconds": (0, 43_200),
    }
    missing = MISSING
    tagging = TagCalls(
        "sqs", "QueueUrl", "id", read="list_queue_tags", add="tag_queue", remove="untag_queue", listed=False
    )

    def customize(self, change: ResourceChange) -> None:
        if change.is_create and change.planned["sqs_managed_sse_enabled"] is True:
            change.planned["kms_data_key_reuse_period_seconds"] = None

    def create(self, call: ResourceCall, planned: Values) -> str:
        name = choose_name(planned)
        attributes = {theirs: str(planned[ours]) for ours, theirs in NUMBERS.items()}
        attributes |= {theirs: planned[ours] for ours, theirs in POLICIES.items() if planned[ours]}
        if isinstance(planned["sqs_managed_sse_enabled"], bool):
            attributes["SqsManagedSseEnabled"] = _flag(planned["sqs_managed_sse_enabled"])
        made = call.aws("sqs").create_queue(QueueName=name, Attributes=attributes, tags=planned["tags_all"] or {})
        return str(made["QueueUrl"])

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        sqs, url = call.aws("sqs"), state["id"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        name = found["QueueArn"].rpartition(":")[2]
        return {
            "arn": found["QueueArn"],
            "name": name,
            "name_prefix": prefix_of(name),
            "url": url,
            "kms_data_key_reuse_period_seconds": int(found.get("KmsDataKeyReusePeriodSeconds") or KMS_REUSE_SECONDS),
            "kms_master_key_id": found.get("KmsMasterKeyId", ""),
            "content_based_deduplication": False,
            "deduplication_scope": found.get("DeduplicationScope", ""),
            "fifo_queue": found.get("FifoQueue") == "true",
            "fifo_throughput_limit": found.get("FifoThroughputLimit", ""),
            "sqs_managed_sse_enabled": found.get("SqsManagedSseEnabled") == "true",
            **{ours: int(found[theirs]) for ours, theirs in NUMBERS.items()},
            **{ours: json_text.normalise_given(found.get(theirs)) for ours, theirs in POLICIES.items()},
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        sqs, url = call.aws("sqs"), prior["id"]
        attributes = {NUMBERS[name]: str(planned[name]) for name in changed & NUMBERS.keys()}
        attributes |= {POLICIES[name]: planned[name] or "" for name in changed & POLICIES.keys()}
        if "sqs_managed_sse_enabled" in changed:
            attributes["SqsManagedSseEnabled"] = _flag(planned["sqs_managed_sse_enabled"])
        if attributes:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("sqs").delete_queue(QueueUrl=prior["id"])


class QueuePolicy(AttachedPolicy):
    type_name = "aws_sqs_queue_policy"
    noun = "SQS Queue Policy"
    names = ("queue_url",)
    implements = frozenset({"policy", "queue_url"})
    force_new = frozenset({"queue_url"})
    missing = MISSING

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        url = state["id"]
        found = call.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        return {"queue_url": url, "policy": json_text.normalise(found["Policy"])} if found.get("Policy") else None

    def delete(self, call: ResourceCall, prior: Values) -> None:
        self.put(call, prior["id"], "")

    def put(self, call: ResourceCall, owner: str, policy: str) -> None:
        call.aws("sqs").set_queue_attributes(QueueUrl=owner, Attributes={"Policy": policy})


def _flag(value: Any) -> str:
    return str(bool(value)).lower()


RESOURCES = (Queue(), QueuePolicy())
