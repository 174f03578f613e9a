"""The figures that each night kept."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select

from voc.base.prepared import Prepared
from voc.base.schema import figure_snapshot
from voc.base.words import FigureState, Scope
from voc.metrics.model import Figure, Interval, IntervalKind, Norms, Shown, Window

MOST_NIGHTS = 30
KEPT_AT_ONCE = 5_000  # rows of one transaction: an answer that comes meanwhile waits no longer than for these
_MARK = "counted"  # written last: a night without it was broken off
_columns = figure_snapshot.c
_of_mark = and_(_columns.scope == Scope.TOTAL, _columns.scope_id == "", _columns.name == _MARK)


def is_counted(db: Connection, on: date, window_days: int | None = None) -> bool:
    """Whether the figures of the night that ended that day are kept, of this window or at all."""
    query = select(_columns.id).where(_of_mark, _columns.as_of == on)
    if db.execute(query.limit(1)).first() is None:
        return False
    if window_days is None:
        return True
    same = _columns.as_of == on, _columns.window_days == window_days, _columns.name == "response_rate"
    return db.execute(select(_columns.id).where(_columns.scope == Scope.TOTAL, *same).limit(1)).first() is not None


def last_counted(db: Connection, on: date) -> date | None:
    """The latest night up to that day, and not a week older."""
    query = select(func.max(_columns.as_of)).where(_of_mark, _columns.as_of <= on)
    found: date | None = db.execute(query.where(_columns.as_of > on - timedelta(days=7))).scalar()
    return found


def drop_unfinished(db: Connection, on: date) -> None:
    db.execute(delete(figure_snapshot).where(_columns.as_of == on))


def keep(db: Connection, figures: Sequence[Figure]) -> None:
    _kept(db.dialect.name).run_each(db, map(_snapshot, figures))


@cache
def _kept(dialect: str) -> Prepared:
    named: dict[str, Any] = {one.name: bindparam(one.name) for one in figure_snapshot.columns if one.name != "id"}
    return Prepared(insert(figure_snapshot).values(named).inline(), dialect, written_out=["detail"])


def mark_counted(db: Connection, on: date) -> None:
    row = {"as_of": on, "scope": Scope.TOTAL, "scope_id": "", "name": _MARK, "window_days": 0}
    db.execute(insert(figure_snapshot).values(**row, state=FigureState.OK, detail={}, definition_version=1))


def accounts_kept_between(db: Connection, after: date, before: date) -> bool:
    query = select(_columns.id).where(_columns.name == "silent_score", _columns.as_of > after, _columns.as_of < before)
    return db.execute(query.where(_columns.scope == Scope.ACCOUNT).limit(1)).first() is not None


def _snapshot(one: Figure) -> dict[str, Any]:
    return {
        "as_of": one.as_of,
        "scope": one.scope,
        "scope_id": one.scope_id,
        "name": one.name,
        "window_days": one.window.days,
        "value": one.value,
        "numerator": one.numerator,
        "denominator": one.denominator,
        "low": one.interval.low if one.interval else None,
        "high": one.interval.high if one.interval else None,
        "level": one.interval.level if one.interval else None,
        "interval_kind": one.interval.kind if one.interval else None,
        "state": one.state,
        "reason": one.reason,
        "detail": msgspec.json.encode(
            {
                "parts": one.parts,
                "extra": one.extra,
                "left_out": one.left_out,
                "shown": one.shown,
                "counted": one.counted,
                "accounts": one.accounts,
            }
        ).decode(),
        "definition_version": one.definition_version,
    }


def kept_figures(
    db: Connection,
    *,
    on: date,
    window_days: int,
    lines: Collection[str],
    names: Collection[str],
    whole: tuple[Scope, str],
) -> list[Figure]:
    """Of each CSM the figures `lines`; of the total and of `whole` those of `names`."""
    scope, scope_id = whole
    wide = or_(
        and_(_columns.scope == scope, _columns.scope_id == scope_id),
        and_(_columns.scope == Scope.TOTAL, _columns.scope_id == ""),
    )
    wanted = or_(
        and_(_columns.scope == Scope.CSM, _columns.name.in_(sorted(lines))),
        and_(wide, _columns.name.in_(sorted(names))),
    )
    query = select(figure_snapshot).where(_columns.as_of == on, _columns.window_days == window_days, wanted)
    return [figure_of(row) for row in db.execute(query.order_by(_columns.id))]


def kept_figure(db: Connection, *, on: date, window_days: int, scope: Scope, scope_id: str, name: str) -> Figure | None:
    """One figure as a finished night kept it."""
    if not is_counted(db, on, window_days):
        return None
    same = _columns.scope == scope, _columns.scope_id == scope_id, _columns.name == name
    query = select(figure_snapshot).where(*same, _columns.window_days == window_days, _columns.as_of == on)
    row = db.execute(query).first()
    return None if row is None else figure_of(row)


def figure_of(row: Any) -> Figure:
    interval = None
    if row.interval_kind is not None:
        interval = Interval(row.low, row.high, row.level, IntervalKind(row.interval_kind))
    detail = row.detail
    return Figure(
        name=row.name,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        interval=interval,
        state=FigureState(row.state),
        reason=row.reason,
        shown=Shown(detail["shown"]),
        counted=detail["counted"],
        accounts=detail["accounts"],
        window=Window(row.window_days, row.as_of - timedelta(days=row.window_days), row.as_of),
        as_of=row.as_of,
        definition_version=row.definition_version,
        parts=detail["parts"],
        extra=detail["extra"],
        left_out=detail["left_out"],
    )


def trends(
    db: Connection,
    *,
    scope: Scope,
    name: str,
    window_days: int,
    since: date,
    until: date,
    ids: Collection[str] | None = None,
) -> dict[str, list[tuple[date, float]]]:
    """(as of, value) of one figure's snapshots by scope id, the oldest first; days without a value are left out.

    Of more nights than `MOST_NIGHTS` so many, evenly: a year by the day is more than any line of it shows.
    """
    nights = _spread(db, since, until)
    query = (
        select(figure_snapshot.c.scope_id, figure_snapshot.c.as_of, figure_snapshot.c.value)
        .where(
            figure_snapshot.c.scope == scope,
            figure_snapshot.c.name == name,
            figure_snapshot.c.window_days == window_days,
            figure_snapshot.c.as_of.in_(nights) if nights else figure_snapshot.c.as_of.between(since, until),
            figure_snapshot.c.value.is_not(None),
        )
        .order_by(figure_snapshot.c.scope_id, figure_snapshot.c.as_of)
    )
    if ids is not None:
        query = query.where(figure_snapshot.c.scope_id.in_(sorted(ids)))
    found: dict[str, list[tuple[date, float]]] = defaultdict(list)
    for scope_id, as_of, value in db.execute(query):
        if value is not None:
            found[scope_id].append((as_of, value))
    return dict(found)


def _spread(db: Connection, since: date, until: date) -> list[date]:
    """Which nights to show; none where all of them are few enough. The last one is always there."""
    counted = select(_columns.as_of).where(_of_mark, _columns.as_of.between(since, until))
    found = list(db.execute(counted.order_by(_columns.as_of.desc())).scalars())
    step = -(-len(found) // MOST_NIGHTS)
    return found[::step] if step > 1 else []


def norms(db: Connection, *, on: date, window_days: int) -> Norms | None:
    """What was usual as of the latest night up to that day, if it is not older than a week."""
    columns = figure_snapshot.c
    query = (
        select(columns.name, columns.detail)
        .where(
            columns.scope == Scope.TOTAL,
            columns.name.in_(["response_rate", "reach"]),
            columns.window_days == window_days,
            columns.as_of <= on,
            columns.as_of > on - timedelta(days=7),
        )
        .order_by(columns.as_of)
    )
    extra = {row.name: row.detail["extra"] for row in db.execute(query)}
    icc = extra.get("response_rate", {}).get("icc")
    return None if icc is None else Norms(icc=icc, reach=extra.get("reach", {}))
