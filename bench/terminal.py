"""The figures of one measurement for a terminal of 80 columns."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.contest import Outcome
from bench.report import Results, columns, machine, remarks, rows

WIDTH = 80


def show(results: Results) -> None:
    """Print a table for each contest on stdout."""
    console = Console(file=sys.stdout, width=WIDTH, highlight=False)
    console.print(Text(results.title, style="bold"), Text(machine(results), style="dim"), sep="\n")
    for outcome in results.outcomes:
        console.print(Text(f"\n{outcome.title}", style="bold"))
        if not outcome.skipped:
            console.print(_table(outcome))
        for remark in remarks(outcome):
            console.print(Text(remark, style="dim"))
    console.print()


def _table(outcome: Outcome) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for place, head in enumerate(columns(outcome)):
        table.add_column(head, justify="right" if place else "left", vertical="bottom")
    for row in rows(outcome):
        table.add_row(*row)
    return table
