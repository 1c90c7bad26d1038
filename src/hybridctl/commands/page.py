"""The layout of a help page: what the command does, its options, then examples.

A docstring may end with a paragraph that begins with `Examples:`; its lines are printed unchanged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand, TyperGroup

from hybridctl.commands.coercion import check_late
from hybridctl.errors import UsageInvalid

EXAMPLES = "Examples:"
_EVERYWHERE = ("output", "as_json", "quiet", "profile", "events", "debug")
_KINDS = {"str": "TEXT", "int": "N", "int range": "N", "float": "N", "float range": "N", "path": "PATH"}


@dataclass(frozen=True, slots=True)
class HelpText:
    """A docstring split in two parts; `prose` keeps its paragraphs."""

    prose: str
    examples: Sequence[str]

    @property
    def summary(self) -> str:
        """Return the first paragraph as one line."""
        return " ".join(self.prose.partition("\n\n")[0].split())


def read_help(text: str | None) -> HelpText:
    prose, _, examples = (text or "").partition(f"\n{EXAMPLES}\n")
    return HelpText(prose.strip(), tuple(line.strip() for line in examples.splitlines() if line.strip()))


class CommandPage(TyperCommand):
    """A command whose help page ends with the examples, next to the prompt."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        _refuse_empty(self, ctx)
        return rest

    def get_params(self, ctx: Any) -> list[Any]:
        return check_late(super().get_params(ctx))

    def format_help_text(self, _ctx: Any, formatter: Any) -> None:
        _write_prose(formatter, self.help)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_parameters(formatter, self, ctx)
        write_globals(formatter, ctx)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        _write_examples(formatter, self.help)


class GroupPage(TyperGroup):
    """A group of commands, listed with the whole first paragraph of their help. Without a command it shows its page."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args or (["--help"] if self.no_args_is_help else []))
        _refuse_empty(self, ctx)
        return rest

    def get_params(self, ctx: Any) -> list[Any]:
        return check_late(super().get_params(ctx))

    def format_help_text(self, _ctx: Any, formatter: Any) -> None:
        _write_prose(formatter, self.help)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)
        write_globals(formatter, ctx)

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, read_help(command.help).summary) for name, command in self.commands.items()])

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        _write_examples(formatter, self.help)


def _refuse_empty(command: Any, ctx: Any) -> None:
    """Raise UsageInvalid for an empty value: an unset variable of the shell must not select a default environment."""
    for one in command.get_params(ctx):
        if ctx.params.get(one.name) == "" != one.default and not ctx.resilient_parsing:
            name = one.get_error_hint().replace("'", "")
            raise UsageInvalid(f"{name} is empty", hint="a shell variable in this command may be unset")


def _write_prose(formatter: Any, text: str | None) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(read_help(text).prose)


def write_parameters(formatter: Any, command: Any, ctx: Any) -> None:
    """Format arguments and options, with one word for each kind of value."""
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        rows = [row for one in command.get_params(ctx) if one.param_type_name == kind for row in help_rows(one, ctx)]
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def write_globals(formatter: Any, ctx: Any) -> None:
    """The global options, which are also accepted after a command."""
    root = ctx.find_root()
    rows = [row for one in root.command.get_params(root) if one.name in _EVERYWHERE for row in help_rows(one, root)]
    if rows:
        with formatter.section("Global options"):
            formatter.write_dl(rows)


def help_rows(parameter: Any, ctx: Any) -> Iterator[tuple[str, str]]:
    record = parameter.get_help_record(ctx)
    if record is None:
        return
    name, text = record
    if parameter.param_type_name == "argument":
        name = name.partition(" <")[0]
    name = re.sub(r"<(?:list\[)?([a-z ]+)\]?>", lambda found: _KINDS.get(found[1], f"<{found[1]}>"), name)
    yield name, re.sub(r"\s*\[((?:[^\[\];]+; )*(?:required|\d*<?=?x[<>]=?\d+))\]$", _in_words, text)


def _in_words(found: re.Match[str]) -> str:
    """Return the bracket after a help text, with readable ranges; `required` is visible in the usage line."""
    parts = [_range_in_words(part) for part in found[1].split("; ")]
    shown = "; ".join(part for part in parts if part not in ("required", ""))
    return f" [{shown}]" if shown else ""


def _range_in_words(part: str) -> str:
    """Describe a range: `x>=5` is "minimum 5"; a minimum of 0 or 1 is not mentioned."""
    if between := re.fullmatch(r"(\d+)<=x<=(\d+)", part):
        return f"{between[1]} to {between[2]}"
    if least := re.fullmatch(r"x>=(\d+)", part):
        return f"minimum {least[1]}" if int(least[1]) > 1 else ""
    return part


def _write_examples(formatter: Any, text: str | None) -> None:
    examples = read_help(text).examples
    if examples:
        with formatter.section(EXAMPLES.rstrip(":")):
            for line in examples:
                formatter.write(f"  {line}\n")
