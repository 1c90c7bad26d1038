"""The state's addresses, one resource's attributes, and the lock."""

import json

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.tfstate import Resource, Resources, StateLock, Unlocked
from hybridctl.views.render import render


@render.register
def _(resources: Resources) -> Text:
    return Text("\n".join(resource.address for resource in resources.found))


@render.register
def _(resource: Resource) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in sorted(resource.attributes.items()):
        table.add_row(name, Text(value if isinstance(value, str) else json.dumps(value)))
    return Group(Text(resource.address, style="bold"), table)


@render.register
def _(lock: StateLock) -> Text:
    return Text(
        f"locked for {_age(lock.age)} by {lock.who} ({lock.operation}, since {lock.created:%Y-%m-%d %H:%M} UTC)"
    )


@render.register
def _(unlocked: Unlocked) -> Text:
    return Text(f"the state of {unlocked.environment} is unlocked; {unlocked.lock.who} held it")


def _age(seconds: float) -> str:
    """In the greatest unit of which there are two."""
    for size, name in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
