"""The suite's own promises: no process outlives it, and a slow test is noticed."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from suite import budget
from suite.budget import Budget, read_allowances
from suite.guard import MARK
from suite.real_provider import INPUTS, KEY, MIRROR, RealProvider, compute_digest

REPOSITORY = budget.SLOW.parents[2]
RUN = """
import subprocess, sys, time
from suite.guard import start_guard
guard = start_guard()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = f"/proc/{pid}/stat"
    return not os.path.exists(stat) or open(stat).read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, None])
def test_no_process_outlives_its_run(how: signal.Signals | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, "0" if how is None else "600"],
        env=environment | {"PYTHONPATH": str(REPOSITORY / "tests")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    child = int(run.stdout.readline())
    assert how is None or _is_running(child)
    if how is not None:
        run.send_signal(how)
    run.wait(30)
    run.stdout.close()
    deadline = time.monotonic() + 30
    while _is_running(child):
        assert time.monotonic() < deadline, "the guard left a process behind"
        time.sleep(0.05)


def _budget(**seconds: float) -> Budget:
    made = Budget({"listed": 100.0})
    for name, took in seconds.items():
        report: Any = SimpleNamespace(when="call", nodeid=name, duration=took)
        made.pytest_runtest_logreport(report)
    made.load = 1.0
    return made


def test_a_test_beyond_its_budget_is_named_and_a_listed_one_has_its_own() -> None:
    exceeded = _budget(quick=1.0, slow=budget.BUDGET_SECONDS + 1, listed=99.0).find_exceeded()
    assert [line.split(" ")[0] for line in exceeded] == ["slow"]


def test_every_listed_test_exists() -> None:
    for name in read_allowances():
        file, _, test = name.partition("::")
        assert f"def {test}(" in (REPOSITORY / file).read_text(encoding="utf-8"), name


class _Config(SimpleNamespace):
    """What RealProvider reads of pytest's configuration, with a cache that lasts for a test."""

    def __init__(self, *args: str) -> None:
        kept: dict[str, str] = {}
        cache = SimpleNamespace(get=kept.get, set=kept.__setitem__)
        super().__init__(
            cache=cache, args=[*args], option=SimpleNamespace(keyword="", markexpr=""), getini=lambda _name: ["tests"]
        )


def _finish(config: Any, status: pytest.ExitCode = pytest.ExitCode.OK) -> RealProvider:
    plugin = RealProvider(config)
    session: Any = SimpleNamespace(exitstatus=status)
    plugin.pytest_sessionfinish(session)
    return plugin


def test_the_real_provider_is_compared_once_for_the_same_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _Config("tests")
    monkeypatch.setenv(MIRROR, "/mirror")
    assert not _finish(config, pytest.ExitCode.TESTS_FAILED).is_known
    assert not _finish(config).is_known
    assert _finish(config).is_known
    assert MIRROR not in os.environ
    monkeypatch.setenv(MIRROR, "/another")
    assert not _finish(config).is_known


def test_a_part_of_the_suite_does_not_count_as_a_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    config = _Config("tests/terraform")
    monkeypatch.setenv(MIRROR, "/mirror")
    _finish(config)
    assert config.cache.get(KEY, "") == ""


def test_each_input_of_the_comparison_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv(MIRROR, "/mirror")
    seen = {compute_digest(tmp_path)}
    for name in INPUTS:
        assert (REPOSITORY / name).exists(), name
        path = tmp_path / name if "." in name else tmp_path / name / "deep" / "main.tf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        seen.add(compute_digest(tmp_path))
    assert len(seen) == len(INPUTS) + 1
