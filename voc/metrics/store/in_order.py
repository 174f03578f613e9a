"""Accounts in the order of their names, from a place on: the rows behind a figure are read along it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, String, and_, func, literal, or_, select, union

from voc.base.schema import (
    account,
    account_csm,
    activity,
    alias,
    colleague_review,
    follow_up,
    invitation,
    milestone,
)
from voc.base.words import RecordState, Scope
from voc.metrics.money.growth import root_of
from voc.metrics.rows import Account

_name = func.lower(account.c.name, type_=String)


@dataclass(frozen=True)
class Several:
    """Every account that may have a row in a scope; `ids` are the account, the CSMs or the segment.

    `with_cases` leaves those without a follow-up out. `also` are records merged since, which were accounts then.
    `with_named` adds those where a meeting, a milestone or a review names the CSM, whoever held the account.
    """

    scope: Scope
    ids: Collection[str]
    with_cases: bool = False
    also: Collection[str] = ()
    with_named: bool = False


def ids(db: Connection, of: Several) -> list[str]:
    """All of them, in no order of names."""
    return list(db.execute(_wanted(select(account.c.id), of).order_by(account.c.id)).scalars())


def with_their_groups(db: Connection, account_ids: Collection[str]) -> list[str]:
    """These and every account of their groups: a unit's first sale counts for another account of its group."""
    winners = {row.loser_id: row.winner_id for row in db.execute(select(alias).where(alias.c.kind == "account"))}
    rows = db.execute(select(account.c.id, account.c.parent_id).where(account.c.parent_id.is_not(None))).all()
    parents = {row.id: winners.get(row.parent_id, row.parent_id) for row in rows if row.parent_id is not None}
    roots = {root_of(id, parents) for id in account_ids}
    return sorted({*account_ids, *(id for id in {*parents, *parents.values()} if root_of(id, parents) in roots)})


def accounts(db: Connection, of: Several, start: Account | None, backwards: bool, limit: int) -> list[Account]:
    """From `start` on (itself included), or back from it.

    The order is the database's own, of names in small letters: a place must come from the same database.
    """
    query: Select[Any] = _wanted(select(_name.label("name"), account.c.id), of)
    if start is not None:
        query = query.where(_from(start, backwards=backwards))
    order = (_name.desc(), account.c.id.desc()) if backwards else (_name, account.c.id)
    return [Account(row.name, row.id) for row in db.execute(query.order_by(*order).limit(limit))]


def _wanted(query: Any, of: Several) -> Any:
    query = query.where(or_(account.c.state != RecordState.MERGED, account.c.id.in_(sorted(of.also))))
    wanted = _of_scope(of.scope, sorted(of.ids), with_named=of.with_named)
    if wanted is not None:
        query = query.where(wanted)
    return query.where(_or_merged_into(select(follow_up.c.account_id))) if of.with_cases else query


def found_again(db: Connection, account_id: str) -> Account:
    """Its place by its id alone; an id that is not known comes first."""
    name = db.execute(select(_name).where(account.c.id == account_id)).scalar()
    return Account(name or "", account_id)


def names(db: Connection, ids: Collection[str]) -> dict[str, str]:
    query = select(account.c.id, account.c.name).where(account.c.id.in_(sorted(ids)))
    return {row.id: row.name for row in db.execute(query)}


def _from(start: Account, *, backwards: bool) -> Any:
    name, id = literal(start.name), literal(start.id)
    if backwards:
        return or_(_name < name, and_(_name == name, account.c.id <= id))
    return or_(_name > name, and_(_name == name, account.c.id >= id))


def _of_scope(scope: Scope, ids: list[str], *, with_named: bool) -> Any:
    match scope:
        case Scope.ACCOUNT:
            return account.c.id.in_(ids)
        case Scope.CSM | Scope.TEAM:
            names_them = (milestone, activity, colleague_review) if with_named else ()
            theirs = union(
                select(account_csm.c.account_id).where(account_csm.c.csm_id.in_(ids)),
                select(invitation.c.account_id).where(invitation.c.csm_id.in_(ids)),
                select(follow_up.c.account_id).where(follow_up.c.owner_csm_id.in_(ids)),
                select(account.c.id).where(account.c.csm_id.in_(ids)),
                *(select(table.c.account_id).where(table.c.csm_id.in_(ids)) for table in names_them),
            )
            return _or_merged_into(theirs)
        case Scope.SEGMENT:
            asked = select(invitation.c.account_id).where(invitation.c.segment.in_(ids))
            return or_(account.c.segment.in_(ids), _or_merged_into(asked))
        case _:
            return None


def _or_merged_into(theirs: Any) -> Any:
    """Rows keep the id they were written with; of a merged record they are the winner's."""
    losers = select(alias.c.winner_id).where(alias.c.kind == "account", alias.c.loser_id.in_(theirs))
    return or_(account.c.id.in_(theirs), account.c.id.in_(losers))
