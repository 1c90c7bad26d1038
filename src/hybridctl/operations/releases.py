"""What was live when, how two releases differ, and the versions that nobody needs any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hybridctl.domain.code_diff import CodeDiff, compare_code, keep_lines
from hybridctl.domain.counting import count_noun
from hybridctl.domain.history import find_release, is_version
from hybridctl.domain.manifest import FileDifference, compare
from hybridctl.domain.release import Release, UnreadableRecord, Version
from hybridctl.domain.retention import prunable
from hybridctl.errors import ReleaseInProgress
from hybridctl.ports.release import HasFunctions, HasJournal, HasPlace
from hybridctl.ports.run import Progress


class HistoryPorts(HasFunctions, HasJournal, HasPlace, Protocol):
    """What the history uses of an environment."""


@dataclass(frozen=True, slots=True)
class History:
    """The newest releases, oldest first, and the version that the alias serves now.

    `unreadable` are the objects among the newest records that are none, or none that can be understood.
    """

    releases: Sequence[Release]
    live: int | None
    unreadable: Sequence[UnreadableRecord] = ()


@dataclass(frozen=True, slots=True)
class ReleaseDifference:
    """Two releases side by side; `files` is None when a version of either is no longer published, or there was none.

    `code` are the lines that differ, None where nobody asked.
    """

    one: Release
    other: Release
    files: FileDifference | None
    code: CodeDiff | None = None


@dataclass(frozen=True, slots=True)
class Prune:
    """The versions that would go, or, when `done`, have gone; `kept` is how many stay."""

    environment: str
    versions: tuple[Version, ...]
    kept: int
    done: bool = False

    @property
    def size(self) -> int:
        """Bytes of code storage."""
        return sum(version.size for version in self.versions)


def read_history(backend: HistoryPorts, limit: int) -> History:
    alias = backend.functions.live()
    releases = tuple(backend.journal.releases(limit))
    return History(releases, alias.version if alias else None, tuple(backend.journal.unreadable))


def compare_releases(
    backend: HistoryPorts, one: str, other: str, *, code: bool = False, limit: int = 0
) -> ReleaseDifference:
    """The two releases that these ids begin, and the files in which their packages differ; raises NotFound.

    With `code` also the lines, `limit` of them at most.
    """
    first, second = _find_release(backend, one), _find_release(backend, other)
    published = {version.number for version in backend.functions.versions()}
    versions = [release.version_after for release in (first, second)]
    files = lines = None
    if all(version in published for version in versions):
        before, after = (backend.functions.package(version) for version in versions if version is not None)
        files = compare(after, before)
        lines = keep_lines(compare_code(before, after), limit) if code else None
    return ReleaseDifference(first, second, files, lines)


def _find_release(backend: HistoryPorts, start: str) -> Release:
    """The release of a version or of an id's beginning; of an id only those records are read that begin so."""
    return find_release(backend.journal.releases(beginning="" if is_version(start) else start), start)


def plan_prune(backend: HistoryPorts, keep: int) -> Prune:
    """What `prune` would remove; ReleaseInProgress while a release may still need any of it."""
    running = backend.journal.running()
    if running is not None:
        raise ReleaseInProgress(
            f"{running.kind} {running.id} of {running.environment} is in progress", hint="hybridctl status"
        )
    versions = backend.functions.versions()
    gone = prunable(versions, backend.functions.live(), backend.journal.releases(), keep)
    return Prune(backend.place.environment, gone, len(versions) - len(gone))


def prune(backend: HistoryPorts, progress: Progress, plan: Prune) -> Prune:
    with progress.step("prune") as step:
        for number, version in enumerate(plan.versions, start=1):
            step.now(f"{number} of {len(plan.versions)} · version {version.number}")
            backend.functions.remove(version.number)
        step.done(f"deleted {count_noun(len(plan.versions), 'version')}")
    return Prune(plan.environment, plan.versions, plan.kept, done=True)
