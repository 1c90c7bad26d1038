"""Queue triggers of functions: validate mappings, choose the version, and evaluate batch results as Lambda does.

Sources: lambda/latest/dg/services-sqs-configure.html, services-sqs-errorhandling.html, with-sqs.html, and observed
messages of AWS.
"""

import json
import logging
import time
from collections.abc import Collection, Mapping
from typing import Any

from hybridctl.sandbox.cloud import emulator, routing
from hybridctl.sandbox.cloud.emulator import Answer, Original
from hybridctl.sandbox.cloud.lambda_refusals import LambdaRefused
from hybridctl.sandbox.cloud.roles import role_allows

PARTIAL = "ReportBatchItemFailures"
BACKOFF_SECONDS = 1.0  # Lambda polls less after a failed batch
SMALL_BATCH = 10  # more messages than one call of ReceiveMessage gives need a window to gather them
POLLS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")

log = logging.getLogger("sandbox.triggers")


class QueueTriggers:
    """The emulator's event source mappings of queues, with Lambda's behavior."""

    def __init__(self, router: routing.Router) -> None:
        self._router = router
        self._lambda = emulator.service(
            "lambda_svc",
            "_esm_backoff_until",
            "_esms",
            "_execute_function",
            "_get_func_record_for_qualifier",
            "_resolve_name_and_qualifier",
        )
        self._sqs = emulator.service("sqs", "_delete_messages_for_esm", "_queue_by_arn")

    def install(self) -> None:
        module = self._lambda.module
        emulator.replace(module, "_create_esm", "data", self._create)
        emulator.replace(module, "_update_esm", "esm_id data", self._update)
        batch = "esm func_rec event batch queue_url queue_name"
        emulator.substitute(module, "_run_sqs_batch", batch, self.run_batch)

    def run_batch(
        self,
        mapping: dict[str, Any],
        _record: Mapping[str, Any],
        event: Mapping[str, Any],
        batch: list[dict[str, Any]],
        queue_url: str,
        queue_name: str,
    ) -> None:
        """Invoke the version that the mapping's alias chooses for this batch, and delete the processed messages.

        Failed messages stay in the queue, invisible until their visibility timeout ends.
        """
        svc, name = self._lambda, mapping["FunctionName"]
        route = self._router.route(name, mapping.get("Qualifier"))
        routing.current.set(route)
        record, _ = svc["_get_func_record_for_qualifier"](name, route.version)
        if record is None:
            return  # the alias or the function is gone: the messages come back
        done = svc["_execute_function"](record, event)
        sent = [one["messageId"] for one in event["Records"]]
        failed = set(sent)
        if not done.get("error"):
            is_partial = PARTIAL in (mapping.get("FunctionResponseTypes") or ())
            failed = find_failed(done.get("body"), sent) if is_partial else set()
        elif PARTIAL not in (mapping.get("FunctionResponseTypes") or ()):
            svc["_esm_backoff_until"][mapping["UUID"]] = time.time() + BACKOFF_SECONDS
        processed = {one["receipt_handle"] for one in batch if one["id"] not in failed}
        if processed:
            self._sqs["_delete_messages_for_esm"](queue_url, processed)
        log.info("%s: %d of %d messages from %s", name, len(processed), len(batch), queue_name)

    def _create(self, original: Original, data: dict[str, Any]) -> Answer:
        try:
            self._check(data, None)
        except LambdaRefused as refused:
            return refused.answer()
        return original(data)

    def _update(self, original: Original, identity: str, data: dict[str, Any]) -> Answer:
        known = self._lambda["_esms"].get(identity)
        try:
            if known is not None:
                self._check({**known, "FunctionName": known["FunctionArn"], **data}, identity)
        except LambdaRefused as refused:
            return refused.answer()
        return original(identity, data)

    def _check(self, wanted: Mapping[str, Any], identity: str | None) -> None:
        source = str(wanted.get("EventSourceArn", ""))
        if ":sqs:" not in source:
            return
        invalid = "InvalidParameterValueException"
        name, qualifier = self._lambda["_resolve_name_and_qualifier"](str(wanted.get("FunctionName", "")))
        record, config = self._lambda["_get_func_record_for_qualifier"](name, qualifier)
        if record is None or config is None:
            return  # the emulator says so itself
        queue = self._sqs["_queue_by_arn"](source)
        if queue is None:
            raise LambdaRefused(
                invalid,
                "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
                "SQS Error Message: The specified queue does not exist.",
            )
        for action in POLLS:
            if not role_allows(str(config.get("Role", "")), f"sqs:{action}", source):
                raise LambdaRefused(
                    invalid, f"The provided execution role does not have permissions to call {action} on SQS"
                )
        hidden, timeout = int(queue["attributes"]["VisibilityTimeout"]), int(config.get("Timeout") or 3)
        if hidden < timeout:
            raise LambdaRefused(
                invalid, f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
            )
        window = int(wanted.get("MaximumBatchingWindowInSeconds") or 0)
        if int(wanted.get("BatchSize") or SMALL_BATCH) > SMALL_BATCH and not window:
            raise LambdaRefused(
                invalid,
                f"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
                f"{SMALL_BATCH}",
            )
        self._must_be_new(source, name, qualifier, identity)

    def _must_be_new(self, source: str, name: str, qualifier: str | None, identity: str | None) -> None:
        for other in self._lambda["_esms"].values():
            same = (other["EventSourceArn"], other["FunctionName"]) == (source, name)
            if same and other.get("Qualifier") == qualifier and other["UUID"] != identity:
                raise LambdaRefused(
                    "ResourceConflictException",
                    f'An event source mapping with SQS arn (" {source} ") and function (" {name} ") already exists. '
                    f"Please update or delete the existing mapping with UUID {other['UUID']}",
                    409,
                )


def find_failed(answer: Any, sent: Collection[str]) -> set[str]:
    """Return the ids of failed messages as the function reports them; all ids if the report is invalid.

    No response, or one without a list of failures, means success.
    """
    if isinstance(answer, str | bytes):
        try:
            answer = json.loads(answer or "null")
        except ValueError:
            return set(sent)
    if answer is None:
        return set()
    if not isinstance(answer, Mapping):
        return set(sent)
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return set(sent)
    named = [one.get("itemIdentifier") if isinstance(one, Mapping) else None for one in failures]
    return {str(one) for one in named} if all(one in sent for one in named) else set(sent)
