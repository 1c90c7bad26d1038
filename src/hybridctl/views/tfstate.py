"""The state's addresses, one resource's attributes, and the lock."""

import json

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybridctl.domain.tfstate import Resource, Resources, StateLock
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
    minutes = lock.age / 60
    return Text(
        f"locked for {minutes:.0f} min by {lock.who} ({lock.operation}, since {lock.created:%Y-%m-%d %H:%M} UTC)"
    )
