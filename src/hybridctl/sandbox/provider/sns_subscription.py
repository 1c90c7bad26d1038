"""aws_sns_topic_subscription of addresses, functions and queues."""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from hybridctl.sandbox.provider import json_text
from hybridctl.sandbox.provider.resource import Problem, ResourceCall, ResourceChange, ResourceType
from hybridctl.sandbox.provider.validation import not_here
from hybridctl.sandbox.provider.values import UNKNOWN, Values

MISSING = frozenset({"NotFound", "NotFoundException"})
CONFIRMATION_SECONDS = 120.0  # how long the real provider waits where nobody has to consent
ATTRIBUTES = {
    "filter_policy": "FilterPolicy",
    "filter_policy_scope": "FilterPolicyScope",
    "raw_message_delivery": "RawMessageDelivery",
}
PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
CARRIED_OUT = ("email", "email-json", "lambda", "sqs")


def _write(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str("" if value is None else value)


class Subscription(ResourceType):
    """One for e-mail stays pending until its reader consents: nobody waits for that, and only AWS can end it then."""

    type_name = "aws_sns_topic_subscription"
    noun = "SNS Topic Subscription"
    names = ("endpoint",)
    implements = frozenset(
        {
            "confirmation_timeout_in_minutes",
            "endpoint",
            "protocol",
            "topic_arn",
            *ATTRIBUTES,
        }
    )
    defaults: ClassVar = {
        "confirmation_timeout_in_minutes": 1,
        "endpoint_auto_confirms": False,
        "raw_message_delivery": False,
    }
    force_new = frozenset({"endpoint", "protocol", "topic_arn"})
    equal: ClassVar = {"filter_policy": json_text.says_the_same}
    choices: ClassVar = {"protocol": PROTOCOLS, "filter_policy_scope": ("MessageAttributes", "MessageBody")}
    documents: ClassVar = {"filter_policy": json_text.normalise}
    missing = MISSING

    def validate(self, config: Values) -> Iterator[Problem]:
        protocol = config["protocol"]
        if protocol in PROTOCOLS and protocol not in CARRIED_OUT:
            yield not_here(self.type_name, f'protocol "{protocol}"', ("protocol",))
        if config["filter_policy_scope"] not in (None, UNKNOWN) and config["filter_policy"] is None:
            yield Problem("filter_policy is required when filter_policy_scope is set", path=("filter_policy_scope",))

    def customize(self, change: ResourceChange) -> None:
        """A scope that leaves the HCL is the default's again."""
        unasked = change.config["filter_policy_scope"] is None and change.planned["filter_policy"]
        if unasked and change.prior is not None and change.prior["filter_policy_scope"]:
            change.planned["filter_policy_scope"] = "MessageAttributes"

    def create(self, call: ResourceCall, planned: Values) -> str:
        wanted = {name: planned[name] for name in ATTRIBUTES if planned[name]}
        arn = str(
            call.aws("sns").subscribe(
                TopicArn=planned["topic_arn"],
                Protocol=planned["protocol"],
                Endpoint=planned["endpoint"],
                Attributes={ATTRIBUTES[name]: _write(value) for name, value in wanted.items()},
                ReturnSubscriptionArn=True,
            )["SubscriptionArn"]
        )
        call.note_created(arn)
        if "email" not in planned["protocol"]:
            what = f"SNS Topic Subscription ({arn}) confirmation"
            call.wait(lambda: not self._is_pending(call, arn), what, CONFIRMATION_SECONDS)
        return arn

    def read(self, call: ResourceCall, state: Values) -> Values | None:
        arn = state["id"]
        found = call.aws("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return {
            "arn": arn,
            "topic_arn": found["TopicArn"],
            "protocol": found["Protocol"],
            "endpoint": found["Endpoint"],
            "owner_id": found.get("Owner", ""),
            "confirmation_was_authenticated": found.get("ConfirmationWasAuthenticated") == "true",
            "pending_confirmation": found.get("PendingConfirmation") == "true",
            **{name: found.get(attribute, "") for name, attribute in ATTRIBUTES.items()},
            "raw_message_delivery": found.get("RawMessageDelivery") == "true",
        }

    def update(self, call: ResourceCall, prior: Values, planned: Values, changed: frozenset[str]) -> None:
        for name in sorted(changed & ATTRIBUTES.keys()):
            value = _write(planned[name]) or ("{}" if name == "filter_policy" else "")
            if not value:
                continue  # a scope goes with its filter
            call.aws("sns").set_subscription_attributes(
                SubscriptionArn=prior["id"], AttributeName=ATTRIBUTES[name], AttributeValue=value
            )

    def delete(self, call: ResourceCall, prior: Values) -> None:
        try:
            call.aws("sns").unsubscribe(SubscriptionArn=prior["id"])
        except ClientError as refusal:
            if "pending confirmation" not in str(refusal):
                raise

    def import_state(self, call: ResourceCall, identity: str) -> Values:
        del call
        return {"id": identity, "confirmation_timeout_in_minutes": 1, "endpoint_auto_confirms": False}

    @staticmethod
    def _is_pending(call: ResourceCall, arn: str) -> bool:
        found = call.aws("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return bool(found.get("PendingConfirmation") == "true")
