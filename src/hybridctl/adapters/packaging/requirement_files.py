"""The requirement files: whether the lock matches them, and what a set of requirements depends on."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hybridctl.adapters.packaging.requirement_lines import RequirementLine, read_lines
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# Strings, not compiled patterns: most builds declare no requirements.
_PATH = r"(?:(?:\w+\+)?file:|[./~])"
_FILE = r"(?!\w+(?:\+\w+)?:)\S+\.(?:whl|tar\.gz|tgz|tar\.bz2|zip)(?:\[|$)"
_LOCAL = rf"(?i:{_PATH}|[^@]*@\s*{_PATH}|{_FILE})"
_VCS = r"(?i:(?P<kind>git|hg|svn|bzr)\+(?P<url>[^\s;#]+))"
_COMMIT = r"[0-9a-f]{40}"
_EGG = r"[#&]egg=([\w.-]+)"
_OPTIONS = (  # allowed alone on a line: pip's SUPPORTED_OPTIONS
    *("-i", "--index-url", "--pypi-url", "--extra-index-url", "--no-index", "-f", "--find-links", "--trusted-host"),
    *("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--pre", "--use-feature"),
    *("--no-binary", "--only-binary", "--prefer-binary", "--require-hashes"),
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A requirement from a repository at something that can move: a branch, a tag, or nothing (`ref` is "HEAD")."""

    kind: str
    url: str
    ref: str


@dataclass(frozen=True, slots=True)
class DeclaredRequirements:
    """The installed requirement file, its lines and those of included files, and the values of variables in them."""

    file: Path
    lines: Sequence[RequirementLine]
    secrets: tuple[str, ...] = ()

    @property
    def is_locked(self) -> bool:
        return self.file.suffix == ".lock"

    @property
    def branches(self) -> list[Branch]:
        found = [_branch(match) for line in self.lines if (match := re.search(_VCS, line.text))]
        return [branch for branch in found if branch is not None]

    def key(self, commits: Mapping[Branch, str]) -> str:
        """Return a digest of all requirements, with the current `commits` of branches. Comments do not count."""
        parts = [self.file.suffix, *(line.text for line in self.lines)]
        parts += [f"{branch.url} {branch.ref} {commit}" for branch, commit in commits.items()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def read_declared(source: Path, target: Target, environ: Mapping[str, str]) -> DeclaredRequirements | None:
    """Read the lock beside the handler, or the requirement list if there is no lock. Return None if neither requires
    anything.

    Raises BuildFailed if the lock lacks something from the list, which would silently be left out, or if a requirement
    exists only on this machine.
    """
    lock, plain = source / "requirements.lock", source / "requirements.txt"
    asked = read_lines(plain, environ) if plain.is_file() else []
    held = read_lines(lock, environ) if lock.is_file() else []
    for line in (*asked, *held):
        _must_be_public(line)
    if not lock.is_file():
        return DeclaredRequirements(plain, asked, _values(asked, environ)) if _ask_for_something(asked) else None
    _must_hold(held, asked, target, plain.name)
    return DeclaredRequirements(lock, held, _values(held, environ)) if _ask_for_something(held) else None


def _ask_for_something(lines: Sequence[RequirementLine]) -> bool:
    """Return whether there is a requirement, and not only options and constraints, which pip rejects on their own.

    An option that pip does not know counts: pip reports it.
    """
    return any(
        not line.constraint if line.requirement else bool(line.options) and line.option(*_OPTIONS) is None
        for line in lines
    )


def _must_be_public(line: RequirementLine) -> None:
    editable = line.option("-e", "--editable")
    if editable is not None or re.match(_LOCAL, line.requirement):
        raise BuildFailed(
            f"{line.file}: {line.shown} exists only on this machine",
            hint="require a released package, or move it into the source",
        )


def _must_hold(held: Sequence[RequirementLine], asked: Sequence[RequirementLine], target: Target, asking: str) -> None:
    """Compare name, version and URL of each requirement that applies to the target with the lock. Raises
    BuildFailed.
    """
    locked = {name: (line, parsed) for line, name, parsed in _requirements(held, target)}
    for line, name, parsed in _requirements(asked, target):
        if line.constraint:
            continue
        problem = _difference(line, parsed, *locked[name]) if name in locked else "is missing"
        if problem:
            lock = "requirements.lock"
            raise BuildFailed(
                f"{lock} does not match {_show(line)} of {asking}: it {problem}",
                hint=f"update the lock, for example: uv pip compile --generate-hashes {asking} -o {lock}",
            )


def _difference(
    line: RequirementLine, asked: "Requirement | None", held: RequirementLine, locked: "Requirement | None"
) -> str | None:
    if asked is None or locked is None or asked.url or locked.url:
        one, other = _address(line), _address(held)
        return None if one is None or one == other else f"holds {_show(held)}"
    version = next((one.version for one in locked.specifier if one.operator in ("==", "===")), None)
    if version is not None and not asked.specifier.contains(version, prereleases=True):
        return f"holds {locked.name}=={version}"
    return None


def _requirements(
    lines: Sequence[RequirementLine], target: Target
) -> list[tuple[RequirementLine, str, "Requirement | None"]]:
    """Return the requirements whose marker applies to the target, with normalized names. An unnamed repository uses its
    `#egg=`.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    requirements: list[tuple[RequirementLine, str, Requirement | None]] = []
    for line in lines:
        if not line.requirement:
            continue
        try:
            parsed = Requirement(line.requirement)
        except InvalidRequirement:
            egg = re.search(_EGG, line.requirement)
            name = egg[1] if egg else line.requirement
            requirements.append((line, canonicalize_name(name), None))
            continue
        if parsed.marker is None or parsed.marker.evaluate({**target.markers, "extra": ""}):
            requirements.append((line, canonicalize_name(parsed.name), parsed))
    return requirements


def _address(line: RequirementLine) -> str | None:
    """Return the URL in a requirement line, without its fragment, or None."""
    match = re.search(r"[\w+]+://[^\s;#]+", line.requirement)
    return match[0] if match else None


def _show(line: RequirementLine) -> str:
    from hybridctl.adapters.packaging.redaction import redact

    return redact(re.sub(r"\s*--hash\S*(?:\s+sha\d+:\S+)?|\s*\\", "", line.shown)).strip()


def _branch(found: "re.Match[str]") -> Branch | None:
    scheme, _, rest = found["url"].partition("://")
    path = rest.partition("/")[2]
    address, at, ref = path.rpartition("@")
    if not at:
        return Branch(found["kind"].lower(), found["url"], "HEAD")
    if re.fullmatch(_COMMIT, ref.lower()):
        return None
    host = rest.partition("/")[0]
    return Branch(found["kind"].lower(), f"{scheme}://{host}/{address}", ref)


def _values(lines: Sequence[RequirementLine], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of the variables in the lines. They may be secret and are not printed."""
    named = {name for line in lines for name in re.findall(r"\$\{([A-Z0-9_]+)\}", line.shown)}
    return tuple(environ[name] for name in sorted(named) if environ.get(name))
