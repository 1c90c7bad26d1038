"""A rule that invokes a function on a schedule: through its alias, with a permission, and again when it fails."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.cloud.functions import Function, package, total, unique
from sandbox.cloud.test_queue_triggers import eventually

JOB = """
def handle(event, context):
    print("ran", event.get("detail-type"), event.get("what"), context.invoked_function_arn, CODE)
    if event.get("raise"):
        raise ValueError("broken")
"""


class Schedule:
    """A function with an alias `live`, and a rule that invokes it once a minute."""

    def __init__(self, sandbox: Any, *, allowed: bool = True, **target: Any) -> None:
        self.sandbox, self.events, self.name = sandbox, sandbox.client("events"), unique("rule")
        self.function = Function(sandbox, Code={"ZipFile": package("one", JOB)})
        self.function.alias("live", self.function.publish())
        self.arn = self.events.put_rule(Name=self.name, ScheduleExpression="rate(1 minute)")["RuleArn"]
        if allowed:
            self.function.client.add_permission(
                FunctionName=self.function.name,
                Qualifier="live",
                StatementId="rule",
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                SourceArn=self.arn,
            )
        arn = f"arn:aws:lambda:{sandbox.region}:{sandbox.account}:function:{self.function.name}:live"
        self.events.put_targets(Rule=self.name, Targets=[{"Id": "job", "Arn": arn, **target}])

    def ran(self) -> list[list[str]]:
        """The words that the function printed; its log group is made by its first invocation."""
        try:
            lines = [event["message"].split() for event in self.function.log()]
        except ClientError:
            return []
        return [words[1:] for words in lines if words[:1] == ["ran"]]

    def end(self) -> None:
        self.events.remove_targets(Rule=self.name, Ids=["job"])
        self.events.delete_rule(Name=self.name)


@pytest.fixture
def pace(sandbox: Any) -> Any:
    """Schedules at a second each, instead of a minute."""
    file = sandbox.home / "schedule-seconds"
    file.write_text("1")
    yield
    file.unlink()


def test_a_schedule_invokes_the_alias_again_and_again(sandbox: Any, pace: None) -> None:
    schedule = Schedule(sandbox)
    assert eventually(lambda: len(schedule.ran()) >= 2)
    kind, event, what, arn, code = schedule.ran()[0]
    assert (kind, event, what, code) == ("Scheduled", "Event", "None", "one")
    assert arn.endswith(":live")
    assert (total(sandbox, "AWS/Events", "Invocations", RuleName=schedule.name) or 0) >= 2
    schedule.end()


def test_a_target_with_an_input_gets_that_and_a_failure_is_tried_twice_more(sandbox: Any, pace: None) -> None:
    schedule = Schedule(sandbox, Input=json.dumps({"what": "sweep", "raise": True}))
    assert eventually(schedule.ran)
    schedule.end()
    assert schedule.ran()[0][1] == "sweep"
    fired = int(total(sandbox, "AWS/Events", "Invocations", RuleName=schedule.name) or 0)
    assert eventually(lambda: len(schedule.ran()) == 3 * fired)


def test_without_a_permission_nothing_is_invoked_and_the_failure_is_counted(sandbox: Any, pace: None) -> None:
    schedule = Schedule(sandbox, allowed=False)
    assert eventually(lambda: total(sandbox, "AWS/Events", "FailedInvocations", RuleName=schedule.name))
    assert schedule.ran() == []
    schedule.end()


def test_a_rule_with_targets_is_not_deleted(sandbox: Any) -> None:
    schedule = Schedule(sandbox)
    with pytest.raises(ClientError, match="can't be deleted since it has targets"):
        schedule.events.delete_rule(Name=schedule.name)
    schedule.end()


@pytest.mark.parametrize("rate", ["1 minutes", "5 minute", "0 minutes", "1 week", "5"])
def test_a_rate_that_eventbridge_refuses(sandbox, rate):
    events = sandbox.client("events")
    with pytest.raises(events.exceptions.ClientError, match="Parameter ScheduleExpression is not valid"):
        events.put_rule(Name="refused", ScheduleExpression=f"rate({rate})")
