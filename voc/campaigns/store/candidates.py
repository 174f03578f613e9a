"""Whom a wave should ask: holders of required roles at valid customers, with all that the rules decide by."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection, func, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, contact, contact_quota, contact_role, exclusion
from voc.base.words import AccountStatus, RecordState
from voc.campaigns.countries import country_code, main_zone
from voc.campaigns.model import Candidate, Role, Step
from voc.campaigns.store.owners import inherited_accounts
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import Holder
from voc.stakeholders.store import consents


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: `roles` the questionnaire is for, none for all; `language` picks one that it has.

    `rest_days` is how long the campaign lets people rest between two invitations.
    """

    roles: Collection[Role]
    priority: int
    language: Callable[[str | None], str]
    rest_days: int
    now: datetime
    preferences: Preferences


def customers(db: Connection) -> list[str]:
    """Every valid customer, in order."""
    query = select(account.c.id).where(account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER)
    return sorted(db.execute(query).scalars())


def people_of(db: Connection, account_ids: Collection[str]) -> list[tuple[str, str]]:
    """(account, contact) of everybody who holds, or held, a role at one of these."""
    query = select(contact_role.c.account_id, contact_role.c.contact_id).distinct()
    found = db.execute(query.where(among(contact_role.c.account_id, account_ids)))
    return sorted((account_id, contact_id) for account_id, contact_id in found)


def candidates(db: Connection, people: Collection[tuple[str, str]], asking: Asking) -> list[Candidate]:
    """Those of these (account, contact) who hold a required role at a valid customer. A constant number of queries."""
    now, wanted = asking.now, asking.preferences
    holders = stakeholders.holders(db, people, now=now, preferences=wanted)
    required = {segment: {one.role for one in needed} for segment, needed in stakeholders.role_matrix(db).items()}
    account_ids = {account_id for account_id, _contact in people}
    accounts = _accounts(db, account_ids)
    contacts = _contacts(db, {contact_id for _account, contact_id in people})
    excluded = _excluded(db, account_ids, today=now.date())
    addresses = {_address(one.address) or "" for one in holders.values()}
    since = now - timedelta(days=asking.rest_days + 2)
    asked_on = _asked_on(db, addresses, priority=asking.priority, since=since)
    inherited = inherited_accounts(db, account_ids, now=now)
    consented = consents.addresses(db, addresses) if wanted.consent_countries else frozenset()
    found = []
    for account_id, contact_id in people:
        holder, firm, person = holders.get((account_id, contact_id)), accounts.get(account_id), contacts.get(contact_id)
        if holder is None or firm is None or person is None:
            continue
        held = set(holder.roles)
        if not held & required.get(firm.segment, set()) or (asking.roles and not held & set(asking.roles)):
            continue
        found.append(
            _candidate(
                holder,
                person,
                firm,
                wanted,
                language=asking.language(person.language),
                excluded=excluded.get((account_id, contact_id)) or excluded.get((account_id, None)),
                inherited=account_id in inherited,
                last_asked_on=asked_on.get(_address(holder.address) or ""),
                consented=person.consented_on is not None or _address(holder.address) in consented,
            )
        )
    return found


def place_of(zone: str | None, own: str | None, firms: str | None, preferences: Preferences) -> tuple[str, str | None]:
    """Zone and country of a person, from what the CRM has for them and for their account."""
    country = country_code(own) or country_code(firms)
    return _zone(zone, country, preferences), country or preferences.default_country


def _candidate(
    holder: Holder,
    person: Any,
    firm: Any,
    preferences: Preferences,
    *,
    language: str,
    excluded: tuple[date, str] | None,
    inherited: bool,
    last_asked_on: date | None,
    consented: bool,
) -> Candidate:
    zone, country = place_of(person.time_zone, person.country, firm.country, preferences)
    return Candidate(
        contact_id=holder.contact_id,
        account_id=firm.id,
        address=_address(holder.address),
        roles=holder.roles,
        own_account=person.account_id == firm.id,
        direct=holder.direct,
        since_on=person.created_on,
        unreachable=holder.why_not_reachable,
        consented=consented,
        excluded_until_on=excluded[0] if excluded else None,
        excluded_by=excluded[1] if excluded else None,
        escalated_until_on=firm.escalated_until_on,
        renewal_on=firm.renewal_on,
        last_asked_on=last_asked_on,
        time_zone=zone,
        country=country,
        language=language,
        csm_id=firm.csm_id,
        segment=firm.segment,
        arr=firm.arr,
        currency=firm.currency,
        inherited=inherited,
        freshness=holder.freshness.value,
        name=holder.name,
        account_name=firm.name,
    )


def _zone(own: str | None, country: str | None, preferences: Preferences) -> str:
    """The contact's own, else that of the country, else the company's."""
    known = _zones()
    return next((zone for zone in (own, main_zone(country)) if zone in known), None) or preferences.default_time_zone


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _address(address: str | None) -> str | None:
    return address.strip().lower() if address and address.strip() else None


def _accounts(db: Connection, ids: Collection[str]) -> dict[str, Any]:
    columns = account.c
    query = select(
        columns.id,
        columns.name,
        columns.csm_id,
        columns.segment,
        columns.arr,
        columns.currency,
        columns.country,
        columns.renewal_on,
        columns.escalated_until_on,
    ).where(among(columns.id, ids), columns.state == RecordState.LIVE, columns.status == AccountStatus.CUSTOMER)
    return {row.id: row for row in db.execute(query)}


def _contacts(db: Connection, ids: Collection[str]) -> dict[str, Any]:
    columns = contact.c
    query = select(
        columns.id,
        columns.account_id,
        columns.language,
        columns.time_zone,
        columns.country,
        columns.created_on,
        columns.consented_on,
    ).where(among(columns.id, ids), columns.state.in_([RecordState.LIVE, RecordState.SET_ASIDE]))
    return {row.id: row for row in db.execute(query)}


def _excluded(
    db: Connection, account_ids: Collection[str], *, today: date
) -> dict[tuple[str, str | None], tuple[date, str]]:
    """(account, contact or None for all of it) -> the end of the latest exclusion, and whose it is."""
    query = (
        select(exclusion.c.account_id, exclusion.c.contact_id, exclusion.c.expires_on, exclusion.c.by)
        .where(
            among(exclusion.c.account_id, account_ids), exclusion.c.ended_at.is_(None), exclusion.c.expires_on > today
        )
        .order_by(exclusion.c.expires_on, exclusion.c.id)
    )
    return {(row.account_id, row.contact_id): (row.expires_on, row.by) for row in db.execute(query)}


def _asked_on(db: Connection, addresses: Collection[str], *, priority: int, since: datetime) -> dict[str, date]:
    """Address -> the day of its last invitation by a campaign of that priority."""
    query = (
        select(contact_quota.c.address, func.max(contact_quota.c.on))
        .where(
            among(contact_quota.c.address, addresses),
            contact_quota.c.step == Step.INVITE,
            contact_quota.c.priority == priority,
            contact_quota.c.at >= since,
        )
        .group_by(contact_quota.c.address)
    )
    return {address: on for address, on in db.execute(query)}  # noqa: C416 -- types: rows are no pairs to mypy
