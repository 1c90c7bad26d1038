"""Terraform's outputs, name by name."""

import json
from typing import Any

from rich.table import Table
from rich.text import Text

from hybridctl.domain.outputs import Outputs
from hybridctl.views.render import as_json, render


@render.register
def _(outputs: Outputs) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in outputs.shown.items():
        table.add_row(name, Text(value if isinstance(value, str) else json.dumps(value)))
    return table


@as_json.register
def _(outputs: Outputs) -> Any:
    return outputs.shown
