"""Folders that are the user's alone, whatever the umask is and whatever an older version left in them."""

import os
import stat
from pathlib import Path

OTHERS = 0o077


def make_private(folder: Path) -> None:
    """Make the folder, its parents as usual, and take the others' access to it and to all that is in it already.

    A folder that is private is believed to be so throughout: nobody else reaches what is below it, and each writer
    takes care of its own files. Links are not followed. Raises OSError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if os.lstat(folder).st_mode & OTHERS:
            tighten(folder)


def tighten(folder: Path) -> None:
    """Take the others' access to a folder and to everything in it; what goes away meanwhile is passed over."""
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
