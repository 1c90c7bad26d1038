"""Functions, APIs, alarms, topics and scaling are planned as hashicorp/aws plans them."""

import zipfile
from pathlib import Path
from string import Template
from typing import Any

from sandbox.provider.parity import VOLATILE, differences
from sandbox.provider.test_logs import DEFAULT_TAGS

# What holds an id that is another at each run.
MADE_BY_AWS = VOLATILE | {"policy", "arn", "id", "source_arn", "statement_id", "integration_uri", "target"}
STACK = Template(Path(__file__).with_name("services.tf.template").read_text())
BEFORE = {
    "memory": 128, "reserved": -1, "value": "one", "sid": "First", "warm": 1,
    "origins": '["https://a.example"]', "name": "old", "cors": "cors_configuration {\n    allow_origins = [\"*\"]\n  }",
    "route": "GET /health", "burst": 50, "stage": "$default", "threshold": 1,
    "statistic": 'extended_statistic = "p99"\n  evaluate_low_sample_count_percentiles = "ignore"',
    "enabled": "true", "prefixed": 0, "least": 5,
}  # fmt: skip
AFTER = {
    "memory": 256, "reserved": 5, "value": "two", "sid": "Second", "warm": 2,
    "origins": '["https://b.example", "https://c.example"]', "name": "new", "cors": "",
    "route": "GET /healthy", "burst": 60, "stage": "other", "threshold": 2, "statistic": 'statistic = "Maximum"',
    "enabled": "false", "prefixed": 1, "least": 6,
}  # fmt: skip


def make_package(folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(folder / "package.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("entry.py"), "def handle(event, context):\n    return 1\n")


def test_services_are_planned_as_the_real_provider_plans_them(tmp_path: Path, sandbox: Any) -> None:
    for who in ("hashicorp", "sandbox"):
        make_package(tmp_path / who)
    steps = [STACK.substitute(values, hash=number) for number, values in (("1111", BEFORE), ("2222", AFTER))]
    found = differences(sandbox, tmp_path, "services", steps, provider=DEFAULT_TAGS, volatile=MADE_BY_AWS)
    assert not found, "\n".join(found)
