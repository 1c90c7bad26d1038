"""Build the real AppContext. Only this package imports adapters, each when it is first used."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

import _thread
import io
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hybridctl.adapters.clock import SystemClock
from hybridctl.adapters.event_file import EventFile
from hybridctl.context import AppContext
from hybridctl.views.printer import Printer
from hybridctl.views.screen import Screen
from hybridctl.views.stream import Stream, VisibleStream
from hybridctl.wiring.machine import (
    open_artifacts,
    open_checkout,
    open_github,
    open_plan_files,
    open_prerequisites,
    open_prices,
    open_sandbox,
    open_templates,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hybridctl.context import Opening, Whereabouts
    from hybridctl.domain.engine import Engine
    from hybridctl.domain.environment import Environment
    from hybridctl.ports.backend import Backend
    from hybridctl.ports.machine import ExistingFunctions, SourcePackages
    from hybridctl.ports.run import Clock
    from hybridctl.settings import Settings
    from hybridctl.views.github_job import GitHubJob

_DAY_SECONDS = 86_400
_HOOK_SECONDS = 0.05


def real_context() -> AppContext:
    """Return the context of a real run: this process's streams, environment and working directory."""
    clock = SystemClock()
    _drop_unusable()
    environ = dict(os.environ)
    out, err = _take_over_streams()
    screen = Screen(Printer(out, environ), Printer(err, environ), clock, answers=_someone_answers)
    _keep_quiet_in_the_background(screen)
    if environ.get("GITHUB_ACTIONS") == "true":
        screen.job = _open_job(environ, err)
    return AppContext(
        screen=screen,
        clock=clock,
        load_settings=lambda: _load_settings(environ),
        open_backend=lambda settings, environment, opening: open_backend(settings, environment, opening, clock, screen),
        open_sandbox=open_sandbox,
        open_checkout=open_checkout,
        open_artifacts=open_artifacts,
        open_prerequisites=open_prerequisites,
        open_prices=open_prices,
        open_events=lambda path: EventFile(path, clock),
        open_templates=open_templates,
        open_github=open_github,
        open_plan_files=open_plan_files,
        open_existing=lambda where: open_existing(where, environ, screen),
        open_source_packages=lambda: open_source_packages(environ),
    )


def _drop_unusable() -> None:
    """Remove the values of the shell's environment that make the libraries fail, and not only themselves.

    rich takes any digit for a number, urllib3 opens the file for TLS keys without a check, and dateutil refuses a time
    zone a day away from UTC.
    """
    for name in ("COLUMNS", "LINES"):
        value = os.environ.get(name, "")
        if not (value.isascii() and value.isdecimal() and len(value) < len("100000")):
            os.environ.pop(name, None)
    if (keys := os.environ.get("SSLKEYLOGFILE")) is not None:
        try:
            os.close(os.open(keys, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600))
        except (OSError, ValueError):
            del os.environ["SSLKEYLOGFILE"]
    if "TZ" in os.environ and abs(time.localtime().tm_gmtoff) >= _DAY_SECONDS:
        os.environ["TZ"] = "UTC"
        time.tzset()


def _open_job(environ: Mapping[str, str], err: Stream) -> GitHubJob:
    """Return the summary and annotations of a GitHub Actions step; GitHub reads annotations on stderr as well as on
    stdout.
    """
    from hybridctl.adapters.job_summary import JobSummary
    from hybridctl.views.github_job import GitHubJob

    def command(line: str) -> None:
        err.write(f"{line}\n")

    path = environ.get("GITHUB_STEP_SUMMARY")
    return GitHubJob(JobSummary(Path(path)).write if path else lambda _text: None, command)


def open_existing(where: Whereabouts, environ: Mapping[str, str], screen: Screen) -> ExistingFunctions:
    from hybridctl.wiring import existing

    return existing.open_existing(where, environ, screen)


def open_source_packages(environ: Mapping[str, str]) -> SourcePackages:
    from hybridctl.wiring import existing

    return existing.open_source_packages(environ)


def _load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings, and close the checkout's private folder to other users; if that fails, reading commands still
    work.
    """
    from hybridctl.sandbox.privacy import make_private
    from hybridctl.settings_file import load_settings

    settings = load_settings(Path.cwd(), environ)
    with suppress(OSError):
        make_private(settings.private)
    return settings


def open_backend(
    settings: Settings, environment: Environment, opening: Opening, clock: Clock, screen: Screen
) -> Backend:
    found_engine = _begin_search(settings) if opening.start else None  # before anything that takes long
    from hybridctl.wiring.backend import RealBackend
    from hybridctl.wiring.location import locate

    return RealBackend(settings, locate(settings, environment, opening, screen), clock, screen.say, found_engine)


def _begin_search(settings: Settings) -> Callable[[], Engine]:
    """Start to look for Terraform, which takes a process of its own."""
    from hybridctl.adapters.terraform.engine import find_engine
    from hybridctl.operations.read_ahead import read_ahead

    return read_ahead(lambda: find_engine(settings.engine, settings.environ))


def _take_over_streams() -> tuple[Stream, Stream]:
    """Return stdout and stderr as streams that never fail; all other writers to them go through the text filter.

    A result waits for its reader; what is said during the work does not hold it up.
    """
    out, err = Stream(sys.stdout), Stream(sys.stderr, held=True)
    sys.stdout, sys.stderr = VisibleStream(out), VisibleStream(err)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return out, err


def _keep_quiet_in_the_background(screen: Screen) -> None:
    """Show failures of threads and finalizers only with --debug; a Ctrl-C there is never lost."""

    def report_thread_failure(found: threading.ExceptHookArgs) -> None:
        if screen.debug:
            threading.__excepthook__(found)

    def report_unraisable(found: sys.UnraisableHookArgs) -> None:
        if isinstance(found.exc_value, KeyboardInterrupt):
            _thread.start_new_thread(interrupt_soon, ())  # takes no lock: a finalizer runs at any moment
        elif screen.debug:
            sys.__unraisablehook__(found)

    def interrupt_soon() -> None:
        import signal

        time.sleep(_HOOK_SECONDS)  # an interrupt inside the hook would be lost with a traceback
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the parent may ignore some of them
        asked = next((one for one in numbers if signal.getsignal(one) is signal.default_int_handler), None)
        if asked and (main := threading.main_thread().ident):
            signal.pthread_kill(main, asked)  # this ends a wait too; _thread.interrupt_main would not

    threading.excepthook = report_thread_failure
    sys.unraisablehook = report_unraisable


def _someone_answers() -> bool:
    try:
        return sys.stdin.isatty()
    except (OSError, ValueError):
        return False
