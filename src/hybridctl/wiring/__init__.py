"""Builds the real AppContext; alone names adapters, and imports each only when it is asked for."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from hybridctl.adapters.clock import SystemClock
from hybridctl.adapters.event_file import EventFile
from hybridctl.context import AppContext, Opening
from hybridctl.domain.environment import Environment
from hybridctl.ports import Backend, Clock
from hybridctl.settings import Settings, load_settings
from hybridctl.views.screen import Screen
from hybridctl.wiring.machine import (
    open_artifacts,
    open_checkout,
    open_prerequisites,
    open_prices,
    open_sandbox,
)

_UNSEEN_WIDTH = 200  # columns of a pipe or a CI log


def real_context() -> AppContext:
    """The context of a real run: this process's streams, environment and working directory."""
    clock = SystemClock()
    environ = dict(os.environ)
    screen = Screen(_console(sys.stdout, environ), _console(sys.stderr, environ), clock, answers=_someone_answers)
    return AppContext(
        screen=screen,
        clock=clock,
        load_settings=lambda: load_settings(Path.cwd(), environ),
        open_backend=lambda settings, environment, opening: open_backend(settings, environment, opening, clock, screen),
        open_sandbox=open_sandbox,
        open_checkout=open_checkout,
        open_artifacts=open_artifacts,
        open_prerequisites=open_prerequisites,
        open_prices=open_prices,
        open_events=lambda path: EventFile(path, clock),
    )


def open_backend(
    settings: Settings, environment: Environment, opening: Opening, clock: Clock, screen: Screen
) -> Backend:
    from hybridctl.wiring.backend import RealBackend
    from hybridctl.wiring.location import locate

    return RealBackend(settings, locate(settings, environment, opening, screen), clock, screen.say)


def _console(stream: Any, environ: Mapping[str, str]) -> Console:
    """Plain and wide where nobody looks: in a pipe or a CI log a row stays one line, unless COLUMNS says otherwise."""
    seen = stream.isatty()
    columns = environ.get("COLUMNS", "")
    width = None if seen else int(columns) if columns.isdigit() else _UNSEEN_WIDTH
    plain = bool(environ.get("NO_COLOR")) or not seen
    return Console(file=stream, width=width, no_color=plain, highlight=False, emoji=False)


def _someone_answers() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
