"""The requirements as entries of the zip: resolved once for each set and platform, then kept."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from hybridctl.adapters.packaging import declared
from hybridctl.adapters.packaging.archive import DEFLATE, Entry
from hybridctl.adapters.packaging.files import write_whole
from hybridctl.adapters.packaging.pip import Pip
from hybridctl.domain.target import Target
from hybridctl.errors import BuildFailed, FileUnwritable

_UNINSTALL_ONLY = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
_FORMAT = 1  # of a kept set
_MOST_KEPT = 5
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the files beside the handler require, for `target`; resolved sets are kept under `cache`."""

    file: Path | None
    target: Target
    cache: Path
    pip: Pip

    @property
    def key(self) -> str:
        """A name for exactly this set on exactly this platform; "" when nothing is required."""
        if self.file is None:
            return ""
        said = f"{_FORMAT} {DEFLATE} {self.target} {declared.key(self.file)}"
        return hashlib.sha256(said.encode()).hexdigest()[:20]

    @property
    def note(self) -> str | None:
        if self.file is None or self.file.suffix == ".lock":
            return None
        return f"{self.file.name} is not locked: another day may bring other versions (write requirements.lock)"

    def entries(self) -> list[Entry]:
        """The installed files; pip is run only for a set that is not kept, or kept no longer as it was."""
        if self.file is None:
            return []
        kept = self.cache / f"{self.key}.set"
        entries = _load(kept)
        if entries is None:
            entries = self._resolve(self.file)
            write_whole(kept, _dump(entries))
            self._forget_oldest(kept)
        return entries

    def _resolve(self, file: Path) -> list[Entry]:
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.cache, prefix="pip."))
        except OSError as cause:
            raise FileUnwritable(f"writing {self.cache}: {cause.strerror}", hint="check its permissions") from cause
        try:
            self.pip.install(file, folder, self.target)
            names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
            return [
                Entry.of(name, path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
                for name, path in sorted(names.items())
                if _is_packaged(folder, path)
            ]
        except OSError as cause:
            raise BuildFailed(f"unpacking {file.name}: {cause}") from cause
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _forget_oldest(self, written: Path) -> None:
        """Keep the newest sets, and remove what pip was unpacking when it was killed, an hour ago or longer."""
        with contextlib.suppress(FileNotFoundError):  # another build may be at the same
            now = written.stat().st_mtime
            for path in sorted(self.cache.glob("*.set"), key=lambda one: one.stat().st_mtime_ns)[:-_MOST_KEPT]:
                path.unlink()
            for folder in self.cache.glob("pip.*"):
                if now - folder.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_packaged(folder: Path, path: Path) -> bool:
    """False for what only an uninstaller or this machine needs; all of it would differ from machine to machine."""
    inside = path.relative_to(folder).parts
    if inside[0] == "bin" and not (folder / "bin" / "__init__.py").exists():
        return False  # scripts, whose first line names this machine's interpreter
    if len(inside) == 2 and inside[0].endswith(".dist-info") and path.name in _UNINSTALL_ONLY:
        return False
    return path.suffix not in (".pyc", ".pyo")


def _dump(entries: list[Entry]) -> bytes:
    """A digest of the rest, a line of JSON, and the compressed contents one after the other."""
    table = [{**asdict(entry), "deflated": len(entry.deflated)} for entry in entries]
    rest = json.dumps(table).encode() + b"\n" + b"".join(entry.deflated for entry in entries)
    return hashlib.sha256(rest).digest() + rest


def _load(path: Path) -> list[Entry] | None:
    """What was kept; None when there is nothing, or it is not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != digest:
        return None
    table, _, contents = rest.partition(b"\n")
    entries, start = [], 0
    for row in json.loads(table):
        end = start + row["deflated"]
        entries.append(Entry(**{**row, "deflated": contents[start:end]}))
        start = end
    return entries
