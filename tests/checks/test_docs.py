"""Docs that cannot drift: the reference is what the code says, and every command has its page, help and golden."""

import importlib.util
import re
from pathlib import Path

import pytest
from typed import lines, wrong_with

from hybridctl.commands.tree import SUMMARIES, leaves

REPOSITORY = Path(__file__).resolve().parents[2]


def commands() -> list[str]:
    return [name for name, _ in leaves()]


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
def test_every_command_has_a_golden_transcript(command):
    spoken = command.removesuffix(" list").removesuffix(" search")
    goldens = REPOSITORY.glob("tests/**/golden/*.txt")
    first_lines = [path.read_text(encoding="utf-8").split("\n", 1)[0] for path in goldens]
    assert [line for line in first_lines if re.match(rf"\$ hybridctl (--output json )?{spoken}\b", line)]


@pytest.mark.parametrize("command", SUMMARIES)
def test_every_command_is_in_the_runbook(command):
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert f"hybridctl {command}" in runbook


@pytest.mark.parametrize("page", sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("docs/**/*.md")))
def test_every_link_between_pages_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("docs/**/*.md")))
def test_every_link_to_a_heading_finds_it(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert anchor in anchors(linked), f"{page.name} links to {target}#{anchor}"


def test_every_picture_is_shown_by_a_page():
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    hidden = [path.name for path in REPOSITORY.glob("docs/pictures/*.svg") if f"pictures/{path.name})" not in pages]
    assert hidden == []


def test_the_lock_files_name_no_address():
    for lock in REPOSITORY.glob("locks/*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")


PAGES = (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*/README.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_the_docs_can_be_typed(page):
    assert [why for line in lines(page) if (why := wrong_with(line))] == []


@pytest.mark.parametrize(
    "line",
    ["hybridctl destory local", "hybridctl logs --folow", "hybridctl releases diff", "hybridctl rollback --version x"],
)
def test_a_line_that_cannot_be_typed_is_found(line):
    assert wrong_with(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_line_of_the_docs_names_a_target(page):
    targets = re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    typed = re.findall(r"^make ([a-z]+)|`make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {first or second for first, second in typed} - set(targets) == set()
