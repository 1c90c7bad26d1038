"""How a group of commands reads its first word."""

from typing import Any

from hybridctl.commands.completion import Offered, environments
from hybridctl.commands.page import GroupPage
from hybridctl.errors import UsageInvalid


class ListUnlessTold(GroupPage):
    """`alarms staging` is `alarms list staging`: what is no command of the group is its `list` command's."""

    unless_told = "list"
    hands_on_help = False

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Its commands, and the environments that may stand in their place."""
        return [*super().shell_complete(ctx, incomplete), *map(Offered, environments(ctx, incomplete))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and ctx.resilient_parsing:
            return super().parse_args(ctx, args)  # a Tab behind the group's own name
        is_help = bool(args) and args[0] in ctx.help_option_names
        if not args or (args[0] not in self.commands and not (is_help and not self.hands_on_help)):
            if args and not ctx.resilient_parsing:
                self._refuse_misspelt(ctx, args[0])
            args = [self.unless_told, *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelt(self, ctx: Any, word: str) -> None:
        """Raise UsageInvalid for a word that is nearly one of the group's commands, and no environment."""
        from hybridctl.settings_schema import nearest

        near = nearest(word, tuple(self.commands))
        if near and word not in environments(ctx, word):
            group = ctx.command_path
            raise UsageInvalid(f"unknown command '{group} {word}'", hint=f"did you mean '{near}'? {group} --help")


class SearchUnlessTold(ListUnlessTold):
    """`logs staging` is `logs search staging`; its many options are what `logs --help` is asked for."""

    unless_told = "search"
    hands_on_help = True
