"""The command tree as data, so that `hybridctl --help` imports no command, and each command no other one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from hybridctl.commands.page import GroupPage, Page, write_parameters
from hybridctl.errors import HybridctlError, Interrupted
from hybridctl.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that belong together, each with its line in the list; the module has the command's name."""

    title: str
    commands: Mapping[str, str]


DAILY = Section(
    "Every day",
    {
        "deploy": "Build, plan, apply, prove, shift, verify",
        "status": "Is it healthy, what is live, who released it",
        "logs": "Search the function's log, or follow it",
        "metrics": "How API, function and tables do, in one call",
        "alarms": "What is red, why, and since when",
        "sessions": "A user's sessions: list, explain, end",
        "troubleshoot": "Why is it slow, throttled, logged out, blocked",
        "cost": "What a month costs, and what would change it",
        "smoke": "Check the backend end to end",
        "rollback": "Give the traffic back to an earlier version",
        "releases": "What was live when, who, which commit, why",
    },
)
SECTIONS = (
    DAILY,
    Section(
        "Around a release",
        {
            "build": "Make the function's zip",
            "plan": "What a deploy would change, most dangerous first",
            "promote": "Give the version of a running canary all traffic",
            "abort": "Take a running canary back",
            "outputs": "The endpoint, the tables, the function",
            "invoke": "Send the function one event, past the API",
        },
    ),
    Section(
        "The environment",
        {
            "init": "Make a new backend that deploys as it is",
            "doctor": "Check the prerequisites, each with its fix",
            "config": "Every setting, and where its value comes from",
            "whoami": "Account, role and source of the credentials",
            "bootstrap": "Make the bucket of Terraform's state",
            "drift": "What was changed by hand",
            "state": "Read Terraform's state, or unlock it",
            "destroy": "Take an environment down, tables included",
            "sandbox": "The offline environment's own server",
        },
    ),
)
SUMMARIES: Mapping[str, str] = {name: summary for section in SECTIONS for name, summary in section.commands.items()}
# Commands whose work is more than the result that they print. What changes an environment says so itself.
WORKING = frozenset(("build", "init", "sandbox", "smoke", "troubleshoot"))


def load(name: str) -> Any:
    """One command, or group of commands, as it is typed after `hybridctl`."""
    module = import_module(f"hybridctl.commands.{name}")
    app = getattr(module, "app", None) or typer.Typer()
    if not app.registered_commands:
        app.command(name)(getattr(module, f"{name}_", None) or getattr(module, name))
    for info in app.registered_commands:
        info.cls = Page
    if not isinstance(app.info.cls, type):
        app.info.cls = GroupPage
    app.rich_markup_mode = None
    app._add_completion = False  # noqa: SLF001  (only the root offers it)
    made: Any = typer.main.get_command(app)
    made.name = name
    return made


def leaves() -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, by all of its words: `releases diff`, not `releases`."""
    for name in SUMMARIES:
        found = load(name)
        if isinstance(found, TyperGroup):
            yield from ((f"{name} {inner}", command) for inner, command in found.commands.items())
        else:
            yield name, found


class Tree(GroupPage):
    """The root: knows every command by name, and imports the one that is typed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(SUMMARIES)  # the names are what Typer needs to suggest one

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Typer would make a silent exit of an interrupt, and of a pipe that breaks anywhere."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as cause:
            raise Interrupted("interrupted") from cause
        except BrokenPipeError as cause:
            raise HybridctlError(f"unexpected: {cause!r}", hint="run it again with --debug and report it") from cause

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        return load(cmd_name) if cmd_name in SUMMARIES else None

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands after a Tab, none of them imported; then the options, as every command offers its own."""
        from typer._click.shell_completion import CompletionItem

        offered = [CompletionItem(name, help=line) for name, line in SUMMARIES.items() if name.startswith(incomplete)]
        return [*offered, *super(TyperGroup, self).shell_complete(ctx, incomplete)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for section in SECTIONS:
            _write(formatter, section)
        write_parameters(formatter, self, ctx)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code.value:>3}", code.meaning) for code in ExitCode])

    def format_daily(self, formatter: Any) -> str:
        """The short page: the commands of every day, and where the others are."""
        formatter.write_usage("hybridctl", "COMMAND [ENV] [OPTIONS]")
        _write(formatter, DAILY)
        formatter.write("\nhybridctl --help lists all commands, hybridctl help COMMAND explains one.\n")
        return str(formatter.getvalue())


def _write(formatter: Any, section: Section) -> None:
    width = max(len(name) for name in SUMMARIES)
    with formatter.section(section.title):
        formatter.write_dl([(f"{name:<{width}}", summary) for name, summary in section.commands.items()])
