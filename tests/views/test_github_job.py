"""In a job of GitHub Actions: results as tables in its summary, failures as annotations."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from commands.test_deploy import with_new_code
from commands.test_rollback import THREE, with_history
from fakes import FakeBackend, fake_context
from fakes.functions import FakeHandler
from fakes.printers import printer_of
from hybridctl.domain.environment import Place
from hybridctl.domain.samples import Sample
from hybridctl.domain.watch import Verdict, WatchFinding, WatchReport
from hybridctl.entrypoint import run
from hybridctl.errors import CheckFailed, WatchFailed
from hybridctl.views.github_job import GitHubJob, escape_data, escape_property
from hybridctl.views.screen import Screen
from views.test_markdown import cells


# By the rules of actions/toolkit, packages/core/src/command.ts (escapeData, escapeProperty).
@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("percent % percent", "percent %25 percent", "percent %25 percent"),
        ("cr \r cr \r\n lf \n", "cr %0D cr %0D%0A lf %0A", "cr %0D cr %0D%0A lf %0A"),
        ("%25 %0D %3A", "%2525 %250D %253A", "%2525 %250D %253A"),
        ("colon: comma, end", "colon: comma, end", "colon%3A comma%2C end"),
    ],
)
def test_workflow_commands_are_escaped_as_the_runner_reads_them(text, data, value):
    assert (escape_data(text), escape_property(text)) == (data, value)


class Job:
    """What a run left: the summary, and the lines of commands."""

    def __init__(self):
        self.summary, self.commands = "", []
        self.job = GitHubJob(self._add, self.commands.append)

    def _add(self, text):
        self.summary += text


@pytest.fixture
def in_job(project, clock):
    """Run a command line as a step of a job; returns what it left."""

    def invoke(*argv, backend=None):
        left = Job()
        console = Console(file=io.StringIO(), width=80, no_color=True, markup=False)
        screen = Screen(printer_of(console), printer_of(console), clock, job=left.job)
        left.code = run(argv, fake_context(project, backend or FakeBackend(), clock, screen))
        return left

    return invoke


def test_a_plan_is_a_table_under_its_command(in_job):
    backend = with_new_code(FakeHandler(2), 1)
    left = in_job("plan", "staging", backend=backend)
    rows, _ = cells(left.summary)
    assert left.summary.startswith("### hybridctl plan staging\n")
    assert rows[0] == ["change", "resource", "attributes"]
    assert rows[1] == ["update", "module.function.aws_lambda_function.this", "source_code_hash"]
    assert left.summary.count("\nplan: ") == 1
    assert left.commands == []


@pytest.mark.parametrize("environment", ["staging", "local"])
def test_a_deploy_keeps_plan_and_checks_each_once(in_job, environment):
    backend = with_new_code(FakeHandler(2), 1)
    left = in_job("deploy", environment, "--yes", backend=backend)
    rows, _ = cells(left.summary)
    assert left.code == 0
    assert rows.count(["change", "resource", "attributes"]) == rows.count(["", "check", "time", "detail"]) == 1
    assert "version 2, release " in left.summary.replace("\\", "")


def test_a_version_that_was_not_proven_leaves_plan_checks_and_an_annotation(in_job):
    backend = with_new_code(FakeHandler(2, broken={"GET /health"}), 1)
    left = in_job("deploy", "staging", "--yes", backend=backend)
    rows, _ = cells(left.summary)
    assert ["update", "module.function.aws_lambda_function.this", "source_code_hash"] in rows
    assert any(row[0] == "✗" for row in rows)
    assert [line.partition(" ")[0] for line in left.commands] == ["::error"]


def test_the_checks_of_a_smoke_test_are_a_table_and_red_ones_annotations(in_job):
    backend = with_history(*THREE)
    assert in_job("smoke", "staging", backend=backend).commands == []
    backend.functions.handlers[3].broken.add("GET /health")
    left = in_job("smoke", "staging", backend=backend)
    rows, _ = cells(left.summary)
    assert rows[0] == ["", "check", "time", "detail"]
    red = [row for row in rows if row[0] == "✗"]
    assert left.code == 5
    assert len(left.commands) == len(red) > 0
    assert left.commands[0].startswith(f"::error title=hybridctl smoke%3A {red[0][1]}::")


def watch_report(finding=WatchFinding.FAIL):
    old = Sample(1, 900, 0, 1, (10.0, 12.0, 30.0))
    return WatchReport(0.1, 30, old, Sample(2, 100, 7, 3, (20.0, 44.0)), Verdict(finding, ("errors: 7 of 100",)))


def test_a_canarys_numbers_are_a_table_with_the_failure_above_the_reason():
    left = Job()
    left.job.doing = "hybridctl deploy"
    left.job.hear(Place("staging", "1", "eu-west-1"))
    left.job.fail(WatchFailed("errors: 7 of 100", hint="hybridctl logs staging", result=watch_report()))
    rows, _ = cells(left.summary)
    assert rows[0] == ["30 s", "version 1 (old)", "version 2 (new)"]
    assert ["errors (5xx)", "0 (0.0%)", "7 (7.0%)"] in rows
    assert ["p95, warm", "30 ms", "44 ms"] in rows
    assert left.summary.startswith("### hybridctl deploy staging\n\n| 30 s")
    assert "**error** errors\\: 7 of 100" in left.summary
    assert left.commands == ["::error title=hybridctl deploy::errors: 7 of 100%0Ahint: hybridctl logs staging"]


def test_a_failure_before_any_work_is_an_annotation_too(in_job):
    left = in_job("status", "nosuch")
    assert left.code == 2
    assert left.commands[0].startswith("::error title=hybridctl status::there is no environment 'nosuch'")
    assert "nosuch" in left.summary


def test_a_result_in_json_leaves_the_summary_alone_and_stdout_clean(project, clock):
    left, out = Job(), io.StringIO()
    screen = Screen(printer_of(Console(file=out)), printer_of(Console(file=io.StringIO())), clock, job=left.job)
    run(["plan", "staging", "--json"], fake_context(project, with_new_code(FakeHandler(2), 1), clock, screen))
    assert json.loads(out.getvalue())["environment"] == "staging"
    assert "| change |" in left.summary


def test_no_more_annotations_than_github_shows():
    left = Job()
    for number in range(30):
        left.job.fail(CheckFailed(f"{number}"))
    assert len(left.commands) == 10


@pytest.mark.parametrize("summary", ["summary.md", "", "/nonexistent/summary.md"])
def test_a_real_run_in_a_job(project: Path, summary: str):
    environ = {**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary}
    ran = subprocess.run(
        [sys.executable, "-m", "hybridctl", "outputs", "nosuch"],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "::error title=hybridctl outputs::there is no environment 'nosuch'" in ran.stderr.splitlines()[0]
    assert "::error" not in ran.stdout
    assert (project / "summary.md").exists() == (summary == "summary.md")
