"""Read the first word after a group of commands."""

from typing import Any

from hybridctl.commands.completion import Offered, environments
from hybridctl.commands.page import GroupPage
from hybridctl.errors import UsageInvalid


class ListUnlessTold(GroupPage):
    """Run the group's `list` command if the first word is not a command: `alarms staging` is `alarms list staging`."""

    unless_told = "list"
    hands_on_help = False

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return the group's commands, and the environments that are accepted instead."""
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
        """Raise UsageInvalid for a word that means one of the group's commands and is not an environment."""
        from hybridctl.commands.vocabulary import GROUP_WORDS
        from hybridctl.settings_schema import nearest

        near = GROUP_WORDS.get(ctx.info_name, {}).get(word) or nearest(word, tuple(self.commands))
        if near and word not in environments(ctx, word):
            group = ctx.command_path
            raise UsageInvalid(f"unknown command '{group} {word}'", hint=f"did you mean '{near}'? {group} --help")


class SearchUnlessTold(ListUnlessTold):
    """Run `logs search` by default, and show its options in `logs --help`."""

    unless_told = "search"
    hands_on_help = True
