"""TF_DATA_DIR, shared by all commands of a checkout: `init` writes the list of modules while others read it.

It contains only a cache (backend, modules, providers), which `init` creates from the HCL.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hybridctl.files import write_failure


@contextmanager
def in_use(folder: Path, *, alone: bool, waiting: Callable[[], None] = lambda: None) -> Iterator[int]:
    """Use the folder together with others, or `alone`. `waiting` is called once if this must wait.

    The kernel releases the lock when the last process closes the descriptor: a child with the descriptor keeps the
    folder in use after this process ends. Raises FileUnwritable.
    """
    path = folder.with_name(f"{folder.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as cause:
        raise write_failure(path, cause) from cause
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
    """Return whether no hybridctl of this checkout, and no engine that one left running, uses the folder."""
    try:
        descriptor = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # unknown
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def forget_workspace(folder: Path) -> None:
    """Remove a selected workspace: environments are folders here, and another workspace has another state."""
    with suppress(OSError):
        remove(folder / "environment")


@contextmanager
def fresh(folder: Path) -> Iterator[None]:
    """Use an empty folder inside the context. If that fails, restore the previous folder."""
    kept = folder.with_name(f"{folder.name}.discarded")
    remove(kept)
    folder.rename(kept)
    try:
        yield
    except BaseException:
        remove(folder)
        kept.rename(folder)
        raise
    remove(kept)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with its content."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
