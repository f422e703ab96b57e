"""Tables with a column for each size that was measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from rich.table import Table

F = TypeVar("F")


def table_of(title: str, caption: str, what: Sequence[str], sizes: Sequence[str]) -> Table:
    """An empty one; `what`: headings of the first columns."""
    table = Table(title=title, caption=caption)
    for column in what:
        table.add_column(column)
    for size in sizes:
        table.add_column(size, justify="right")
    return table


def add_figures(table: Table, rows: Sequence[tuple[str, Callable[[F], str]]], found: Sequence[F]) -> None:
    """A row for each figure."""
    for name, value in rows:
        table.add_row(name, *(value(figures) for figures in found))


def add_calls(table: Table, calls: Sequence[Counter[tuple[str, str]]], divisors: Sequence[float]) -> None:
    """A section: verb, object, and how many of each there were for each of so many."""
    for key in sorted({key for one in calls for key in one}, key=lambda key: (key[1], key[0])):
        each = (f"{one[key] / by:.2f}" for one, by in zip(calls, divisors, strict=True))
        table.add_row(*key, *each)
    table.add_section()
