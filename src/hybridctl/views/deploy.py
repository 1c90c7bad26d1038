"""View of a deploy that has ended or was left running."""

from rich.console import Group, RenderableType
from rich.text import Text

from hybridctl.domain.shift import LeftRunning
from hybridctl.operations.deploy import Deployed
from hybridctl.views.release import list_workers
from hybridctl.views.render import render
from hybridctl.views.rollout import in_one_line


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


@render.register
def _(left: LeftRunning) -> RenderableType:
    name = left.environment
    return Group(
        Text(f"release   {left.release.id} is still running: {in_one_line(left.rollout)}"),
        Text(f"endpoint  {left.endpoint}"),
        Text(f"next      hybridctl promote {name}, or hybridctl abort {name}"),
    )
