"""What detractors said at their next wave, by account; nothing given in confidence."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, select, true

from voc.base.among import among
from voc.base.schema import alias, invitation, response
from voc.base.words import ResponseState
from voc.metrics.money.facts import Again, Owned
from voc.metrics.recovery import DETRACTOR_TO, Pair, pairs
from voc.metrics.store.recovery import answer_of, reached

LOOKS_BACK = timedelta(days=730)  # two answers of one person lie half a year or more apart
_THEN, _ONCE = alias.alias("then"), alias.alias("once")


def by_account(
    db: Connection,
    winners: Mapping[str, str],
    *,
    moment: datetime,
    account_ids: Collection[str] | None = None,
    also_elsewhere: bool = False,
) -> dict[str, list[Again]]:
    """As it was known at the moment; merged people are one, rows of merged accounts are the winner's.

    `account_ids` (merged ones too) leaves out whoever was a detractor elsewhere, unless they count too.
    """
    here = true() if account_ids is None else among(invitation.c.account_id, account_ids)
    if account_ids is not None and also_elsewhere:
        here = of_people_at(db, account_ids)
    # Of several answers of one invitation the last stays.
    asked = {row.id: row for row in db.execute(_asked(moment, here))}
    answers = [answer_of(row, row.score, now=moment) for row in asked.values()]
    found: dict[str, list[Again]] = defaultdict(list)
    for pair in pairs(answers)[0]:
        if pair.first <= DETRACTOR_TO:
            row = asked[pair.next_id]
            found[winners.get(row.account_id, row.account_id)].append(_again(row, pair))
    return found


def of_people_at(db: Connection, account_ids: Collection[str]) -> ColumnElement[bool]:
    """An invitation of whoever was ever asked at these accounts, wherever and by whatever record it was."""
    asked = select(invitation.c.contact_id).distinct().where(among(invitation.c.account_id, account_ids))
    found = set(db.execute(asked).scalars())
    merged = {row.loser_id: row.winner_id for row in db.execute(select(alias).where(alias.c.kind == "contact"))}
    people = {merged.get(id, id) for id in found}
    records = [*people, *(loser for loser, winner in merged.items() if winner in people)]
    return among(invitation.c.contact_id, records)


def _asked(moment: datetime, here: ColumnElement[bool]) -> Select[Any]:
    """Every invitation of whoever was a detractor once, each with its answers, the latest last."""
    columns = invitation.c
    wanted = columns.id, columns.wave_id, columns.account_id, columns.sent_at, columns.closes_at, columns.csm_id
    person = func.coalesce(_THEN.c.winner_id, columns.contact_id).label("contact_id")
    query = of_detractors(
        [*wanted, columns.inherited, person, response.c.score, response.c.submitted_at], moment=moment, here=here
    )
    return query.order_by(columns.sent_at, columns.id, response.c.submitted_at, response.c.id)


def of_detractors(wanted: Sequence[Any], *, moment: datetime, here: ColumnElement[bool] | None = None) -> Select[Any]:
    """The same in no order; `here` is a condition on the invitation that such a one answered."""
    person, merged = _person(_THEN)
    return (
        select(*wanted)
        .select_from(invitation)
        .outerjoin(*merged)
        .outerjoin(response, and_(response.c.invitation_id == invitation.c.id, _submitted(moment)))
        .where(*_sent(moment), person.in_(_detractors(moment, true() if here is None else here)))
    )


def _detractors(moment: datetime, here: ColumnElement[bool]) -> Select[Any]:
    person, merged = _person(_ONCE)
    return (
        select(person)
        .select_from(invitation)
        .outerjoin(*merged)
        .join(response, response.c.invitation_id == invitation.c.id)
        .where(here, *_sent(moment), _submitted(moment), response.c.score <= DETRACTOR_TO)
    )


def _person(theirs: FromClause) -> tuple[ColumnElement[str], tuple[Any, ColumnElement[bool]]]:
    merged = and_(theirs.c.kind == "contact", theirs.c.loser_id == invitation.c.contact_id)
    return func.coalesce(theirs.c.winner_id, invitation.c.contact_id), (theirs, merged)


def _sent(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    at = invitation.c.sent_at
    return reached, at > moment - LOOKS_BACK, at <= moment


def _submitted(moment: datetime) -> ColumnElement[bool]:
    state, at = response.c.state == ResponseState.SUBMITTED, response.c.submitted_at
    return and_(state, response.c.score.is_not(None), at <= moment)


def _again(row: Any, pair: Pair) -> Again:
    at = row.submitted_at if pair.then is not None else row.closes_at
    owner = Owned(row.csm_id, row.inherited)
    return Again(str(row.id), at.date(), owner, pair.first, pair.then, row.contact_id)
