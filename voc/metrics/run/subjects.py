"""Subjects whose rows are no invitations: each reads what its figures need once, `Definition.facts` makes rows of it.

Add a subject by a line in LOADERS and definitions with `owner=Owner.FACT, subject=..., facts=...`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics import store
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.definition import Definition
from voc.metrics.model import Fact
from voc.metrics.run import money


@dataclass(frozen=True)
class Question:
    """What is asked: facts of (moment - days, moment], as they were known at the moment; of these accounts or all."""

    moment: datetime
    days: int
    preferences: Preferences
    account_ids: frozenset[str] | None = None


Load = Callable[[Connection, Question], Any]

LOADERS: Mapping[str, Load] = {"money": money.load}


def rows(
    db: Connection, question: Question, *, names: Collection[str] | None = None, segment: str | None = None
) -> Iterator[tuple[Definition, list[tuple[Fact, str]]]]:
    """Each figure that has a subject of its own, and its rows with the names of their accounts."""
    wanted = [one for one in CATALOGUE if one.facts is not None and (names is None or one.name in names)]
    if not wanted:
        return
    known = {"": ("", None), **store.accounts_named(db, question.account_ids)}
    loaded = cache(lambda subject: LOADERS[subject](db, question))
    for definition in wanted:
        assert definition.facts is not None  # chosen above
        found = definition.facts(loaded(definition.subject))
        yield definition, [(one, known[one.account_id][0]) for one in found if _is_in(one, known, segment)]


def _is_in(fact: Fact, known: Mapping[str, tuple[str, str | None]], segment: str | None) -> bool:
    if fact.account_id not in known:
        return False
    return segment is None or segment == (fact.segment or known[fact.account_id][1])
