"""Terraform as a process, with an engine of a few lines of shell: failures, locks, plans, signals."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hybridctl.adapters.process import stream
from hybridctl.adapters.terraform.cli import TerraformCli
from hybridctl.adapters.terraform.environment import child_environment
from hybridctl.adapters.terraform.lock_note import LockNote
from hybridctl.adapters.terraform.runs import Root
from hybridctl.domain.changes import Changes
from hybridctl.domain.engine import Engine, EngineEvent, Plan, PlanRequest
from hybridctl.domain.state_lock import StateLock
from hybridctl.errors import AwsRefused, EngineFailed, LockHeld, OutcomeUnknown, PlanStale, StateMoved


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "environments" / "local"
    folder.mkdir(parents=True)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return Root("local", folder, tmp_path / "data", {"bucket": "b"}, environ, str(tmp_path / "terraform"))


def cli(tmp_path: Path, root: Root, body: str) -> TerraformCli:
    script(
        tmp_path / "terraform",
        f"""case "$1" in version) echo '{{"terraform_version": "1.11.4"}}'; exit 0;; esac
{body}""",
    )
    return TerraformCli(root)


def diagnostic(summary: str, detail: str = "") -> str:
    body = {"severity": "error", "summary": summary, "detail": detail}
    return json.dumps({"type": "diagnostic", "diagnostic": body})


def test_a_failure_repeats_the_engines_message_once(tmp_path, root):
    message = diagnostic("Invalid value", "a must be b")
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{message}\n{message}\nEOF\nexit 1")
    with pytest.raises(EngineFailed, match=r"init of local: Invalid value: a must be b$"):
        engine.init(lambda _event: None)


def test_weights_in_the_way_of_provisioned_concurrency_are_reported_with_the_next_step(tmp_path, root):
    message = diagnostic("Alias with weights can not be used with Provisioned Concurrency")
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{message}\nEOF\nexit 1")
    with pytest.raises(EngineFailed) as failed:
        engine.init(lambda _event: None)
    assert "hybridctl status local shows who splits the alias's traffic" in str(failed.value.hint)


def test_a_held_lock_names_its_holder(tmp_path, root):
    detail = "Lock Info:\n  ID: 1\n  Operation: OperationTypeApply\n  Who: ada@laptop\n  Created: 2026-03-01 12:00"
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{diagnostic('Error acquiring the state lock', detail)}\nEOF\nexit 1")
    with pytest.raises(LockHeld, match=r"OperationTypeApply by ada@laptop since 2026-03-01 12:00"):
        engine.init(lambda _event: None)


def test_a_plan_made_before_someone_elses_apply_is_a_conflict(tmp_path, root):
    engine = cli(tmp_path, root, f"cat <<'EOF'\n{diagnostic('Saved plan is stale', 'Plan again.')}\nEOF\nexit 1")
    with pytest.raises(PlanStale, match="Saved plan is stale"):
        engine.init(lambda _event: None)


def test_a_plan_is_readable_by_its_owner_only_and_goes_with_a_failure(tmp_path, root):
    engine = cli(tmp_path, root, 'case "$1" in plan) exit 0;; show) echo "{}";; esac')
    plan = engine.plan(PlanRequest(), lambda _event: None)
    assert plan.path.stat().st_mode & 0o777 == 0o600
    engine.discard(plan)
    failing = cli(tmp_path, root, "exit 1")
    with pytest.raises(EngineFailed):
        failing.plan(PlanRequest(), lambda _event: None)
    assert list(plan.path.parent.iterdir()) == []


def test_a_state_that_could_not_be_written_is_found_before_it_is_forked(tmp_path, root):
    engine = cli(tmp_path, root, 'case "$1" in plan) exit 0;; show) echo "{}";; esac')
    plan = engine.plan(PlanRequest(), lambda _event: None)
    (root.folder / "errored.tfstate").write_text("{}")
    for forks in (lambda: engine.apply(plan, lambda _event: None), lambda: engine.plan(PlanRequest(), lambda _: None)):
        with pytest.raises(OutcomeUnknown, match=r"errored\.tfstate") as caught:
            forks()
        assert caught.value.hint == "hybridctl state push local uploads it"


def test_a_state_left_behind_is_pushed_and_removed_unless_it_is_refused(tmp_path, root):
    left = root.folder / "errored.tfstate"
    left.write_text('{"version": 4}')
    refusing = cli(tmp_path, root, "echo 'cannot import state with serial 3 over newer state' >&2; exit 1")
    with pytest.raises(StateMoved, match="over newer state"):
        refusing.push_errored()
    assert refusing.find_errored_state() == left
    engine = cli(tmp_path, root, f'[ "$*" = "state push -no-color -lock-timeout=20s {left}" ]')
    engine.push_errored()
    assert engine.find_errored_state() is None


# What Terraform prints for commands without JSON output, with -no-color.
TAKEN = """
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error StatusCode: 412, api error PreconditionFailed
Lock Info:
  ID:        32734726-eabb-0905-28ee-5ee812cbbae8
  Operation: OperationTypeApply
  Who:       ada@laptop
  Version:   1.11.4
  Created:   2026-03-01 12:00:00 UTC
  Info:


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time. For most commands, you can disable locking with the "-lock=false"
flag, but this is not recommended.
"""


def test_a_lock_in_the_way_of_a_state_left_behind_names_its_holder(tmp_path, root):
    """An apply whose credentials expired can write neither its state nor its lock: gruntwork-io/terragrunt#396."""
    (root.folder / "errored.tfstate").write_text('{"version": 4}')
    engine = cli(tmp_path, root, f"cat >&2 <<'EOF'{TAKEN}EOF\nexit 1")
    with pytest.raises(
        LockHeld, match="locked: OperationTypeApply by ada@laptop since 2026-03-01 12:00:00 UTC"
    ) as held:
        engine.push_errored()
    assert "hybridctl state unlock local" in str(held.value.hint)


@pytest.mark.parametrize(
    ("summary", "hint"),
    [
        ("failed to upload state: api error ExpiredToken: expired", "aws sso login"),
        ("no such thing", "fix the cause, then hybridctl state push local"),
    ],
)
def test_a_state_that_cannot_be_pushed_says_why(tmp_path, root, summary, hint):
    (root.folder / "errored.tfstate").write_text('{"version": 4}')
    engine = cli(tmp_path, root, f"printf 'Warning: old\n\nx\n\nError: {summary}\n\nMore\nof it.\n' >&2; exit 1")
    with pytest.raises(EngineFailed, match=f"errored.tfstate: {summary}: More of it.$") as failed:
        engine.push_errored()
    assert hint in str(failed.value.hint)


LOCK = StateLock("abc-1", "OperationTypeApply", "ada@laptop", datetime(2026, 3, 1, tzinfo=UTC), 5.0)


def test_the_lock_of_an_engine_of_ours_that_is_dead_is_removed(tmp_path, root):
    unlocked = tmp_path / "unlocked"
    started = json.dumps({"type": "apply_start", "hook": {"resource": {"addr": "aws_x.y"}}})
    body = f"""case "$1" in
    apply) echo '{started}'; kill -9 $$;;
    force-unlock) echo "$*" > {unlocked};;
    esac"""
    engine = cli(tmp_path, replace(root, lock=lambda: LOCK), body)
    with pytest.raises(OutcomeUnknown, match="Terraform was killed"):
        engine.apply(Plan(tmp_path / "plan", {}, Changes(())), lambda _event: None)
    assert engine.init(lambda _event: None) == LOCK
    assert unlocked.read_text().split() == ["force-unlock", "-force", "-no-color", "abc-1"]


@pytest.mark.parametrize(("hours", "is_removed"), [(1, True), (0, False), (-1, False)])
def test_a_lock_from_before_the_sandbox_started_is_removed(tmp_path, root, hours, is_removed):
    """The engine that took it has lost its provider and its state."""
    here = replace(root, lock=lambda: LOCK, served_since=LOCK.created + timedelta(hours=hours))
    engine = cli(tmp_path, here, "exit 0")
    assert engine.init(lambda _event: None) == (LOCK if is_removed else None)
    assert engine.is_dead(LOCK) == is_removed


def test_a_lock_that_may_not_be_read_is_left_to_the_engine(tmp_path, root):
    def deny():
        raise AwsRefused("reading the lock: access denied")

    engine = cli(tmp_path, replace(root, lock=deny, served_since=LOCK.created), "exit 0")
    assert engine.init(lambda _event: None) is None


def test_a_lock_of_someone_else_is_left_alone(tmp_path, root):
    body = 'case "$1" in force-unlock) exit 3;; esac'
    theirs = replace(LOCK, id="abc-2")
    engine = cli(tmp_path, replace(root, lock=lambda: theirs), body)
    LockNote(root.data).write(LOCK)
    assert engine.init(lambda _event: None) is None


def test_each_ctrl_c_becomes_one_sigint_to_the_child_which_is_waited_for(tmp_path):
    body = (
        "import signal,sys,time\nn=0\ndef h(*a):\n global n\n n+=1\n print('got',n,flush=True)\n if n==2: sys.exit(3)\n"
    )
    body += "signal.signal(signal.SIGINT,h)\nprint('ready',flush=True)\nwhile True: time.sleep(0.05)\n"
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line.strip())
        if line.strip() in ("ready", "got 1"):
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    ran = stream([sys.executable, "-c", body], cwd=tmp_path, environment=dict(os.environ), on_line=on_line)
    assert (ran.code, ran.interrupts, lines) == (3, 2, ["ready", "got 1", "got 2"])


def test_a_child_goes_on_to_its_end_when_we_are_killed(tmp_path):
    """Go ends a program that writes to a pipe nobody reads: Terraform would die in the middle of an apply."""
    child = "import signal, time; signal.signal(signal.SIGPIPE, signal.SIG_DFL); print('ready', flush=True); "
    child += "time.sleep(0.5); print('more', flush=True); open('finished', 'w').close()"
    parent = (
        "import os, signal, sys; from pathlib import Path; from hybridctl.adapters.process import stream; "
        f"stream([sys.executable, '-c', {child!r}], cwd=Path.cwd(), environment=dict(os.environ), "
        "on_line=lambda line: os.kill(os.getpid(), signal.SIGKILL))"
    )
    ended = subprocess.run([sys.executable, "-c", parent], cwd=tmp_path, check=False)
    assert ended.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while not (tmp_path / "finished").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("system", ["linux", "another"])
def test_a_last_line_without_an_end_is_read(tmp_path, monkeypatch, system):
    if system == "another":
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    lines: list[str] = []
    ran = stream(["sh", "-c", "printf 'one\\ntwo'; exit 3"], cwd=tmp_path, environment={}, on_line=lines.append)
    assert (lines, ran.code) == (["one\n", "two"], 3)


def test_the_bundled_engine_runs_as_a_process_of_its_own(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "hybridctl.adapters.terraform.bundled", "version", "-json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=child_environment(dict(os.environ), tmp_path),
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["terraform_version"].startswith("1.")


def test_nobody_plans_while_another_init_writes_the_list_of_modules_again(tmp_path, root):
    half, go_on = tmp_path / "half-written", tmp_path / "go-on"
    engine = cli(
        tmp_path,
        root,
        f"""case "$1" in
        init) touch {half}; while [ ! -e {go_on} ]; do sleep 0.02; done; rm {half};;
        plan) [ ! -e {half} ] || exit 1;;
        show) echo "{{}}";;
        esac""",
    )
    first = threading.Thread(target=engine.init, args=(lambda _event: None,))
    first.start()
    while not half.exists():
        first.join(0.02)
    notes: list[str] = []

    def hear(event: EngineEvent) -> None:
        notes.append(event.message)
        go_on.touch()

    engine.plan(PlanRequest(), hear)
    first.join()
    assert notes == [
        "another hybridctl is using Terraform in this checkout: waiting",
        "Terraform is starting",
        "reading the plan",
    ]


def test_an_engine_that_is_being_searched_for_is_waited_for_and_its_start_is_reported(tmp_path, root):
    kinds: list[str] = []
    engine = Engine("terraform", "1.11.4", (str(script(tmp_path / "quiet", "exit 1")),))
    found = TerraformCli(replace(root, found_engine=lambda: engine))
    assert found.engine() is engine
    with pytest.raises(EngineFailed):
        found.plan(PlanRequest(), lambda event: kinds.append(event.kind))
    assert kinds == ["started"]
