"""A test may not become slow unnoticed: every run prints its ten slowest and fails when one exceeds its budget."""

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BUDGET_SECONDS = 20.0
SLOW = Path(__file__).with_name("slow.toml")


def read_allowances() -> dict[str, float]:
    """Return the seconds that slow.toml allows, by test; each entry there has a reason."""
    listed: dict[str, Any] = tomllib.loads(SLOW.read_text(encoding="utf-8"))
    assert all(entry["reason"] for entry in listed.values())
    return {name: float(entry["seconds"]) for name, entry in listed.items()}


def measure_load() -> float:
    """Return how many times slower a busy machine makes the tests: runnable processes for each core, at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass(eq=False)  # pytest keeps its plugins in a set
class Budget:
    """Collects the seconds of each test's call. `allowances` are those of tests that may take longer."""

    allowances: Mapping[str, float]
    seconds: Counter[str] = field(default_factory=Counter)
    load: float = 1.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.seconds[report.nodeid] += report.duration
            self.load = max(self.load, measure_load())

    def find_exceeded(self) -> list[str]:
        """Return a line for each test that took longer than its budget, scaled by the load of the machine."""
        return [
            f"{name} took {seconds:.1f} s, its budget is {self._allow(name):.0f} s at a load of {self.load:.1f}"
            for name, seconds in self.seconds.most_common()
            if seconds > self._allow(name)
        ]

    def _allow(self, name: str) -> float:
        return self.allowances.get(name.partition("[")[0], BUDGET_SECONDS) * self.load

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.find_exceeded() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        slowest = [(name, seconds) for name, seconds in self.seconds.most_common(10) if seconds >= 1]
        if slowest:
            terminalreporter.section("ten slowest tests")
        for name, seconds in slowest:
            terminalreporter.write_line(f"{seconds:6.1f} s  {name}")
        for line in self.find_exceeded():
            terminalreporter.write_line(f"TOO SLOW: {line}: make it faster, or list it in tests/suite/slow.toml")
