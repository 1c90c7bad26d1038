"""Tests mirror the source: a reader finds the tests of a module by its name, and pytest finds them all."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
# What crosses modules, or tests what is not a module. docs/testing.md says what each folder is for.
SCENARIOS = {"checks", "e2e", "faults", "mutation", "pictures", "suite", "terraform"}
# Tests of code outside of src/hybridctl.
ROOTS = {"handler": "lambda_src/backend", "bench": "bench"}
EXCEPTIONS = {
    "commands/test_every_command.py": "runs all commands",
    "commands/test_every_command_advice.py": "runs all commands",
    "views/test_every_view.py": "renders all results",
}
REFERENCE = re.compile(r"(?<![\w/])tests/[a-z0-9_/]+\.(?:py|toml|json)\b")
TEXTS = (".md", ".py", ".toml", ".yml", "Makefile")
OF_PROJECTS = {"tests/test_main.py", "tests/test_handler.py"}  # `hybridctl init` writes them


def is_module(path: Path) -> bool:
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def mirrors(test: str) -> bool:
    """Whether a test file is where its module is: tests/AREA/test_NAME.py, test_NAME_*.py or in tests/AREA/NAME/."""
    folder, name = PurePosixPath(test).parent, PurePosixPath(test).stem.removeprefix("test_")
    top, *rest = folder.parts or ("",)
    source = REPOSITORY.joinpath(ROOTS[top], *rest) if top in ROOTS else REPOSITORY / "src/hybridctl" / folder
    words = name.split("_")
    names = ("_".join(words[:count]) for count in range(1, len(words) + 1))
    return source.with_suffix(".py").is_file() or any(is_module(source / one) for one in names)


def find_misplaced(tests: list[str]) -> list[str]:
    return [
        one for one in tests if one.partition("/")[0] not in SCENARIOS and one not in EXCEPTIONS and not mirrors(one)
    ]


def find_tests() -> list[str]:
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def test_each_test_file_is_named_after_what_it_tests():
    assert find_misplaced(find_tests()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "test_everything.py",
        "logs/test_cursor.py",
        "domain/test_cursor.py",
        "domain/logs/test_logs.py",
        "commands/test_reading.py",
        "handler/test_client.py",
        "adapters/test_journal.py",
    ],
)
def test_a_test_file_in_another_place_is_found(planted):
    assert find_misplaced([planted]) == [planted]


@pytest.mark.parametrize(
    "right",
    [
        "test_files.py",
        "domain/logs/test_cursor_windows.py",
        "domain/test_checks.py",
        "sandbox/door/test_browser.py",
        "handler/aws/test_client.py",
        "e2e/test_guide.py",
    ],
)
def test_a_test_file_in_its_place_is_not(right):
    assert find_misplaced([right]) == []


def test_each_exception_is_still_there():
    assert [one for one in EXCEPTIONS if not (TESTS / one).is_file() or mirrors(one)] == []
    assert [one for one in SCENARIOS if not (TESTS / one).is_dir()] == []


def test_pytest_looks_into_every_folder(pytestconfig):
    """By default it leaves out folders named `build`, `dist` or `venv`, and says nothing."""
    skipped = pytestconfig.getini("norecursedirs")
    folders = {part for one in find_tests() for part in PurePosixPath(one).parent.parts}
    assert [one for one in folders if any(fnmatch(one, pattern) for pattern in skipped)] == []
    assert not any(fnmatch("build", pattern) for pattern in skipped)


def test_each_file_of_the_tests_that_a_text_names_is_there():
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    paths = [REPOSITORY / one for one in listed.split() if one != "CHANGELOG.md" and one.endswith(TEXTS)]
    missing = {
        (str(path.relative_to(REPOSITORY)), name)
        for path in paths
        if path.is_file()
        for name in REFERENCE.findall(path.read_text(encoding="utf-8"))
        if name not in OF_PROJECTS and not (REPOSITORY / name).is_file()
    }
    assert missing == set()


def test_each_file_of_the_lists_in_the_conftest_is_there():
    """Its lists of long and slow files have names from tests/; one that moved would silently become fast."""
    names = re.findall(r'"([a-z0-9_/]+\.py)"', (TESTS / "conftest.py").read_text(encoding="utf-8"))
    assert len(names) > 20
    assert [name for name in names if not (TESTS / name).is_file()] == []
