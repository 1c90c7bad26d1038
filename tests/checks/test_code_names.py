"""Functions that act are named by verbs, and a class name has one meaning in the tree."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from code_names import classes_defined_twice, functions_named_by_a_participle

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("src/hybridctl", "lambda_src")


def sources(folder: str) -> Mapping[Path, str]:
    found = sorted((ROOT / folder).rglob("*.py"))
    return {one.relative_to(ROOT): one.read_text(encoding="utf-8") for one in found if "templates" not in one.parts}


@pytest.mark.parametrize("folder", [*PROGRAMS, "tests"])
def test_no_function_is_named_by_a_participle(folder):
    named = [name for path, text in sources(folder).items() for name in functions_named_by_a_participle(path, text)]
    assert named == [], "name it by a verb and its object, such as record_release"


def test_no_class_name_is_used_twice():
    assert classes_defined_twice(sources("src/hybridctl")) == {}


@pytest.mark.parametrize(
    "text", ["def judged(plan): ...", "async def _told_live(): ...", "class A:\n    def recorded(self): ..."]
)
def test_a_participle_is_found(text):
    assert len(list(functions_named_by_a_participle(Path("a.py"), text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def judge_plan(): ...",
        "def is_told(): ...",
        "def need(): ...",
        "class A:\n    @property\n    def held(self): ...",
        "@pytest.fixture(scope='module')\ndef deployed(clone): ...",
    ],
)
def test_verbs_predicates_properties_and_fixtures_pass(text):
    assert list(functions_named_by_a_participle(Path("a.py"), text)) == []


def test_a_class_of_two_modules_is_found_with_both():
    two = {Path("a.py"): "class Verdict: ...\nclass _Own: ...", Path("b.py"): "class Verdict: ...\nclass _Own: ..."}
    assert classes_defined_twice(two) == {"Verdict": ["a.py", "b.py"]}
