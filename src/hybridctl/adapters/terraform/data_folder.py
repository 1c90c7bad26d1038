"""TF_DATA_DIR, shared by the commands of one checkout: `init` writes the modules' list anew while others read it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hybridctl.errors import FileUnwritable


@contextmanager
def in_use(folder: Path, *, alone: bool, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Use the folder together with others, or `alone`; `waiting` is called once when somebody is in the way.

    The kernel lets go of it with the last process that holds the descriptor: a child that gets it keeps the folder in
    use beyond our end. Raises FileUnwritable.
    """
    path = folder.with_name(f"{folder.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise FileUnwritable(f"writing {path}: {cause.strerror}", hint="check the folder's permissions") from cause
    wanted = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        try:
            fcntl.flock(descriptor, wanted | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, wanted)
        yield descriptor
    finally:
        os.close(descriptor)


def is_free(folder: Path) -> bool:
    """Whether nobody uses the folder now: no hybridctl of this checkout, and no engine that one has left behind."""
    try:
        descriptor = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # it cannot be told
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
