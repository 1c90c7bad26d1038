"""Docs that cannot drift: the reference is what the code says, and every command has its page, help and golden."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from hybridctl.commands.root import build_app

REPOSITORY = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    root: Any = typer.main.get_command(build_app())
    return list(root.commands)


def test_the_generated_pages_are_what_the_code_and_the_figures_say():
    path = REPOSITORY / "docs" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for page, text in module.pages().items():
        assert page.read_text(encoding="utf-8") == text, "run `make docs`"


@pytest.mark.parametrize("command", commands())
def test_every_command_has_a_help_text_and_a_golden_transcript(command):
    root: Any = typer.main.get_command(build_app())
    assert root.commands[command].help
    goldens = REPOSITORY.glob("tests/**/golden/*.txt")
    first_lines = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in goldens]
    assert [line for line in first_lines if re.match(rf"\$ hybridctl (--output json )?{command}\b", line)]


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_runbook(command):
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert f"hybridctl {command}" in runbook


@pytest.mark.parametrize("page", sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("docs/*.md")))
def test_every_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_lock_files_name_no_address():
    for lock in REPOSITORY.glob("locks/*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")
