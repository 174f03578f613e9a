"""Figures month by month: what was due in each month, and what each month's last night kept."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from voc.base.confidential import named
from voc.base.schema import figure_snapshot, follow_up, invitation
from voc.base.words import Disposition, Scope

_ARRIVED = (Disposition.COMPLETE, Disposition.PARTIAL, Disposition.REFUSED, Disposition.SILENT, Disposition.OTHER)
_ANSWERED = (Disposition.COMPLETE, Disposition.PARTIAL)
_NEAR = timedelta(days=5)  # a last night that failed: one just before it will do


class Owned(NamedTuple):
    """What was due in one month under one owner, and how much of it was done."""

    csm_id: str | None
    inherited: bool
    first: date
    part: float
    whole: float


def _span(first: date, until: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time(), UTC), datetime.combine(until, time(), UTC)


def answered(db: Connection, months: Sequence[tuple[date, date]]) -> Iterator[Owned]:
    """Invitations by the month they were due in (RR6), under the owner frozen at sending. `months`: first, next first.

    Adding up is the database's: there may be a million.
    """
    here = invitation.c
    for first, following in months:
        begins, ends = _span(first, following)
        query = (
            select(
                here.csm_id,
                here.inherited,
                func.sum(case((here.disposition.in_(_ANSWERED), 1), else_=0)),
                func.count(),
            )
            .where(named, here.closes_at > begins, here.closes_at <= ends, here.disposition.in_(_ARRIVED))
            .where(here.sent_at.is_not(None))
            .group_by(here.csm_id, here.inherited)
            .order_by(here.csm_id, here.inherited)
        )
        for csm_id, inherited, part, whole in db.execute(query):
            yield Owned(csm_id, inherited, first, float(part), float(whole))


def followed_up(db: Connection, months: Sequence[tuple[date, date]]) -> Iterator[Owned]:
    """Follow-ups by the month in which the first contact was due, and how many had it in time."""
    here = follow_up.c
    for first, following in months:
        begins, ends = _span(first, following)
        in_time = and_(here.contacted_at.is_not(None), here.contacted_at <= here.contact_by)
        query = (
            select(here.owner_csm_id, func.sum(case((in_time, 1), else_=0)), func.count())
            .where(here.contact_by > begins, here.contact_by <= ends)
            .group_by(here.owner_csm_id)
            .order_by(here.owner_csm_id)
        )
        for csm_id, part, whole in db.execute(query):
            yield Owned(csm_id, False, first, float(part), float(whole))


class Kept(NamedTuple):
    name: str
    scope: Scope
    scope_id: str
    first: date
    part: float
    whole: float


def month_ends(
    db: Connection, months: Sequence[tuple[date, date]], *, names: Collection[str], window_days: int
) -> Iterator[Kept]:
    """Of each month the figures of its last night, of CSMs, teams and all."""
    here = figure_snapshot.c
    for first, following in months:
        last = following - timedelta(days=1)
        nights = select(func.max(here.as_of)).where(here.as_of <= last, here.as_of > last - _NEAR)
        query = (
            select(here.name, here.scope, here.scope_id, here.numerator, here.denominator)
            .where(here.as_of == nights.scalar_subquery(), here.window_days == window_days)
            .where(here.name.in_(sorted(names)), here.scope.in_([Scope.CSM, Scope.TEAM, Scope.TOTAL]))
            .where(here.numerator.is_not(None), here.denominator.is_not(None))
            .order_by(here.name, here.scope, here.scope_id)
        )
        for name, scope, scope_id, part, whole in db.execute(query):
            yield Kept(name, Scope(scope), scope_id, first, part or 0.0, whole or 0.0)
