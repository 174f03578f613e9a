"""Milestones of the CRM and colleagues' reviews as columns, each under its owner of the day."""

import numpy as np
from sqlalchemy import ColumnElement, and_, or_, select

from voc.base.schema import colleague_review, milestone
from voc.base.words import RecordState, ReviewKind
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.money.owners import Ownership
from voc.metrics.columns.money.records import Marks
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.owned import People
from voc.metrics.store.records.words import kinds_of
from voc.metrics.store.reviews import MARK_OF

REVIEWS = tuple(ReviewKind)


def marks(ground: Ground, people: People, owned: Ownership) -> Marks:
    words = kinds_of(ground.db, milestone.c.kind)
    kinds = [*words, *(kind for kind in MARK_OF.values() if kind not in words)]
    both = _of_the_crm(ground, people, owned, words), _of_colleagues(ground, people, kinds)
    columns = {name: np.concatenate([one[name] for one in both]) for name in both[0]}
    known = columns["account"] >= 0
    order = np.flatnonzero(known)[np.argsort(columns["on"][known], kind="stable")]
    return Marks(kinds=kinds, **{name: values[order] for name, values in columns.items()})


def _of_the_crm(ground: Ground, people: People, owned: Ownership, words: list[str]) -> dict[str, Column]:
    columns = milestone.c
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("csm", columns.csm_id, Kind.KEY),
        Field("kind", columns.kind, Kind.WORD, words),
        Field("on", columns.on, Kind.DAY),
        Field("cents", columns.value, Kind.REAL),
        Field("in_words", _has_digit(ground, columns.evidence), Kind.FLAG),
    )
    standing = (
        columns.state == RecordState.LIVE,
        columns.on <= ground.moment.date(),
        *ground.theirs(columns.account_id),
    )
    found = read(ground.db, fields, lambda wanted: select(*wanted).where(*standing).order_by(columns.on, columns.id))
    found["account"] = ground.client(found["account"])
    known = found["account"] >= 0
    found = {name: values[known] for name, values in found.items()}
    named = people.place(found["csm"])
    owner = owned.of_day(found["account"], found["on"], named=named)
    told = named >= 0
    return {
        "account": found["account"],
        "kind": found["kind"].astype(np.int64),
        "on": found["on"],
        "csm": owner.csm,
        "inherited": owner.inherited,
        "actor": np.where(told, named, owner.csm),
        "actor_inherited": owner.inherited & ~told,
        "value": found["cents"] / 100,
        "money": ground.amount(found["cents"], ground.rows["currency"][found["account"]]),
        "has_number": ~np.isnan(found["cents"]) | found["in_words"],
    }


def _has_digit(ground: Ground, column: ColumnElement[str | None]) -> ColumnElement[bool]:
    found = column.op("GLOB")("*[0-9]*") if ground.db.dialect.name == "sqlite" else column.op("~")("[0-9]")
    return and_(column.is_not(None), found)


def _of_colleagues(ground: Ground, people: People, kinds: list[str]) -> dict[str, Column]:
    columns = colleague_review.c
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("csm", columns.csm_id, Kind.KEY),
        Field("kind", columns.kind, Kind.WORD, REVIEWS),
        Field("on", columns.on, Kind.DAY),
        Field("mean", columns.mean, Kind.REAL),
    )
    standing = (
        columns.on <= ground.moment.date(),
        columns.written_at <= ground.moment,
        or_(columns.withdrawn_at.is_(None), columns.withdrawn_at > ground.moment),
        *ground.theirs(columns.account_id),
    )
    found = read(ground.db, fields, lambda wanted: select(*wanted).where(*standing).order_by(columns.on, columns.id))
    whose = people.place(found["csm"])
    nobody_before = np.zeros(len(whose), np.bool_)
    place = np.array([kinds.index(MARK_OF[kind]) for kind in REVIEWS], np.int64)
    value = found["mean"]
    return {
        "account": ground.client(found["account"]),
        "kind": place[found["kind"]],
        "on": found["on"],
        "csm": whose,
        "inherited": nobody_before,
        "actor": whose,
        "actor_inherited": nobody_before,
        "value": value,
        "money": np.full(len(whose), np.nan),
        "has_number": np.ones(len(whose), np.bool_),
    }
