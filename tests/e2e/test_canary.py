"""A canary under a steady load: a bad build is caught with about its share hit, a good one is promoted."""

import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from e2e.conftest import HANDLER, Clone, Run

HEALTHY = 'return Reply(200, {"status": "healthy", "version": VERSION})'
# Every tenth request of the load fails; the proof of the version meets none of them, as with any fault of that kind.
FAULT = """\
global _asked
        if request.query.get("load"):
            _asked += 1
            if _asked % 10 == 3:
                raise RuntimeError("a tenth of requests")
        """
SLOWNESS = """\
if request.query.get("load"):
            import time
            time.sleep(0.3)
        """
RATE = 30
SHARE = 0.5  # half to each: the fewest requests until the two differ for certain


@dataclass
class Load:
    """What the load's requests were answered with, by version and status."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.answers.values())

    @property
    def failed(self) -> int:
        return sum(count for (_, status), count in self.answers.items() if status >= 500)

    def of(self, version: int) -> int:
        return sum(count for (by, _), count in self.answers.items() if by == str(version))


@contextmanager
def steady_load(url: str) -> Iterator[Load]:
    """RATE requests a second, each on time whether or not the one before was answered."""
    load, enough = Load(), threading.Event()
    with httpx.Client(timeout=20) as client, ThreadPoolExecutor(16) as senders:

        def send() -> None:
            answer = client.get(f"{url}/health?load=1")
            load.answers[answer.headers.get("x-function-version", "none"), answer.status_code] += 1

        def pace() -> None:
            while not enough.wait(1 / RATE):
                senders.submit(send)

        sender = threading.Thread(target=pace)
        sender.start()
        try:
            yield load
        finally:
            enough.set()
            sender.join()


def with_health(clone: Clone, before: str) -> None:
    """A build whose health check does something more."""
    original = subprocess.run(
        ["git", "show", f"HEAD:{HANDLER}"], cwd=clone.root, capture_output=True, text=True, check=True
    ).stdout
    assert HEALTHY in original
    text = original.replace(HEALTHY, f"{before}{HEALTHY}")
    (clone.root / HANDLER).write_text(f"{text}\n_asked = 0\n", encoding="utf-8")


def canary(clone: Clone, *, seconds: int) -> Run:
    return clone.run("deploy", "local", "--strategy", f"canary:{SHARE * 100:g}@{seconds}s")


def test_a_good_build_is_promoted_under_load(deployed: Clone):
    before = int(deployed.live_version())
    with_health(deployed, "pass\n        ")
    with steady_load(deployed.endpoint) as load:
        ran = canary(deployed, seconds=5)
    assert ran.code == 0, ran.all
    assert "requests rule out more than" in ran.out
    assert int(deployed.live_version()) > before
    assert load.failed == 0


def test_without_load_it_waits_and_is_promoted_from_another_checkout(deployed: Clone):
    with_health(deployed, "_ = 1\n        ")
    ran = canary(deployed, seconds=3)
    assert ran.code == 5, ran.all
    assert "30 more needed" in ran.err
    refused = deployed.run("deploy", "local")
    assert refused.code == 4, refused.all
    assert "hybridctl promote local, or hybridctl abort local" in refused.err
    assert "waiting for promote or abort" in deployed.run("status").out
    promoted = deployed.must("promote", "local")
    assert "serves all traffic" in promoted.out
    assert deployed.run("abort", "local").code == 4


def test_of_promote_and_abort_at_once_exactly_one_wins(deployed: Clone):
    with_health(deployed, "_ = 3\n        ")
    before = deployed.live_version()
    deployed.must("deploy", "local", "--strategy", "canary:10@1m", "--detach")
    racing = {
        verb: deployed.start(verb, "local", env={"HYBRIDCTL_ACTOR": who})
        for verb, who in (("promote", "ada"), ("abort", "bob"))
    }
    outputs = {verb: process.communicate(timeout=60) for verb, process in racing.items()}
    codes = {verb: process.returncode for verb, process in racing.items()}
    assert sorted(codes.values()) == [0, 4], (codes, outputs)
    winner, loser = sorted(codes, key=lambda verb: codes[verb])
    assert {"promote": "ada on ", "abort": "bob on "}[winner] in outputs[loser][1]
    assert (deployed.live_version() != before) == (winner == "promote")
    assert deployed.must("--output", "json", "status").json["running"] is None


# Last, and failures after slowness: they turn alarms red for minutes, and one that turns red ends a canary.
@pytest.mark.parametrize(
    ("fault", "reason"), [(SLOWNESS, "slower: p"), (FAULT, "errors: ")], ids=["300 ms slower", "a tenth fails"]
)
def test_a_bad_build_is_caught_and_taken_back(deployed: Clone, fault: str, reason: str):
    before = deployed.live_version()
    with_health(deployed, fault)
    with steady_load(deployed.endpoint) as load:
        ran = canary(deployed, seconds=60)
    assert ran.code == 7, ran.all
    assert reason in ran.err
    assert "version" in ran.out
    assert "(new)" in ran.out
    assert deployed.live_version() == before
    newest = max(int(version) for version, _ in load.answers if version.isdigit())
    assert newest > int(before)
    assert 0 < load.of(newest) < load.total * (SHARE + 0.1)
    assert load.failed < load.total * 0.1 * (SHARE + 0.1)
