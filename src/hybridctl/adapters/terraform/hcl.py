"""The part of HCL that hybridctl reads itself: literal values of .tfvars files, and names of blocks.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md ; a test compares the values with Terraform's own.
Anything but a literal (an expression, a template) is left to Terraform and reported as unreadable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SPACE = re.compile(r"(?:[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_HEREDOC = re.compile(r"<<(?P<indented>-?)(?P<end>[^\W\d][\w-]*)\r?\n")
_ESCAPE = re.compile(r"\\(?:(?P<plain>[nrt\"\\])|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8}))")
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS = {"true": True, "false": False, "null": None}
_OPENING, _CLOSING = "([{", ")]}"


class NotReadable(Exception):
    """The text is not valid HCL. The message says where."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """The values of a file by name, and the source text of values that are not literals."""

    values: Mapping[str, Any] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


def read_assignments(text: str) -> Assignments:
    """Read the assignments of a .tfvars file. Raises NotReadable."""
    reader = HclReader(text.removeprefix("\ufeff"))
    text = reader.text
    values: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    while reader.skip_lines():
        name = reader.take_name()
        reader.skip()
        if name is None or not reader.take("="):
            raise NotReadable(f"line {reader.line}: no assignment")
        reader.skip()
        start = reader.at
        try:
            values[name] = reader.take_value()
            unreadable.pop(name, None)
            if not reader.is_at_line_end():
                raise NoLiteral
        except NoLiteral:
            reader.at = start
            reader.skip_expression()
            values.pop(name, None)
            unreadable[name] = text[start : reader.at].strip()
    return Assignments(values, unreadable)


def read_block_names(text: str, kind: str) -> set[str]:
    """Return the names of a .tf file's blocks of a kind (`variable`, `output`). Raises NotReadable if brackets do not
    match.
    """
    reader = HclReader(text.removeprefix("\ufeff"))
    names: set[str] = set()
    while reader.skip_lines():
        words = [reader.take_name()]
        while (label := reader.take_label()) is not None:
            words.append(label)
        if words[0] == kind and len(words) == 2 and words[1]:
            names.add(words[1])
        reader.skip_expression()
        if reader.take("}") or reader.take("]") or reader.take(")"):
            raise NotReadable(f"line {reader.line}: a bracket is closed that was not opened")
    return names


class NoLiteral(Exception):
    """An expression that only Terraform can evaluate."""


class HclReader:
    """Reads HCL from the offset `at`. Reading moves the offset forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def skip(self) -> None:
        if found := _SPACE.match(self.text, self.at):
            self.at = found.end()

    def skip_lines(self) -> bool:
        """Move to the next token. Return False at the end."""
        while True:
            self.skip()
            if self.at >= len(self.text):
                return False
            if self.text[self.at] != "\n":
                return True
            self.at += 1

    def take(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def take_name(self) -> str | None:
        found = _NAME.match(self.text, self.at)
        if not found:
            return None
        self.at = found.end()
        return found[0]

    def take_label(self) -> str | None:
        """Read the next label of a block: a name or a quoted string."""
        self.skip()
        if self.text.startswith('"', self.at):
            try:
                return str(self._read_quoted())
            except NoLiteral as cause:
                raise NotReadable(f"line {self.line}: no label") from cause
        return self.take_name()

    def is_at_line_end(self) -> bool:
        self.skip()
        return self.at >= len(self.text) or self.text[self.at] == "\n"

    def take_value(self) -> Any:
        """Read the literal at the offset. Raises NoLiteral for anything else."""
        if self.text.startswith('"', self.at):
            return self._read_quoted()
        if found := _HEREDOC.match(self.text, self.at):
            return self._heredoc(found)
        if found := _NUMBER.match(self.text, self.at):
            self.at = found.end()
            return int(found[0]) if found[0].lstrip("-").isdigit() else float(found[0])
        if self.take("["):
            return list(self._members("]", self.take_value))
        if self.take("{"):
            return dict(self._members("}", self._pair))
        word = self.take_name()
        if word in _WORDS:
            return _WORDS[word]
        raise NoLiteral

    def skip_expression(self) -> None:
        """Move to the end of the line on which an expression or block ends, or to the bracket that closes around it."""
        depth = 0
        while self.at < len(self.text):
            self.skip()
            mark = self.text[self.at : self.at + 1]
            if mark == '"':
                self._skip_quoted()
            elif found := _HEREDOC.match(self.text, self.at):
                self._heredoc_lines(found)
            elif depth == 0 and (mark == "\n" or (mark and mark in _CLOSING)):
                return
            else:
                depth += (mark in _OPENING) - (mark in _CLOSING) if mark else 0
                self.at += 1
        if depth > 0:
            raise NotReadable("a bracket is not closed")

    def _members(self, end: str, take: Any) -> Iterator[Any]:
        while self.skip_lines():
            if self.take(end):
                return
            yield take()
            newline = self.text.find("\n", self.at)
            before = self.at
            more = self.skip_lines()
            parted = more and (self.take(",") or (end == "}" and before <= newline < self.at))
            if not parted and not self.text.startswith(end, self.at):
                raise NoLiteral
        raise NotReadable("a bracket is not closed")

    def _pair(self) -> tuple[str, Any]:
        name = self._read_quoted() if self.text.startswith('"', self.at) else self.take_name()
        self.skip()
        if name is None or self.text.startswith("==", self.at) or not (self.take("=") or self.take(":")):
            raise NoLiteral
        self.skip()
        return name, self.take_value()

    def _read_quoted(self) -> str:
        start = self.at
        self._skip_quoted()
        raw = self.text[start + 1 : self.at - 1]
        if _TEMPLATE.search(raw):
            raise NoLiteral
        if _ESCAPE.sub("", raw).count("\\"):
            raise NotReadable(f"line {self.line}: an unknown escape sequence")
        return _ESCAPE.sub(_unescape, raw).replace("$${", "${").replace("%%{", "%{")

    def _skip_quoted(self) -> None:
        """Move behind a quoted string. Its templates may contain strings."""
        self.at += 1
        while self.at < len(self.text):
            mark = self.text[self.at]
            if mark == "\n":
                break
            if self.text.startswith(("$${", "%%{"), self.at):
                self.at += 3
            elif self.text.startswith(("${", "%{"), self.at):
                self.at += 2
                self._skip_template()
            elif mark == "\\":
                self.at += 2
            else:
                self.at += 1
                if mark == '"':
                    return
        raise NotReadable(f"line {self.line}: a string is not closed")

    def _skip_template(self) -> None:
        depth = 1
        while depth and self.at < len(self.text):
            mark = self.text[self.at]
            if mark == '"':
                self._skip_quoted()
                continue
            depth += (mark == "{") - (mark == "}")
            self.at += 1

    def _heredoc(self, found: "re.Match[str]") -> str:
        lines = self._heredoc_lines(found)
        if found["indented"]:
            used = [line for line in lines if line.strip()]
            indent = min((len(line) - len(line.lstrip(" ")) for line in used), default=0)
            lines = [line[indent:] for line in lines]
        text = "".join(f"{line}\n" for line in lines)
        if _TEMPLATE.search(text):
            raise NoLiteral
        return text.replace("$${", "${").replace("%%{", "%{")

    def _heredoc_lines(self, found: "re.Match[str]") -> list[str]:
        end = re.compile(rf"^[ \t]*{re.escape(found['end'])}[ \t\r]*$", re.MULTILINE).search(self.text, found.end())
        if not end:
            raise NotReadable(f"line {self.line}: {found['end']} is missing")
        body = self.text[found.end() : end.start()]
        self.at = end.end()
        return body.removesuffix("\n").split("\n") if body else []


def _unescape(found: "re.Match[str]") -> str:
    if found["plain"]:
        return _PLAIN[found["plain"]]
    return chr(int(found["short"] or found["long"], 16))
