"""A queue that triggers a function through its alias: batches, failures, retries, the dead-letter queue, and counts."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hybridctl.sandbox.cloud.queue_triggers import find_failed
from sandbox.cloud.functions import Function, package, total, unique

WORKER = """
import json
def handle(event, context):
    failed = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        print("took", order["id"], record["attributes"]["ApproximateReceiveCount"], CODE, context.invoked_function_arn)
        if order.get("raise"):
            raise ValueError(order["raise"])
        if order.get("fail"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


class Worker:
    """A function with an alias `live`, two queues, and a mapping of the first one to the alias."""

    def __init__(self, sandbox: Any, *, visibility: int = 2, tries: int = 2, **mapping: Any) -> None:
        self.sandbox, self.sqs = sandbox, sandbox.client("sqs")
        self.function = Function(sandbox, Timeout=2, Code={"ZipFile": package("one", WORKER)})
        role = self.function.client.get_function_configuration(FunctionName=self.function.name)["Role"]
        self.role = role.rpartition("/")[2]
        self.dead = self.sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": tries}
        attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": json.dumps(redrive)}
        self.queue = self.sqs.create_queue(QueueName=unique("q"), Attributes=attributes)["QueueUrl"]
        self.may_poll()
        self.function.alias("live", self.function.publish())
        self.options = {"FunctionResponseTypes": ["ReportBatchItemFailures"], **mapping}

    def may_poll(self) -> None:
        actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": self.arn(self.queue)}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.sandbox.client("iam").put_role_policy(RoleName=self.role, PolicyName="poll", PolicyDocument=document)

    def map(self, qualifier: str = ":live", **options: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.function.client.create_event_source_mapping(
            EventSourceArn=self.arn(self.queue),
            FunctionName=f"{self.function.name}{qualifier}",
            **{**self.options, **options},
        )
        return made

    def arn(self, url: str) -> str:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def send(self, **order: Any) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(order))

    def count_messages(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def took(self) -> list[list[str]]:
        """What the function logged of each message: its id, how often it was received, the code, the invoked ARN."""
        lines = [event["message"].split() for event in self.function.log()]
        return [words[1:] for words in lines if words[:1] == ["took"]]


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_a_batch_goes_through_the_alias_and_leaves_the_queue(sandbox: Any) -> None:
    worker = Worker(sandbox)
    made = worker.map()
    assert made["FunctionArn"].endswith(f":function:{worker.function.name}:live")
    worker.send(id="a")
    assert eventually(worker.took)[0][:3] == ["a", "1", "one"]
    assert worker.took()[0][3].endswith(":live")
    assert eventually(lambda: worker.count_messages(worker.queue) == 0)
    resource = {"FunctionName": worker.function.name, "Resource": f"{worker.function.name}:live"}
    assert eventually(lambda: total(sandbox, "AWS/Lambda", "Invocations", **resource)) == 1
    name = worker.queue.rpartition("/")[2]
    assert total(sandbox, "AWS/SQS", "NumberOfMessagesSent", QueueName=name) == 1
    assert eventually(lambda: total(sandbox, "AWS/SQS", "NumberOfMessagesDeleted", QueueName=name)) == 1


def test_only_what_failed_comes_back_and_ends_in_the_dead_letter_queue(sandbox: Any) -> None:
    worker = Worker(sandbox, visibility=2, tries=2)
    for order in ({"id": "good"}, {"id": "bad", "fail": True}):
        worker.send(**order)
    worker.map()
    assert eventually(lambda: worker.count_messages(worker.dead) == 1, 30)
    counts = Counter(words[0] for words in worker.took())
    assert counts == {"good": 1, "bad": 2}
    assert worker.count_messages(worker.queue) == 0
    [dead] = worker.sqs.receive_message(QueueUrl=worker.dead)["Messages"]
    assert json.loads(dead["Body"])["id"] == "bad"


def test_a_function_that_raises_gets_its_whole_batch_again(sandbox: Any) -> None:
    worker = Worker(sandbox, visibility=2, tries=3)
    worker.send(id="x", **{"raise": "broken"})
    worker.map()
    assert eventually(lambda: worker.count_messages(worker.dead) == 1, 40)
    assert [words[:2] for words in worker.took()] == [["x", "1"], ["x", "2"], ["x", "3"]]


def test_a_mapping_follows_its_alias_and_its_weights(sandbox: Any) -> None:
    worker = Worker(sandbox, visibility=5)
    worker.map(BatchSize=1)
    worker.function.client.update_function_code(
        FunctionName=worker.function.name, ZipFile=package("two", WORKER), Publish=True
    )
    worker.function.wait()
    worker.send(id="before")
    assert eventually(worker.took)[0][2] == "one"  # a version that is published serves no message
    worker.function.client.update_alias(FunctionName=worker.function.name, Name="live", FunctionVersion="2")
    worker.send(id="after")
    assert eventually(lambda: [words[2] for words in worker.took() if words[0] == "after"]) == ["two"]
    worker.function.client.update_alias(
        FunctionName=worker.function.name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}}
    )
    for number in range(16):
        worker.send(id=f"w{number}")
    seen = eventually(lambda: len([1 for words in worker.took() if words[0][0] == "w"]) == 16)
    assert seen
    assert {words[2] for words in worker.took() if words[0][0] == "w"} == {"one", "two"}


def test_no_message_is_lost_or_doubled_while_many_send(sandbox: Any) -> None:
    worker = Worker(sandbox, visibility=60)
    worker.map()
    wanted = [f"m{number}" for number in range(300)]

    def send(ids: list[str]) -> None:
        client = sandbox.client("sqs")
        entries = [{"Id": one, "MessageBody": json.dumps({"id": one})} for one in ids]
        client.send_message_batch(QueueUrl=worker.queue, Entries=entries)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, [wanted[at : at + 5] for at in range(0, 300, 5)]))
    assert eventually(lambda: worker.count_messages(worker.queue) == 0, 60)
    assert eventually(lambda: len(worker.took()) >= 300)
    assert Counter(words[0] for words in worker.took()) == Counter(wanted)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"visibility": 1}, "Queue visibility timeout: 1 seconds is less than Function timeout: 2 seconds"),
        ({"BatchSize": 20}, "Maximum batch window in seconds must be greater than 0"),
    ],
)
def test_a_mapping_that_lambda_refuses_is_refused(sandbox: Any, settings: dict[str, Any], message: str) -> None:
    worker = Worker(sandbox, **settings)
    with pytest.raises(ClientError, match=message) as refused:
        worker.map()
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_role_that_may_not_poll_and_a_second_mapping_are_refused(sandbox: Any) -> None:
    worker = Worker(sandbox)
    sandbox.client("iam").delete_role_policy(RoleName=worker.role, PolicyName="poll")
    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage on SQS"):
        worker.map()
    worker.may_poll()
    made = worker.map()
    with pytest.raises(ClientError, match=f"already exists.*{made['UUID']}"):
        worker.map()


SENT = ("a", "b")


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "b"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "strange"}]}, {"a", "b"}),
        ("no JSON", {"a", "b"}),
        ('{"batchItemFailures": [{"itemIdentifier": "a"}]}', {"a"}),
    ],
)
def test_an_answer_is_judged_as_lambda_documents_it(answer: Any, failed: set[str]) -> None:
    assert find_failed(answer, SENT) == failed
