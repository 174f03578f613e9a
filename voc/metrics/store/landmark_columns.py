"""The same renewals as columns, of the whole company: what `landmarks.renewals` and `one_each` say one by one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, collate, select

from voc.base.schema import renewal_landmark
from voc.base.words import AccountState, OutOfCohort
from voc.metrics.columns.kinds import Column, last_of, numbered
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.cost.decided import GROUPS, Decided
from voc.metrics.cost.renewal import NO_SEGMENT, Group
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Winners

_STATES, _REASONS = tuple(AccountState), tuple(OutOfCohort)
_NAMES = sorted((NO_SEGMENT, *map(str, SEGMENTS)))


def decided(db: Connection) -> tuple[Decided, Mapping[OutOfCohort, int], int, int]:
    """Those that count; why the others do not; how many have a later one of their customer; how many there are."""
    found = read(db, _fields(), lambda wanted: _in_order(db, wanted))
    counts_once, count = found["reason"] < 0, len(found["on"])
    customer, customers, _ = numbered(Winners(db, "account").of(found["account"]))
    latest = last_of(customer, (counts_once, found["on"], np.arange(count)), customers)
    standing = np.zeros(count, np.bool_)
    standing[latest] = True
    out = np.bincount(found["reason"][standing & ~counts_once], minlength=len(_REASONS)).tolist()
    rows = np.flatnonzero(standing & counts_once & (found["state"] >= 0))
    why = {reason: number for reason, number in zip(_REASONS, out, strict=True) if number}
    return _columns({name: values[rows] for name, values in found.items()}), why, int((~standing).sum()), count


def _fields() -> tuple[Field, ...]:
    table = renewal_landmark.c
    return (
        Field("account", table.account_id, Kind.KEY),
        Field("on", table.decided_on, Kind.DAY),
        Field("lost", table.lost, Kind.FLAG),
        Field("state", table.state, Kind.WORD, _STATES),
        Field("reason", table.reason, Kind.WORD, _REASONS),
        Field("segment", table.segment, Kind.WORD, SEGMENTS),
        Field("score", table.score, Kind.REAL),
        Field("days", table.days_since_answer, Kind.REAL),
        Field("senior", table.senior_silent, Kind.FLAG),
        Field("treated", table.treated, Kind.FLAG),
    )


def _in_order(db: Connection, wanted: list[Any]) -> Select[Any]:
    """By day and key, letters as Python orders them."""
    binary = "C" if db.dialect.name == "postgresql" else "BINARY"
    table = renewal_landmark.c
    return select(*wanted).order_by(table.decided_on, collate(table.key, binary))


def _columns(found: Mapping[str, Column]) -> Decided:
    groups = np.full(len(_STATES), GROUPS.index(Group.THIRD), np.int64)
    groups[_STATES.index(AccountState.SILENT)] = GROUPS.index(Group.SILENT)
    groups[_STATES.index(AccountState.HEARD)] = GROUPS.index(Group.RESPONDING)
    places = np.array([_NAMES.index(str(one)) for one in SEGMENTS] + [_NAMES.index(NO_SEGMENT)], np.int64)
    return Decided(
        on=found["on"],
        lost=found["lost"],
        group=groups[found["state"]],
        segment=places[found["segment"]],
        days=found["days"],
        senior=found["senior"],
        treated=found["treated"],
        score=found["score"],
        segments=_NAMES,
    )
