"""aws_sns_topic, aws_sns_topic_policy and aws_sns_topic_subscription, by the real engine against the sandbox."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from hybridctl.sandbox.provider.resource import ResourceCall
from hybridctl.sandbox.provider.sns_subscription import Subscription
from sandbox.provider.workspace import Workspace, with_ours

TOPIC, POLICY, MAIL = "aws_sns_topic.this", "aws_sns_topic_policy.this", "aws_sns_topic_subscription.this"


def topic(name: str, *lines: str) -> str:
    body = "\n  ".join((f'name = "{name}"', *lines))
    return f'resource "aws_sns_topic" "this" {{\n  {body}\n}}\n'


def policy(sid: str) -> str:
    return f"""
resource "aws_sns_topic_policy" "this" {{
  arn = aws_sns_topic.this.arn
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Sid = "{sid}", Effect = "Allow",
    Principal = {{ Service = "cloudwatch.amazonaws.com" }}, Action = "sns:Publish", Resource = aws_sns_topic.this.arn
  }}] }})
}}
"""


def subscription(endpoint: str, *lines: str, protocol: str = "email") -> str:
    body = "\n  ".join(
        ("topic_arn = aws_sns_topic.this.arn", f'protocol = "{protocol}"', f'endpoint = "{endpoint}"', *lines)
    )
    return f'resource "aws_sns_topic_subscription" "this" {{\n  {body}\n}}\n'


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Any) -> Workspace:
    return with_ours(tmp_path, sandbox)


def test_a_topic_its_policy_and_a_subscription_are_made_and_removed(workspace: Workspace, sandbox: Any) -> None:
    sns = sandbox.client("sns")
    state = workspace.write(topic("t-life") + policy("One") + subscription("a@example.com")).apply()
    arn = state[TOPIC]["arn"]
    assert state[MAIL]["topic_arn"] == state[POLICY]["id"] == arn
    assert workspace.actions() == {}
    workspace.write(
        topic("t-life", 'display_name = "Alarms"', 'tags = { A = "1" }')
        + policy("Two")
        + subscription("a@example.com", 'filter_policy = jsonencode({ kind = ["alarm"] })')
    )
    assert workspace.actions() == {TOPIC: ["update"], POLICY: ["update"], MAIL: ["update"]}
    state = workspace.apply()
    assert workspace.actions() == {}
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "Alarms"
    assert json.loads(attributes["Policy"])["Statement"][0]["Sid"] == "Two"
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "A", "Value": "1"}]
    subscribed = sns.get_subscription_attributes(SubscriptionArn=state[MAIL]["arn"])["Attributes"]
    assert json.loads(subscribed["FilterPolicy"]) == {"kind": ["alarm"]}
    workspace.destroy()
    assert arn not in {entry["TopicArn"] for entry in sns.list_topics()["Topics"]}


def test_a_policy_taken_away_leaves_the_default_one(workspace: Workspace, sandbox: Any) -> None:
    arn = workspace.write(topic("t-policy") + policy("Mine")).apply()[TOPIC]["arn"]
    workspace.write(topic("t-policy")).apply()
    found = json.loads(sandbox.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    assert found["Id"] == "__default_policy_ID"
    assert workspace.actions() == {}


def test_what_was_deleted_outside_is_planned_again(workspace: Workspace, sandbox: Any) -> None:
    state = workspace.write(topic("t-gone") + subscription("a@example.com")).apply()
    sandbox.client("sns").unsubscribe(SubscriptionArn=state[MAIL]["arn"])
    assert workspace.actions() == {MAIL: ["create"]}
    sandbox.client("sns").delete_topic(TopicArn=state[TOPIC]["arn"])
    assert workspace.actions() == {TOPIC: ["create"], MAIL: ["create"]}


def test_a_new_address_replaces_the_subscription(workspace: Workspace) -> None:
    workspace.write(topic("t-address") + subscription("a@example.com")).apply()
    plan = workspace.write(topic("t-address") + subscription("b@example.com")).plan()
    assert workspace.actions(plan) == {MAIL: ["delete", "create"]}
    paths = [entry["change"].get("replace_paths") for entry in plan["resource_changes"]]
    assert [["endpoint"]] in paths


def test_a_nameless_topic_gets_a_name_that_it_keeps(workspace: Workspace) -> None:
    workspace.write('resource "aws_sns_topic" "this" {\n  name_prefix = "t-some-"\n}\n')
    state = workspace.apply()[TOPIC]
    assert state["name"].startswith("t-some-")
    assert len(state["name"]) == len("t-some-") + 26
    assert workspace.actions() == {}


def test_existing_ones_are_imported_without_a_difference(workspace: Workspace, sandbox: Any) -> None:
    sns = sandbox.client("sns")
    arn = sns.create_topic(Name="t-import", Tags=[{"Key": "A", "Value": "1"}])["TopicArn"]
    mail = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)
    workspace.write(topic("t-import", 'tags = { A = "1" }') + subscription("a@example.com")).plan()
    workspace.run("import", "-no-color", TOPIC, arn)
    workspace.run("import", "-no-color", MAIL, mail["SubscriptionArn"])
    assert workspace.actions() == {}


@pytest.mark.parametrize(
    ("hcl", "expected"),
    [
        (topic("t-no", "fifo_topic = true"), "does not implement fifo_topic of aws_sns_topic"),
        (topic("t-no", 'tracing_config = "Active"'), "does not implement tracing_config of aws_sns_topic"),
        (topic("t no"), "invalid topic name: t no"),
        (topic("t-no", 'policy = "no json"'), '"policy" contains an invalid JSON'),
        (topic("t-no") + subscription("x", protocol="sms"), 'does not implement protocol "sms"'),
        (topic("t-no") + subscription("x", protocol="pigeon"), "expected protocol to be one of"),
        (topic("t-no") + subscription("x", 'redrive_policy = "{}"'), "does not implement redrive_policy"),
        (
            topic("t-no") + subscription("x", 'filter_policy_scope = "MessageBody"'),
            "filter_policy is required when filter_policy_scope is set",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(workspace: Workspace, hcl: str, expected: str) -> None:
    assert expected in workspace.write(hcl).refusal()


class PendingSubscription:
    """A `Call` whose SNS answers as AWS does before anyone has confirmed; the emulator confirms addresses by itself."""

    def __init__(self) -> None:
        self.client = botocore.session.Session().create_client(
            "sns", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stubber = Stubber(self.client)
        self.made: list[str] = []

    def aws(self, service: str) -> Any:
        return self.client

    def note_created(self, identity: str) -> None:
        self.made.append(identity)

    def wait(self, ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        raise AssertionError(f"waits for {what}")


def test_nobody_waits_for_an_address_to_confirm() -> None:
    call = PendingSubscription()
    call.stubber.add_response("subscribe", {"SubscriptionArn": "arn:pending"})
    planned = dict.fromkeys(Subscription.implements) | {"protocol": "email", "endpoint": "a@b.c", "topic_arn": "arn:t"}
    with call.stubber:
        assert Subscription().create(cast(ResourceCall, call), planned) == "arn:pending"
    assert call.made == ["arn:pending"]
    call.stubber.assert_no_pending_responses()


def test_a_pending_subscription_is_left_to_aws_to_forget() -> None:
    call = PendingSubscription()
    message = "Invalid parameter: This subscription is not confirmed yet: Cannot unsubscribe a subscription that is "
    call.stubber.add_client_error("unsubscribe", "InvalidParameter", f"{message}pending confirmation")
    call.stubber.add_client_error("unsubscribe", "InvalidParameter", "Invalid parameter: SubscriptionArn")
    with call.stubber:
        Subscription().delete(cast(ResourceCall, call), {"id": "arn:pending"})
        with pytest.raises(ClientError, match="SubscriptionArn"):
            Subscription().delete(cast(ResourceCall, call), {"id": "arn:wrong"})
