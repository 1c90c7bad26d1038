"""Queues, their mappings, and schedules are planned as hashicorp/aws plans them."""

from pathlib import Path
from string import Template
from typing import Any

from sandbox.provider.parity import differences
from sandbox.provider.test_logs import DEFAULT_TAGS
from sandbox.provider.test_plan_parity_services import MADE_BY_AWS, make_package

STACK = Template(Path(__file__).with_name("triggers.tf.template").read_text())
# What holds an id that is another at each run; a queue's URL has the port of the sandbox.
VOLATILE = MADE_BY_AWS | {"uuid", "url", "queue_url", "target_id", "name_prefix", "last_processing_result"}
BEFORE = {
    "name": "one", "visibility": 60, "delay": 0, "tries": 3, "sse": "true", "bus": "a", "schedule": "rate(5 minutes)",
    "state": "", "retries": 2, "mapping": "",
}  # fmt: skip
AFTER = {
    "name": "two", "visibility": 90, "delay": 1, "tries": 4, "sse": "false", "bus": "b",
    "schedule": "cron(0 12 * * ? *)", "state": 'state = "DISABLED"', "retries": 1,
    "mapping": "batch_size = 5\n  enabled = false\n  scaling_config {\n    maximum_concurrency = 4\n  }\n"
    "  maximum_batching_window_in_seconds = 1\n"
    "  filter_criteria {\n    filter {\n      pattern = jsonencode({ body = { kind = [\"order\"] } })\n    }\n  }",
}  # fmt: skip


def test_triggers_are_planned_as_the_real_provider_plans_them(tmp_path: Path, sandbox: Any) -> None:
    for who in ("hashicorp", "sandbox"):
        make_package(tmp_path / who)
    steps = [STACK.substitute(values) for values in (BEFORE, AFTER)]
    found = differences(sandbox, tmp_path, "triggers", steps, provider=DEFAULT_TAGS, volatile=VOLATILE)
    assert not found, "\n".join(found)
