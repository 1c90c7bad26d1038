"""Who reads a log side by side: hybridctl, awslogs, and the few lines of boto3 that everybody writes first."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from bench.contest import Absent
from bench.log_service import Faults, Load
from bench.memory import PeakMemory
from bench.workshop import HYBRIDCTL, REPOSITORY, peer

GROUP = "/aws/lambda/hybrid-ci-cd-staging"
_TOML = 'project = "hybrid-ci-cd"\nregion = "us-east-1"\ndefault_environment = "staging"\n\n[environments.staging]\n'
_PAGER = f"""
import sys, boto3
pages = boto3.client("logs").get_paginator("filter_log_events").paginate(
    logGroupName="{GROUP}", startTime=int(sys.argv[1]))
for page in pages:
    for event in page["events"]:
        print(event["message"])
"""
_FOLLOWER = f"""
import sys, time, boto3
logs, start = boto3.client("logs"), int(sys.argv[1])
while True:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName="{GROUP}", startTime=start):
        for event in page["events"]:
            print(event["message"], flush=True)
            start = max(start, event["timestamp"] + 1)
    time.sleep(1)
"""
_EVENT = re.compile(rb'"event": "e(\d{7})"')


@dataclass(frozen=True)
class Running:
    """A service that answers, and what its clients need to reach it."""

    port: int

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "HOME": os.devnull,
            "NO_PROXY": "127.0.0.1",
        }

    def stats(self) -> Mapping[str, float]:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/stats") as answer:
            found: Mapping[str, float] = json.load(answer)
        return found


@contextmanager
def serving(load: Load, faults: Faults) -> Iterator[Running]:
    told = json.dumps({"load": asdict(load), "faults": asdict(faults)})
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.log_service", told],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:  # closes its stdin, by which it ends
        yield Running(int(child.stdout.readline() if child.stdout else 0))


def folder(within: Path) -> Path:
    """Where hybridctl finds an environment that is not the sandbox."""
    within.mkdir(parents=True, exist_ok=True)
    (within / "hybridctl.toml").write_text(_TOML, encoding="utf-8")
    return within


def searching(name: str, running: Running, start: float) -> list[str]:
    """The command line that prints every event since then, as CloudWatch has it."""
    return {
        "hybridctl": [HYBRIDCTL, "logs", "staging", "--raw", "--since", _iso(start)],
        "awslogs": [peer("awslogs"), "get", GROUP, "--start", _iso(start), *_at(running)],
        "boto3": [sys.executable, "-c", _PAGER, str(int(start * 1000))],
    }[name]


def following(name: str, running: Running, start: float) -> list[str]:
    return {
        "hybridctl": [HYBRIDCTL, "logs", "staging", "--raw", "--follow", "--since", _iso(start)],
        "awslogs": [peer("awslogs"), "get", GROUP, "--watch", "--start", _iso(start), *_at(running)],
        "boto3": [sys.executable, "-c", _FOLLOWER, str(int(start * 1000))],
    }[name]


@dataclass(frozen=True)
class Read:
    """What a reader printed: the numbers of the events in order, when each came, and what the process took."""

    numbers: Sequence[int]
    arrivals: Sequence[float]
    seconds: float
    peak_mb: float
    died: str = ""

    def missed(self, events: int) -> int:
        return events - len(set(self.numbers))

    @property
    def doubled(self) -> int:
        return len(self.numbers) - len(set(self.numbers))


def read(argv: Sequence[str], running: Running, cwd: Path, *, until: int | None = None, patience: float = 600) -> Read:
    """Run a reader to its end; with `until`, end it once it has printed so many different events.

    By SIGTERM, because a process that was started in the background may ignore SIGINT.
    """
    numbers: list[int] = []
    arrivals: list[float] = []
    began = time.time()
    try:
        child = subprocess.Popen(
            argv, cwd=cwd, env=running.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as cause:
        raise Absent("not installed") from cause
    said: list[bytes] = []
    listener = threading.Thread(target=lambda: said.append(child.stderr.read() if child.stderr else b""))
    listener.start()
    watchdog = threading.Timer(patience, child.terminate)
    watchdog.start()
    memory = PeakMemory(child.pid)
    seen: set[int] = set()
    for line in child.stdout or ():
        if (found := _EVENT.search(line)) is not None:
            numbers.append(int(found[1]))
            arrivals.append(time.time())
            seen.add(numbers[-1])
            if until is not None and len(seen) == until:
                child.terminate()
                until = None
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    watchdog.cancel()
    listener.join()
    ended = arrivals[-1] if arrivals else time.time()
    last = b"".join(said).decode(errors="replace").strip().splitlines()[-1:]
    died = last[0] if child.returncode not in (0, -15) and last else ""
    return Read(numbers, arrivals, ended - began, memory.peak_mb or usage.ru_maxrss / 1e6, died)


def _at(running: Running) -> list[str]:
    return ["--aws-endpoint-url", running.environ["AWS_ENDPOINT_URL"], "--aws-region", "us-east-1"]


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
