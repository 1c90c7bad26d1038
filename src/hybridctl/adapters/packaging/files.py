"""Files that appear whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from hybridctl.adapters.disk import unwritable
from hybridctl.errors import FileUnwritable

_ABANDONED_SECONDS = 3600


def write_whole(path: Path, content: bytes) -> None:
    """Put the content at `path` at once, also while others read or write it; FileUnwritable leaves it as it was."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(fresh, 0o644)
            os.replace(fresh, path)
        except BaseException:
            os.unlink(fresh)
            raise
    except OSError as cause:
        raise unwritable(path, cause, FileUnwritable, "check the folder's permissions") from cause
    _remove_abandoned(path)


def _remove_abandoned(path: Path) -> None:
    """What a killed run left behind: an hour older than what was just written, so nobody is at it any more."""
    with contextlib.suppress(OSError):  # whoever removes it first, it is gone
        now = path.stat().st_mtime
        for left in path.parent.glob(f".{path.name}.*"):
            if now - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
