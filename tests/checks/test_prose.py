"""Help, errors, pages, comments and names of tests are plain, current English: no word of `words.toml` is in them."""

import re
from pathlib import Path

import pytest
from prose import files_with_prose, find_archaisms

ROOT = Path(__file__).resolve().parents[2]


def test_no_text_has_an_archaic_word():
    found = [
        str(word)
        for path in files_with_prose(ROOT)
        for word in find_archaisms(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", "Then the command is run anew.\n"),
        ("help.py", 'HELP = "Only lines of this level or a graver one."\n'),
        ("docstring.py", 'def f():\n    """Mend what is broken."""\n'),
        ("comment.py", "x = 1  # it lies about for years\n"),
        ("test_name.py", "def test_what_is_broken_is_mended(): ...\n"),
        ("message.py", 'raise ValueError(f"{x}: the page is no longer to be had")\n'),
        ("main.tf", "# Whither the log goes\n"),
        ("golden.txt", "error: it was begun by ada\n"),
    ],
)
def test_an_archaic_word_is_found(name, text):
    assert len(list(find_archaisms(Path(name), text))) == 1


def test_a_finding_names_the_place_and_the_better_word():
    [found] = find_archaisms(Path("docs/page.md"), "One line.\nIt is made\nanew.\n")
    assert str(found) == "docs/page.md:3: 'anew': write again"


@pytest.mark.parametrize("text", ["A code span: `anew`.\n", "```sh\nanew\n```\n", "The renewed page is amended.\n"])
def test_code_and_other_words_are_left_alone(text):
    assert list(find_archaisms(Path("page.md"), text)) == []


def test_only_the_runbook_speaks_of_the_guide_that_it_replaces():
    pages = [path for path in files_with_prose(ROOT) if "tests" not in path.parts and path.name != "runbook.md"]
    mention = re.compile(r"\b(?:old|the|deployment|hand-run) guide\b(?!')", re.IGNORECASE)
    assert [str(page.relative_to(ROOT)) for page in pages if mention.search(page.read_text(encoding="utf-8"))] == []
