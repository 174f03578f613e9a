"""What Odoo calls our kinds and fields, and how each becomes text.

Odoo keeps companies and persons in one model, res.partner: a company, or a person under whom others
stand, is an account; a person below one is a contact of its `commercial_partner_id`. Persons who
belong to nobody, our own colleagues and our own companies are neither.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from voc.accounts import rules
from voc.accounts.connection import Connection, ObjectMap
from voc.accounts.crm.odoo.client import OPT_OUT
from voc.accounts.crm.odoo.domains import Domain, both, either
from voc.accounts.model import Kind

PARTNER, USER, LEAD, EVENT = "res.partner", "res.users", "crm.lead", "calendar.event"
TAG, BLACKLIST = "res.partner.category", "mail.blacklist"

# An activity may name an account or an opportunity, whose numbers are counted apart: so a deal's id
# is written the way Odoo itself writes such a reference.
LEAD_PREFIX = f"{LEAD},"

ACTIVE: Domain = [["active", "=", True]]
COMPANY: Domain = either(
    [["is_company", "=", True]],
    [["parent_id", "=", False], ["child_ids.type", "=", "contact"]],
)
PERSON: Domain = [
    ["is_company", "=", False],
    ["parent_id", "!=", False],
    ["type", "=", "contact"],
    ["partner_share", "=", True],  # not one of Odoo's own users
]
# Odoo archives a deal that is lost, but it is not gone.
LOST_OR_WON: Domain = either(ACTIVE, [["probability", "=", 0]], [["stage_id.is_won", "=", True]])
# Accounts that only answer as template or for the machine.
_NOBODY = ["__system__", "default", "public", "portaltemplate"]


class Column(msgspec.Struct):
    """A field as `fields_get` tells it. Boolean fields hold a real False, all others say False for empty."""

    type: str
    store: bool = True
    relation: str = ""
    selection: list[list[Any]] = []
    string: str = ""


Columns = dict[str, Column]


@dataclass(frozen=True)
class Shape:
    """A kind as Odoo has it when nobody says otherwise.

    `reads` are columns that decide about the row itself. `watched` lead to records whose change shows
    in the row without touching it.
    """

    model: str
    columns: dict[str, str]
    domain: Domain = field(default_factory=list)
    live: Domain = field(default_factory=lambda: ACTIVE)
    reads: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


SHAPES: dict[Kind, Shape] = {
    Kind.CSM: Shape(
        USER,
        {"name": "name", "email": "email", "title": "function", "time_zone": "tz", "active": "active"},
        [["share", "=", False], ["login", "not in", _NOBODY]],
        live=[],
    ),
    Kind.ACCOUNT: Shape(
        PARTNER,
        {"name": "name", "parent_id": "parent_id", "csm_id": "user_id", "industry": "industry_id",
         "country": "country_id"},
        COMPANY,
        watched=("child_ids",),
    ),
    Kind.CONTACT: Shape(
        PARTNER,
        {"account_id": "commercial_partner_id", "first_name": "name", "last_name": "name", "email": "email",
         "title": "function", "country": "country_id", "language": "lang", "time_zone": "tz",
         "opted_out": OPT_OUT, "bounced": "message_bounce", "created_on": "create_date"},
        PERSON,
    ),
    Kind.RELATION: Shape(
        PARTNER,
        {"account_id": "commercial_partner_id", "contact_id": "id", "roles": "category_id"},
        PERSON,
    ),
    Kind.OPPORTUNITY: Shape(
        LEAD,
        {"account_id": "partner_id", "owner_id": "user_id", "name": "name", "kind": "tag_ids", "stage": "stage_id",
         "closed": "stage_id", "won": "stage_id", "amount": "expected_revenue", "currency": "company_currency",
         "close_on": "date_deadline"},
        [["type", "=", "opportunity"], ["partner_id", "!=", False]],
        live=LOST_OR_WON,
        reads=("probability", "stage_id"),
    ),
    Kind.OPPORTUNITY_ROLE: Shape(
        LEAD,
        {"opportunity_id": "id", "contact_id": "partner_id"},
        both([["type", "=", "opportunity"]], [["partner_id.is_company", "=", False],
             ["partner_id.parent_id", "!=", False]]),
        live=LOST_OR_WON,
        reads=("probability", "stage_id"),
    ),
    Kind.ACTIVITY: Shape(
        EVENT,
        {"about_id": "partner_ids", "contact_id": "partner_ids", "csm_id": "user_id", "subject": "name",
         "kind": "categ_ids", "on": "start"},
        [["partner_ids.partner_share", "=", True]],
    ),
}  # fmt: skip

# Where a name is more than the field Odoo shows, or less.
NAMES = {"res.country": "code", "res.currency": "name", TAG: "name"}


@dataclass(frozen=True)
class Plan:
    """How one kind is read from this Odoo: the shape, what the connection says, and what is there."""

    kind: Kind
    model: str
    shape: Shape | None  # None: an object of the company's own, which means only what is mapped
    columns: dict[str, str]  # ours -> theirs, those that are there
    domain: Domain
    live: Domain
    archives: str | None  # the field that says whether a record is archived
    fields: Columns

    @property
    def prefix(self) -> str:
        return LEAD_PREFIX if self.kind == Kind.OPPORTUNITY else ""

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns a row needs."""
        more = self.shape.reads if self.shape else ()
        names = {*self.columns.values(), *more, "write_date"} | ({self.archives} if self.archives else set())
        return tuple(sorted(names - {"id"}))


def wanted(connection: Connection, kind: Kind) -> tuple[str | None, dict[str, str]]:
    """The model of a kind (None: it is not read), and its columns before anybody looked whether they are there."""
    own = connection.objects.get(kind, ObjectMap())
    shape = SHAPES.get(kind)
    model = own.object or (shape.model if shape else None)
    if own.off or not model:
        return None, {}
    columns = dict(shape.columns) if shape and shape.model == model else {}
    columns |= {ours: theirs for ours, theirs in own.fields.items() if ours in rules.TEXTS[kind]}
    return model, {ours: theirs for ours, theirs in columns.items() if theirs}


def archive_field(fields: Columns) -> str | None:
    """Models made in Odoo's Studio name theirs x_active."""
    return next((name for name in ("active", "x_active") if name in fields and fields[name].type == "boolean"), None)


def why_calculated(plan: Plan) -> list[str]:
    """Our fields whose column Odoo computes when asked: their changes move no date of change."""
    return [ours for ours, theirs in plan.columns.items() if theirs != "id" and not plan.fields[theirs].store]
