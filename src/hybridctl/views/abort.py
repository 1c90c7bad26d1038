"""View of an aborted rollout."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.operations.promote import Aborted
from hybridctl.views.render import render


@render.register
def _(aborted: Aborted) -> RenderableType:
    return Group(
        render(aborted.smoke),
        Text(f"version   {aborted.version} serves all traffic again, release {aborted.release.id} was aborted"),
        Text(f"endpoint  {aborted.endpoint}"),
    )
