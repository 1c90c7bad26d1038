"""`--events FILE`: the run for a program that follows it, with one schema whatever the command."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeBackend
from fakes.backend import NEW_CODE
from fakes.functions import FakeHandler
from hybridctl.adapters.event_file import EventFile
from hybridctl.errors import FileUnwritable


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_deploy_is_reported_step_by_step_and_resource_by_resource(hybridctl, tmp_path):
    backend = FakeBackend.deployed(1)
    backend.functions.handlers[1].build = "older"
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = FakeHandler(2)
    ran = hybridctl("deploy", "local", "--events", str(tmp_path / "run"), backend=backend)
    assert ran.code == 0, ran.err
    answer = events(tmp_path / "run")
    assert {(line["format"], line["time"]) for line in answer} == {(1, "2026-03-01T12:00:00+00:00")}
    assert (answer[0]["event"], answer[0]["command"]) == ("begin", "deploy")
    assert answer[1]["environment"] == "local"
    assert [line["step"] for line in answer if line["event"] == "step_begin"] == [
        "build", "init", "plan", "apply", "prove", "shift", "verify",
    ]  # fmt: skip
    [resource] = [line for line in answer if line["event"] == "resource"]
    assert (resource["step"], resource["state"]) == ("apply", "apply_complete")
    assert resource["address"] == "module.function.aws_lambda_function.this"
    ended = [line for line in answer if line["event"] == "step_end"]
    assert {line["outcome"] for line in ended} == {"ok"}
    assert (answer[-1]["event"], answer[-1]["exit_code"]) == ("end", 0)


def test_a_failure_is_reported_with_its_code_and_the_next_step(hybridctl, tmp_path):
    ran = hybridctl(f"--events={tmp_path / 'run'}", "smoke", "local")
    *_, error, end = events(tmp_path / "run")
    assert (error["event"], error["code"]) == ("error", "not_deployed")
    assert error["hint"] in ran.err
    assert (end["event"], end["exit_code"]) == ("end", ran.code)


def test_a_file_that_cannot_be_written_stops_before_anything_is_done(hybridctl, tmp_path):
    backend = FakeBackend.deployed(1)
    ran = hybridctl("rollback", "local", "--events", str(tmp_path / "no" / "run"), backend=backend)
    assert ran.code == 1
    assert "writing the events to" in ran.err
    assert backend.functions.moves == []


def test_a_reader_that_goes_away_ends_no_release(clock, tmp_path):
    written = EventFile(Path("/dev/full"), clock)
    written.write("begin")
    written.write("end", exit_code=0)


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_reader_who_stops_reading_stops_no_work_and_gets_all_of_it_later(clock, pipe, monkeypatch):
    monkeypatch.setattr("hybridctl.outlet.PATIENCE", 0.05)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    written = EventFile(pipe, clock)

    def work():
        for number in range(20):  # of 8 kB each: more than a pipe holds
            written.write("note", message=f"{number} " + "x" * 8192)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(10)
    assert not worker.is_alive()
    read = []
    os.set_blocking(reading, True)
    with open(reading, "rb") as file:
        reader = threading.Thread(target=lambda: read.extend(file.readline() for _ in range(20)), daemon=True)
        reader.start()
        written.finish()
        reader.join(10)
    assert [json.loads(line)["message"].split()[0] for line in read] == [str(number) for number in range(20)]


def test_a_pipe_that_nobody_reads_is_named_before_anything_is_done(clock, pipe):
    with pytest.raises(FileUnwritable, match="no program reads this pipe"):
        EventFile(pipe, clock)
    assert 10 <= clock.monotonic() <= 11


def test_a_pipe_may_be_read_a_little_later(clock, pipe):
    opened = []
    clock.during(2, lambda: opened.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)))
    EventFile(pipe, clock).write("begin")
    assert json.loads(os.read(opened[0], 4096))["event"] == "begin"
