"""Create a new backend from a template: check everything first, then write only what is missing."""

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

from hybridctl.domain.scaffold import SHARED, FileState, Initialized, Wish, fault_of, fill, is_link
from hybridctl.errors import FilesInTheWay, UsageInvalid
from hybridctl.ports.machine import Templates

_SHOWN = 6


def initialize(
    templates: Templates, folder: Path, wish: Wish, *, start: Path, sandbox: str = "local", dry_run: bool = False
) -> Initialized:
    """Write the template's files into `folder`. Raises FilesInTheWay, before anything is written, if a different file
    has one of the names.

    A file with the same content counts as written, so an interrupted run can be repeated. Files that existing folders
    often have (`SHARED`) stay as they are. `start` is the user's current directory.
    """
    if fault := fault_of(wish):
        raise UsageInvalid(fault[0], hint=fault[1])
    texts = fill(templates.read(wish.template), wish)
    links = {path for path, text in texts.items() if is_link(text)}
    wanted = {path: text.encode() for path, text in texts.items()}
    files = write_files(templates, folder, wanted, start=start, dry_run=dry_run, links=links)
    steps: tuple[str, ...] = (f"hybridctl deploy {sandbox}",)
    if folder != start:
        steps = (f"cd {shlex.quote(str(folder.relative_to(start)))}", *steps)
    return Initialized(folder, wish.project, wish.template, files, steps, dry_run)


def write_files(
    templates: Templates,
    folder: Path,
    wanted: Mapping[str, bytes],
    *,
    start: Path,
    dry_run: bool,
    executable: Collection[str] = (),
    links: Collection[str] = (),
) -> Mapping[str, FileState]:
    """Write the files and return what happened to each. Raises FilesInTheWay, before anything is written, if a
    different file has one of the names.
    """
    found = templates.look(folder, list(wanted))
    states = {path: _state(path, content, found) for path, content in wanted.items()}
    if in_the_way := [path for path, state in states.items() if state is None]:
        raise _in_the_way(folder, in_the_way, is_own=folder != start)
    files = {path: state for path, state in states.items() if state is not None}
    if not dry_run:
        missing = {path: wanted[path] for path, state in files.items() if state is FileState.WRITTEN}
        templates.write(folder, missing, executable=executable, links=links)
    return files


def _state(path: str, content: bytes, found: Mapping[str, bytes | None]) -> FileState | None:
    """Return what to do with a file; None if a different file has its name."""
    if path not in found:
        return FileState.WRITTEN
    if found[path] == content:
        return FileState.SAME
    return FileState.KEPT if path in SHARED and found[path] is not None else None


def _in_the_way(folder: Path, paths: list[str], *, is_own: bool) -> FilesInTheWay:
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    way_out = "choose another name" if is_own else "make a folder of its own: hybridctl init NAME"
    return FilesInTheWay(
        f"{folder} already has {shown}", hint=f"nothing was written; move what is there away, or {way_out}"
    )
