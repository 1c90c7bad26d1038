"""What the pictures in the docs show: a command line, and the environment that it is typed in.

A scene more is a line in SCENES, `make docs`, and a look at docs/pictures.
"""

import io
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from fakes import FakeBackend, FakeCheckout, FakeClock, FakePrerequisites
from fakes.alarms import burning
from fakes.backend import NEW_CODE
from fakes.clock import NOON
from fakes.environments import in_trouble, well
from fakes.functions import FakeHandler
from fakes.log_lines import request
from fakes.logs import FakeLogSource, LoggingBackend, event
from fakes.measured import busy
from fakes.printers import printer_of
from hybridctl.adapters.price_list import ListPrices
from hybridctl.context import AppContext
from hybridctl.entrypoint import run
from hybridctl.settings_file import load_settings
from hybridctl.views.screen import Screen

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Scene:
    """`name` is the picture's file; `backend` makes the environment."""

    name: str
    argv: tuple[str, ...]
    backend: Callable[[], FakeBackend]
    width: int = 100

    @property
    def title(self) -> str:
        return " ".join(("hybridctl", *self.argv))


def log_lines() -> LoggingBackend:
    """A cold start, a rejected log-out, a table that throttles, and a traceback."""
    began = NOON - timedelta(minutes=2)
    error = {"type": "ProvisionedThroughputExceededException", "message": "the table is throttled", "stack": []}
    source = FakeLogSource(FakeClock()).add(
        *request(began, 1, init=310.5, cold_start=True),
        *request(began + timedelta(seconds=4), 2, route="POST /auth/session", status=201, duration_ms=23.4),
        *request(began + timedelta(seconds=9), 3, route="DELETE /auth/sessions", status=401, duration_ms=2.2),
        *request(began + timedelta(seconds=12), 4, route="POST /auth/validate", status=503, error=error),
        event(began + timedelta(seconds=15), 'Traceback (most recent call last):\r  File "/var/task/x.py", line 1'),
        *request(began + timedelta(seconds=21), 5, route="POST /auth/validate", duration_ms=8.1),
    )
    return LoggingBackend(logs=source)


SCENES = (
    Scene("status", ("status",), well),
    Scene("status-trouble", ("status",), in_trouble),
    Scene("logs", ("logs",), log_lines),
    Scene("metrics", ("metrics",), lambda: busy(1, 2)),
    Scene("metrics-plot", ("metrics", "--plot", "function.p95", "--plot", "function.p50"), lambda: busy(1, 2)),
    Scene("alarms", ("alarms",), burning),
)


# The picture at the top of the README: a release and what is typed after it, both streams as a terminal shows them.
SESSION = (
    ("deploy", "local", "-m", "faster sessions"),
    ("status",),
    ("releases",),
    ("rollback", "--version", "2", "--dry-run"),
)
SESSION_WIDTH = 90


def record_session(*, painted: bool, width: int = SESSION_WIDTH) -> str:
    """The whole session, one command after the other, on one environment that it changes."""
    clock, backend, checkout = FakeClock(), well(), FakeCheckout()
    backend.terraform.planned = NEW_CODE
    backend.terraform.publishes = FakeHandler(max(backend.functions.handlers) + 1)
    both = _console(painted=painted, width=width)
    talk = _console(painted=False, width=width)  # its live line is gone once a step is done
    talk.file = both.file
    opened: dict[str, Any] = {
        "load_settings": lambda: load_settings(REPOSITORY, {"HYBRIDCTL_ENV": "local"}),
        "open_backend": lambda _settings, environment, _opening: backend.enter(environment),
        "open_checkout": lambda _settings: checkout,
        "open_prerequisites": lambda _settings: FakePrerequisites(),
        "open_prices": lambda _settings: ListPrices(Path("no such folder"), _absent),
    }
    others = {one.name: _absent for one in fields(AppContext) if one.name.startswith("open_")}
    for argv in SESSION:
        both.print(f"[bold]$ {shlex.join(('hybridctl', *argv))}[/bold]")
        run(
            argv, AppContext(screen=Screen(printer_of(both), printer_of(talk), clock), clock=clock, **(others | opened))
        )
        both.print()
    assert isinstance(both.file, io.StringIO)
    return both.file.getvalue()


def _absent(*_: object) -> Any:
    raise AssertionError("a picture asked for something that it does not have")


def play(scene: Scene, *, painted: bool, width: int | None = None) -> str:
    """What stands on the terminal after the scene: its stdout, coloured or not."""
    clock = FakeClock()
    out = _console(painted=painted, width=width or scene.width)
    backend = scene.backend()

    opened = {
        "load_settings": lambda: load_settings(REPOSITORY, {"HYBRIDCTL_ENV": "local"}),
        "open_backend": lambda _settings, environment, _opening: backend.enter(environment),
    }
    others = {one.name: _absent for one in fields(AppContext) if one.name.startswith("open_")}
    screen = Screen(printer_of(out), printer_of(_console(painted=False, width=scene.width)), clock)
    context = AppContext(screen=screen, clock=clock, **(others | opened))
    run(scene.argv, context)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def _console(*, painted: bool, width: int) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=painted,
        no_color=not painted,
        color_system="standard" if painted else None,
        highlight=False,
        emoji=False,
        _environ={},
    )
