"""The edge of the program: the one place that catches, prints and chooses an exit code."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from hybridctl.commands.root import build_app
from hybridctl.errors import HybridctlError, Interrupted, UsageInvalid
from hybridctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from hybridctl.context import AppContext


def run(argv: Sequence[str], context: "AppContext") -> int:
    """Carry out one command line and return its exit code; nothing but a bug with `--debug` escapes."""
    code = _carried_out(argv, context)
    context.screen.events.write("end", exit_code=int(code))
    return code


def _carried_out(argv: Sequence[str], context: "AppContext") -> int:
    try:
        outcome = build_app()(args=globals_first(argv), obj=context, prog_name="hybridctl", standalone_mode=False)
    except HybridctlError as error:
        context.screen.error(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        context.screen.error(Interrupted("interrupted"))
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        if message := error.format_message():
            context.screen.error(UsageInvalid(_in_plain_words(message), hint=f"{_asked(error)} --help"))
        return error.exit_code
    except BrokenPipeError:
        return ExitCode.OK  # whoever read our output, such as `head`, has had enough
    except Exception as error:
        if context.screen.debug:
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        context.screen.error(HybridctlError(f"unexpected: {what}", hint="run it again with --debug and report it"))
        return ExitCode.FAILED
    return int(outcome or ExitCode.OK)


# What pydantic says of a value, which Typer hands on, and what a person would.
_PLAIN = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer.*", "it must be a whole number"),
    (r"Input should be a valid number.*", "it must be a number"),
    (r"Input should be greater than or equal to (\S+)", r"it must be at least \1"),
    (r"Input should be less than or equal to (\S+)", r"it must be at most \1"),
)


def _in_plain_words(message: str) -> str:
    for said, plain in _PLAIN:
        message = re.sub(said, plain, message)
    return message.rstrip(".")


def _asked(error: typer.TyperException) -> str:
    """The command whose words were refused."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else "hybridctl"


def globals_first(argv: Sequence[str]) -> list[str]:
    """The same words with `--output`, `--events` and `--debug` before the command, wherever they were typed."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ("--output", "--events"):
            first += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word == "--debug" or word.startswith(("--output=", "--events=")):
            first.append(word)
        else:
            rest.append(word)
    return [*first, *rest]
