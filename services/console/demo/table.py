"""The tables that are printed."""

from __future__ import annotations

from rich import box
from rich.table import Table


def table_of(title: str, first: str, *others: str) -> Table:
    """An empty table: words to the left, numbers to the right."""
    table = Table(title=f"\n{title}", title_style="bold", title_justify="left")
    table.box, table.show_edge = box.SIMPLE_HEAD, False
    table.add_column(first)
    for head in others:
        table.add_column(head, justify="left" if head == "unit" else "right")
    return table
