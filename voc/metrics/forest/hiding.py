"""What is not shown, so that nobody small is: cells beside small cells, views too near to each other."""

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from voc.metrics.forest.people import LEAST_PEOPLE, Comment, Count


def complete(counts: Mapping[str, int], hidden: Collection[str], *, least: int) -> set[str]:
    """What must be hidden beside `hidden`, so that a total tells nothing: two or more cells of `least` people in all.

    The next smallest come first, ties by label; empty cells stay. With all small cells as `hidden` this is
    `statistics.suppress`.
    """
    found = {label for label in hidden if counts[label] > 0}
    if not found:
        return set()
    for _count, label in sorted((count, label) for label, count in counts.items() if count > 0):
        if len(found) >= 2 and sum(counts[one] for one in found) >= least:
            break
        found.add(label)
    return found


def hidden_cells(table: Mapping[int, Mapping[str, Count]]) -> set[tuple[int, str]]:
    """The cells of a table of themes by parts that are not shown: rows, then columns, until nothing changes."""
    hidden = {(row, column) for row, cells in table.items() for column, cell in cells.items() if cell.small}
    columns = sorted({column for cells in table.values() for column in cells})
    while True:
        before = len(hidden)
        for row, cells in table.items():
            counts = {column: cell.people for column, cell in cells.items()}
            small = {column for column in counts if (row, column) in hidden}
            hidden |= {(row, column) for column in complete(counts, small, least=LEAST_PEOPLE)}
        for column in columns:
            counts = {str(row): cells[column].people for row, cells in table.items() if column in cells}
            small = {str(row) for row in table if (row, column) in hidden}
            hidden |= {(int(row), column) for row in complete(counts, small, least=LEAST_PEOPLE)}
        if len(hidden) == before:
            return hidden


Population: TypeAlias = frozenset[tuple[str, str]] | frozenset[int]
"""Who is counted: (account, contact), or a number for each."""


def population(comments: Iterable[Comment]) -> frozenset[tuple[str, str]]:
    """Whoever wrote these."""
    return frozenset((one.account_id, one.contact_id) for one in comments)


def admitted(views: Mapping[str, Population]) -> dict[str, str | None]:
    """Which views may be shown: name -> None, or the name of the shown one it is too near to.

    In the order given. Two views whose people differ by one to four tell of those by subtraction; the
    later one is refused. One with the same people tells nothing more.
    """
    shown: list[str] = []
    found: dict[str, str | None] = {}
    for name, people in views.items():
        near = next((one for one in shown if _are_near(people, views[one])), None)
        found[name] = near
        if near is None:
            shown.append(name)
    return found


def _are_near(one: Population, other: Population) -> bool:
    if abs(len(one) - len(other)) >= LEAST_PEOPLE:  # then they differ by so many too: no need to compare them
        return False
    return 0 < len(one ^ other) < LEAST_PEOPLE


def beside_few(whole: int, parts: Mapping[str, int]) -> set[str]:
    """Which of the shown parts of a shown whole are refused, so that it less the others tells nothing.

    Who is in no shown part must be nobody or five people; the smallest parts join them until they are.
    """
    left, hidden = whole - sum(parts.values()), set[str]()
    for number, name in sorted((number, name) for name, number in parts.items() if number):
        if not 0 < left < LEAST_PEOPLE:
            break
        left += number
        hidden.add(name)
    return hidden
