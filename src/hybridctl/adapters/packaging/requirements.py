"""Installs requirements as entries of the zip. Each set is resolved once per platform and cached."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from hybridctl.adapters.packaging.archive import DEFLATE, Entry, Installed
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.adapters.packaging.requirement_files import Branch, DeclaredRequirements
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed
from hybridctl.files import READABLE, write_failure, write_file

_FORMAT = 2  # of a cached set
_MOST_KEPT = 5
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True)
class Requirements:
    """The requirements of the files beside the handler, for `target`. Resolved sets are cached in `cache`."""

    declared: DeclaredRequirements | None
    target: Target
    cache: Path
    pip: Pip

    @cached_property
    def commits(self) -> Mapping[Branch, str]:
        """The current commit of each branch. Branches whose repository does not answer are left out."""
        if self.declared is None:
            return {}
        found = {branch: self.pip.commit(branch) for branch in dict.fromkeys(self.declared.branches)}
        return {branch: commit for branch, commit in found.items() if commit}

    @cached_property
    def key(self) -> str:
        """A key for exactly this set on this platform, "" if nothing is required."""
        if self.declared is None:
            return ""
        identity = f"{_FORMAT} {DEFLATE} {self.target} {self.declared.key(self.commits)}"
        return hashlib.sha256(identity.encode()).hexdigest()[:20]

    @property
    def notes(self) -> list[str]:
        """Notes on why a later build could get a different set."""
        if self.declared is None or self.declared.is_locked:
            return []
        from hybridctl.adapters.packaging.redaction import redact

        name = self.declared.file.name
        notes = [f"{name} is not locked: later builds may use other versions (create requirements.lock)"]
        for branch in dict.fromkeys(self.declared.branches):
            commit = self.commits.get(branch)
            now = f"now {commit[:12]}" if commit else "and its current commit is unknown"
            notes.append(f"{redact(branch.url)} is required at {branch.ref}, {now}: pin the commit")
        return notes

    def install(self) -> Installed:
        """Return the installed files. pip runs only if the set is not in the cache or damaged."""
        if self.declared is None:
            return Installed(())
        kept = self.cache / f"{self.key}.set"
        installed = _load(kept) if len(self.commits) == len(set(self.declared.branches)) else None
        if installed is None:
            installed = self._resolve(self.declared)
            write_file(kept, _dump(installed), mode=READABLE)
            self._forget_oldest(kept)
        return installed

    def _resolve(self, declared: DeclaredRequirements) -> Installed:
        from hybridctl.adapters.packaging.installed_files import read_installed  # only for a new set

        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.cache, prefix="pip."))
        except OSError as cause:
            raise write_failure(self.cache, cause) from cause
        try:
            self.pip.install(declared, folder, self.target)
            return read_installed(folder, self.target)
        except OSError as cause:
            raise BuildFailed(f"unpacking {declared.file.name}: {cause}") from cause
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget_oldest(self, written: Path) -> None:
        """Keep the newest sets, and remove folders that a killed pip left at least an hour ago."""
        with contextlib.suppress(FileNotFoundError):  # another build may do the same
            now = written.stat().st_mtime
            for path in sorted(self.cache.glob("*.set"), key=lambda one: one.stat().st_mtime_ns)[:-_MOST_KEPT]:
                path.unlink()
            for folder in self.cache.glob("pip.*"):
                if now - folder.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def _dump(installed: Installed) -> bytes:
    """Serialize: a digest of the rest, a line of JSON, and the compressed contents."""
    table = [{**asdict(entry), "deflated": len(entry.deflated)} for entry in installed.entries]
    about = json.dumps({"entries": table, "left_out": installed.left_out}).encode()
    rest = about + b"\n" + b"".join(entry.deflated for entry in installed.entries)
    return hashlib.sha256(rest).digest() + rest


def _load(path: Path) -> Installed | None:
    """Load a cached set. Return None if it does not exist or is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != digest:
        return None
    table, _, contents = rest.partition(b"\n")
    about = json.loads(table)
    entries, start = [], 0
    for row in about["entries"]:
        end = start + row["deflated"]
        entries.append(Entry(**{**row, "deflated": contents[start:end]}))
        start = end
    return Installed(tuple(entries), tuple(about["left_out"]))
