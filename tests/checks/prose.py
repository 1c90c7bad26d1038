"""Every sentence of this repository that a person reads, and which words in it have a plainer one."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words.toml")
_FOLDERS = ("src", "lambda_src", "docs", "terraform", "tests", "bench", "scripts", ".github")
_LISTS = frozenset({WORDS.name, "names.toml", "test_prose.py"})  # they have to name the words
_TEXTS = frozenset({".md", ".tf", ".hcl", ".tfvars", ".yml", ".yaml", ".toml", ".txt"})
_SPAN = re.compile(r"`[^`\n]*`")
_CODE = re.compile(r"```.*?```|`[^`\n]*`|^(?: {4}|\t).*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archaism:
    """A word that was found, the place of it, and what to write instead."""

    path: Path
    line: int
    word: str
    better: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}: write {self.better}"


@cache
def word_list() -> tuple[tuple[re.Pattern[str], str], ...]:
    words: Mapping[str, str] = tomllib.loads(WORDS.read_text(encoding="utf-8"))["instead"]
    return tuple((re.compile(rf"\b(?:{word})\b", re.IGNORECASE), better) for word, better in words.items())


@cache
def _any_word() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(pattern.pattern for pattern, _ in word_list())})\b", re.IGNORECASE)


def find_archaisms(path: Path, text: str) -> Iterator[Archaism]:
    """The words in a file's prose that `words.toml` lists."""
    if not _any_word().search(text.replace("_", " ")):
        return  # most files: nothing has to be parsed
    for first, prose in read_prose(path, text):
        for pattern, better in word_list():
            for found in pattern.finditer(prose):
                yield Archaism(path, first + prose.count("\n", 0, found.start()), found[0], better)


def read_prose(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """The prose of a file in parts, each with its first line: all of a text, and what in a program people read."""
    if path.suffix == ".py":
        yield from _python(text)
    elif path.suffix == ".md":
        yield 1, _CODE.sub(lambda code: re.sub(r"\S", " ", code[0]), text)
    else:
        yield 1, text


def _blank_code(text: str) -> str:
    return _SPAN.sub(lambda code: " " * len(code[0]), text)


def _python(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], _blank_code(token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, _blank_code(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.replace("_", " ")


def files_with_prose(root: Path) -> Iterator[Path]:
    """Pages, programs, HCL, workflows and golden files; not what is generated from data or locked."""
    yield from sorted(root.glob("*.md"))
    yield root / "Makefile"
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if (
                path.suffix in _TEXTS | {".py"}
                and path.is_file()
                and path.name not in _LISTS
                and ".terraform" not in path.parts
            ):
                yield path
