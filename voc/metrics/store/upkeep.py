"""What a sync refused and what respondents suggested, with how long each lay; and how accounts stand with us."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from voc.base.confidential import named
from voc.base.schema import (
    account,
    account_csm,
    follow_up,
    invitation,
    response,
    suggestion,
    sync_problem,
    sync_run,
)
from voc.base.words import ProblemLevel, ResponseState, RunState
from voc.metrics.columns.kinds import MISSING, place_in
from voc.metrics.columns.model import micros
from voc.metrics.money.facts import Week
from voc.metrics.money.upkeep import WEEK, Lying, week_ends, weeks
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.customers import customer_on

_REFUSED = (ProblemLevel.REJECTED, ProblemLevel.FIELD_ERROR)
_LOOK_BACK = timedelta(days=60)


class Books:
    """Who owned which customer, at any moment up to one."""

    def __init__(self, db: Connection, *, until: datetime) -> None:
        columns = account_csm.c
        fields = (
            Field("account", columns.account_id, Kind.KEY),
            Field("csm", columns.csm_id, Kind.KEY),
            Field("from_at", columns.from_at, Kind.TIME),
            Field("to_at", columns.to_at, Kind.TIME),
        )
        owned = (columns.csm_id.is_not(None), columns.from_at <= until)
        found = read(
            db,
            fields,
            lambda wanted: (
                select(*wanted)
                .join(account, account.c.id == columns.account_id)
                .where(customer_on(until.date()), *owned)
                .order_by(columns.from_at, columns.id)
            ),
        )
        self._db, self._from, self._to = db, found["from_at"], found["to_at"]
        self._keys, self._account = np.unique(found["account"], return_inverse=True)
        ids = sorted(id for id in db.execute(select(columns.csm_id).distinct()).scalars() if id is not None)
        self._csm_ids, csm_keys = ids, key_of(db, ids)
        order = np.argsort(csm_keys)
        self._csm = order[np.searchsorted(csm_keys[order], found["csm"])] if ids else found["csm"]

    def at(self, moment: datetime, account_ids: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """The owners of those accounts, and everybody who owned a customer."""
        when = micros(moment)
        rows = np.flatnonzero((self._from <= when) & ((self._to == MISSING) | (self._to > when)))
        owner = np.full(len(self._keys), -1, np.int64)
        owner[self._account[rows]] = self._csm[rows]  # of several on one day the one that began last stays
        place = place_in(self._keys, key_of(self._db, account_ids))
        those = {
            id: self._csm_ids[owner[at]]
            for id, at in zip(account_ids, place.tolist(), strict=True)
            if at >= 0 and owner[at] >= 0
        }
        return those, [self._csm_ids[one] for one in np.unique(owner[owner >= 0]).tolist()]


def csm_weeks(db: Connection, *, moment: datetime, days: int, owned: Books | None = None) -> list[Week]:
    """Whole weeks of the period in which the CRM was read, one per CSM with a customer at the week's end."""
    reads = _reads(db, moment=moment, since=moment - timedelta(days=days) - _LOOK_BACK)
    ends = [end for end in week_ends(moment, days) if any(end - WEEK < at <= end for at in reads)]
    if not ends:
        return []
    problems = _problems(db, moment=moment, reads=reads)
    suggestions = _suggestions(db, moment=moment, since=ends[-1] - WEEK)
    wanted = sorted({one.account_id for one in (*problems, *suggestions)})
    owned = owned or Books(db, until=moment)
    found = {end: owned.at(end, wanted) for end in ends}
    return weeks(
        ends,
        books={end: those for end, (those, _) in found.items()},
        csms={end: everybody for end, (_, everybody) in found.items()},
        problems=problems,
        suggestions=suggestions,
    )


def _reads(db: Connection, *, moment: datetime, since: datetime) -> list[datetime]:
    run = sync_run.c
    query = select(run.started_at).where(
        run.state == RunState.COMPLETE, run.started_at <= moment, run.started_at > since
    )
    return list(db.execute(query.order_by(run.started_at)).scalars())


def _problems(db: Connection, *, moment: datetime, reads: Sequence[datetime]) -> list[Lying]:
    """Each refused row or field from the first reading that found it to the first one that did not any more."""
    columns = sync_problem.c
    same = (columns.account_id, columns.object, columns.record_id, columns.reason, columns.field)
    query = (
        select(*same, func.min(sync_run.c.started_at).label("first"), func.max(sync_run.c.started_at).label("last"))
        .join(sync_run, sync_run.c.id == columns.run_id)
        .where(
            columns.account_id.is_not(None),
            columns.level.in_(_REFUSED),
            sync_run.c.state == RunState.COMPLETE,
            sync_run.c.started_at > reads[0] - timedelta(microseconds=1),
            sync_run.c.started_at <= moment,
        )
        .group_by(*same)
        .order_by(*same)
    )
    following = dict(zip(reads, [*reads[1:], None], strict=True))
    return [Lying(row.account_id, row.first, following.get(row.last)) for row in db.execute(query)]


def _suggestions(db: Connection, *, moment: datetime, since: datetime) -> list[Lying]:
    columns = suggestion.c
    open_then = or_(columns.decided_at.is_(None), columns.decided_at > since)
    query = select(columns.account_id, columns.created_at, columns.decided_at).where(
        columns.created_at <= moment, open_then
    )
    return [
        Lying(row.account_id, row.created_at, row.decided_at if row.decided_at and row.decided_at <= moment else None)
        for row in db.execute(query.order_by(columns.id))
    ]


def standing_by_account(
    db: Connection, ids: Collection[str], winners: Mapping[str, str], *, moment: datetime
) -> dict[str, tuple[int | None, int]]:
    """Of these accounts: the latest score anybody gave, and how many follow-ups are past a limit."""
    if not ids:
        return {}
    wanted = sorted({*ids, *(loser for loser, winner in winners.items() if winner in ids)})
    scores: dict[str, int] = {}
    query = (
        select(invitation.c.account_id, response.c.score)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(named, invitation.c.account_id.in_(wanted), response.c.score.is_not(None))
        .where(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at <= moment)
        .order_by(response.c.submitted_at, response.c.id)
    )
    for row in db.execute(query):
        if row.score is not None:
            scores[winners.get(row.account_id, row.account_id)] = row.score
    overdue: dict[str, int] = defaultdict(int)
    case = follow_up.c
    not_called = and_(_not_by(case.contacted_at, moment), case.contact_by < moment)
    not_resolved = and_(_not_by(case.resolved_at, moment), case.resolve_by < moment)
    late = select(case.account_id).where(
        case.account_id.in_(wanted), case.opened_at <= moment, or_(not_called, not_resolved)
    )
    for account_id in db.execute(late.order_by(case.id)).scalars():
        overdue[winners.get(account_id, account_id)] += 1
    return {id: (scores.get(id), overdue.get(id, 0)) for id in sorted(ids)}


def _not_by(column: ColumnElement[datetime | None], moment: datetime) -> ColumnElement[bool]:
    """It had not happened yet."""
    return or_(column.is_(None), column > moment)
