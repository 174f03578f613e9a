"""Subjects whose rows are no invitations: each reads what its figures need once, `Definition.facts` makes rows of it.

Add a subject by a line in LOADERS and definitions with `owner=Owner.FACT, subject=..., facts=...`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
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


Load = Callable[[Connection, Question], Any]

LOADERS: Mapping[str, Load] = {"money": money.load}


def rows(
    db: Connection, question: Question, *, names: Collection[str] | None = None
) -> Iterator[tuple[Definition, list[tuple[Fact, Known]]]]:
    """Each figure that has a subject of its own, and its rows with what is known of their accounts."""
    wanted = [one for one in CATALOGUE if one.facts is not None and (names is None or one.name in names)]
    if not wanted:
        return
    known = {"": Known("", None, None), **store.accounts_known(db, question.preferences, question.account_ids)}
    loaded = cache(lambda subject: LOADERS[subject](db, question))
    for definition in wanted:
        assert definition.facts is not None  # chosen above
        facts = definition.facts(loaded(definition.subject))
        found = [(one, known[one.account_id]) for one in facts if one.account_id in known]
        yield definition, [(fact, account) for fact, account in found if _is_in(fact, account, question.part)]


def _is_in(fact: Fact, account: Known, part: Slice) -> bool:
    segment = fact.segment or account.segment
    return part.segment in (None, segment) and part.region in (None, account.region)
