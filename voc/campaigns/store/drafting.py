"""The census of a wave, drafted by the database: everybody who should be asked, and whom the rules must look at.

    roles that stand -> people -> in doubt? the rules decide -> one row of each address -> first steps

The database decides nothing about anybody itself. It says of whom nothing at all is known that could
speak against asking them; `census` decides about all others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    tuple_,
    union,
)

from voc.base.among import among
from voc.base.bulk import insert_all
from voc.base.schema import account, alias, contact, contact_quota, contact_role, exclusion, sign_of_life, suppression
from voc.base.words import AccountStatus, NotAsked, RecordState, Role, Segment, Sign, Step
from voc.campaigns.model import Candidate
from voc.campaigns.store import draft_tables as draft
from voc.campaigns.store.owners import handed_over

_BITS = {role: 1 << place for place, role in enumerate(Role)}
_READ = 5_000


def roles_asked(required: Mapping[Segment, Iterable[Role]], wanted: Iterable[Role]) -> list[dict[str, Any]]:
    """Every set of roles that is asked in a segment: one of them is required there, one (if any is named) wanted."""
    found: list[dict[str, Any]] = []
    for segment, needed in required.items():
        needs, wants = _bits_of(needed), _bits_of(wanted)
        for bits in range(1, 1 << len(Role)):
            if bits & needs and (not wants or bits & wants):
                roles = [role for role, bit in _BITS.items() if bits & bit]
                found.append({"id": len(found), "segment": segment, "bits": bits, "roles": roles})
    return found


def _bits_of(roles: Iterable[Role]) -> int:
    return sum(_BITS[role] for role in set(roles))


@dataclass(frozen=True, slots=True)
class Reach:
    """Between which days everybody is first invited, and what of before and after them may still matter."""

    first_on: date
    last_on: date
    rest: timedelta  # between two invitations
    renewal_pause: timedelta  # to both sides of a signature
    consent_countries: tuple[str, ...]  # as the CRM writes those in which nobody is asked without consent; "" for none


def countries(db: Connection) -> list[str]:
    """As the CRM writes them, each once; "" for none."""
    found = union(*(select(func.coalesce(table.c.country, "")) for table in (contact, account)))
    return sorted(text or "" for text in db.execute(found).scalars())


def collect(
    db: Connection,
    *,
    roles: Sequence[dict[str, Any]],
    priority: int,
    reach: Reach,
    now: datetime,
    accounts: Iterable[str] | None = None,
) -> int:
    """Write down the census, everybody with whether there is doubt about them; returns how many they are.

    `accounts` None is all customers.
    """
    if roles:
        db.execute(insert(draft.role), roles)
    _doubts(db, priority=priority, reach=reach, now=now)
    db.execute(insert(draft.inherited).from_select(["account_id"], handed_over(now=now)))
    insert_all(db, draft.consent_country, [{"name": text} for text in reach.consent_countries])
    # After a first large reading PostgreSQL knows nothing of these yet, and looks for one pair a million times.
    draft.count_up(db, account, contact, contact_role, *draft.SMALL)
    insert_all(db, draft.only, [{"name": id} for id in accounts or ()])
    people = _people(db.dialect.name, accounts is not None)
    db.execute(
        insert(draft.person).from_select([column.name for column in people.selected_columns], people),
        {
            "escalated_after": reach.first_on,
            "signed_from": reach.first_on - reach.renewal_pause,
            "signed_until": reach.last_on + reach.renewal_pause,
        },
    )
    draft.count_up(db, draft.person)
    return db.execute(select(func.count()).select_from(draft.person)).scalar_one()


def _plain(column: ColumnElement[Any]) -> ColumnElement[str]:
    return func.coalesce(func.lower(func.trim(column)), "")


def _doubts(db: Connection, *, priority: int, reach: Reach, now: datetime) -> None:
    standing = and_(exclusion.c.ended_at.is_(None), exclusion.c.expires_on > now.date())
    of_account = select(exclusion.c.account_id).where(standing, exclusion.c.contact_id.is_(None))
    _keep(db, draft.doubted_account, of_account)
    known_as = func.coalesce(alias.c.winner_id, sign_of_life.c.contact_id)
    left = (
        select(known_as)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == sign_of_life.c.contact_id))
        .where(sign_of_life.c.kind == Sign.LEFT)
    )
    excluded = select(exclusion.c.contact_id).where(standing, exclusion.c.contact_id.is_not(None))
    _keep(db, draft.doubted_contact, left, excluded)
    rests = (
        select(contact_quota.c.address)
        .where(
            contact_quota.c.step == Step.INVITE,
            contact_quota.c.priority == priority,
            contact_quota.c.on > reach.first_on - reach.rest,
        )
        .distinct()
    )
    flagged = or_(contact.c.opted_out, contact.c.bounced)
    _keep(
        db,
        draft.doubted_address,
        select(_plain(suppression.c.address)).where(suppression.c.lifted_at.is_(None)),
        select(_plain(contact.c.email)).where(flagged, contact.c.email.is_not(None)),
        rests,
    )


def _keep(db: Connection, table: Any, *names: Select[Any]) -> None:
    """Each once; `union` leaves out what is there twice."""
    found = union(*names) if len(names) > 1 else names[0].distinct()
    db.execute(insert(table).from_select(["name"], found))


@cache
def _people(dialect: str, some: bool) -> Select[Any]:
    held = _held(some)
    doubted_account, doubted_contact, doubted_address = (
        table.alias() for table in (draft.doubted_account, draft.doubted_contact, draft.doubted_address)
    )
    own, firms = draft.consent_country.alias(), draft.consent_country.alias()
    unasked_for = and_(contact.c.consented_on.is_(None), or_(own.c.name.is_not(None), firms.c.name.is_not(None)))
    doubt = or_(
        unasked_for,
        contact.c.state != RecordState.LIVE,
        contact.c.left_company,
        contact.c.left_at.is_not(None),
        contact.c.opted_out,
        contact.c.bounced,
        _plain(contact.c.email) == "",
        doubted_address.c.name.is_not(None),
        doubted_contact.c.name.is_not(None),
        doubted_account.c.name.is_not(None),
        func.coalesce(account.c.escalated_until_on > bindparam("escalated_after"), False),
        func.coalesce(account.c.renewal_on.between(bindparam("signed_from"), bindparam("signed_until")), False),
    )
    return (
        select(
            held.c.account_id,
            held.c.contact_id,
            _plain(contact.c.email).label("address"),
            draft.role.c.id.label("role_id"),
            (func.coalesce(held.c.direct, 1) == 1).label("direct"),
            doubt.label("doubted"),
            func.coalesce(contact.c.time_zone, "").label("time_zone"),
            func.coalesce(contact.c.country, "").label("country"),
            func.coalesce(account.c.country, "").label("account_country"),
            func.coalesce(contact.c.language, "").label("language"),
        )
        .select_from(held)
        .join(account, account.c.id == held.c.account_id)
        .join(draft.role, and_(draft.role.c.segment == account.c.segment, draft.role.c.bits == _standing(held)))
        .join(contact, contact.c.id == held.c.contact_id)
        .outerjoin(doubted_address, doubted_address.c.name == _plain(contact.c.email))
        .outerjoin(doubted_contact, doubted_contact.c.name == contact.c.id)
        .outerjoin(doubted_account, doubted_account.c.name == account.c.id)
        .outerjoin(own, own.c.name == func.coalesce(contact.c.country, ""))
        .outerjoin(firms, firms.c.name == func.coalesce(account.c.country, ""))
        .where(
            account.c.state == RecordState.LIVE,
            account.c.status == AccountStatus.CUSTOMER,
            contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE]),
        )
        .order_by(*(_in_order(column, dialect) for column in (held.c.account_id, held.c.contact_id)))
    )


def _held(some: bool) -> Any:
    """(account, contact) with the bits of what the CRM says, and of what a CSM says, about each role.

    `some`: of the accounts in `draft.only`, not of all.
    """
    bit = case({role.value: bit for role, bit in _BITS.items()}, value=contact_role.c.role, else_=0)
    by_csm, stands = contact_role.c.by_csm, not_(contact_role.c.ended)

    def sum_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, bit), else_=0))

    return (
        select(
            contact_role.c.account_id,
            contact_role.c.contact_id,
            sum_where(by_csm.is_(True)).label("said"),
            sum_where(and_(by_csm, stands)).label("said_to_stand"),
            sum_where(and_(not_(by_csm), stands)).label("in_crm"),
            func.max(case((not_(by_csm), case((contact_role.c.direct, 1), else_=0)))).label("direct"),
        )
        .where(contact_role.c.account_id.in_(select(draft.only.c.name)) if some else true())
        .group_by(contact_role.c.account_id, contact_role.c.contact_id)
        .subquery("held")
    )


def _standing(held: Any) -> ColumnElement[int]:
    """A CSM's word on a role overrules the CRM's row (`stakeholders.rules.standing_roles`)."""
    bits: ColumnElement[int] = held.c.said_to_stand.bitwise_or(held.c.in_crm.bitwise_and(held.c.said.bitwise_not()))
    return bits


def _in_order(column: ColumnElement[str], dialect: str) -> ColumnElement[str]:
    """As Python and SQLite sort; PostgreSQL would sort by the rules of a language."""
    return column.collate("C") if dialect == "postgresql" else column


def _batches(db: Connection, query: Select[Any], *after: ColumnElement[Any], start: tuple[Any, ...]) -> Iterator[Any]:
    """Row by row, in the order of the columns `after`, a few thousand at a time: what is written between is not seen.

    The columns come first in each row.
    """
    names = [bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(after)]
    page = query.where(tuple_(*after) > tuple_(*names)).order_by(*after).limit(_READ)
    last = start
    while rows := db.execute(page, {f"after_{number}": value for number, value in enumerate(last)}).all():
        yield from rows
        last = tuple(rows[-1][: len(after)])


def doubted(db: Connection) -> Iterator[tuple[int, str, str]]:
    """Id, account and contact of everybody whom the rules must look at."""
    person = draft.person.c
    query = select(person.id, person.account_id, person.contact_id).where(person.doubted)
    for row in _batches(db, query, person.id, start=(0,)):
        yield row.id, row.account_id, row.contact_id


def refuse(db: Connection, rows: Iterable[tuple[int, NotAsked, str | None]]) -> None:
    insert_all(db, draft.refused, [{"id": id, "reason": why, "detail": detail} for id, why, detail in rows])


def forget(db: Connection, numbers: Iterable[int]) -> None:
    """Leave these out of the census."""
    ids = list(numbers)
    if ids:
        db.execute(delete(draft.person).where(among(draft.person.c.id, ids)))


def sharing(db: Connection) -> Iterator[tuple[int, Candidate]]:
    """Everybody who could be asked and has an address that others have too, by address: what decides between them."""
    asked, person = _not_refused(), draft.person.c
    twice = select(person.address).where(asked).group_by(person.address).having(func.count() > 1)
    these = select(person.address, person.id).where(asked, person.address.in_(twice))
    db.execute(insert(draft.shared).from_select(["address", "id"], these))
    draft.count_up(db, draft.shared)
    query = (
        select(
            draft.shared.c.address,
            draft.shared.c.id,
            person.account_id,
            person.contact_id,
            person.direct,
            contact.c.account_id.label("own_account_id"),
            contact.c.created_on,
            account.c.name,
        )
        .join(draft.person, person.id == draft.shared.c.id)
        .join(contact, contact.c.id == person.contact_id)
        .join(account, account.c.id == person.account_id)
    )
    for row in _batches(db, query, draft.shared.c.address, draft.shared.c.id, start=("", 0)):
        yield (
            row.id,
            Candidate(
                contact_id=row.contact_id,
                account_id=row.account_id,
                address=row.address,
                roles=(),
                own_account=row.own_account_id == row.account_id,
                direct=row.direct,
                since_on=row.created_on,
                account_name=row.name,
            ),
        )


def _not_refused() -> ColumnElement[bool]:
    return ~select(draft.refused.c.id).where(draft.refused.c.id == draft.person.c.id).exists()


def asked_accounts(db: Connection) -> Iterator[str]:
    """Where somebody is asked, in order."""
    person = draft.person.c
    query = select(person.id, person.account_id).where(_not_refused())
    for account_id, _people in groupby(_batches(db, query, person.id, start=(0,)), key=itemgetter(1)):
        yield account_id


def asked(db: Connection) -> Iterator[Any]:
    """Everybody who is asked, by account: id, account_id, address, time_zone, country, account_country, language."""
    person = draft.person.c
    query = select(
        person.id,
        person.account_id,
        person.address,
        person.time_zone,
        person.country,
        person.account_country,
        person.language,
    ).where(_not_refused())
    return _batches(db, query, person.id, start=(0,))
