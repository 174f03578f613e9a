"""Rows of a subject of its own in every scope but the accounts': as `figures.count_facts`, all at once. Pure."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from voc.base.words import Scope
from voc.metrics.columns.kinds import Column, numbered
from voc.metrics.columns.rows import Books, Rows, tally
from voc.metrics.definition import Definition
from voc.metrics.model import Fact, Known, Person, Tallies


def count_facts(
    tallies: Tallies, people: Mapping[str, Person], definition: Definition, found: Sequence[tuple[Fact, Known]]
) -> None:
    """Add the rows, each with what is known of its account."""
    if not found:
        return
    units = [fact.unit for fact, _ in found]
    words, label = _places(unit.label for unit in units)
    part = np.fromiter((unit.part for unit in units), np.float64, len(units))
    whole = np.fromiter((unit.whole for unit in units), np.float64, len(units))
    _, account = _places(fact.account_id for fact, _ in found)
    names = list({fact.account_id: known.name for fact, known in found}.values())
    for scope, ids, of in _scopes(people, found):
        inside = np.flatnonzero(of >= 0)
        book, _, first = numbered(account[inside], of[inside])
        books = Books(scope, ids, of[inside][first], account[inside][first])
        rows = Rows(book, part[inside], whole[inside], label[inside], words)
        tally(tallies, definition.name, rows, books, names)
        if definition.reckon:
            for at in inside.tolist():
                tallies[scope, ids[of[at]]][definition.name].units.append(units[at])


def _scopes(
    people: Mapping[str, Person], found: Sequence[tuple[Fact, Known]]
) -> list[tuple[Scope, Sequence[str], Column]]:
    """For each kind of scope its ids, and the place of each row among them (-1: in none)."""
    csm_ids, owner = _places(fact.csm_id for fact, _ in found)
    team_ids, team_of = _places(people[id].manager_id if id in people else None for id in csm_ids)
    inherited = np.fromiter((fact.inherited for fact, _ in found), np.bool_, len(found))
    return [
        (Scope.CSM, csm_ids, np.where(inherited, -1, owner)),
        (Scope.TEAM, team_ids, np.append(team_of, -1)[owner]),
        (Scope.SEGMENT, *_places(fact.segment or known.segment for fact, known in found)),
        (Scope.REGION, *_places(known.region for _, known in found)),
        (Scope.TOTAL, [""], np.zeros(len(found), np.int64)),
    ]


def _places(texts: Iterable[str | None]) -> tuple[list[str], Column]:
    """The distinct ones, and the place of each among them; -1 for None."""
    known: dict[str, int] = {}
    at = np.fromiter((-1 if one is None else known.setdefault(one, len(known)) for one in texts), np.int64)
    return list(known), at
