"""A deploy that has ended."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.operations.deploy import Deployed
from hybridctl.views.release import list_workers
from hybridctl.views.render import render


@render.register
def _(deployed: Deployed) -> RenderableType:
    release = deployed.release
    what = f"release {release.id}" if release else "nothing to do: this is already live"
    return Group(
        *(render(watch) for watch in deployed.watches[-1:]),
        render(deployed.smoke),
        Text(f"version   {deployed.version}, {what}"),
        *list_workers(release.workers if release else ()),
        Text(f"endpoint  {deployed.endpoint}"),
    )
