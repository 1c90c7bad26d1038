"""What exists once: no module has a second percentile, duration, atomic writer or check for a process."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for root in ("src/hybridctl", "lambda_src")
    for path in sorted((REPOSITORY / root).rglob("*.py"))
    if "templates" not in path.parts
}
PERCENTILE = r"\bquantiles?\(|\bceil\([^\n]*(?:\blen\(\w+\) ?[*/]|[*/] ?len\()|\blen\(\w+\) \* (?:rank|0?\.9|9\d)"
# What is there once, the place, and how another one would give itself away.
ONCE = {
    "percentile": (
        "percentiles.py",
        PERCENTILE,
    ),
    "atomic writer": ("files.py", r"\bos\.(?:replace|rename)\(|\bmkstemp\([^)]*prefix"),
    "process check": ("adapters/process.py", r"\bos\.kill\([^\n]*, 0\)"),
    "duration formatter": ("durations.py", r"(?:/|//) ?(?:60|3600|86_?400)\b[^\n]*\} ?(?:s|min|h|d|days)\b"),
    "duration parser": ("durations.py", r"\[smhd?w?\]|\(ms\|s\|m\|h|\(ms\|h\|m\|s"),
}
ALLOWED = {
    ("percentile", "durations.py"),
    ("duration parser", "domain/strategy.py"),  # the notation of a strategy, whose duration the one parser reads
}


def places(pattern: str) -> Iterator[str]:
    for path, text in SOURCES.items():
        if re.search(pattern, text):
            yield str(path.relative_to(REPOSITORY)).removeprefix("src/hybridctl/")


@pytest.mark.parametrize("what", ONCE)
def test_there_is_one(what):
    place, pattern = ONCE[what]
    others = {found for found in places(pattern) if (what, found) not in ALLOWED} - {place}
    assert others == set(), f"a second {what}: use the one in src/hybridctl/{place}"


@pytest.mark.parametrize(
    ("what", "planted"),
    [
        ("percentile", "ordered[ceil(len(ordered) * rank / 100) - 1]"),
        ("percentile", "statistics.quantiles(values, n=100)[94]"),
        ("percentile", "sorted(values)[int(len(values) * 0.95)]"),
        ("atomic writer", "os.replace(fresh, path)"),
        ("process check", "os.kill(pid, 0)"),
        ("duration formatter", 'f"{seconds / 60:.0f} min"'),
        ("duration parser", r're.compile(r"(\d+)([smh])")'),
    ],
)
def test_a_second_one_is_found(what, planted):
    assert re.search(ONCE[what][1], planted)


@pytest.mark.parametrize("what", ["percentile", "quantile"])
def test_no_other_function_has_that_name(what):
    named = [
        str(path.relative_to(REPOSITORY))
        for path, text in SOURCES.items()
        if what in text  # others have not to be parsed
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") in (what, f"{what}s")
    ]
    assert set(named) <= {"src/hybridctl/percentiles.py", "src/hybridctl/domain/samples.py"}, named
