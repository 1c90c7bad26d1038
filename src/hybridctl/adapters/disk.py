"""Detects a full disk, from the output of a child process and from the disk itself."""

import os
from collections.abc import Iterable
from pathlib import Path

from hybridctl.files import find_folder

_WORDS = ("no space left on device", "disk quota exceeded", "file too large", "database or disk is full")
_ROOM = 64 * 1024  # bytes; with less, not even a lock or a log line can be written


def is_told(text: str) -> bool:
    """Return whether a child's output says that the disk is full."""
    return any(words in text.lower() for words in _WORDS)


def find_full(folders: Iterable[Path]) -> Path | None:
    """Return the first folder whose disk has no space or no inodes left, or None."""
    for folder in map(find_folder, folders):
        try:
            disk = os.statvfs(folder)
        except OSError:
            continue
        blocks, files = (disk.f_bfree, disk.f_ffree) if os.geteuid() == 0 else (disk.f_bavail, disk.f_favail)
        if (disk.f_blocks and blocks * disk.f_frsize < _ROOM) or (disk.f_files and not files):
            return folder
    return None
