"""Which table holds which object, and which of its columns come from the CRM."""

import functools
from typing import Any

from sqlalchemy import Table

from voc.accounts.model import RECORDS, Fate, Kind
from voc.base import schema

Columns = Table[Any]

TARGET: dict[Kind, Columns] = {
    Kind.CSM: schema.csm,
    Kind.ACCOUNT: schema.account,
    Kind.CONTACT: schema.contact,
    Kind.RELATION: schema.relation,
    Kind.OPPORTUNITY: schema.opportunity,
    Kind.OPPORTUNITY_ROLE: schema.opportunity_role,
    Kind.ACTIVITY: schema.activity,
    Kind.MILESTONE: schema.milestone,
}
STAGED: dict[Kind, Columns] = {
    Kind.CSM: schema.staged_csm,
    Kind.ACCOUNT: schema.staged_account,
    Kind.CONTACT: schema.staged_contact,
    Kind.RELATION: schema.staged_relation,
    Kind.OPPORTUNITY: schema.staged_opportunity,
    Kind.OPPORTUNITY_ROLE: schema.staged_opportunity_role,
    Kind.ACTIVITY: schema.staged_activity,
    Kind.MILESTONE: schema.staged_milestone,
}
FIELDS: dict[Kind, tuple[str, ...]] = {kind: record.__struct_fields__ for kind, record in RECORDS.items()}

# What an unchanged row is staged with, so that the checks between records see it like any other.
KNOWN: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("active",),
    Kind.ACCOUNT: ("parent_id", "csm_id", "currency", "renewal_on", "status"),
    Kind.CONTACT: ("account_id", "email"),
    Kind.RELATION: ("account_id", "contact_id"),
    Kind.OPPORTUNITY: ("account_id",),
    Kind.OPPORTUNITY_ROLE: ("opportunity_id", "contact_id"),
    Kind.ACTIVITY: ("account_id", "about_id", "contact_id"),
    Kind.MILESTONE: ("account_id",),
}
LOADED = (Fate.CREATED, Fate.UPDATED, Fate.RETURNED, Fate.REWORDED, Fate.UNCHANGED)


@functools.cache
def staged_alias(kind: Kind, name: str) -> Any:
    """A second look at rows kept apart; made once, because making one costs a millisecond."""
    return STAGED[kind].alias(f"{name}_{kind}")


@functools.cache
def target_alias(kind: Kind, name: str) -> Any:
    return TARGET[kind].alias(f"{name}_{kind}")


# Columns that name another record and follow it when it is merged.
FOLLOWS: dict[Kind, tuple[tuple[Kind, str], ...]] = {
    Kind.ACCOUNT: (
        (Kind.ACCOUNT, "parent_id"),
        (Kind.CONTACT, "account_id"),
        (Kind.RELATION, "account_id"),
        (Kind.OPPORTUNITY, "account_id"),
        (Kind.ACTIVITY, "account_id"),
        (Kind.ACTIVITY, "about_id"),
        (Kind.MILESTONE, "account_id"),
    ),
    Kind.CONTACT: (
        (Kind.RELATION, "contact_id"),
        (Kind.OPPORTUNITY_ROLE, "contact_id"),
        (Kind.ACTIVITY, "contact_id"),
    ),
}
