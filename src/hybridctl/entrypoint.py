"""The entry point: the only place that catches errors, prints them and chooses an exit code."""

import errno
import os
import traceback
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import typer

from hybridctl.commands.root import build_app
from hybridctl.errors import (
    DiskFull,
    FileUnwritable,
    HybridctlError,
    Interrupted,
    MachineExhausted,
    NestedTooDeeply,
    ResultLost,
    UsageInvalid,
    explain_missing,
)
from hybridctl.exit_codes import ExitCode
from hybridctl.views.screen import Output
from hybridctl.views.stream import ReaderGone

if TYPE_CHECKING:
    from hybridctl.context import AppContext
    from hybridctl.views.screen import Screen


def run(argv: Sequence[str], context: "AppContext") -> int:
    """Run one command line and return its exit code; only what ends the process is raised."""
    code = _answer(argv, context)
    if code == ExitCode.OK and not context.works and (lost := context.screen.lost):
        context.screen.error(ResultLost(f"writing the result to stdout: {getattr(lost, 'strerror', None) or lost}"))
        code = ResultLost.exit_code
    context.screen.events.write("end", exit_code=int(code))
    return code


def _answer(argv: Sequence[str], context: "AppContext") -> int:
    screen = context.screen
    try:
        words = globals_first(plain_words(decode_words(argv)))
        _note_globals(words, screen)
        return int(build_app()(args=words, obj=context, prog_name="hybridctl", standalone_mode=False) or ExitCode.OK)
    except HybridctlError as error:
        return _tell(error, screen)
    except (typer.Abort, KeyboardInterrupt):
        return _tell(Interrupted("interrupted"), screen)
    except typer.TyperException as error:
        if error.format_message():
            from hybridctl.commands.usage_errors import explain

            screen.error(explain(error, words))
        return error.exit_code
    except ReaderGone:
        return ExitCode.OK  # whoever read our output, such as `head`, has had enough
    except Exception as error:
        if screen.debug:
            screen.say("".join(traceback.format_exception(error)).rstrip())
        return _tell(_name(error), screen)


def _tell(error: HybridctlError, screen: "Screen") -> int:
    """Show the error and return its exit code, even if showing it fails: a view may be what failed."""
    try:
        screen.error(error)
    except Exception:
        with suppress(Exception):
            screen.error(type(error)(str(error), hint=error.hint))
    return error.exit_code


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)


def _name(error: Exception) -> HybridctlError:
    """Explain errors that can occur anywhere, and describe all others as a bug."""
    if isinstance(error, ModuleNotFoundError):
        return explain_missing(error)
    if isinstance(error, RecursionError):
        return NestedTooDeeply("the input is nested too deeply", hint="run it again with --debug to see the location")
    if isinstance(error, FileNotFoundError) and error.filename is None:
        if not _is_folder_left():
            return UsageInvalid("the current folder no longer exists", hint='change to another one, or run: cd "$PWD"')
        if "temporary directory" in str(error):
            return FileUnwritable(
                "no folder for temporary files can be written", hint="free some space, or set TMPDIR to another folder"
            )
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        where = f"writing {error.filename}: " if error.filename else ""
        return DiskFull(f"{where}{error.strerror}", hint="free some space, then run it again")
    if (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno in _EXHAUSTED)
        or (isinstance(error, RuntimeError) and "start new thread" in str(error))
    ):
        what = str(error) or "out of memory"
        return MachineExhausted(
            f"this machine's resources are exhausted: {what}", hint="ulimit -a shows the limits of this shell"
        )
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return HybridctlError(f"unexpected: {what}", hint="run it again with --debug and report it")


def _is_folder_left() -> bool:
    try:
        return bool(os.getcwd())
    except FileNotFoundError:
        return False


def decode_words(argv: Sequence[str]) -> list[str]:
    """Return the arguments as text. Raises UsageInvalid for invalid UTF-8, without repeating it: it may be a session's
    id.
    """
    words: list[str] = []
    for word in argv:
        try:
            words.append(word if word.isascii() else os.fsencode(word).decode())
        except UnicodeError:
            raise UsageInvalid(f"argument {len(words) + 1} of the command line is not valid UTF-8") from None
    return words


def _note_globals(words: Sequence[str], screen: "Screen") -> None:
    """Find out before parsing how to print an error of the parsing."""
    if "--debug" in words:
        screen.debug = True
    if "--json" in words or "--output=json" in words or ("--output", "json") in pairwise(words):
        screen.output = Output.JSON


def plain_words(words: list[str]) -> list[str]:
    """Translate `help logs query` to `logs query --help`, and `version` to `--version`."""
    match words:
        case ["help", *command]:
            return [*command, "--help"]
        case ["version"]:
            return ["--version"]
    return words


_SWITCHES = ("--debug", "--json", "--quiet", "-q")
_VALUED = ("--output", "--events", "--profile")


def globals_first(argv: Sequence[str]) -> list[str]:
    """Return the arguments with the global options before the command, wherever they were typed."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _VALUED:
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word in _SWITCHES or word.startswith(tuple(f"{name}=" for name in _VALUED)):
            first.append(word)
        else:
            rest.append(word)
    return [*first, *rest]
