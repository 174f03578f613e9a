"""A company as Salesforce would hold it: objects, fields, ids of 18 characters, seconds, flags, picklists."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tests.crm.company import Company, Row
from voc.accounts import clean, rules
from voc.accounts.crm import columns
from voc.accounts.model import Kind

OBJECTS = {
    Kind.CSM: ("User", "005"),
    Kind.ACCOUNT: ("Account", "001"),
    Kind.CONTACT: ("Contact", "003"),
    Kind.RELATION: ("AccountContactRelation", "07k"),
    Kind.OPPORTUNITY: ("Opportunity", "006"),
    Kind.OPPORTUNITY_ROLE: ("OpportunityContactRole", "00K"),
    Kind.ACTIVITY: ("Event", "00U"),
    Kind.MILESTONE: ("Milestone__c", "a0B"),
}
# What we write, and what a field of Salesforce can be.
_NOT_HERE = {Kind.CONTACT: ("bounced",)}
_TYPES = {
    **dict.fromkeys(("ARR__c", "Amount", "ARR_Before__c", "ARR_After__c", "Value__c"), "currency"),
    **dict.fromkeys(("VOC_Score__c", "VOC_Coverage__c"), "double"),
    **dict.fromkeys(("EmailBouncedDate", "CreatedDate", "SystemModstamp", "LastModifiedDate"), "datetime"),
    **dict.fromkeys(("Roles",), "multipicklist"),
    **dict.fromkeys(("Role", "Type", "Segment__c", "Status__c", "StageName", "Kind__c", "Status"), "picklist"),
}
_ROLE_LABELS = {"budget_holder": "Economic Buyer", "end_user": "End-User"}
_WRITTEN = {
    "Contact": ("VOC_Last_Asked__c", "VOC_Last_Answered__c", "VOC_Score__c"),
    "Account": ("VOC_Coverage__c",),
}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TASK_FIELDS = (
    "Id Subject Description ActivityDate OwnerId WhoId WhatId Status IsClosed Type VOC_Key__c IsDeleted SystemModstamp"
)


def id_at(prefix: str, number: int) -> str:
    """Its capitals and small letters matter: 0 to 61 make ids that differ by case alone."""
    digits = ""
    for _ in range(9):
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return clean.salesforce_id(f"{prefix}5f0{digits}")


def columns_of(kind: Kind) -> dict[str, str]:
    """Our field -> Salesforce's."""
    named = {ours: names[0] for ours, names in columns.COLUMNS[kind].items() if ours not in _NOT_HERE.get(kind, ())}
    return named | ({"bounced": "IsEmailBounced"} if kind == Kind.CONTACT else {})


@dataclass
class Org:
    """`hidden` are fields that the user may not see, `lacks` objects that are not there, `formulas` calculated
    ones. `blind`: a rule of sharing has changed, and the user sees no record at all."""

    company: Company
    hidden: set[str] = field(default_factory=set)
    lacks: set[str] = field(default_factory=set)
    formulas: set[str] = field(default_factory=set)
    blind: bool = False
    written: dict[str, dict[str, Any]] = field(default_factory=dict)  # id -> column -> value
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    _numbers: dict[tuple[Kind, str], int] = field(default_factory=dict)

    def id_of(self, kind: Kind, key: str) -> str:
        """Ids grow in the order in which records came to be."""
        if (kind, key) not in self._numbers:
            for known in self.company.rows[kind]:
                self._numbers.setdefault((kind, known), len(self._numbers) + 30)
        return id_at(OBJECTS[kind][1], self._numbers.setdefault((kind, key), len(self._numbers) + 30))

    def object_of(self, kind: Kind) -> str:
        return OBJECTS[kind][0]

    def kind_of(self, object: str) -> Kind | None:
        return next((kind for kind, (name, _) in OBJECTS.items() if name.lower() == object.lower()), None)

    def fields(self, object: str) -> dict[str, str] | None:
        """Column -> type, those that the user may see; None for an object that is not there."""
        if object in self.lacks:
            return None
        if object == "Task":
            names = _TASK_FIELDS.split()
        elif (kind := self.kind_of(object)) is not None:
            names = self._names(kind, object)
        else:
            return None
        found = {name: _type(name) for name in names}
        return {name: type for name, type in found.items() if f"{object}.{name}" not in self.hidden}

    def _names(self, kind: Kind, object: str) -> list[str]:
        names = ["Id", *columns_of(kind).values(), "CreatedDate", "LastModifiedDate", "SystemModstamp"]
        names += ["UserType", "Username"] if kind == Kind.CSM else ["IsDeleted"]
        names += ["MasterRecordId"] if kind in (Kind.ACCOUNT, Kind.CONTACT) else []
        names += ["IsChild", "VOC_Key__c"] if kind == Kind.ACTIVITY else []
        return list(dict.fromkeys([*names, *_WRITTEN.get(object, ())]))

    def records(self, object: str, *, deleted_too: bool) -> Iterator[dict[str, Any]]:
        """As typed values. What was erased is nowhere; what commits later is not there yet."""
        if self.blind:
            return
        if object == "Task":
            yield from self.tasks.values()
            return
        kind = self.kind_of(object)
        assert kind is not None
        for row in self.company.rows[kind].values():
            # Nobody deletes a user in Salesforce.
            gone = row.erased or row.shown_at > self.company.now or (kind == Kind.CSM and not row.live)
            if not gone and (row.live or deleted_too):
                yield self.record(kind, row)

    def record(self, kind: Kind, row: Row) -> dict[str, Any]:
        id = self.id_of(kind, row.key)
        # A moment has no fraction of a second here: rows that changed together share it.
        moments = {
            "SystemModstamp": row.modified_at,
            "LastModifiedDate": row.modified_at,
            "CreatedDate": row.created_at,
        }
        record: dict[str, Any] = {"Id": id, **{name: at.replace(microsecond=0) for name, at in moments.items()}}
        for ours, column in columns_of(kind).items():
            if column not in record:
                record[column] = self._value(kind, ours, column, row.values.get(ours))
        if kind == Kind.CSM:
            return record | {"UserType": "Standard", "Username": f"{row.key}@vendor.example"}
        record["IsDeleted"] = not row.live
        owner = self.company.rows[Kind.CSM].get(str(row.values.get("owner_id")))
        record["Owner"] = {"Name": owner.values["name"] if owner else None}
        if kind in (Kind.ACCOUNT, Kind.CONTACT):
            record["MasterRecordId"] = self.id_of(kind, row.merged_into) if row.merged_into else None
        if kind == Kind.ACTIVITY:
            about = str(record["WhatId"] or "")
            record |= {"IsChild": False, "What": {"Type": {"001": "Account", "006": "Opportunity"}.get(about[:3])}}
        return record | self.written.get(id, {})

    def _value(self, kind: Kind, ours: str, column: str, value: Any) -> Any:
        if isinstance(value, str) and (named := rules.REFERENCES[kind].get(ours)) is not None:
            # a custom field of text may hold the short form
            id = self.id_of(self._about(value) if ours == "about_id" else named, value)
            return id[:15] if column == "CSM__c" and kind == Kind.ACCOUNT else id
        if isinstance(value, tuple):
            return ";".join(_ROLE_LABELS.get(role, str(role).replace("_", " ").title()) for role in value) or None
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, date) and _type(column) == "datetime":
            return datetime.combine(value, time(12), self.company.now.tzinfo)
        if value is None and _type(column) == "boolean":
            return False
        return str(value) if isinstance(value, str) else value

    def _about(self, key: str) -> Kind:
        return Kind.OPPORTUNITY if key in self.company.rows[Kind.OPPORTUNITY] else Kind.ACCOUNT

    def describe(self, object: str) -> dict[str, Any] | None:
        fields = self.fields(object)
        if fields is None:
            return None
        described = [self._field(object, name, type) for name, type in fields.items()]
        return {"name": object, "label": object, "queryable": True, "fields": described, "recordTypeInfos": []}

    def _field(self, object: str, name: str, type: str) -> dict[str, Any]:
        points = name.removesuffix("Id") if name in ("WhatId", "OwnerId") else None
        values = _PICKLISTS.get(name, ()) if type in ("picklist", "multipicklist") else ()
        return {
            "name": name,
            "label": name,
            "type": type,
            "calculated": f"{object}.{name}" in self.formulas,
            "groupable": type not in ("double", "currency", "datetime"),
            "updateable": name not in ("Id", "IsDeleted", "MasterRecordId", "SystemModstamp", "CreatedDate"),
            "filterable": True,
            "nillable": True,
            "externalId": name == "VOC_Key__c",
            "compoundFieldName": None,
            "picklistValues": [{"value": one, "label": one, "active": True} for one in values],
            "relationshipName": points,
            "referenceTo": {"WhatId": ["Account", "Opportunity"], "OwnerId": ["User"]}.get(name, []),
        }


_PICKLISTS = {
    "Roles": ("Decision Maker", "Economic Buyer", "Champion", "Executive Sponsor", "Influencer", "End-User", "Other"),
    "Segment__c": ("enterprise", "mid-market", "small"),
    "Status__c": ("customer", "prospect", "churned"),
    "Status": ("Not Started", "In Progress", "Completed"),
}
_FLAGS = (
    "IsDeleted IsActive IsDirect IsClosed IsWon IsPrimary IsChild IsEmailBounced HasOptedOutOfEmail Left_Company__c"
)


def _type(column: str) -> str:
    if column in _TYPES:
        return _TYPES[column]
    if column in _FLAGS.split():
        return "boolean"
    if column == "Id":
        return "id"
    if column.endswith("Id"):
        return "reference"
    dated = ("Date", "Date__c", "_On__c", "Since__c", "Asked__c", "Answered__c")
    return "date" if column.endswith(dated) else "string"
