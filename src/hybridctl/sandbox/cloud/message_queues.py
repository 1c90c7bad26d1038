"""SQS queues that lose no message between threads, and their AWS/SQS metrics.

The emulator answers clients on its event loop and polls for functions on a thread. Both replace a queue's list of
messages, and what the other appended in between is lost. Here each of these steps holds one lock.
"""

import functools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from hybridctl.sandbox.cloud import emulator
from hybridctl.sandbox.cloud.emulator import Answer, Handler, ServiceRequest
from hybridctl.sandbox.cloud.meter import Dimensions, Meter

NAMESPACE = "AWS/SQS"
# Each of them reads a queue's messages and stores a list without some of them.
STEPS = (
    ("_collect_msgs", "q max_n vis_timeout"),
    ("_dlq_sweep", "q"),
    ("_expire_retained", "q"),
)
COUNTED = {
    "SendMessage": "NumberOfMessagesSent",
    "SendMessageBatch": "NumberOfMessagesSent",
    "ReceiveMessage": "NumberOfMessagesReceived",
    "DeleteMessage": "NumberOfMessagesDeleted",
    "DeleteMessageBatch": "NumberOfMessagesDeleted",
}
GAUGE_SECONDS = 60.0  # SQS reports how many messages it holds once a minute


class MessageQueues:
    """The emulator's SQS with one lock and metrics."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._sqs = emulator.service(
            "sqs", "_HANDLERS", "_delete_messages_for_esm", "_queues", "_queues_lock", "_receive_messages_for_esm"
        )
        self._lock = threading.RLock()
        self._due = 0.0

    def install(self) -> None:
        module = self._sqs.module
        # The emulator's own two helpers of the poller take this lock around the steps below: it has to be reentrant.
        emulator.put(module, "_queues_lock", self._lock)
        for name, parameters in STEPS:
            emulator.replace(module, name, parameters, self._guard)
        for action, handler in list(self._sqs["_HANDLERS"].items()):
            if action != "ReceiveMessage":  # it waits for messages; its steps are those above
                self._sqs["_HANDLERS"][action] = functools.partial(self._guard, handler)
        emulator.replace(module, "_receive_messages_for_esm", "queue_url max_number", self._poll)
        emulator.replace(module, "_delete_messages_for_esm", "queue_url receipt_handles", self._delete_polled)
        for service, producer, parameters in (
            ("eventbridge", "_dispatch_to_sqs", "spec payload sqs_parameters"),
            ("lambda_svc", "_route_async_failure", "target_arn func_name event result"),
        ):
            emulator.replace(emulator.service(service, producer).module, producer, parameters, self._guard)
        emulator.layer("sqs", self._count_answer)

    def measure(self) -> None:
        """Report once a minute how many messages each queue holds, and how old the oldest one is."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + GAUGE_SECONDS
        now = time.time()
        with self._lock:
            for queue in [queue for _, queue in self._sqs["_queues"].all_items()]:
                messages = queue["messages"]
                visible = sum(one["visible_at"] <= now for one in messages)
                held = {
                    "ApproximateNumberOfMessagesVisible": visible,
                    "ApproximateNumberOfMessagesNotVisible": len(messages) - visible,
                }
                for name, value in held.items():
                    self._meter.count(NAMESPACE, name, value, "Count", _dimensions(queue["name"]))
                age = max((now - one["sent_at"] for one in messages), default=0.0)
                self._meter.count(
                    NAMESPACE, "ApproximateAgeOfOldestMessage", round(age), "Seconds", _dimensions(queue["name"])
                )

    def _guard(self, original: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self._lock:
            return original(*arguments, **named)

    def _poll(self, original: Callable[..., Any], url: str, most: int) -> Any:
        messages = original(url, most)
        self._count(url, "NumberOfMessagesReceived", len(messages))
        return messages

    def _delete_polled(self, original: Callable[..., Any], url: str, handles: Any) -> Any:
        done = original(url, handles)
        self._count(url, "NumberOfMessagesDeleted", len(handles))
        return done

    async def _count_answer(self, forward: Handler, request: ServiceRequest) -> Answer:
        answer = await forward(*request)
        if request.operation in COUNTED and answer[0] == 200:
            url, count = _read(request.operation, request.body, answer[2])
            self._count(url, COUNTED[request.operation], count)
        return answer

    def _count(self, url: str, metric: str, count: int) -> None:
        if count:
            self._meter.count(NAMESPACE, metric, count, "Count", _dimensions(url.rpartition("/")[2]))


def _dimensions(queue: str) -> tuple[Dimensions, ...]:
    return ((("QueueName", queue),),)


def _read(operation: str, body: bytes, answered: Any) -> tuple[str, int]:
    """Return the queue's URL and the number of messages of a request in the JSON protocol, which boto3 uses."""
    url = str(json.loads(body).get("QueueUrl", ""))
    if operation in ("SendMessage", "DeleteMessage"):
        return url, 1
    answer = json.loads(answered or b"{}")
    return url, len(answer.get("Messages" if operation == "ReceiveMessage" else "Successful") or ())
