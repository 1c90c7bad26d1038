"""Logging a user out everywhere.

Whole processes run against the sandbox's table, through an endpoint that counts and throttles. `hybridctl sessions
revoke USER` raises the user's epoch and then deletes the sessions. The other two can only delete: a simple loop of
batches of 25, and boto3's `batch_writer`, which retries unprocessed items. Times include start-up.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from urllib.request import ProxyHandler, build_opener

from bench.contest import Absent, Contender, Contest, Sample
from bench.memory import PeakMemory
from bench.packaged import Packaged, client, packaged
from bench.workshop import HYBRIDCTL, REPOSITORY, Checkout, Workshop

MANY, FEW = 10_000, 1_000
_BATCH = 25
_LOOP = """
import sys, boto3
dynamodb, table, batch = boto3.client("dynamodb"), sys.argv[1], []
pages = dynamodb.get_paginator("query").paginate(TableName=table, IndexName="by_user",
    KeyConditionExpression="user_id = :user", ExpressionAttributeValues={":user": {"S": sys.argv[2]}})
for page in pages:
    for item in page["Items"]:
        batch.append({"DeleteRequest": {"Key": {"session_id": item["session_id"]}}})
        if len(batch) == 25:
            dynamodb.batch_write_item(RequestItems={table: batch})
            batch = []
if batch:
    dynamodb.batch_write_item(RequestItems={table: batch})
"""
_WRITER = """
import sys, boto3
from boto3.dynamodb.conditions import Key
table, start = boto3.resource("dynamodb").Table(sys.argv[1]), {}
with table.batch_writer() as batch:
    while True:
        page = table.query(IndexName="by_user", KeyConditionExpression=Key("user_id").eq(sys.argv[2]), **start)
        for item in page["Items"]:
            batch.delete_item(Key={"session_id": item["session_id"]})
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
"""
OURS, LOOP, WRITER = "sessions revoke", "a loop of batches", "batch_writer"


def contests(workshop: Workshop) -> Iterator[Contest]:
    bench = SessionsBench(workshop.deployed, packaged(workshop))
    yield Contest(
        "killed right after its first write",
        Contender(OURS, partial(bench.killed, OURS, batches=0, every=1)),
        [Contender(LOOP, partial(bench.killed, LOOP, batches=1, every=10))],
        rounds=1,
        warm_ups=0,
        note="hybridctl's first write raises the epoch, the loop's first write deletes 25 sessions; the handler "
        "validates every session that hybridctl left, and every tenth that the loop left",
    )
    yield Contest(
        "killed in the middle, and run again",
        Contender(OURS, partial(bench.killed, OURS, batches=137, every=50)),
        [Contender(LOOP, partial(bench.killed, LOOP, batches=137, every=50))],
        rounds=1,
        warm_ups=0,
    )
    yield bench.contest("10,000 sessions deleted", rounds=2)
    yield bench.contest(
        "the same, while a tenth of the writes is throttled",
        {"whole": 0.05, "part": 0.05},
        rounds=2,
        note="one batch in twenty is rejected, and one write in twenty of the other batches is returned as unprocessed",
    )
    yield Contest(
        "memory of a revocation",
        Contender("10,000 sessions", partial(bench.memory, MANY)),
        [Contender("hybridctl, 1,000 sessions", partial(bench.memory, FEW))],
        rounds=1,
        warm_ups=0,
    )


@dataclass(frozen=True)
class RunningGate:
    """A running `table_gate`."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stats(self) -> Mapping[str, int]:
        with build_opener(ProxyHandler({})).open(f"{self.url}/stats") as answer:
            found: Mapping[str, int] = json.load(answer)
        return found

    def calls(self) -> int:
        return self.stats()["calls"]


@dataclass
class SessionsBench:
    checkout: Checkout
    handler: Packaged
    users: int = 0

    def contest(
        self, title: str, faults: Mapping[str, float] | None = None, *, rounds: int = 1, note: str = ""
    ) -> Contest:
        ours, *peers = (
            Contender(name, partial(self.deleted, name, MANY, faults or {})) for name in (OURS, LOOP, WRITER)
        )
        return Contest(title, ours, peers, rounds=rounds, warm_ups=0, note=note)

    def deleted(self, name: str, count: int, faults: Mapping[str, float]) -> Sample:
        """One user's sessions, removed by a process that is let run to its end."""
        user = self.sign_in(count)
        with self.gate(faults) as gate:
            started = time.perf_counter()
            child = self._start(name, user, gate)
            memory = PeakMemory(child.pid)
            _, said = child.communicate()
            seconds = time.perf_counter() - started
            if child.returncode != 0:
                raise Absent(f"{name} ended with {child.returncode}: {said.strip()[-200:]}")
            stats = gate.stats()
        left = {"sessions left": len(self.left(user))}
        found = {"seconds": seconds, "calls": stats["calls"], "peak MB": memory.peak_mb}
        if not faults:
            return found | left
        # What was lost comes first, for the time of a loop that loses some says little.
        return left | found | {"calls refused": stats["refused"], "writes not taken": stats["unprocessed"]}

    def memory(self, count: int) -> Sample:
        return {"peak MB": self.deleted(OURS, count, {})["peak MB"]}

    def killed(self, name: str, batches: int, every: int) -> Sample:
        """`kill -9` when that many batches have been heard; then once more, to its end."""
        user = self.sign_in(MANY)
        with self.gate({"batches": batches}) as gate:
            child = self._start(name, user, gate)
            while not gate.stats().get("held"):
                if child.poll() is not None:
                    raise Absent(f"{name} ended before it was killed: {child.communicate()[1].strip()[-200:]}")
                time.sleep(0.02)
            child.kill()
            child.communicate()
        left = self.left(user)
        asked = left[::every]
        valid = self.handler.ask("valid", asked)
        with self.gate({}) as gate:
            self._start(name, user, gate).communicate()
        return {
            "valid of 100 that were left": 100 * valid / len(asked),
            "left by the kill": len(left),
            "left by the second run": len(self.left(user)),
        }

    def _start(self, name: str, user: str, gate: RunningGate) -> "subprocess.Popen[str]":
        argv = {
            OURS: [HYBRIDCTL, "sessions", "revoke", user],
            LOOP: [sys.executable, "-c", _LOOP, self.handler.table, user],
            WRITER: [sys.executable, "-c", _WRITER, self.handler.table, user],
        }[name]
        environ = self.checkout.environ if name == OURS else self.checkout.sandbox | {"AWS_ENDPOINT_URL": gate.url}
        return subprocess.Popen(
            argv, cwd=self.checkout.root, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    @contextmanager
    def gate(self, faults: Mapping[str, float]) -> Iterator[RunningGate]:
        """Lead everybody through a gate: hybridctl finds the sandbox where the sandbox has said it is."""
        ready = self.checkout.root / ".hybridctl" / "sandbox" / "ready.json"
        said = ready.read_text(encoding="utf-8")
        before = json.loads(said)
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.table_gate", json.dumps({"port": before["port"], **faults})],
            cwd=REPOSITORY, env=self.checkout.sandbox, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with child:  # closes its stdin, by which it ends
            gate = RunningGate(int(child.stdout.readline() if child.stdout else 0))
            ready.write_text(json.dumps(before | {"port": gate.port, "endpoint": gate.url}), encoding="utf-8")
            try:
                yield gate
            finally:
                ready.write_text(said, encoding="utf-8")

    def sign_in(self, count: int) -> str:
        """A new user with so many sessions, copies of one that the handler has made."""
        self.users += 1
        user = f"user-{self.users}"
        dynamodb = client(self.checkout, "dynamodb")
        first = self.handler.ask("sign-in", user)
        item = dynamodb.get_item(TableName=self.handler.table, Key={"session_id": {"S": first}})["Item"]
        ids = [first, *(f"{number:06}{first[6:]}" for number in range(1, count))]
        created = int(item["created_at"]["N"])
        for at in range(0, count, _BATCH):
            copies = [
                {**item, "session_id": {"S": one}, "created_at": {"N": str(created - at)}}
                for one in ids[at : at + _BATCH]
            ]
            dynamodb.batch_write_item(
                RequestItems={self.handler.table: [{"PutRequest": {"Item": copy}} for copy in copies]}
            )
        return user

    def newest(self, user: str) -> str:
        """The id of a user's newest session."""
        found = client(self.checkout, "dynamodb").query(
            TableName=self.handler.table,
            IndexName="by_user",
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user}},
            ScanIndexForward=False,
            Limit=1,
        )
        session: str = found["Items"][0]["session_id"]["S"]
        return session

    def left(self, user: str) -> Sequence[str]:
        pages = client(self.checkout, "dynamodb").get_paginator("query").paginate(
            TableName=self.handler.table,
            IndexName="by_user",
            KeyConditionExpression="user_id = :user",
            ExpressionAttributeValues={":user": {"S": user}},
            ProjectionExpression="session_id",
        )  # fmt: skip
        return [item["session_id"]["S"] for page in pages for item in page["Items"]]
