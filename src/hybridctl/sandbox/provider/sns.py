"""SNS: aws_sns_topic, a standard one, and aws_sns_topic_policy; subscriptions are in `sns_subscription.py`."""

import json
from typing import ClassVar

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.attached_policy import AttachedPolicy
from hybridctl.sandbox.provider.generated_names import choose_name, prefix_of
from hybridctl.sandbox.provider.resource import ResourceCall, ResourceType
from hybridctl.sandbox.provider.sns_subscription import MISSING, Subscription
from hybridctl.sandbox.provider.tag_calls import TagCalls
from hybridctl.sandbox.provider.values import Values, drop_empty, json_same

TOPIC_ATTRIBUTES = {"display_name": "DisplayName", "kms_master_key_id": "KmsMasterKeyId", "policy": "Policy"}


class Topic(ResourceType):
    type_name = "aws_sns_topic"
    noun = "SNS Topic"
    implements = frozenset({"name", "name_prefix", *TOPIC_ATTRIBUTES})
    defaults: ClassVar = {"content_based_deduplication": False, "fifo_topic": False}
    force_new = frozenset({"fifo_topic", "name", "name_prefix"})
    equal: ClassVar = {"policy": json_same}
    conflicts = (("name", "name_prefix"),)
    documents: ClassVar = {"policy": json_text.normalise}
    patterns: ClassVar = {"name": ("topic name", r"[0-9A-Za-z_-]{1,256}")}
    missing = MISSING
    tagging = TagCalls("sns", "ResourceArn", "id")

    def create(self, call: ResourceCall, planned: Values) -> str:
        sns = call.aws("sns")
        tags = self.tagging.write(planned["tags_all"])
        arn = str(sns.create_topic(Name=choose_name(planned), Tags=tags)["TopicArn"])
        call.note_created(arn)
        for argument in drop_empty({name: planned[name] for name in TOPIC_ATTRIBUTES}):
            self._put(call, arn, argument, planned)
        return arn

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        arn = state["id"]
        found = call.aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        name = arn.rpartition(":")[2]
        return {
            **self.report(found),
            "arn": arn,
            "name": name,
            "name_prefix": prefix_of(name),
            "policy": json_text.normalise_given(found.get("Policy", "")),
            "signature_version": int(found.get("SignatureVersion") or 0),
            "fifo_topic": found.get("FifoTopic") == "true",
            "content_based_deduplication": found.get("ContentBasedDeduplication") == "true",
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        for argument in changed & TOPIC_ATTRIBUTES.keys():
            self._put(call, prior["id"], argument, planned)

    def delete(self, call: ResourceCall, prior: Values) -> None:
        call.aws("sns").delete_topic(TopicArn=prior["id"])

    @staticmethod
    def _put(call: ResourceCall, arn: str, argument: str, planned: Values) -> None:
        call.aws("sns").set_topic_attributes(
            TopicArn=arn, AttributeName=TOPIC_ATTRIBUTES[argument], AttributeValue=planned[argument] or ""
        )


def default_policy(arn: str, owner: str) -> str:
    """What SNS gives a new topic: there is no taking a policy away, only going back to this one."""
    actions = (
        "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
        "ListSubscriptionsByTopic Publish Receive"
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions.split()],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


class TopicPolicy(AttachedPolicy):
    type_name = "aws_sns_topic_policy"
    noun = "SNS Topic Policy"
    names = ("arn",)
    implements = frozenset({"arn", "policy"})
    force_new = frozenset({"arn"})
    missing = MISSING

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        found = call.aws("sns").get_topic_attributes(TopicArn=state["id"])["Attributes"]
        if not found.get("Policy"):
            return None
        return {
            "arn": state["id"],
            "owner": found.get("Owner", ""),
            "policy": json_text.normalise_given(found["Policy"]),
        }

    def delete(self, call: ResourceCall, prior: Values) -> None:
        self.put(call, prior["id"], default_policy(prior["id"], prior["owner"]))

    def put(self, call: ResourceCall, owner: str, policy: str) -> None:
        call.aws("sns").set_topic_attributes(TopicArn=owner, AttributeName="Policy", AttributeValue=policy)


RESOURCES = (Topic(), TopicPolicy(), Subscription())
