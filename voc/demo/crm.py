"""The stand-in for the CRM: a Salesforce Data Export of the invented company as it stands on a day."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from voc.demo.company import Customer, Person, Renewal, World, crm_id
from voc.demo.deals import UNIT_STEPS, NewUnit, Sale

_ROLE_LABELS = {
    "decision_maker": "Decision Maker",
    "budget_holder": "Economic Buyer",
    "champion": "Champion",
    "executive_sponsor": "Executive Sponsor",
    "influencer": "Influencer",
    "end_user": "End User",
}


def export(world: World, folder: Path, on: date) -> Path:
    """Write the folder as the CRM would show it that morning."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "User.csv", ("Id", "Name", "Email", "IsActive", "Title", "ManagerId", "TimeZoneSidKey"), (
        (e.id, e.name, e.email, _bit(not e.active_until or on <= e.active_until), e.title, e.manager or "", e.zone)
        for e in world.staff
    ))  # fmt: skip
    _write(folder / "Account.csv", (
        "Id", "Name", "ParentId", "OwnerId", "CSM__c", "Segment__c", "Industry", "BillingCountry", "ARR__c",
        "CurrencyIsoCode", "Renewal_Date__c", "Customer_Since__c", "Status__c", "Churned_On__c", "IsDeleted",
        "MasterRecordId",
    ), (
        *(_account(world, customer, on) for customer in world.customers),
        *(_unit(unit, number, on) for number, unit in enumerate(world.units) if unit.since <= on),
    ))  # fmt: skip
    known = [person for person in world.people if person.since <= on]
    _write(folder / "Contact.csv", (
        "Id", "AccountId", "FirstName", "LastName", "Email", "Title", "MailingCountry", "Language__c", "TimeZone__c",
        "HasOptedOutOfEmail", "EmailBouncedDate", "EmailBouncedReason", "Left_Company__c", "IsDeleted",
        "MasterRecordId",
    ), (_contact(person, on) for person in known))  # fmt: skip
    _write(folder / "AccountContactRelation.csv", (
        "Id", "AccountId", "ContactId", "Roles", "IsActive", "IsDirect", "StartDate", "EndDate", "IsDeleted",
    ), (
        ("07k" + p.id[3:], p.account.id, p.id, ";".join(_ROLE_LABELS[role] for role in p.roles), "1", "1", "", "", "0")
        for p in known if p.roles
    ))  # fmt: skip
    _write(folder / "Opportunity.csv", (
        "Id", "AccountId", "OwnerId", "Name", "Type", "StageName", "IsClosed", "IsWon", "Amount", "CurrencyIsoCode",
        "CloseDate", "ARR_Before__c", "ARR_After__c", "Renewal_Confirmed_On__c", "IsDeleted",
    ), (
        *(_opportunity(renewal, on) for renewal in world.renewals),
        *(_sale(sale, number, on) for number, sale in enumerate(world.sales) if sale.on <= on),
        *(_first_sale(unit, number, on) for number, unit in enumerate(world.units) if unit.since <= on),
    ))  # fmt: skip
    _write(folder / "Event.csv", (
        "Id", "WhatId", "WhoId", "OwnerId", "Subject", "Type", "ActivityDate", "IsDeleted",
    ), (
        (m.id, m.customer.id, m.person.id, m.customer.csm_at(m.on).id, f"{m.kind} with {m.person.first}", m.kind,
         m.on.isoformat(), "0")
        for m in world.meetings if m.on <= on
    ))  # fmt: skip
    _write(folder / "Milestone__c.csv", (
        "Id", "Account__c", "CSM__c", "Kind__c", "Date__c", "Value__c", "Evidence__c",
    ), tuple(
        (crm_id("a0B", number), m.customer.id, m.customer.csm_at(m.on).id, m.kind, m.on.isoformat(), m.value,
         m.evidence)
        for number, m in enumerate(world.noted) if m.on <= on
    ) + tuple(_unit_milestones(world, on)))  # fmt: skip
    return folder


def _account(world: World, customer: Customer, on: date) -> Sequence[str]:
    renewal = next(r for r in world.renewals if r.customer is customer)
    decided = renewal.decided_on is not None and renewal.decided_on <= on
    lost = customer.churned_on is not None and customer.churned_on <= on
    arr = 0 if lost else _paid(world, renewal, on)
    renews = customer.renewal_on
    if decided and not lost:
        renews = renews.replace(year=renews.year + 1) if (renews.month, renews.day) != (2, 29) else renews
    return (
        customer.id, customer.name, "", customer.csm_at(on).id, customer.csm_at(on).id, customer.segment,
        customer.industry, customer.country, f"{arr}.0", "EUR", "" if lost else renews.isoformat(),
        customer.since.isoformat(), "churned" if lost else "customer",
        customer.churned_on.isoformat() if lost and customer.churned_on else "", "0", "",
    )  # fmt: skip


def _paid(world: World, renewal: Renewal, on: date) -> int:
    """What the CRM shows as recurring revenue: the last renewal, and what was sold since."""
    decided = renewal.decided_on if renewal.decided_on is not None and renewal.decided_on <= on else None
    mine = [sale for sale in world.sales if sale.customer is renewal.customer and sale.on <= on]
    if decided is None:
        return renewal.customer.arr + sum(sale.amount for sale in mine)
    return renewal.after + sum(sale.amount for sale in mine if sale.on >= decided)


def _unit(unit: NewUnit, number: int, on: date) -> Sequence[str]:
    csm, renews = unit.parent.csm_at(on).id, unit.since + timedelta(days=365)
    return (
        crm_id("001", 900 + number), unit.name, unit.parent.id, csm, csm, "small", unit.parent.industry,
        unit.parent.country, f"{unit.arr}.0", "EUR", renews.isoformat(), unit.since.isoformat(), "customer", "", "0",
        "",
    )  # fmt: skip


def _unit_milestones(world: World, on: date) -> Iterator[Sequence[str]]:
    for number, unit in enumerate(world.units):
        for step, (kind, days, evidence) in enumerate(UNIT_STEPS):
            happened = unit.since + timedelta(days=days + 11 * number)
            if happened <= on:
                ids = (crm_id("a0B", 90_000 + 10 * number + step), crm_id("001", 900 + number))
                yield (*ids, unit.parent.csm_at(happened).id, kind, happened.isoformat(), "", evidence)


def _sale(sale: Sale, number: int, on: date) -> Sequence[str]:
    head = (crm_id("006", 500 + number), sale.customer.id, sale.customer.csm_at(on).id)
    return (*head, f"{sale.customer.name}, {sale.kind.lower()}", sale.kind, *_won(sale.amount, sale.on))


def _first_sale(unit: NewUnit, number: int, on: date) -> Sequence[str]:
    head = (crm_id("006", 900 + number), crm_id("001", 900 + number), unit.parent.csm_at(on).id)
    return (*head, f"{unit.name}, first order", "New Business", *_won(unit.arr, unit.since))


def _won(amount: int, on: date) -> Sequence[str]:
    return ("Closed Won", "1", "1", f"{amount}.0", "EUR", on.isoformat(), "", "", "", "0")


def _contact(person: Person, on: date) -> Sequence[str]:
    left = person.left_known_on is not None and person.left_known_on <= on
    merged = person.merged_on is not None and person.merged_on <= on
    return (
        person.id, person.account.id, person.first, person.last, person.email, person.title, person.country,
        person.language, person.zone, "0", "", "", _bit(left), _bit(merged),
        (person.merged_into or "") if merged else "",
    )  # fmt: skip


def _opportunity(renewal: Renewal, on: date) -> Sequence[str]:
    decided = renewal.decided_on is not None and renewal.decided_on <= on
    stage = ("Closed Won" if renewal.won else "Closed Lost") if decided else "Negotiation"
    confirmed = renewal.confirmed_on is not None and renewal.confirmed_on <= on
    closes = renewal.decided_on if decided and renewal.decided_on else renewal.due_on
    return (
        renewal.id, renewal.customer.id, renewal.customer.csm_at(on).id,
        f"{renewal.customer.name} renewal {renewal.due_on.year}", "Renewal", stage, _bit(decided),
        _bit(decided and renewal.won), f"{renewal.before}.0", "EUR", closes.isoformat(), f"{renewal.before}.0",
        f"{renewal.after}.0" if decided else "",
        renewal.confirmed_on.isoformat() if confirmed and renewal.confirmed_on else "", "0",
    )  # fmt: skip


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def _bit(value: bool) -> str:
    return "1" if value else "0"
