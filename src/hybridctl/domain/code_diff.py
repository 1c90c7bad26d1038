"""Line-by-line differences between the code of two packages. No I/O."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from hybridctl.domain.manifest import compare
from hybridctl.domain.secrets import hide_secrets, secret_reason

LARGEST = 256 * 1024  # bytes; the time to compare lines grows with the square of the size
_OPEN = "\0"  # marks a last line without a newline; no text contains it


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The difference in one file: the lines of a unified diff, or a `note` with sizes and hashes if lines are not
    shown.
    """

    name: str
    lines: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class CodeDiff:
    """The files that differ, sorted by name. `more` is the number of lines that were cut off at the end."""

    files: tuple[FileDiff, ...]
    more: int = 0


def compare_code(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> CodeDiff:
    """Return the unified diff of two packages, without anything that looks like a secret."""
    diff = compare(after, before)
    names = sorted((*diff.added, *diff.changed, *diff.removed))
    return CodeDiff(tuple(_of_file(name, before.get(name), after.get(name)) for name in names))


def keep_lines(diff: CodeDiff, limit: int) -> CodeDiff:
    """Keep the first `limit` lines of all files together; 0 keeps all lines. Notes are always kept."""
    if not limit:
        return diff
    files, room, more = [], limit, 0
    for file in diff.files:
        more += max(0, len(file.lines) - room)
        files.append(replace(file, lines=file.lines[:room]))
        room = max(0, room - len(file.lines))
    return CodeDiff(tuple(files), more)


def _of_file(name: str, before: bytes | None, after: bytes | None) -> FileDiff:
    contents = [content for content in (before, after) if content is not None]
    if reason := next(filter(None, (secret_reason(name, content) for content in contents)), None):
        return FileDiff(name, note=f"{reason}, so it is not shown: {_sizes(before, after)}")
    texts = [_text(content) for content in (before, after)]
    if None in texts:
        return FileDiff(name, note=f"binary or large: {_sizes(before, after)}")
    one, other = (text or "" for text in texts)
    origins = ("/dev/null" if before is None else f"a/{name}", "/dev/null" if after is None else f"b/{name}")
    lines = tuple(_unify(one, other, *origins))
    return FileDiff(name, lines, "" if lines else f"empty, or differs in line ends alone: {_sizes(before, after)}")


def _unify(one: str, other: str, from_name: str, to_name: str) -> Iterator[str]:
    before, after = _lines(one), _lines(other)
    for number, line in enumerate(unified_diff(before, after, from_name, to_name, lineterm="")):
        yield line if number < 2 else f"{line[:1]}{hide_secrets(line[1:].removesuffix(_OPEN))}"
        if line.endswith(_OPEN):
            yield "\\ No newline at end of file"


def _lines(text: str) -> Sequence[str]:
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], f"{lines[-1]}{_OPEN}"]


def _text(content: bytes | None) -> str | None:
    """Return the text of a file: "" if there is no file, None if it is not text or too large."""
    if content is None:
        return ""
    if len(content) > LARGEST or b"\0" in content:
        return None
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def _sizes(before: bytes | None, after: bytes | None) -> str:
    return f"{_size(before)} → {_size(after)}"


def _size(content: bytes | None) -> str:
    if content is None:
        return "none"
    return f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}"
