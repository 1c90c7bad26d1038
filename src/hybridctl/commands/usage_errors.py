"""Turn Typer's refusal of a command line into plain words and the command that was probably meant."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import typer

from hybridctl.commands.completion import environments
from hybridctl.commands.tree import SUMMARIES, load
from hybridctl.commands.vocabulary import GROUP_WORDS, SETTINGS_WORDS, WORDS, options_for
from hybridctl.errors import UsageInvalid

# Messages of Typer and pydantic, and their plain wording.
_PLAIN: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"Value error, ", ""),
    (r" \(Possible options: ([^)]*)\)", lambda found: f". Did you mean {', '.join(map(repr, found[1].split(', ')))}?"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)$", r"unexpected argument: \1"),
    (r"Input should be a valid integer.*", "it must be a whole number"),
    (r"Input should be a valid number.*", "it must be a number"),
    (r"Input should be greater than or equal to (\S+)", r"it must be at least \1"),
    (r"Input should be less than or equal to (\S+)", r"it must be at most \1"),
)
_GUESS = r"\.? (?:Did you mean .*\?|\(Possible options: .*\))$"


def explain(error: typer.TyperException, words: Sequence[str]) -> UsageInvalid:
    """Return the error to show for the command line `words`."""
    message, command = error.format_message(), _command_path(error, words)
    if hint := _guess(error, words):
        return UsageInvalid(re.sub(_GUESS, "", message), hint=hint)
    return UsageInvalid(_in_plain_words(message), hint=f"{command} --help")


def _in_plain_words(message: str) -> str:
    for said, plain in _PLAIN:
        message = re.sub(said, plain, message)
    return message.rstrip(".")


def _command_path(error: Any, words: Sequence[str]) -> str:
    """Return the command whose arguments were refused; an option without its value does not say."""
    if context := getattr(error, "ctx", None):
        return str(context.command_path)
    return " ".join(("hybridctl", *[word for word in words if word in SUMMARIES][:1]))


def _guess(error: Any, words: Sequence[str]) -> str | None:
    context = getattr(error, "ctx", None)
    if context is None:
        return None
    if option := getattr(error, "option_name", None):
        return _guess_option(option, context, words)
    if unknown := re.match(r"No such command '([^']*)'", error.message):
        return _guess_command(unknown[1], context, words)
    return None


def _guess_command(typed: str, context: Any, words: Sequence[str]) -> str | None:
    if context.parent:
        group = context.info_name
        meant = "--help" if typed == "help" else GROUP_WORDS.get(group, {}).get(typed)
        return f"did you mean '{context.command_path} {meant}'?" if meant else None
    if typed in environments(context, typed):
        command = next((word for word in words if word in SUMMARIES), "status")
        return f"the command comes first: hybridctl {command} {typed}"
    return f"did you mean 'hybridctl {meant}'?" if (meant := WORDS.get(typed)) else None


def _guess_option(typed: str, context: Any, words: Sequence[str]) -> str | None:
    if typed in SETTINGS_WORDS:
        return SETTINGS_WORDS[typed]
    if context.parent is None:
        command = next((word for word in words if word in SUMMARIES), None)
        known = command is not None and typed in _options(load(command), context)
        return f"the command comes first: hybridctl {command} {typed}" if known else None
    offered = _options(context.command, context) | _options(context.find_root().command, context)
    meant = next((one for one in options_for(typed) if one in offered), None)
    return f"did you mean '{meant}'? {context.command_path} --help" if meant else None


def _options(command: Any, context: Any) -> frozenset[str]:
    return frozenset(name for one in command.get_params(context) for name in one.opts)
