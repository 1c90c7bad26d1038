"""Tables without lines. rich's tables are imported only by the views that have one."""

from rich.table import Table

import hybridctl.views.console  # noqa: F401  (puts the text filter into rich)


def plain_table(*headings: str) -> Table:
    """Return a table without lines, with these columns; none of their cells is wrapped."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table
