"""How a group of commands reads its first word."""

from typing import Any

from typer.core import TyperGroup


class ListUnlessTold(TyperGroup):
    """`alarms staging` is `alarms list staging`: what is no command of the group is its `list` command's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)
