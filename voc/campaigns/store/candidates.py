"""Everybody whom a wave should ask: holders of required roles at valid customers, with what decides about each."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Connection, func, select

from voc.base.preferences import Preferences
from voc.base.schema import account, contact, contact_quota, exclusion
from voc.base.words import RecordState
from voc.campaigns.countries import country_code, main_zone
from voc.campaigns.model import Candidate, Role, Step
from voc.campaigns.store.owners import inherited_accounts
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import Holder
from voc.stakeholders.store import consents


def candidates(
    db: Connection,
    *,
    roles: Collection[Role],
    priority: int,
    language: Callable[[str | None], str],
    now: datetime,
    preferences: Preferences,
    rest_days: int,
) -> list[Candidate]:
    """One per contact and account, in a constant number of queries.

    `roles` are those the questionnaire is for, none for all; `language` picks one that it has.
    `rest_days` is how long the campaign lets people rest between two invitations.
    """
    teams = stakeholders.teams(db, None, now=now, preferences=preferences)
    accounts = _accounts(db)
    contacts = _contacts(db)
    excluded = _excluded(db, today=now.date())
    asked_on = _asked_on(db, priority=priority, since=now - timedelta(days=rest_days + 2))
    inherited = inherited_accounts(db, None, now=now)
    consented = consents.addresses(db) if preferences.consent_countries else frozenset()
    found = []
    for account_id, team in teams.items():
        for holder in team.people:
            if holder.contact_id not in contacts or (roles and not set(roles) & set(holder.roles)):
                continue
            person, firm = contacts[holder.contact_id], accounts[account_id]
            ends = excluded.get((account_id, holder.contact_id)) or excluded.get((account_id, None))
            found.append(
                _candidate(
                    holder,
                    person,
                    firm,
                    preferences,
                    language=language(person.language),
                    excluded=ends,
                    inherited=account_id in inherited,
                    last_asked_on=asked_on.get(_address(holder.address)),
                    consented=person.consented_on is not None or _address(holder.address) in consented,
                )
            )
    return found


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
    country = country_code(person.country) or country_code(firm.country)
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
        time_zone=_zone(person.time_zone, country, preferences),
        country=country or preferences.default_country,
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


def _accounts(db: Connection) -> dict[str, Any]:
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
    ).where(columns.state == RecordState.LIVE)
    return {row.id: row for row in db.execute(query)}


def _contacts(db: Connection) -> dict[str, Any]:
    columns = contact.c
    query = select(
        columns.id,
        columns.account_id,
        columns.language,
        columns.time_zone,
        columns.country,
        columns.created_on,
        columns.consented_on,
    ).where(columns.state.in_([RecordState.LIVE, RecordState.SET_ASIDE]))
    return {row.id: row for row in db.execute(query)}


def _excluded(db: Connection, *, today: date) -> dict[tuple[str, str | None], tuple[date, str]]:
    """(account, contact or None for all of it) -> the end of the latest exclusion, and whose it is."""
    query = (
        select(exclusion.c.account_id, exclusion.c.contact_id, exclusion.c.expires_on, exclusion.c.by)
        .where(exclusion.c.ended_at.is_(None), exclusion.c.expires_on > today)
        .order_by(exclusion.c.expires_on, exclusion.c.id)
    )
    return {(row.account_id, row.contact_id): (row.expires_on, row.by) for row in db.execute(query)}


def _asked_on(db: Connection, *, priority: int, since: datetime) -> dict[str | None, date]:
    """Address -> the day of its last invitation by a campaign of that priority."""
    query = (
        select(contact_quota.c.address, func.max(contact_quota.c.on))
        .where(
            contact_quota.c.step == Step.INVITE,
            contact_quota.c.priority == priority,
            contact_quota.c.at >= since,
        )
        .group_by(contact_quota.c.address)
    )
    return {address: on for address, on in db.execute(query)}  # noqa: C416 -- types: rows are no pairs to mypy
