"""Calls, CPU time and memory as an environment grows: releases, environments, sessions of one user, log events.

`make bench ONLY=scale` measures the tables of docs/scale.md and keeps them in bench/results/scale. Whole processes
of hybridctl run against the sandbox's table and against an emulated CloudWatch Logs, and their calls are counted there.
The CPU time is the process's own, so neither the service nor another program counts.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.commands import Inside
from bench.contest import Absent
from bench.counting_s3 import PREFIX, CountingS3, bucket_of
from bench.log_readers import folder, searching, serving
from bench.log_service import Faults, Load
from bench.machine import describe
from bench.memory import PeakMemory
from bench.packaged import packaged
from bench.report import FOLDER
from bench.revocation import SessionsBench
from bench.workshop import HYBRIDCTL, Workshop
from hybridctl.adapters.aws.journal import S3Journal
from hybridctl.adapters.clock import SystemClock
from hybridctl.domain.counting import count_noun
from hybridctl.files import write_file
from hybridctl.settings_file import load_settings

Table = Iterable[Sequence[str]]  # the head, then the rows

KEPT = FOLDER / "scale" / "tables.json"
SESSIONS = (100, 1_000, 10_000, 100_000)
EVENTS = (1_000, 10_000, 100_000, 1_000_000)
_NOW = datetime.now(UTC)
_RHYTHMS = {"every 2 minutes": 2, "hourly": 60, "daily": 1440}
_READS: dict[str, Callable[[S3Journal], object]] = {
    "`releases`": lambda journal: journal.releases(20),
    "`status`": lambda journal: next(reversed(journal.releases())),
    "`rollback`, 40 releases back": lambda journal: [
        one for one, _ in zip(reversed(journal.releases()), range(40), strict=False)
    ],
    "`deploy`": lambda journal: journal.releases(30),
    "all of it (`releases prune`)": lambda journal: len(journal.releases()),
}


def _journal(s3: CountingS3) -> S3Journal:
    client: object = s3
    return S3Journal(lambda: client, bucket="b", prefix=PREFIX, host="laptop:1", clock=SystemClock())  # type: ignore[arg-type, return-value]


def history(_: Workshop) -> Table:
    """Requests to S3, LIST + GET, by the number of records and how often one is made."""
    yield "command", "releases", *(f"{size:,} records" for size in (100, 1_000, 10_000))
    for name, read in _READS.items():
        for rhythm, minutes in _RHYTHMS.items():
            cells = []
            for size in (100, 1_000, 10_000):
                s3 = bucket_of([_NOW - timedelta(minutes=minutes * number) for number in range(1, size + 1)])
                read(_journal(s3))
                cells.append(f"{s3.asked['list']} + {s3.asked['get']:,}")
            yield name, rhythm, *cells


def environments(_: Workshop) -> Table:
    """The CPU time in which hybridctl.toml is read, the least of 20 times."""
    yield "environments", "hybridctl.toml is read in"
    for size in (3, 10, 100, 1_000):
        with TemporaryDirectory() as folder:
            text = "".join(f"[environments.team{number}]\n" for number in range(size))
            head = 'project = "scale"\nregion = "us-east-1"\ndefault_environment = "team0"\n'
            Path(folder, "hybridctl.toml").write_text(head + text, encoding="utf-8")
            yield f"{size:,}", f"{min(_timed(Path(folder)) for _ in range(20)) * 1000:.1f} ms"


def _timed(folder: Path) -> float:
    began = time.process_time()
    load_settings(folder, {})
    return time.process_time() - began


@dataclass(frozen=True)
class Cost:
    """What one run of a command took: calls of the service, and its own CPU time and peak memory."""

    calls: int
    cpu_seconds: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{count_noun(self.calls, 'call')}, {self.cpu_seconds:.2f} s, {self.peak_mb:.0f} MB"

    def slope(self, before: "Cost", more: int) -> str:
        """What each of so many more items has cost."""
        calls = round((self.calls - before.calls) / more, 4)
        cpu = round((self.cpu_seconds - before.cpu_seconds) / more * 1e6)
        memory = round((self.peak_mb - before.peak_mb) / more * 1000, 2)
        return f"{calls:g} calls, {cpu} µs, {memory:g} kB"


def sessions(workshop: Workshop) -> Table:
    """Calls to DynamoDB, CPU time and peak memory of a command, by how many sessions one user has."""
    bench = SessionsBench(workshop.deployed, packaged(workshop))
    costs: dict[str, list[Cost]] = {}
    for size in SESSIONS:
        sys.stderr.write(f"scale: {size:,} sessions of one user\n")
        user = bench.sign_in(size)
        found = _commands_of_sessions(user, bench.newest(user))
        for name, argv in found.items():
            with bench.gate({}) as gate:
                costs.setdefault(name, []).append(_run([HYBRIDCTL, *argv], bench.checkout.inside, gate.calls))
    *_, before, largest = SESSIONS
    yield "command", *(f"{size:,} sessions" for size in SESSIONS), "each session more"
    for name, each in costs.items():
        yield name, *map(str, each), each[-1].slope(each[-2], largest - before)


def _commands_of_sessions(user: str, one: str) -> dict[str, list[str]]:
    return {
        "`sessions list USER`": ["sessions", "list", user],
        "`sessions list USER --limit 1000`": ["sessions", "list", user, "--limit", "1000"],
        "`sessions show ID`": ["sessions", "show", one],
        "`sessions show PREFIX --of USER`": ["sessions", "show", one[:12], "--of", user],
        "`sessions revoke ID`": ["sessions", "revoke", one],
        "`sessions scan --limit 1000`": ["sessions", "scan", "--limit", "1000"],
        "`sessions revoke USER`": ["sessions", "revoke", user],
    }


def handler(workshop: Workshop) -> Table:
    """Calls to DynamoDB of the function itself, by how many sessions the user has."""
    bench = SessionsBench(workshop.deployed, packaged(workshop))
    calls: dict[str, list[int]] = {}
    for size in SESSIONS[:-1]:
        user = bench.sign_in(size)
        one = bench.newest(user)
        for name, mode, told in (
            ("a session is validated", "valid", [one]),
            ("the user signs in once more", "sign-in", user),
        ):
            with bench.gate({}) as gate:
                replace(bench.handler, environ={**bench.handler.environ, "AWS_ENDPOINT_URL": gate.url}).ask(mode, told)
                calls.setdefault(name, []).append(gate.calls())
    yield "", *(f"{size:,} sessions" for size in SESSIONS[:-1])
    yield from ((name, *(count_noun(each, "call") for each in found)) for name, found in calls.items())


def logs(workshop: Workshop) -> Table:
    """What `logs --since 1h` takes, by how many events of 230 bytes the hour has."""
    where = folder(workshop.folder / "logs-at-scale")
    costs: list[Cost] = []
    for events in EVENTS:
        sys.stderr.write(f"scale: {events:,} events\n")
        load = Load(began=time.time() - 1800, events=events, rate=events / 1000)
        with serving(load, Faults()) as running:
            argv = searching("hybridctl", running, load.began - 1)
            cost = _run(argv, Inside(where, running.environ), lambda: round(running.stats()["calls"]))
            costs.append(cost)
    yield "", *(f"{events:,} events" for events in EVENTS)
    yield "calls", *(f"{one.calls:,}" for one in costs)
    yield "CPU time", *(f"{one.cpu_seconds:.2f} s" for one in costs)
    yield "peak memory", *(f"{one.peak_mb:.0f} MB" for one in costs)


def _run(argv: Sequence[str], inside: Inside, count: Callable[[], int]) -> Cost:
    """Run the command to its end, without its output; Absent if it fails."""
    child = subprocess.Popen(
        argv, cwd=inside.cwd, env=inside.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    memory = PeakMemory(child.pid)
    said = child.stderr.read() if child.stderr else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Absent(f"{' '.join(argv)} ended with {child.returncode}: {said.strip()[-300:]}")
    return Cost(count(), usage.ru_utime + usage.ru_stime, memory.peak_mb)


def measure(workshop: Workshop) -> None:
    """Measure every table, show it, and keep it for the page."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["tables"] if KEPT.exists() else {}
    for name, table in TABLES.items():
        kept[name] = [list(row) for row in table(workshop)]
        sys.stdout.write("\n".join([f"\n{table.__doc__}", *lines(kept[name]), ""]))
        sys.stdout.flush()
        text = json.dumps({"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": describe(), "tables": kept}, indent=1)
        write_file(KEPT, f"{text}\n".encode(), mode=0o644)


def lines(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """The table in Markdown."""
    head, *rows = table
    for row in (head, ["---", *["---:"] * (len(head) - 1)], *rows):
        yield f"| {' | '.join(row)} |"


TABLES: dict[str, Callable[[Workshop], Table]] = {
    "history": history,
    "environments": environments,
    "sessions": sessions,
    "handler": handler,
    "logs": logs,
}
