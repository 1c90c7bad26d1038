"""Reads requirement files like pip, without starting pip: encodings, joined lines, comments, variables, nesting.

Source: pip's `_internal/req/req_file.py` and `_internal/utils/encoding.py`. Importing pip takes longer than an
unchanged build; a property test compares this reader with pip's own.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hybridctl.errors import BuildFailed

# Longer byte order marks first: the mark of UTF-32 (little endian) starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_REMOTE = re.compile(r"(http|https|file):", re.IGNORECASE)
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """A logical line. `text` has its variables replaced; `shown` may be printed.

    `requirement` is the part before the first option, "" for a line with only options. `constraint` is true for lines
    of a `-c` file.
    """

    file: str
    number: int
    text: str
    shown: str
    requirement: str
    options: tuple[str, ...]
    constraint: bool = False

    @property
    def where(self) -> str:
        return f"{self.file}:{self.number}"

    def option(self, *names: str) -> str | None:
        """Return the value of the first of these options, in any notation, or None if none is present."""
        for position, word in enumerate(self.options):
            for name in names:
                if word == name:
                    return self.options[position + 1] if position + 1 < len(self.options) else ""
                if name.startswith("--") and word.startswith(f"{name}="):
                    return word.removeprefix(f"{name}=")
                if not name.startswith("--") and word.startswith(name) and not word.startswith("--"):
                    return word.removeprefix(name)
        return None


def read_lines(file: Path, environ: Mapping[str, str]) -> list[RequirementLine]:
    """Return the lines of a file, with included files in place. Raises BuildFailed for a file that cannot be read."""
    return list(_lines(file, environ, constraint=False, above=()))


def decode(content: bytes) -> str:
    """Decode the text by its byte order mark, else by a PEP 263 comment in the first two lines, else as UTF-8."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    for line in content.split(b"\n")[:2]:
        if line.startswith(b"#") and (match := _CODING.search(line)):
            return content.decode(match[1].decode("ascii"))
    return content.decode("utf-8")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers: continued lines joined, comments and empty lines left out."""
    for number, line in _join(text):
        content = _COMMENT.sub("", line).strip()
        if content:
            yield number, content


def _lines(
    file: Path, environ: Mapping[str, str], *, constraint: bool, above: tuple[Path, ...]
) -> Iterator[RequirementLine]:
    try:
        text = decode(file.read_bytes())
    except (OSError, UnicodeError, LookupError) as cause:
        why = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise BuildFailed(
            f"reading {file}: {why}", hint="check what includes it, its permissions and encoding"
        ) from cause
    here = (*above, file.resolve())
    for number, raw in logical_lines(text):
        line = _line(file.name, number, raw, environ, constraint=constraint)
        yield line
        if line.requirement:
            continue
        for names, constrains in ((("-r", "--requirement"), False), (("-c", "--constraint"), True)):
            path = line.option(*names)
            if path is None:
                continue
            if _REMOTE.match(path):
                raise BuildFailed(
                    f"{line.where}: {line.shown} is outside the checkout, so it may change",
                    hint="copy it into the folder of the requirements",
                )
            included = file.parent / path
            if included.resolve() not in here and len(here) < _DEEPEST:
                yield from _lines(included, environ, constraint=constrains, above=here)
            break


def _line(file: str, number: int, raw: str, environ: Mapping[str, str], *, constraint: bool) -> RequirementLine:
    import shlex

    from hybridctl.adapters.packaging.redaction import redact

    text = _VARIABLE.sub(lambda found: environ.get(found[1]) or found[0], raw)
    words = text.split(" ")
    first = next((position for position, word in enumerate(words) if word.startswith("-")), len(words))
    try:
        options = tuple(shlex.split(" ".join(words[first:])))
    except ValueError as cause:
        raise BuildFailed(f"{file}:{number}: {redact(raw)}: {cause}", hint=f"correct {file}") from cause
    return RequirementLine(file, number, text, redact(raw), " ".join(words[:first]).strip(), options, constraint)


def _join(text: str) -> Iterator[tuple[int, str]]:
    """Join each line that ends with a backslash with the next one. A comment ends the joining."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        is_comment = _COMMENT.match(line) is not None
        if line.endswith("\\") and not is_comment:
            start = start if parts else number
            parts.append(line.strip("\\"))
        elif parts:
            yield start, "".join([*parts, f" {line}" if is_comment else line])
            parts = []
        else:
            yield number, line
    if parts:
        yield start, "".join(parts)
