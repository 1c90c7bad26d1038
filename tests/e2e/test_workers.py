"""A queue worker and a schedule beside the API, built by the words of docs/workers.md, and what releases do to them."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from e2e.conftest import Clone
from fakes.sandbox_clients import client_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "workers.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
GROUP = "/aws/lambda/shop-{}-local"


@dataclass
class Shop(Clone):
    """A project with the page's two workers."""

    clients: dict[str, Any] = field(default_factory=dict)

    def follow(self) -> None:
        blocks = {block["kind"]: block["body"] for block in BLOCK.finditer(PAGE)}
        (self.root / "app/worker.py").write_text(blocks["python"])
        (self.root / "infra/backend/workers.tf").write_text(blocks["hcl"])
        self.edit("hybridctl.toml", lambda text: text + blocks["toml"])

    def client(self, service: str) -> Any:
        """A client of the sandbox, made once."""
        if service not in self.clients:
            self.clients[service] = client_of(self.exports, service)
        return self.clients[service]

    def read_log(self, worker: str, member: str) -> list[dict[str, Any]]:
        """The lines of a worker that hold that member, without those of its checks."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP.format(worker))
        lines = [event["message"] for page in pages for event in page["events"]]
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [one for one in found if member in one and one[member] != "check"]

    @property
    def versions(self) -> list[str]:
        names = ("shop-local", "shop-sweep-local", "shop-worker-local")
        client = self.client("lambda")
        return [client.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in names]

    @property
    def weights(self) -> dict[str, float]:
        """What the API's alias gives to another version."""
        alias = self.client("lambda").get_alias(FunctionName="shop-local", Name="live")
        found: dict[str, float] = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return found


class Sender:
    """Sends ten notes a second, from `start` to `stop`, and knows what it sent."""

    def __init__(self, shop: Shop) -> None:
        self.sqs = shop.client("sqs")
        self.url = self.sqs.get_queue_url(QueueName="shop-notes-local")["QueueUrl"]
        self.dead = self.sqs.get_queue_url(QueueName="shop-failed-local")["QueueUrl"]
        self.sent: list[str] = []
        self._stop = Event()
        self._thread = Thread(target=self._send)

    def __enter__(self) -> "Sender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stop.wait(0.1):
            name = f"n{len(self.sent)}"
            self.sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps({"id": name, "text": "sent"}))
            self.sent.append(name)

    def count_messages(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))


def eventually(check: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("workers")
    made = Shop(folder / "shop", folder / "home")
    made.home.mkdir()
    start = Clone(folder, made.home)
    start.must("init", "shop", "--template", "http")
    made.follow()
    yield made
    made.run("sandbox", "stop")


def test_a_trigger_past_the_alias_is_refused_before_anything_is_made(shop):
    tf = shop.root / "infra/backend/workers.tf"
    text = tf.read_text()
    alias, function = 'aws_lambda_alias.worker["worker"].arn', 'aws_lambda_function.worker["worker"].arn'
    tf.write_text(text.replace(alias, function))
    ran = shop.run("deploy", "local")
    assert (ran.code, "unproven-trigger:module.backend.aws_lambda_event_source_mapping.notes" in ran.err) == (5, True)
    tf.write_text(text)
    shop.must("deploy", "local")
    assert shop.versions == ["1", "1", "1"]


def test_a_bad_worker_never_goes_live_and_no_message_is_lost_or_kept_twice(shop):
    good = (shop.root / "app/worker.py").read_text()
    with Sender(shop) as sender:
        assert eventually(lambda: len(shop.read_log("worker", "kept")) > 20)
        shop.edit("app/worker.py", lambda text: text.replace('note["text"]', 'note["body"]'))
        bad = shop.run("deploy", "local")
        assert (bad.code, "worker: smoke: 1 of 1 check failed" in bad.err) == (5, True), bad.all
        assert shop.versions == ["1", "1", "1"]
        (shop.root / "app/worker.py").write_text(good.replace('"kept"', '"kept2"'))
        shop.must("deploy", "local", "-m", "a better worker")
        assert shop.versions == ["3", "3", "3"]
        assert eventually(lambda: shop.read_log("worker", "kept2"))
        shop.must("rollback", "local", "-m", "as before")
        assert shop.versions == ["1", "1", "1"]
        already = len(sender.sent)
        assert eventually(lambda: len(sender.sent) > already + 20)
    assert eventually(lambda: sender.count_messages(sender.url) == 0)
    kept = [*shop.read_log("worker", "kept"), *shop.read_log("worker", "kept2")]
    assert Counter(one.get("kept") or one["kept2"] for one in kept) == Counter(sender.sent)
    assert {one["version"] for one in kept} == {"1", "3"}
    assert sender.count_messages(sender.dead) == 0


def test_every_view_knows_the_workers(shop):
    seen = shop.must("status", "local")
    assert "worker version 1 (newest is 3)" in seen.out
    lines = shop.must("--output", "json", "logs", "local", "--function", "worker", "--grep", "kept2").out.splitlines()
    assert {json.loads(line)["version"] for line in lines} == {"3"}
    invoked = shop.must("--json", "invoke", "local", "--function", "sweep").json
    assert (invoked["function"], invoked["payload"]) == ("shop-sweep-local", {"swept": True})
    series = {one["name"]: one["summary"] for one in shop.must("--json", "metrics", "local").json["series"]}
    assert series["worker-worker.requests"] > 0
    assert series["worker-worker.errors"] == 0
    newest = shop.must("--json", "releases", "local").json["releases"][-1]
    assert [(one["name"], one["after"]) for one in newest["workers"]] == [("sweep", 1), ("worker", 1)]


def test_a_canary_that_is_killed_is_taken_back_with_its_workers(shop):
    shop.edit("app/worker.py", lambda text: text.replace('"kept2"', '"kept3"'))
    process = shop.start("deploy", "local", "--strategy", "canary:50@5m")
    try:
        assert list(eventually(lambda: shop.weights)) == ["4"]
        assert shop.versions == ["1", "4", "4"]
    finally:
        process.kill()
        process.communicate()
    assert "hybridctl abort local" in shop.run("status", "local").out
    shop.must("abort", "local", "-m", "its process was killed")
    assert shop.versions == ["1", "1", "1"]
    assert shop.weights == {}
    assert "healthy" in shop.must("status", "local").out


def test_a_schedule_runs_what_is_live(shop):
    pace = shop.root / ".hybridctl/sandbox/schedule-seconds"
    pace.write_text("1")
    try:
        assert eventually(lambda: len(shop.read_log("sweep", "swept")) > 2)
    finally:
        pace.unlink()


def test_everything_is_destroyed(shop):
    shop.must("destroy", "local", "--yes")
    assert shop.client("sqs").list_queues().get("QueueUrls", []) == []
