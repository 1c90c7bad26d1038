"""Folders that only the user can read, whatever the umask is and whatever an older version left in them."""

import os
import stat
from pathlib import Path

OTHERS = 0o077


def make_private(folder: Path) -> None:
    """Create the folder, and remove other users' access to it and to everything in it.

    The content of a folder that is already private is not checked: nobody else can reach it. Links are not followed.
    Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if os.lstat(folder).st_mode & OTHERS:
            tighten(folder)


def tighten(folder: Path) -> None:
    """Remove other users' access to a folder and to everything in it; ignore what is deleted meanwhile."""
    _take_access(folder)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _take_access(Path(parent, name))


def _take_access(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
        if mode & OTHERS and not stat.S_ISLNK(mode):
            os.chmod(path, stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        pass
