"""Read-models of one run's page: what kinds of problems there are, and what was changed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from voc.accounts.model import Fate, Kind, ProblemLevel, Reason
from voc.accounts.store.book import SHOWN
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, contact, sync_change, sync_problem


@dataclass(frozen=True)
class ProblemCount:
    level: ProblemLevel
    reason: Reason
    count: int


def problem_counts(db: Connection, run_id: int, viewer: Viewer) -> list[ProblemCount]:
    """How many problems of each kind the viewer may see; those of no account of ours are for who sees everything."""
    query = (
        select(sync_problem.c.level, sync_problem.c.reason, func.count())
        .select_from(sync_problem.outerjoin(account, account.c.id == sync_problem.c.account_id))
        .where(sync_problem.c.run_id == run_id)
        .group_by(sync_problem.c.level, sync_problem.c.reason)
    )
    if not viewer.sees_all:
        query = query.where(visible_accounts(viewer))
    found = [ProblemCount(ProblemLevel(level), Reason(reason), count) for level, reason, count in db.execute(query)]
    levels = list(ProblemLevel)
    return sorted(found, key=lambda one: (levels.index(one.level), -one.count, one.reason))


def changed_fields(db: Connection, run_id: int) -> dict[Kind, dict[str, int]]:
    """Object -> field -> in how many records it changed, the most frequent first."""
    query = (
        select(sync_change.c.object, sync_change.c.fields, func.count())
        .where(sync_change.c.run_id == run_id, sync_change.c.change == Fate.UPDATED)
        # Few combinations of fields change together: one pass counts them, whatever the database.
        .group_by(sync_change.c.object, sync_change.c.fields)
    )
    found: dict[Kind, dict[str, int]] = {}
    for object, fields, many in db.execute(query):
        counted = found.setdefault(Kind(object), {})
        for field in fields or ():
            counted[field] = counted.get(field, 0) + many
    return {kind: _most_first(found[kind]) for kind in Kind if kind in found}


def _most_first(counted: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True)
class ChangeRow:
    id: int
    object: Kind
    record_id: str
    change: str
    fields: list[str]
    winner_id: str | None
    has_page: bool  # still here, with a page of its own


def changes(
    db: Connection, run_id: int, *, object: Kind | None = None, after: int = 0, limit: int = 100
) -> list[ChangeRow]:
    """What the run did to records, in the order done, from the one after `after` on."""
    here = or_(*(_is_here(kind, table) for kind, table in ((Kind.ACCOUNT, account), (Kind.CONTACT, contact))))
    query = select(sync_change, here.label("here")).where(sync_change.c.run_id == run_id, sync_change.c.id > after)
    if object is not None:
        query = query.where(sync_change.c.object == object)
    rows = db.execute(query.order_by(sync_change.c.id).limit(limit))
    return [
        ChangeRow(
            row.id, Kind(row.object), row.record_id, row.change, list(row.fields or ()), row.winner_id, bool(row.here)
        )
        for row in rows
    ]


def _is_here(kind: Kind, table: Any) -> ColumnElement[bool]:
    found = exists().where(table.c.id == sync_change.c.record_id, table.c.state.in_(SHOWN))
    return and_(sync_change.c.object == kind, found)
