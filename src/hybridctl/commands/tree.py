"""The command tree as data, so that `hybridctl --help` imports no command, and each command no other one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from hybridctl.commands.completion import Offered
from hybridctl.commands.page import CommandPage, GroupPage, write_parameters
from hybridctl.errors import HybridctlError, Interrupted
from hybridctl.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that belong together, each with its line in the list; the module has the command's name."""

    title: str
    commands: Mapping[str, str]


DAILY = Section(
    "Common commands",
    {
        "deploy": "Build, plan, apply, test, shift traffic, verify",
        "status": "Show health, live version and last release",
        "logs": "Search or follow the function's log",
        "metrics": "API, function and table metrics at a glance",
        "alarms": "Show alarms: state, reason, since when",
        "sessions": "List, explain and revoke a user's sessions",
        "troubleshoot": "Find why it is slow, throttled or blocked",
        "cost": "Estimate the monthly cost",
        "smoke": "Test the backend end to end",
        "rollback": "Shift traffic back to an earlier version",
        "releases": "List and compare releases",
    },
)
SECTIONS = (
    DAILY,
    Section(
        "Release commands",
        {
            "build": "Build the function's zip",
            "plan": "Show what a deploy would change",
            "promote": "Shift all traffic to a running canary's version",
            "abort": "Roll back a running canary",
            "outputs": "Show Terraform's outputs",
            "invoke": "Invoke the function once, bypassing the API",
        },
    ),
    Section(
        "Environment commands",
        {
            "init": "Create a backend that can be deployed unchanged",
            "doctor": "Check the prerequisites and suggest fixes",
            "config": "Show every setting and its source",
            "whoami": "Show account, role and credential source",
            "bootstrap": "Create the bucket for Terraform's state",
            "drift": "Show changes made outside Terraform",
            "state": "Read, unlock or repair Terraform's state",
            "destroy": "Delete an environment and its tables",
            "sandbox": "Start, stop and inspect the offline environment",
        },
    ),
)
SUMMARIES: Mapping[str, str] = {name: summary for section in SECTIONS for name, summary in section.commands.items()}
# Commands that do more than print a result, beside those that change an environment.
WORKING = frozenset(("build", "init", "sandbox", "smoke", "troubleshoot"))


def load(name: str) -> Any:
    """One command or group of commands, as typed after `hybridctl`."""
    module = import_module(f"hybridctl.commands.{name}")
    group = getattr(module, "group", None) or typer.Typer()
    if not group.registered_commands:
        group.command(name)(getattr(module, f"{name}_", None) or getattr(module, name))
    for info in group.registered_commands:
        info.cls = CommandPage
    if not isinstance(group.info.cls, type):
        group.info.cls = GroupPage
    group.rich_markup_mode = None
    group._add_completion = False  # noqa: SLF001  (only the root offers it)
    made: Any = typer.main.get_command(group)
    made.name = name
    return made


def leaves() -> Iterator[tuple[str, Any]]:
    """Return every command with all of its words: `releases diff`, not `releases`."""
    for name in SUMMARIES:
        found = load(name)
        if isinstance(found, TyperGroup):
            yield from ((f"{name} {inner}", command) for inner, command in found.commands.items())
        else:
            yield name, found


class Tree(GroupPage):
    """The root group: knows every command by name, and imports only the one that is used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(SUMMARIES)  # the names are what Typer needs to suggest one

    def invoke(self, ctx: Any) -> Any:
        """Run the command without Typer's handling of interrupts and broken pipes, which would exit silently."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as cause:
            raise Interrupted("interrupted") from cause
        except BrokenPipeError as cause:
            raise HybridctlError(f"unexpected: {cause!r}", hint="run it again with --debug and report it") from cause

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        return load(cmd_name) if cmd_name in SUMMARIES else None

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete commands without importing them, then the options that every command has."""
        offered = [Offered(name, help=line) for name, line in SUMMARIES.items() if name.startswith(incomplete)]
        return [*offered, *super(TyperGroup, self).shell_complete(ctx, incomplete)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for section in SECTIONS:
            _write(formatter, section)
        write_parameters(formatter, self, ctx)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{code.value:>3}", code.meaning) for code in ExitCode])

    def format_daily(self, formatter: Any) -> str:
        """Print the short page: the common commands, and where to find the others."""
        formatter.write_usage("hybridctl", "COMMAND [ENV] [OPTIONS]")
        _write(formatter, DAILY)
        formatter.write("\nhybridctl --help lists all commands; hybridctl help COMMAND explains one.\n")
        return str(formatter.getvalue())


def _write(formatter: Any, section: Section) -> None:
    width = max(len(name) for name in SUMMARIES)
    with formatter.section(section.title):
        formatter.write_dl([(f"{name:<{width}}", summary) for name, summary in section.commands.items()])
