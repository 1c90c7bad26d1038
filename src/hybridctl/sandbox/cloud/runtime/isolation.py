"""A private /tmp, /var/task and a read-only file system for one function, if the kernel allows it.

Linux only: a mount namespace of the process, created by root or through a user namespace. If the kernel or a container
forbids it, the function uses the machine's /tmp, and only file modes protect the package. Sources: unshare(2),
mount(2), mount_setattr(2); lambda/latest/dg/lambda-runtime-environment.html (writable /tmp).
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import cache

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
TMP, VAR = "/tmp", "/var"  # noqa: S108 - the function's own, mounted over the machine's
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def isolate(private: str, runtime: str) -> bool:
    """Mount `private` on /tmp and the package on /var/task, and make everything but /tmp read-only.

    Returns whether that was possible. What the process needs of the machine's own /tmp and /var (its code, if a
    checkout is there) stays visible.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    task = os.environ["LAMBDA_TASK_ROOT"]
    try:
        _open_namespace(libc)
        _check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
        needed = _find_needed_folders(runtime, task)
        var = os.path.join(private, ".var")
        os.makedirs(var)
        _bind_needed(libc, needed, TMP, private)
        _bind_needed(libc, needed, VAR, var)
        _bind(libc, task, os.path.join(var, "task"))
        _bind(libc, var, VAR)
        _bind(libc, private, TMP)
        _set_attributes(libc, b"/", AT_RECURSIVE, _MountAttributes(attr_set=READ_ONLY))
        _set_attributes(libc, TMP.encode(), 0, _MountAttributes(attr_clr=READ_ONLY))
    except OSError:
        return False
    os.environ["LAMBDA_TASK_ROOT"] = "/var/task"
    return True


@cache
def is_possible() -> bool:
    """Return whether this machine allows that; tested once, in a separate process, which changes nothing else."""
    if not sys.platform.startswith("linux"):
        return False
    probe = subprocess.run([sys.executable, "-I", "-S", __file__], capture_output=True, check=False, timeout=10)
    return probe.returncode == 0


def _probe() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _open_namespace(libc)
        _check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
        _set_attributes(libc, b"/", AT_RECURSIVE, _MountAttributes(attr_set=READ_ONLY))
    except OSError:
        return 1
    return 0


def _open_namespace(libc: ctypes.CDLL) -> None:
    if os.geteuid() == 0:
        _check(libc.unshare(CLONE_NEWNS))
        return
    user, group = os.getuid(), os.getgid()
    _check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _find_needed_folders(runtime: str, task: str) -> list[str]:
    """Return the folders of the package, the runtime's packages and the interpreter."""
    links = [os.path.join(runtime, name) for name in os.listdir(runtime)]
    folders = {os.path.dirname(os.path.realpath(link)) for link in links}
    return sorted(folders | {os.path.realpath(path) for path in (runtime, task, sys.base_prefix, sys.prefix)})


def _bind_needed(libc: ctypes.CDLL, needed: Iterable[str], hidden: str, replacement: str) -> None:
    for path in needed:
        if path.startswith(hidden + "/"):
            _bind(libc, path, replacement + path[len(hidden) :])


def _bind(libc: ctypes.CDLL, source: str, target: str) -> None:
    os.makedirs(target, exist_ok=True)
    _check(libc.mount(source.encode(), target.encode(), None, MS_BIND | MS_REC, None))


def _set_attributes(libc: ctypes.CDLL, path: bytes, flags: int, attributes: _MountAttributes) -> None:
    size = ctypes.sizeof(attributes)
    _check(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path, flags, ctypes.byref(attributes), size))


def _check(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(_probe())
