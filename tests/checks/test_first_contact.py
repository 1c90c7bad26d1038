"""The page and the script of first contact name tests that there are and commands that can be typed."""

import re
import shlex
from pathlib import Path

from typed import wrong_with

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "first-contact.md").read_text(encoding="utf-8")
SCRIPT = (REPOSITORY / "scripts" / "first-contact.sh").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_is_there():
    named = re.findall(r"`((?:tests|terraform)/[\w./-]+)`", PAGE)
    assert len(named) > 10
    assert [path for path in named if not (REPOSITORY / path).is_file()] == []


def test_every_row_has_a_source_and_a_test():
    rows = PAGE[PAGE.index("## What is relied on") : PAGE.index("## What only")].splitlines()
    cells = [row.strip("|").split("|") for row in rows if row.startswith("| ") and not row.startswith("| ---")]
    assert len(cells) > 12
    assert [row for row in cells if len(row) != 3 or not all(cell.strip() for cell in row)] == []


def commands() -> list[str]:
    """Each command of the script, for staging."""
    joined = SCRIPT.replace("\\\n", " ")
    found = re.findall(r'^\s*check "[^"]+" (.+)$', joined, re.MULTILINE)
    return [f"hybridctl {line.replace(chr(34) + '$environment' + chr(34), 'staging')}" for line in found]


def test_every_command_of_the_script_can_be_typed():
    assert len(commands()) > 8
    assert [why for line in commands() if (why := wrong_with(shlex.join(shlex.split(line))))] == []


def test_what_reads_only_comes_first_and_alone():
    before, _, after = SCRIPT.partition('if [ "$mode" = --release ]')
    assert "deploy" not in re.sub(r"#.*", "", before)
    assert "bootstrap" not in after
    assert all("--dry-run" in line for line in commands() if " bootstrap " in line)
