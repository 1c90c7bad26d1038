"""A number and its noun agree, in every text that the product prints."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from hybridctl.domain.counting import count_noun

ROOT = Path(__file__).parents[2] / "src/hybridctl"
NOUNS = re.compile(
    r" (requests|versions|checks|times|releases|sessions|items|resources|functions|errors|alarms|files|parts|records"
    r"|environments|commands|lines|steps|tables|routes|calls|users|rows|events|changes|builds|moves)\b"
)
# What is never 1, or is not a number.
EXEMPT = {
    "adapters/packaging/archive.py: count",  # more than a zip holds
    "adapters/terraform/failures.py: environment",  # "staging checks"
    "domain/existing/function.py: api.id",  # "calls" is a verb there
    "domain/existing/project.py: one",  # the same
    "domain/history.py: len(matches)",  # that begin alike
    "domain/troubles/cold_starts.py: _EXAMPLE + 1",
    "domain/watch.py: bound_share(new.errors, new.requests)",  # a share
    "operations/bootstrap.py: len(BucketPart)",
}


@pytest.mark.parametrize(
    ("number", "spec", "shown"),
    [
        (0, "", "0 requests"),
        (1, "", "1 request"),
        (2, "", "2 requests"),
        (1.2, ".0f", "1 request"),
        (1000, ",", "1,000 requests"),
    ],
)
def test_a_noun_follows_its_number(number, spec, shown):
    assert count_noun(number, "request", spec) == shown


def find_fixed_plurals(path: Path) -> Iterator[str]:
    """The values in f-strings that a noun follows which is always in the plural."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for value, text in pairwise(node.values):
                is_counted = isinstance(text, ast.Constant) and NOUNS.match(str(text.value))
                if isinstance(value, ast.FormattedValue) and is_counted:
                    yield f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(value.value)}"


def test_no_text_has_a_fixed_plural_after_a_number():
    files = [path for path in ROOT.rglob("*.py") if "sandbox" not in path.relative_to(ROOT).parts[:1]]
    assert {place for path in files for place in find_fixed_plurals(path)} == EXEMPT


# An ending chosen by hand, where no number stands before the noun.
WITHOUT_NUMBER = {
    "domain/checks/monitoring.py: len(gone) == 1",
    "domain/outputs.py: len(missing) == 1",
}


def find_chosen_plurals(path: Path) -> Iterator[str]:
    """The conditions by which a noun gets its plural without `counted`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.IfExp)
            and isinstance(node.test, ast.Compare)
            and ast.unparse(node.test).endswith("== 1")
        ):
            ends = [each.value for each in (node.body, node.orelse) if isinstance(each, ast.Constant)]
            if len(ends) == 2 and ends[1] == f"{ends[0]}s":
                yield f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(node.test)}"


def test_there_is_one_rule_for_the_plural():
    files = [path for path in ROOT.rglob("*.py") if "sandbox" not in path.relative_to(ROOT).parts[:1]]
    assert {place for path in files for place in find_chosen_plurals(path)} == WITHOUT_NUMBER
