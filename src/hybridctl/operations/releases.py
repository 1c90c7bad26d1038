"""List and compare releases, and delete versions that nobody needs."""

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
from hybridctl.operations.versions import list_numbers
from hybridctl.ports.release import HasFunctions, HasJournal, HasPlace
from hybridctl.ports.run import Progress


class HistoryPorts(HasFunctions, HasJournal, HasPlace, Protocol):
    """The ports that the history uses."""


@dataclass(frozen=True, slots=True)
class History:
    """The newest releases, oldest first, and the version that the alias serves now.

    `unreadable` are objects among the newest records that are not readable records.
    """

    releases: Sequence[Release]
    live: int | None
    unreadable: Sequence[UnreadableRecord] = ()


@dataclass(frozen=True, slots=True)
class ReleaseDifference:
    """Two releases side by side; `files` is None if a version of either is not published.

    `code` are the lines that differ; None if not requested.
    """

    one: Release
    other: Release
    files: FileDifference | None
    code: CodeDiff | None = None


@dataclass(frozen=True, slots=True)
class Prune:
    """The versions to delete, or that were deleted if `done`; `kept` is the number of the others."""

    environment: str
    versions: tuple[Version, ...]
    kept: int
    done: bool = False

    @property
    def size(self) -> int:
        """Code storage in bytes."""
        return sum(version.size for version in self.versions)


def read_history(backend: HistoryPorts, limit: int) -> History:
    alias = backend.functions.live()
    releases = tuple(backend.journal.releases(limit))
    return History(releases, alias.version if alias else None, tuple(backend.journal.unreadable))


def compare_releases(
    backend: HistoryPorts, one: str, other: str, *, code: bool = False, limit: int = 0
) -> ReleaseDifference:
    """Compare two releases, given by version or the beginning of an id, and the files of their packages. Raises
    NotFound.

    With `code`, includes the lines that differ, at most `limit`.
    """
    first, second = _find_release(backend, one), _find_release(backend, other)
    published = list_numbers(backend.functions)
    versions = [release.version_after for release in (first, second)]
    files = lines = None
    if all(version in published for version in versions):
        before, after = (backend.functions.package(version) for version in versions if version is not None)
        files = compare(after, before)
        lines = keep_lines(compare_code(before, after), limit) if code else None
    return ReleaseDifference(first, second, files, lines)


def _find_release(backend: HistoryPorts, start: str) -> Release:
    """Find a release by version or by the beginning of its id; for an id, only matching records are read."""
    return find_release(backend.journal.releases(beginning="" if is_version(start) else start), start)


def plan_prune(backend: HistoryPorts, keep: int) -> Prune:
    """Return what `prune` would delete. Raises ReleaseInProgress while a release may need any of it."""
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
