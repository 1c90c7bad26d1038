"""Command lines for the engine, as values.

python-terraform renders the options of `init`, `plan`, `apply`, `show` and `force-unlock` (`generate_cmd_string`):
lists, `-var`, `-var-file` and flags. It does not run anything. Its own runner (0.10.1) collects all output until the
end, so it cannot show progress; it passes `synchronous` on to Terraform; it writes `-force` for `destroy`, which
Terraform has removed; and a closed pipe kills the engine in the middle of an apply. Therefore `adapters/process.py`
runs the command lines, streams their output and forwards interrupts. The other commands are written out here.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hybridctl.domain.engine import Engine


def init(engine: Engine, backend: Mapping[str, str], *, is_locked: bool = False) -> list[str]:
    """Return the command for init. It uses `-reconfigure`, because our data folder may contain an older backend (the
    sandbox's port changes).

    With `is_locked`, the root's lock file decides the provider versions and is not changed.
    """
    from python_terraform import IsFlagged

    settings = [f"{name}={value}" for name, value in backend.items()]
    locked = {"lockfile": "readonly"} if is_locked else {}
    return _render(
        engine, "init", input=False, json=IsFlagged, reconfigure=IsFlagged, backend_config=settings, **locked
    )


CHANGES = 2  # the exit code of a plan with changes, with `-detailed-exitcode`


def plan(
    engine: Engine,
    out: Path,
    *,
    var_files: Sequence[Path],
    variables: Mapping[str, str],
    destroy: bool,
    refresh_only: bool = False,
    lock_seconds: int,
) -> list[str]:
    from python_terraform import IsFlagged, IsNotFlagged

    return _render(
        engine,
        "plan",
        input=False,
        json=IsFlagged,
        detailed_exitcode=IsFlagged,
        lock_timeout=f"{lock_seconds}s",
        destroy=IsFlagged if destroy else IsNotFlagged,
        refresh_only=IsFlagged if refresh_only else IsNotFlagged,
        var_file=[str(path) for path in var_files],
        var=[f"{name}={value}" for name, value in variables.items()],
        out=str(out),
    )


def apply(engine: Engine, saved: Path, lock_seconds: int) -> list[str]:
    from python_terraform import IsFlagged

    return _render(engine, "apply", str(saved), input=False, json=IsFlagged, lock_timeout=f"{lock_seconds}s")


def show(engine: Engine, saved: Path | None = None) -> list[str]:
    """Return the command to show a saved plan, or the state without `saved`."""
    from python_terraform import IsFlagged

    return _render(engine, "show", *([str(saved)] if saved else []), json=IsFlagged, no_color=IsFlagged)


def force_unlock(engine: Engine, lock: str) -> list[str]:
    from python_terraform import IsFlagged

    return _render(engine, "force-unlock", lock, force=IsFlagged, no_color=IsFlagged)


def forget(engine: Engine, addresses: Sequence[str], lock_seconds: int) -> list[str]:
    return [*engine.argv, "state", "rm", "-no-color", f"-lock-timeout={lock_seconds}s", *addresses]


def untaint(engine: Engine, address: str, lock_seconds: int) -> list[str]:
    return [*engine.argv, "untaint", "-no-color", f"-lock-timeout={lock_seconds}s", address]


def push(engine: Engine, state: Path, lock_seconds: int) -> list[str]:
    return [*engine.argv, "state", "push", "-no-color", f"-lock-timeout={lock_seconds}s", str(state)]


def version(engine_argv: Sequence[str]) -> list[str]:
    return [*engine_argv, "version", "-json"]


def _render(engine: Engine, command: str, *arguments: str, **options: Any) -> list[str]:
    rendered = _renderer().generate_cmd_string(command, *arguments, **options)
    return [*engine.argv, *rendered[1:]]


@cache
def _renderer() -> Any:
    from python_terraform import Terraform

    return Terraform()
