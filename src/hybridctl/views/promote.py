"""Views of a waiting rollout and of a promoted one."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.operations.promote import Pending, Promoted
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line


@render.register
def _(pending: Pending) -> RenderableType:
    begun = f"release {pending.release.id} by {pending.release.actor}: {in_one_line(pending.rollout)}"
    return Group(Text(begun), *([render(pending.watch)] if pending.watch else []))


@render.register
def _(promoted: Promoted) -> RenderableType:
    return Group(
        render(promoted.smoke),
        Text(f"version   {promoted.version} serves all traffic, release {promoted.release.id}"),
        Text(f"endpoint  {promoted.endpoint}"),
    )
