"""The stand-in for the CRM: a Salesforce Data Export of the invented company as it stands on a day."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from voc.demo.company import Customer, Person, Renewal, World

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
    ), (_account(world, customer, on) for customer in world.customers))  # fmt: skip
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
    ), (_opportunity(renewal, on) for renewal in world.renewals))  # fmt: skip
    _write(folder / "Event.csv", (
        "Id", "WhatId", "WhoId", "OwnerId", "Subject", "Type", "ActivityDate", "IsDeleted",
    ), (
        (m.id, m.customer.id, m.person.id, m.customer.csm_at(m.on).id, f"{m.kind} with {m.person.first}", m.kind,
         m.on.isoformat(), "0")
        for m in world.meetings if m.on <= on
    ))  # fmt: skip
    _write(folder / "Milestone__c.csv", (
        "Id", "Account__c", "CSM__c", "Kind__c", "Date__c", "Value__c", "Evidence__c",
    ), (
        (m.id, m.customer.id, m.customer.csm_at(m.on).id, m.kind, m.on.isoformat(), "", "Confirmed by phone")
        for m in world.milestones if m.on <= on
    ))  # fmt: skip
    return folder


def _account(world: World, customer: Customer, on: date) -> Sequence[str]:
    renewal = next(r for r in world.renewals if r.customer is customer)
    decided = renewal.decided_on is not None and renewal.decided_on <= on
    lost = customer.churned_on is not None and customer.churned_on <= on
    arr = 0 if lost else renewal.after if decided else customer.arr
    renews = customer.renewal_on
    if decided and not lost:
        renews = renews.replace(year=renews.year + 1) if (renews.month, renews.day) != (2, 29) else renews
    return (
        customer.id, customer.name, "", customer.csm_at(on).id, customer.csm_at(on).id, customer.segment,
        customer.industry, customer.country, f"{arr}.0", "EUR", "" if lost else renews.isoformat(),
        customer.since.isoformat(), "churned" if lost else "customer",
        customer.churned_on.isoformat() if lost and customer.churned_on else "", "0", "",
    )  # fmt: skip


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
