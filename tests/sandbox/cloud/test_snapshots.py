"""What is saved when: everything that changed, and the large services only then."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hybridctl.sandbox.cloud import emulator, snapshots
from hybridctl.sandbox.cloud.snapshots import Snapshots


class Services:
    """The emulator's services, which count how often their state is asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.changing = False

    def states(self) -> dict[str, Callable[[], Any]]:
        return {name: lambda name=name: self._state(name) for name in ("iam", "cloudwatch", "cloudwatch_logs")}

    def _state(self, name: str) -> dict[str, int]:
        self.asked[name] += 1
        if self.changing:
            raise RuntimeError("dictionary changed size during iteration")
        return {"asked": self.asked[name]}


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setattr("ministack.app._build_persistence_save_dict", services.states)
    monkeypatch.setattr(snapshots, "SHARE", 0)
    return services


@pytest.fixture
def saving(services: Services, tmp_path: Path) -> Snapshots:
    saving = Snapshots(tmp_path)
    saving.save_all()
    assert services.asked == {"iam": 1, "cloudwatch": 1, "cloudwatch_logs": 1}
    services.asked.clear()
    return saving


def read_saved(folder: Path, service: str) -> Any:
    return json.loads((folder / f"{service}.json").read_bytes())["payload"]


def test_metrics_and_logs_that_did_not_change_are_not_copied(saving: Snapshots, services: Services) -> None:
    saving.save_all()
    assert services.asked == {"iam": 1}


def test_what_changed_is_saved_the_next_time(saving: Snapshots, services: Services, tmp_path: Path) -> None:
    services.asked["cloudwatch"] = 6
    saving.touch("cloudwatch")
    saving.save_all()
    assert read_saved(tmp_path, "cloudwatch") == {"asked": 7}
    assert services.asked["cloudwatch_logs"] == 0
    saving.save_all()
    assert services.asked["cloudwatch"] == 7


def test_what_changed_while_it_was_copied_is_saved_later(saving: Snapshots, services: Services, tmp_path: Path) -> None:
    saving.touch("cloudwatch")
    services.changing = True
    saving.save_all()
    services.changing = False
    saving.save_all()
    assert read_saved(tmp_path, "cloudwatch") == {"asked": 2}


def test_a_change_that_nobody_told_is_saved_after_ten_seconds(
    saving: Snapshots, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = snapshots.time.monotonic()
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: began + snapshots.LARGE_SECONDS + 1)
    saving.save_all()
    assert services.asked == {"iam": 1, "cloudwatch": 1, "cloudwatch_logs": 1}


READING = ("DescribeAlarms", "GetMetricData", "ListTagsForResource", "FilterLogEvents")
CHANGING = ("PutMetricAlarm", "SetAlarmState", "PutLogEvents", "StartQuery", "")


@pytest.mark.parametrize("operation", [*READING, *CHANGING])
def test_a_request_that_does_not_only_read_is_a_change(saving: Snapshots, services: Services, operation: str) -> None:
    async def answer(*_: Any) -> emulator.Answer:
        return 200, {}, b""

    request = emulator.ServiceRequest("POST", "/", {"x-amz-target": f"Service.{operation}"}, b"", {})
    assert asyncio.run(saving.note_changes("cloudwatch")(answer, request))[0] == 200
    saving.save_all()
    assert services.asked["cloudwatch"] == (operation in CHANGING)
