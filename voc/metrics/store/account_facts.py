"""Everything the figures need of each account, as of a moment, in a constant number of queries."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, account_csm, alias, sign_of_life
from voc.base.words import RecordState, Segment, Sign
from voc.metrics.model import AccountFacts, Asked, Facts
from voc.metrics.regions import region_of
from voc.metrics.store.amounts import in_reporting
from voc.metrics.store.asked import asked_of, left_of
from voc.metrics.store.cases import cases_of
from voc.metrics.store.customers import was_customer
from voc.metrics.store.ever import ever_of
from voc.metrics.store.merges import merged_after
from voc.metrics.store.names import WORTH_NAMING
from voc.metrics.store.people import people
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import Team

_YEAR_DAYS = 365


def facts(
    db: Connection,
    *,
    moment: datetime,
    window_days: int,
    preferences: Preferences,
    account_ids: Collection[str] | None = None,
    as_then: bool = False,
) -> Facts:
    """Everything the figures need, of these accounts or (None) of every account that is or was asked.

    Invitations reach back far enough for the window and for a year of answers. What changed after
    the moment is left out where the tables know when it did; names, segments, roles and amounts of
    an account are those of today (its invitations carry the frozen ones). With `as_then` records that were merged
    after the moment stand apart, as they did.
    """
    merged_since = merged_after(db, moment) if as_then else {}
    winners = {one: winner for one, winner in _winners(db).items() if one not in merged_since}
    opened = moment - timedelta(days=window_days)
    since = moment - timedelta(days=max(window_days, _YEAR_DAYS))
    losers = [loser for (kind, loser), winner in winners.items() if kind == "account"]
    ids = (
        None
        if account_ids is None
        else {*account_ids, *(one for one in losers if winners["account", one] in account_ids)}
    )
    asked = asked_of(db, ids, winners, moment=moment, since=since, preferences=preferences)
    left = left_of(db, ids, winners, asked, moment=moment, since=since)
    cases = cases_of(db, ids, winners, moment=moment, since=since)
    ever = ever_of(db, ids, winners, moment=moment)
    apart = [id for kind, id in merged_since if kind == "account"]
    rows = _accounts(db, account_ids, on=moment.date(), wanted={*asked, *cases}, apart=apart)
    customers = [row.id for row in rows if was_customer(row, moment.date())]
    teams = stakeholders.teams(db, customers, now=moment, preferences=preferences) if customers else {}
    holders = None if account_ids is None else _holders(teams.values(), winners)
    owners = _owners_at(db, account_ids, moment=moment) if rows else {}
    return Facts(
        moment=moment,
        accounts=tuple(
            AccountFacts(
                account_id=row.id,
                name=row.name,
                csm_id=owners.get(row.id, row.csm_id),
                segment=Segment(row.segment) if row.segment else None,
                customer=was_customer(row, moment.date()),
                arr=in_reporting(preferences, row.arr, row.currency),
                amount=row.arr,
                currency=row.currency,
                renewal_on=row.renewal_on,
                customer_since_on=row.customer_since_on,
                team=teams.get(row.id),
                region=region_of(row.country, preferences.regions),
                asked=tuple(asked[row.id]),
                left=tuple(left[row.id]),
                cases=tuple(cases[row.id]),
                last_answered_at=_last_answer(asked[row.id], ever.get(row.id)),
                first_delivered_at=ever[row.id][1] if row.id in ever else None,
            )
            for row in rows
        ),
        csms=people(db),
        confirmed=_said_of(db, Sign.CONFIRMED, winners, holders, since=opened, moment=moment),
        entered=_said_of(db, Sign.EDITED, winners, holders, since=opened, moment=moment),
    )


def _winners(db: Connection) -> dict[tuple[str, str], str]:
    return {(row.kind, row.loser_id): row.winner_id for row in db.execute(select(alias))}


def _accounts(
    db: Connection,
    account_ids: Collection[str] | None,
    *,
    on: date,
    wanted: Collection[str],
    apart: Collection[str] = (),
) -> list[Any]:
    there = or_(account.c.state != RecordState.MERGED, account.c.id.in_(sorted(apart)))
    query = select(account).where(there).order_by(account.c.id)
    if account_ids is not None:
        query = query.where(account.c.id.in_(sorted(account_ids)))
    return [row for row in db.execute(query) if account_ids is not None or was_customer(row, on) or row.id in wanted]


def _last_answer(asked: Iterable[Asked], ever: tuple[datetime | None, datetime | None] | None) -> datetime | None:
    """Somebody asked through another account may have answered later than anyone asked through this one."""
    answers = [one.answered_at for one in asked] + [ever[0] if ever else None]
    return max((at for at in answers if at is not None), default=None)


def _owners_at(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, str | None]:
    """Who owned each account at the moment."""
    query = (
        select(account_csm.c.account_id, account_csm.c.csm_id)
        .where(account_csm.c.from_at <= moment, or_(account_csm.c.to_at.is_(None), account_csm.c.to_at > moment))
        .order_by(account_csm.c.from_at, account_csm.c.id)
    )
    if account_ids is not None and len(account_ids) <= WORTH_NAMING:
        query = query.where(account_csm.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.csm_id for row in db.execute(query)}


def _holders(teams: Iterable[Team], winners: Mapping[tuple[str, str], str]) -> frozenset[str]:
    """Whoever holds a place there, under every id they had."""
    found = {one.contact_id for team in teams for one in team.people}
    return frozenset(found) | {id for (kind, id), winner in winners.items() if kind == "contact" and winner in found}


def _said_of(
    db: Connection,
    kind: Sign,
    winners: Mapping[tuple[str, str], str],
    holders: Collection[str] | None,
    *,
    since: datetime,
    moment: datetime,
) -> frozenset[str]:
    """Contacts of whom a CSM said that; of few accounts those who hold a place, whom alone the figures ask for."""
    query = select(sign_of_life.c.contact_id).where(
        sign_of_life.c.kind == kind, sign_of_life.c.at > since, sign_of_life.c.at <= moment
    )
    if holders is not None and len(holders) <= WORTH_NAMING:
        query = query.where(among(sign_of_life.c.contact_id, holders))
    return frozenset(winners.get(("contact", id), id) for id in db.execute(query).scalars())
