"""Subjects whose rows are no invitations: each reads what its figures need once, `Definition.facts` makes rows of it.

Add a subject by a line in LOADERS and definitions with `owner=Owner.FACT, subject=..., facts=...`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Protocol

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics import store
from voc.metrics.catalogue import chosen
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.records import Records
from voc.metrics.definition import Definition
from voc.metrics.model import Fact, Known, Slice
from voc.metrics.run import money
from voc.metrics.store.company import Ground


@dataclass(frozen=True)
class Question:
    """What is asked: facts of (moment - days, moment], as they were known at the moment; of these accounts or all.

    `also_elsewhere`: the accounts are a whole book, whose people count also with what they said at another one.
    """

    moment: datetime
    days: int
    preferences: Preferences
    account_ids: frozenset[str] | None = None
    part: Slice = field(default_factory=Slice)
    also_elsewhere: bool = False


@dataclass(frozen=True)
class Subject:
    """`read` reads for the longest period that will be asked, `load` makes of it what one period's figures need."""

    read: Callable[[Connection, Question], Any]
    load: Callable[[Connection, Question, Any], Any]
    of_all: "Callable[[Connection, Question, Ground], OfAll]"


class OfAll(Protocol):
    """A subject of all accounts as columns, for each period that ends at one moment."""

    @property
    def records(self) -> Records: ...

    def period(self, question: Question, /) -> Any: ...


LOADERS: Mapping[str, Subject] = {"money": Subject(money.read, money.ledger, money.OfAll)}


class Shared:
    """What questions of one moment and of the same accounts have in common: read once, for the longest period."""

    def __init__(self, db: Connection, longest: Question, ground: Ground | None = None) -> None:
        self._db, self._longest, self._ground = db, longest, ground
        self._read: dict[str, Any] = {}
        self._of_all: dict[str, OfAll] = {}

    @cached_property
    def known(self) -> Mapping[str, Known]:
        found = store.accounts_known(self._db, self._longest.preferences, self._longest.account_ids)
        return {"": Known("", None, None), **found}

    def of(self, subject: str) -> Any:
        if subject not in self._read:
            self._read[subject] = LOADERS[subject].read(self._db, self._longest)
        return self._read[subject]

    def of_all(self, subject: str) -> OfAll:
        if subject not in self._of_all:
            longest = self._longest
            ground = self._ground or Ground(self._db, longest.moment, longest.preferences)
            self._of_all[subject] = LOADERS[subject].of_all(self._db, longest, ground)
        return self._of_all[subject]


def columns(
    question: Question, *, names: Collection[str] | None, shared: Shared
) -> Iterator[tuple[Definition, FactRows, Sequence[str]]]:
    """Each figure that is made as columns: its rows of all accounts, and the people of ours that they name."""
    periods: dict[str, Any] = {}
    for definition in chosen(names):
        if definition.columns is not None:
            of_all = shared.of_all(definition.subject)
            if definition.subject not in periods:
                periods[definition.subject] = of_all.period(question)
            yield definition, definition.columns(periods[definition.subject]), of_all.records.csm_ids


def row_by_row(names: Collection[str] | None) -> list[str]:
    """Figures that are not made as columns."""
    return [one.name for one in chosen(names) if one.facts is not None and one.columns is None]


def rows(
    db: Connection, question: Question, *, names: Collection[str] | None = None, shared: Shared | None = None
) -> Iterator[tuple[Definition, list[tuple[Fact, Known]]]]:
    """Each figure that has a subject of its own, and its rows with what is known of their accounts."""
    wanted = [one for one in chosen(names) if one.facts is not None]
    if not wanted:
        return
    shared = shared or Shared(db, question)
    known = shared.known
    loaded = cache(lambda subject: LOADERS[subject].load(db, question, shared.of(subject)))
    for definition in wanted:
        assert definition.facts is not None  # chosen above
        facts = definition.facts(loaded(definition.subject))
        found = [(one, known[one.account_id]) for one in facts if one.account_id in known]
        inside = question.part.whole
        yield definition, [pair for pair in found if inside or _is_in(*pair, question.part)]


def _is_in(fact: Fact, account: Known, part: Slice) -> bool:
    segment = fact.segment or account.segment
    return part.segment in (None, segment) and part.region in (None, account.region)
