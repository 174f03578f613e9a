"""What our fields are called in HubSpot, and one record as texts in our order.

A column that begins with `associations.` is not a property: it is the record of that object which
this one belongs to, its primary one if HubSpot knows which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from voc.accounts import rules
from voc.accounts.connection import Connection, ObjectMap
from voc.accounts.crm.hubspot.answers import Property, Record, Text
from voc.accounts.crm.rows import MakeRow
from voc.accounts.model import Incoming, Kind

ASSOCIATIONS = "associations."
COMPANY = "associations.companies"
PERSON = "associations.contacts"
LABELS = "association labels"
PLACE = "Settings > CRM"

OBJECTS: dict[Kind, str] = {
    Kind.CSM: "owners",
    Kind.ACCOUNT: "companies",
    Kind.CONTACT: "contacts",
    Kind.RELATION: "contacts",
    Kind.OPPORTUNITY: "deals",
    Kind.OPPORTUNITY_ROLE: "deals",
    Kind.ACTIVITY: "meetings",  # calls too where a person writes "meetings, calls": most have too many
}
COLUMNS: dict[Kind, dict[str, str]] = {
    Kind.CSM: {"name": "firstName lastName", "email": "email", "active": "archived"},
    Kind.ACCOUNT: {
        "name": "name",
        "parent_id": "hs_parent_company_id",
        "csm_id": "hubspot_owner_id",
        "owner_id": "hubspot_owner_id",
        "industry": "industry",
        "country": "country",
        "customer_since_on": "closedate",
        "status": "lifecyclestage",
    },
    Kind.CONTACT: {
        "account_id": "associatedcompanyid",
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "title": "jobtitle",
        "country": "country",
        "language": "hs_language",
        "time_zone": "hs_timezone",
        "opted_out": "hs_email_optout",
        "bounced": "hs_email_hard_bounce_reason_enum",
        "bounce_reason": "hs_email_hard_bounce_reason_enum",
        "last_activity_on": "notes_last_updated",
        "created_on": "createdate",
    },
    Kind.RELATION: {"roles": "hs_buying_role"},  # added to the labels of the association
    Kind.OPPORTUNITY: {
        "account_id": COMPANY,
        "owner_id": "hubspot_owner_id",
        "name": "dealname",
        "kind": "dealtype",
        "stage": "dealstage",
        "closed": "hs_is_closed",
        "won": "hs_is_closed_won",
        "amount": "amount",
        "currency": "deal_currency_code",
        "close_on": "closedate",
    },
    Kind.OPPORTUNITY_ROLE: {"role": LABELS},
    Kind.ACTIVITY: {
        "about_id": COMPANY,
        "contact_id": PERSON,
        "csm_id": "hubspot_owner_id",
        "subject": "hs_meeting_title",
        "kind": "hs_activity_type",
        "on": "hs_timestamp",
    },
    Kind.MILESTONE: {"account_id": COMPANY, "csm_id": "hubspot_owner_id"},
}
_CALLS = {"hs_meeting_title": "hs_call_title"}

# Read for every contact and company: which records it stands for. Either may be incomplete.
MERGED = ("hs_merged_object_ids", "hs_calculated_merged_vids")

# Lifecycle stages that HubSpot ships, and its regions of one word.
STATUSES = {
    "subscriber": "prospect",
    "lead": "prospect",
    "marketingqualifiedlead": "prospect",
    "salesqualifiedlead": "prospect",
    "opportunity": "prospect",
    "evangelist": "customer",
}

_DAYS = frozenset(name for name in rules.TEXTS[Kind.ACCOUNT] if name.endswith("_on")) | {
    "on",
    "bounced_on",
    "last_activity_on",
    "created_on",
    "consented_on",
    "close_on",
    "renewal_confirmed_on",
}
# What a person reads: an option's label stands for its value where that is a mere number.
_WORDS = frozenset({"status", "segment", "stage", "kind", "industry", "role"})
_OWNERS = frozenset({"csm_id", "owner_id"})


@dataclass(frozen=True)
class Layout:
    """One of our kinds in one object of HubSpot's. `own` are the fields a person mapped."""

    kind: Kind
    object: str
    columns: Mapping[str, str]
    own: frozenset[str]
    only: Mapping[str, list[str]]
    first: bool = True  # further objects of a kind put their name before the id

    @property
    def changed_at(self) -> str:
        """The property that search knows as the date of change. The other one finds nothing, without an error."""
        return "lastmodifieddate" if self.object in ("contacts", "contact", "0-1") else "hs_lastmodifieddate"

    @property
    def links(self) -> list[str]:
        """The objects whose associations are columns here."""
        return sorted({column.removeprefix(ASSOCIATIONS) for column in self.columns.values() if is_link(column)})

    @property
    def properties(self) -> list[str]:
        mapped = {column for column in self.columns.values() if not is_link(column)} | set(self.only)
        merged = MERGED if self.kind == Kind.CONTACT else MERGED[:1]
        return sorted(mapped | set(merged) | {self.changed_at})

    def wants(self, record: Record) -> bool:
        return all(text(record.properties.get(name)) in values for name, values in self.only.items())

    def id(self, id: str) -> str:
        return id if self.first else f"{self.object}-{id}"

    def without(self, missing: set[str]) -> "Layout":
        """As the account is: HubSpot's own columns that it does not have are left out."""
        kept = {field: column for field, column in self.columns.items() if column not in missing}
        return Layout(self.kind, self.object, kept, self.own, self.only, self.first)


def is_link(column: str) -> bool:
    return column.startswith(ASSOCIATIONS)


def layouts(connection: Connection, kind: Kind) -> list[Layout]:
    """Where one of our kinds is read from; none where it is not."""
    mapped = connection.objects.get(kind, ObjectMap())
    named = mapped.object or OBJECTS.get(kind)
    if mapped.off or not named:
        return []
    objects = list(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))
    return [
        _layout(kind, mapped, object, first=place == 0)
        for place, object in enumerate(objects[:1] if kind != Kind.ACTIVITY else objects)
    ]


def _layout(kind: Kind, mapped: ObjectMap, object: str, *, first: bool) -> Layout:
    usual = COLUMNS[kind]
    if object == "calls":
        usual = {field: _CALLS.get(column, column) for field, column in usual.items()}
    mine = {field: column for field, column in mapped.fields.items() if field in rules.TEXTS[kind]}
    columns = {field: column for field, column in {**usual, **mine}.items() if column}
    own = frozenset(field for field, column in mine.items() if column)
    return Layout(kind, object, columns, own, mapped.only, first)


# --- texts --------------------------------------------------------------------------------------


def text(value: Text) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def day(value: str, zone: ZoneInfo) -> str:
    """The day of a moment, where the account is. Midnight of UTC is how HubSpot writes a day without a time."""
    at = moment(value)
    if at is None:
        return value
    if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
        return at.date().isoformat()
    return at.astimezone(zone).date().isoformat()


def moment(value: str) -> datetime | None:
    """HubSpot writes ISO 8601, and here and there milliseconds since 1970. None for a day without a time."""
    if value.isascii() and value.isdigit() and len(value) in (12, 13):
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    if len(value) <= 10:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def time_zone(value: str) -> str:
    """HubSpot writes `europe_slash_berlin`."""
    return value.replace("_slash_", "/").replace("_hyphen_", "-").replace("_plus_", "+")


def _present(value: str) -> str:
    """A reason, a count or a flag: whatever is there says that mail came back."""
    return "" if value.strip().casefold() in ("", "0", "false", "no") else "1"


@dataclass(frozen=True)
class Meaning:
    """What texts depend on beside the mapping: the account's zone, its labels, and whose user is which owner."""

    zone: ZoneInfo
    properties: Mapping[str, Property]
    owner_of_user: Mapping[str, str]


def make_cells(layout: Layout, meaning: Meaning) -> Callable[[Mapping[str, Text], Mapping[str, str]], tuple[str, ...]]:
    """From properties, and the associated ids by object, to the texts in the order of `rules.TEXTS`."""
    picks = [_pick(layout, field, meaning) for field in rules.TEXTS[layout.kind]]

    def cells(properties: Mapping[str, Text], links: Mapping[str, str]) -> tuple[str, ...]:
        return tuple([pick(properties, links) for pick in picks])

    return cells


_Pick = Callable[[Mapping[str, Any], Mapping[str, str]], str]


def _pick(layout: Layout, field: str, meaning: Meaning) -> _Pick:
    column = layout.columns.get(field)
    if column is None:
        usual = rules.DEFAULTS.get(field, "")
        return lambda _properties, _links: usual
    if is_link(column):
        object = column.removeprefix(ASSOCIATIONS)
        return lambda _properties, links: links.get(object, "")
    convert = _converter(field, column, meaning)
    if convert is None:
        return lambda properties, _links: text(properties.get(column))

    def pick(properties: Mapping[str, Text], _links: Mapping[str, str]) -> str:
        value = text(properties.get(column))
        return convert(value) if value else value

    return pick


def _converter(field: str, column: str, meaning: Meaning) -> Callable[[str], str] | None:
    if field in _DAYS:
        return lambda value: day(value, meaning.zone)
    if field == "bounced":
        return _present
    if field == "time_zone":
        return time_zone
    if field in _OWNERS and meaning.owner_of_user:
        return lambda value: meaning.owner_of_user.get(value, value)
    if field in _WORDS and (known := meaning.properties.get(column)) is not None:
        labels = {option.value: option.label for option in known.options if option.value.isdigit() and option.label}
        return (lambda value: labels.get(value, value)) if labels else None
    return None


def row_maker(layout: Layout, meaning: Meaning, make_row: MakeRow) -> Callable[[Record, Mapping[str, str]], Incoming]:
    cells = make_cells(layout, meaning)

    def row(record: Record, links: Mapping[str, str]) -> Incoming:
        return make_row(layout.id(record.id), 0, None, cells(record.properties, links), record.updated_at)

    return row


def merged_ids(record: Record) -> list[str]:
    """The records that were merged into this one: `1;2` and `3:1700000000000;4:...`; neither list is complete."""
    found: dict[str, None] = {}
    for name in MERGED:
        for part in text(record.properties.get(name)).split(";"):
            id = part.partition(":")[0].strip()
            if id.isdigit() and id != record.id:
                found[id] = None
    return list(found)
