"""How the company looks in HubSpot: objects, properties, ids. Everything is text, and what is not set is null."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.crm.company import Company, Row
from voc.accounts.model import AccountStatus, Kind

ZONE = ZoneInfo("Europe/Berlin")
MILESTONES = "2-4711"
OBJECTS = {
    "companies": Kind.ACCOUNT,
    "contacts": Kind.CONTACT,
    "deals": Kind.OPPORTUNITY,
    "calls": Kind.ACTIVITY,
    "meetings": Kind.ACTIVITY,
    MILESTONES: Kind.MILESTONE,
}
# our field -> property
PROPERTIES: dict[Kind, dict[str, str]] = {
    Kind.ACCOUNT: {
        "name": "name",
        "parent_id": "hs_parent_company_id",
        "csm_id": "success_manager",
        "owner_id": "hubspot_owner_id",
        "segment": "segment",
        "industry": "industry",
        "country": "country",
        "arr": "contract_value",
        "currency": "contract_currency",
        "renewal_on": "renewal_date",
        "customer_since_on": "closedate",
        "status": "lifecyclestage",
        "churned_on": "churn_date",
    },
    Kind.CONTACT: {
        "account_id": "associatedcompanyid",
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "title": "jobtitle",
        "department": "department",
        "country": "country",
        "language": "hs_language",
        "time_zone": "hs_timezone",
        "opted_out": "hs_email_optout",
        "bounced": "hs_email_hard_bounce_reason_enum",
        "bounced_on": "bounce_date",
        "bounce_reason": "bounce_note",
        "left_company": "left_company",
        "last_activity_on": "notes_last_updated",
    },
    Kind.OPPORTUNITY: {
        "owner_id": "hubspot_owner_id",
        "name": "dealname",
        "kind": "dealtype",
        "stage": "dealstage",
        "closed": "hs_is_closed",
        "won": "hs_is_closed_won",
        "amount": "amount",
        "currency": "deal_currency_code",
        "close_on": "closedate",
        "arr_before": "arr_before",
        "arr_after": "arr_after",
        "renewal_confirmed_on": "renewal_confirmed",
    },
    Kind.ACTIVITY: {
        "csm_id": "hubspot_owner_id",
        "subject": "hs_call_title",
        "kind": "hs_activity_type",
        "on": "hs_timestamp",
    },
    Kind.MILESTONE: {
        "csm_id": "hubspot_owner_id",
        "kind": "kind",
        "on": "happened_on",
        "value": "value",
        "evidence": "evidence",
    },
}
CALCULATED = {"hs_is_closed", "hs_is_closed_won", "hs_calculated_merged_vids"}
_MOMENTS = {"closedate", "notes_last_updated", "hs_timestamp"}
_STAGES = {AccountStatus.CUSTOMER: "customer", AccountStatus.PROSPECT: "lead", AccountStatus.CHURNED: "1234567"}
OPTIONS = {
    "lifecyclestage": [("lead", "Lead"), ("customer", "Customer"), ("1234567", "Churned")],
    "hs_buying_role": [("DECISION_MAKER", "Decision Maker"), ("CHAMPION", "Champion")],
}
_BASE = {kind: (place + 1) * 10_000_000 for place, kind in enumerate(Kind)}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Shown:
    """The company's rows as HubSpot's records; ids follow merges."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.meetings: set[str] = set()  # keys of activities that are meetings; the others are calls
        self._places: dict[Kind, dict[str, int]] = {}
        self._merged: dict[Kind, dict[str, list[Row]]] = {}
        self.extra: dict[tuple[Kind, str], dict[str, str | None]] = {}  # properties beside those of the company

    def look(self) -> None:
        """At the company as it is now: before each answer."""
        for kind, rows in self.company.rows.items():
            self._places[kind] = {key: place for place, key in enumerate(rows)}
            self._merged[kind] = {}
            for row in sorted(rows.values(), key=lambda row: (row.modified_at, row.key)):
                if row.merged_into:
                    self._merged[kind].setdefault(row.merged_into, []).append(row)

    def rows(self, object: str) -> Iterator[Row]:
        for row in self.company.rows[OBJECTS[object]].values():
            if object not in ("calls", "meetings") or (object == "meetings") == (row.key in self.meetings):
                yield row

    # --- ids --------------------------------------------------------------------------------

    def number(self, kind: Kind, key: str) -> str:
        """A merge makes a new record: its id is a new one for the winner too."""
        return self._numbered(kind, key, len(self._losers(kind, key)))

    def _numbered(self, kind: Kind, key: str, generation: int) -> str:
        return str(_BASE[kind] + generation * 100_000 + self._places[kind][key])

    def _losers(self, kind: Kind, key: str) -> list[Row]:
        return self._merged[kind].get(key, [])

    def merged(self, kind: Kind, key: str) -> list[str]:
        """All ids that stand for this record now, the latest merge last."""
        found = []
        for generation, loser in enumerate(self._losers(kind, key)):
            found.append(self._numbered(kind, key, generation))
            found += [*self.merged(kind, loser.key), self.number(kind, loser.key)]
        return found

    def find(self, object: str, id: str) -> Row | None:
        """Also by an id of before a merge."""
        kind = OBJECTS[object]
        for row in self.rows(object):
            if row.live and (self.number(kind, row.key) == id or id in self.merged(kind, row.key)):
                return row
        return None

    # --- properties -------------------------------------------------------------------------

    def properties(self, object: str, row: Row) -> dict[str, str | None]:
        kind = OBJECTS[object]
        id = self.number(kind, row.key)
        values: dict[str, str | None] = {
            name: self._text(kind, field, name, row.values.get(field)) for field, name in PROPERTIES[kind].items()
        }
        if object == "meetings":
            values["hs_meeting_title"] = values.pop("hs_call_title")
        changed_at = "lastmodifieddate" if object == "contacts" else "hs_lastmodifieddate"
        values |= {"hs_object_id": id, changed_at: iso(row.modified_at), "createdate": iso(row.created_at)}
        return values | self._merges(kind, row) | self.extra.get((kind, row.key), {})

    def _merges(self, kind: Kind, row: Row) -> dict[str, str | None]:
        """Of a contact neither list has all: the one only the latest pair, the other not the latest loser yet."""
        all_ids = self.merged(kind, row.key)
        if kind != Kind.CONTACT:
            return {"hs_merged_object_ids": ";".join(all_ids) or None}
        if not all_ids:
            return {"hs_merged_object_ids": None, "hs_calculated_merged_vids": None}
        last = self._losers(kind, row.key)[-1]
        pair = [self._numbered(kind, row.key, len(self._losers(kind, row.key)) - 1), self.number(kind, last.key)]
        stamp = int(last.modified_at.timestamp() * 1000)
        vids = [self.number(kind, row.key), *(id for id in all_ids if id != pair[1])]
        return {
            "hs_merged_object_ids": ";".join(pair),
            "hs_calculated_merged_vids": ";".join(f"{id}:{stamp}" for id in vids),
        }

    def _text(self, kind: Kind, field: str, name: str, value: Any) -> str | None:
        if name == "hs_email_hard_bounce_reason_enum":
            return "UNKNOWN_USER" if value else None
        if value is None:
            return None
        if field == "status":
            return _STAGES[value]
        if name == "success_manager":
            return self.user(value)
        if field.endswith("_id"):
            return self.number(Kind.ACCOUNT if field in ("parent_id", "account_id") else Kind.CSM, value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if name == "hs_timezone":
            return str(value).lower().replace("/", "_slash_")
        if name in _MOMENTS and isinstance(value, date):
            return iso(datetime.combine(value, time(0, 30), ZONE))  # the day before in UTC
        return str(value)

    # --- owners -----------------------------------------------------------------------------

    def user(self, key: str) -> str:
        """HubSpot knows the person who is an owner by another number."""
        return str(700 + self._places[Kind.CSM][key])

    def owners(self, *, archived: bool) -> list[dict[str, Any]]:
        return [
            {
                "id": self.number(Kind.CSM, row.key),
                "email": row.values.get("email"),
                "firstName": row.values.get("name"),
                "lastName": "",
                "userId": None if archived else int(self.user(row.key)),
                "userIdIncludingInactive": int(self.user(row.key)),
                "createdAt": iso(row.created_at),
                "updatedAt": iso(row.modified_at),
                "archived": archived,
                "teams": [],
            }
            for row in self.company.live(Kind.CSM)
            if row.values.get("active", True) is not archived
        ]

    # --- associations -----------------------------------------------------------------------

    def pairs(self, one: str, other: str, row: Row) -> dict[str, list[tuple[str, int, str | None]]]:
        """id of the other record -> (category, type, label) of each association."""
        found: dict[str, list[tuple[str, int, str | None]]] = {}
        if (one, other) == ("contacts", "companies"):
            self._of_contact(row, found)
        elif (one, other) == ("deals", "contacts"):
            self._of_deal(row, found)
        else:
            field, kind = {
                ("deals", "companies"): ("account_id", Kind.ACCOUNT),
                ("calls", "companies"): ("about_id", Kind.ACCOUNT),
                ("calls", "contacts"): ("contact_id", Kind.CONTACT),
                ("meetings", "companies"): ("about_id", Kind.ACCOUNT),
                ("meetings", "contacts"): ("contact_id", Kind.CONTACT),
                (MILESTONES, "companies"): ("account_id", Kind.ACCOUNT),
            }[one, other]
            if key := row.values.get(field):
                found[self.number(kind, key)] = [("HUBSPOT_DEFINED", 182, None)]
        return found

    def _of_contact(self, row: Row, found: dict[str, list[tuple[str, int, str | None]]]) -> None:
        for relation in self.company.live(Kind.RELATION):
            if relation.values["contact_id"] == row.key:
                types = found.setdefault(self.number(Kind.ACCOUNT, relation.values["account_id"]), [])
                types.append(("HUBSPOT_DEFINED", 279, None))
                if row.values.get("account_id") == relation.values["account_id"]:
                    types.append(("HUBSPOT_DEFINED", 1, "Primary"))
                for role in relation.values["roles"]:
                    types.append(("USER_DEFINED", 20 + len(role), role.value.replace("_", " ").capitalize()))

    def _of_deal(self, row: Row, found: dict[str, list[tuple[str, int, str | None]]]) -> None:
        for role in self.company.live(Kind.OPPORTUNITY_ROLE):
            if role.values["opportunity_id"] == row.key and role.values.get("contact_id"):
                types = found.setdefault(self.number(Kind.CONTACT, role.values["contact_id"]), [])
                types.append(("HUBSPOT_DEFINED", 3, None))
                if label := role.values.get("role"):
                    types.append(("USER_DEFINED", 31, label))
                if role.values.get("main"):
                    types.append(("USER_DEFINED", 32, "Main contact"))

    def definitions(self, object: str) -> list[dict[str, Any]]:
        kind = OBJECTS[object]
        names = {*PROPERTIES[kind].values(), "createdate", "hs_object_id", "hs_merged_object_ids"}
        names |= {"contacts": {"hs_calculated_merged_vids", "hs_buying_role"}, "meetings": {"hs_meeting_title"}}.get(
            object, set()
        )
        return [
            {
                "name": name,
                "label": name.replace("_", " ").capitalize(),
                "type": "datetime" if name in _MOMENTS else "string",
                "fieldType": "text",
                "groupName": "information",
                "description": "",
                "calculated": name in CALCULATED,
                "hasUniqueValue": False,
                "options": [
                    {"label": label, "value": value, "displayOrder": place, "hidden": False}
                    for place, (value, label) in enumerate(OPTIONS.get(name, []))
                ],
            }
            for name in sorted(names | {"lastmodifieddate" if object == "contacts" else "hs_lastmodifieddate"})
        ]


def visible(row: Row, *, delay: timedelta, now: datetime) -> bool:
    """Whether search has heard of the row's last change."""
    return row.live and row.shown_at + delay <= now
