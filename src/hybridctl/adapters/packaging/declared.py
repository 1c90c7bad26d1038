"""What the requirement files say, read only as far as is needed to notice a change and to refuse what cannot work."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from hybridctl.errors import BuildFailed

_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]*(?P<path>\S+)$")
_LOCAL = re.compile(r"-e\b|--editable\b|file:|[./~]|\S+\s*@\s*(?:file:|[./~])|(?!https?:)\S+\.(?:whl|tar\.gz|zip)$")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*(?:==\s*(?P<version>[^\s;,]+))?")


def requirement_file(source: Path) -> Path | None:
    """The lock beside the handler, or without one the list; None when neither requires anything.

    BuildFailed when the lock does not hold what the list names: it would silently be left out.
    """
    lock, plain = source / "requirements.lock", source / "requirements.txt"
    if not lock.is_file():
        return plain if plain.is_file() and list(lines(plain)) else None
    held = dict(_pins(lock))
    for name, version in _pins(plain) if plain.is_file() else ():
        if name not in held or (version and held[name] and version != held[name]):
            wanted = f"{name}=={version}" if version else name
            raise BuildFailed(f"{lock.name} does not hold {wanted} of {plain.name}", hint="lock the requirements anew")
    return lock if held else None


def key(file: Path) -> str:
    """A digest of all that is required, included files too; comments do not count."""
    return hashlib.sha256("\n".join([file.suffix, *lines(file)]).encode()).hexdigest()


def lines(file: Path, above: tuple[Path, ...] = ()) -> Iterator[str]:
    """The logical lines of a file and of those it includes; BuildFailed for what only exists on this machine."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise BuildFailed(f"reading {file}: {cause}", hint="check what includes it, and its permissions") from cause
    for line in re.sub(r"\\\n", " ", text).splitlines():
        said = " ".join(re.sub(r"(^|\s)#.*", "", line).split())
        if not said:
            continue
        if _LOCAL.match(said):
            raise BuildFailed(
                f"{file.name}: {said} is on this machine only",
                hint="name a released package, or move it into the source",
            )
        yield said
        included = _INCLUDE.match(said)
        if included:
            path = (file.parent / included["path"]).resolve()
            if path not in above:
                yield from lines(path, (*above, file.resolve()))


def _pins(file: Path) -> Iterator[tuple[str, str | None]]:
    """Each required name in its normal form, and its version if pinned; conditional ones of a list are left out."""
    for line in lines(file):
        found = _PINNED.match(line)
        if found and not (";" in line and file.suffix == ".txt"):
            yield re.sub(r"[-_.]+", "-", found["name"]).lower(), found["version"]
