"""Subjects whose rows are no invitations: each reads what its figures need once, `Definition.facts` makes rows of it.

Add a subject by a line in LOADERS and definitions with `owner=Owner.FACT, subject=..., facts=...`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics import store
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.definition import Definition
from voc.metrics.model import Fact, Known, Slice
from voc.metrics.run import money


@dataclass(frozen=True)
class Question:
    """What is asked: facts of (moment - days, moment], as they were known at the moment; of these accounts or all."""

    moment: datetime
    days: int
    preferences: Preferences
    account_ids: frozenset[str] | None = None
    part: Slice = field(default_factory=Slice)


@dataclass(frozen=True)
class Subject:
    """`read` reads for the longest period that will be asked, `load` makes of it what one period's figures need."""

    read: Callable[[Connection, Question], Any]
    load: Callable[[Connection, Question, Any], Any]


LOADERS: Mapping[str, Subject] = {"money": Subject(money.read, money.ledger)}


class Shared:
    """What questions of one moment and of the same accounts have in common: read once, for the longest period."""

    def __init__(self, db: Connection, longest: Question) -> None:
        self._db, self._longest = db, longest
        self._read: dict[str, Any] = {}

    @cached_property
    def known(self) -> Mapping[str, Known]:
        found = store.accounts_known(self._db, self._longest.preferences, self._longest.account_ids)
        return {"": Known("", None, None), **found}

    def of(self, subject: str) -> Any:
        if subject not in self._read:
            self._read[subject] = LOADERS[subject].read(self._db, self._longest)
        return self._read[subject]


def rows(
    db: Connection, question: Question, *, names: Collection[str] | None = None, shared: Shared | None = None
) -> Iterator[tuple[Definition, list[tuple[Fact, Known]]]]:
    """Each figure that has a subject of its own, and its rows with what is known of their accounts."""
    wanted = [one for one in CATALOGUE if one.facts is not None and (names is None or one.name in names)]
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
