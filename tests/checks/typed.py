"""Reads command lines of the docs as hybridctl would: every word of a line has to be one that it takes."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from hybridctl.commands.root import build_app
from hybridctl.entrypoint import globals_first, plain_words

BLOCK = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:\.venv/bin/)?hybridctl [^`]+)`")
_DONE_WHILE_READ = ("--version", "--install-completion", "--show-completion")
_PLACEHOLDERS = ("…", "COMMAND")


def lines(page: Path) -> Iterator[str]:
    """Every hybridctl command of a page: of its shell blocks, and of its running text and tables."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield from commands_of(line)
    for inline in INLINE.findall(BLOCK.sub("", text)):
        if not any(one in inline for one in _PLACEHOLDERS):
            yield from commands_of(inline)


def commands_of(line: str) -> Iterator[str]:
    """The hybridctl commands in one shell line; none where there is only another program's."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    words: list[str] = []
    for word in [*reader, ";"]:
        if set(word) <= set("();<>|&"):
            if words and Path(words[0]).name == "hybridctl":
                yield shlex.join(["hybridctl", *words[1:]])
            words = []
        elif words or not re.fullmatch(r"\$|\w+=\S*", word):
            words.append(word)


def wrong_with(line: str) -> str | None:
    """Why hybridctl would refuse these words, whatever they name; None when it takes them."""
    words = globals_first(plain_words(shlex.split(line)[1:]))
    if words and words[0] in _DONE_WHILE_READ:
        return None  # Typer would do it in reading it, and install something
    try:
        _parse(build_app(), "hybridctl", words, None)
    except Exception as refused:
        return f"{line}: {refused}"
    return None


def _parse(command: Any, name: str, words: Sequence[str], parent: Any) -> None:
    if "--help" in words or "-h" in words or not words:
        return
    context = command.make_context(name, list(words), parent=parent, resilient_parsing=False)
    if isinstance(command, TyperGroup):
        rest = [*context._protected_args, *context.args]
        if rest:
            inner_name, inner, after = command.resolve_command(context, rest)
            _parse_leaf(inner, inner_name or "", after, context)


def _parse_leaf(command: Any, name: str, words: Sequence[str], parent: Any) -> None:
    if isinstance(command, TyperGroup):
        _parse(command, name, words or ["--help"], parent)
    else:
        if "--help" in words or "-h" in words:
            return
        command.make_context(name, list(words), parent=parent)
