"""Accounts and the people there, with who owned which account when and who holds which role."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, select

from voc.base.schema import account, account_csm, alias, contact, contact_role
from voc.base.words import RecordState
from voc.reports.star.joined import stream
from voc.reports.star.model import MONEY, TEXT, YES, Field, Of, Sort, StarTable, day_key, flag, own_key, plain, refers

_parent = account.alias("parent")


def _accounts(db: Connection, _of: Of) -> Iterator[Any]:
    merged = and_(alias.c.kind == "account", alias.c.loser_id == account.c.id)
    query = (
        select(account, _parent.c.id.label("parent"), alias.c.winner_id)
        .select_from(account.outerjoin(_parent, _parent.c.id == account.c.parent_id).outerjoin(alias, merged))
        .order_by(account.c.id)
    )
    return stream(db, query)


ACCOUNT = StarTable(
    "dim_account",
    Sort.DIMENSION,
    "Customer companies as the CRM has them today. What counted when somebody was asked stands in the facts.",
    (
        own_key("account_key", "Account", lambda row, of: of.key("account", row.id), "account.id"),
        Field("account_id", TEXT, "The CRM's id", lambda row, _of: row.id, "account.id", nulls="in the first row"),
        plain("name", TEXT, "Name of the company", "account.name", label=True),
        refers(
            "parent_key", "dim_account", "Company it belongs to", lambda row, of: of.key("account", row.parent),
            "account.parent_id",
        ),
        refers(
            "merged_into_key", "dim_account", "The account that took its place in the CRM",
            lambda row, of: of.key("account", row.winner_id), "alias.winner_id",
        ),
        refers("segment_key", "dim_segment", "Segment today", lambda row, of: of.key("segment", row.segment),
               "account.segment"),
        refers("region_key", "dim_region", "Region of its country", lambda row, of: of.region(row.country),
               "account.country and the setting of regions"),
        refers("csm_key", "dim_csm", "Owner today", lambda row, of: of.key("csm", row.csm_id), "account.csm_id"),
        plain("country", TEXT, "As the CRM writes it", "account.country", nulls="not in the CRM"),
        plain("industry", TEXT, "As the CRM writes it", "account.industry", nulls="not in the CRM"),
        plain("arr", MONEY, "Recurring revenue a year, today", "account.arr", nulls="not in the CRM",
              unit="its own currency"),
        plain("currency", TEXT, "Of arr", "account.currency", nulls="not in the CRM", unit="ISO 4217"),
        Field("arr_reporting", MONEY, "arr in the reporting currency, at the rate of the settings",
              lambda row, of: of.money(row.arr, row.currency), "account.arr", "reporting currency",
              nulls="no amount, or no rate"),
        day_key("renewal_date_key", "Next renewal", lambda row: row.renewal_on, "account.renewal_on"),
        day_key("customer_since_date_key", "Customer since", lambda row: row.customer_since_on,
                "account.customer_since_on"),
        day_key("churned_date_key", "Lost on", lambda row: row.churned_on, "account.churned_on"),
        plain("status", TEXT, "customer, prospect or churned", "account.status", nulls="in the first row"),
        Field("record_state", TEXT, "live, set_aside, closed, deleted or merged in the CRM",
              lambda row, _of: row.state, "account.state", nulls="in the first row"),
    ),
    _accounts,
    "one account",
)  # fmt: skip


def _contacts(db: Connection, _of: Of) -> Iterator[Any]:
    """Of those that were merged the winner alone."""
    query = select(contact, account.c.id.label("at")).outerjoin(account, account.c.id == contact.c.account_id)
    return stream(db, query.where(contact.c.state != RecordState.MERGED).order_by(contact.c.id))


CONTACT = StarTable(
    "dim_contact",
    Sort.DIMENSION,
    "People at accounts without their names: pseudonymous, not anonymous. A small account may give somebody away.",
    (
        own_key("contact_key", "Person; a keyed digest of this installation", lambda row, of: of.person(row.id),
                "contact.id"),
        refers("account_key", "dim_account", "Account", lambda row, of: of.key("account", row.at),
               "contact.account_id"),
        plain("country", TEXT, "As the CRM writes it", "contact.country", nulls="not in the CRM"),
        plain("language", TEXT, "Language code", "contact.language", nulls="not in the CRM"),
        plain("opted_out", YES, "Marked in the CRM as not to be mailed", "contact.opted_out",
              nulls="in the first row"),
        plain("bounced", YES, "The address is gone, as the CRM says", "contact.bounced", nulls="in the first row"),
        plain("left_company", YES, "Has left, as the CRM says", "contact.left_company", nulls="in the first row"),
        flag("left_told", "1 where a person, a bounce or a reply told us that they left; the day is not told",
             lambda row, _of: row.left_at, "contact.left_at"),
        plain("ours", YES, "Added by a CSM, not in the CRM yet", "contact.ours", nulls="in the first row"),
        Field("record_state", TEXT, "live, set_aside, closed or deleted in the CRM", lambda row, _of: row.state,
              "contact.state", nulls="in the first row", label=True),
    ),
    _contacts,
    "one person",
)  # fmt: skip


PERSON = StarTable(
    "dim_contact_person",
    Sort.DIMENSION,
    "Who the people are. Written only when personal data is asked for.",
    (
        own_key("contact_key", "As in dim_contact", lambda row, of: of.person(row.id), "contact.id"),
        Field("contact_id", TEXT, "The CRM's id", lambda row, _of: row.id, "contact.id", nulls="in the first row"),
        plain("first_name", TEXT, "First name", "contact.first_name", nulls="not in the CRM"),
        plain("last_name", TEXT, "Last name", "contact.last_name", nulls="not in the CRM", label=True),
        plain("email", TEXT, "Address, cleaned", "contact.email", nulls="none that can be used"),
        plain("title", TEXT, "Title", "contact.title", nulls="not in the CRM"),
        plain("department", TEXT, "Department", "contact.department", nulls="not in the CRM"),
    ),
    _contacts,
    "one person",
    personal=True,
)


def _owned(db: Connection, _of: Of) -> Iterator[Any]:
    query = select(account_csm).join(account, account.c.id == account_csm.c.account_id)
    return stream(db, query.order_by(account_csm.c.account_id, account_csm.c.from_at, account_csm.c.id))


ACCOUNT_OWNER = StarTable(
    "bridge_account_owner",
    Sort.BRIDGE,
    "Who owned an account when: the slowly changing owner. Facts have the owner of their day already.",
    (
        own_key("ownership_key", "Interval", lambda row, _of: row.id, "account_csm.id"),
        refers("account_key", "dim_account", "Account; of a merged one its own",
               lambda row, of: of.key("account", row.account_id), "account_csm.account_id"),
        refers("csm_key", "dim_csm", "Owner; 0 for nobody", lambda row, of: of.key("csm", row.csm_id),
               "account_csm.csm_id"),
        day_key("from_date_key", "From this day on", lambda row: row.from_at, "account_csm.from_at"),
        day_key("to_date_key", "Up to this day, not with it; 0 today's owner", lambda row: row.to_at,
                "account_csm.to_at"),
        flag("current", "1 today's owner", lambda row, _of: row.to_at is None, "account_csm.to_at"),
    ),
    _owned,
    "one interval of one owner",
)  # fmt: skip


def _roles(db: Connection, _of: Of) -> Iterator[Any]:
    """As a CSM said or else as the CRM has them: the CSM's word is read last."""
    held = contact_role.c
    query = (
        select(held.account_id, held.contact_id, held.role, held.ended)
        .join(contact, and_(contact.c.id == held.contact_id, contact.c.state != RecordState.MERGED))
        .order_by(held.account_id, held.contact_id, held.role, held.by_csm)
    )
    last: Any = None
    for row in stream(db, query):
        if last is not None and tuple(last[:3]) != tuple(row[:3]) and not last.ended:
            yield last
        last = row
    if last is not None and not last.ended:
        yield last


CONTACT_ROLE = StarTable(
    "bridge_contact_role",
    Sort.BRIDGE,
    "Roles people hold at accounts today.",
    (
        refers("account_key", "dim_account", "Account", lambda row, of: of.key("account", row.account_id),
               "contact_role.account_id"),
        refers("contact_key", "dim_contact", "Person", lambda row, of: of.person(row.contact_id),
               "contact_role.contact_id"),
        refers("role_key", "dim_role", "Role", lambda row, of: of.key("role", row.role), "contact_role.role"),
    ),
    _roles,
    "one role of one person at one account",
)  # fmt: skip
