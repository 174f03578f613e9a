"""Which objects and fields of Salesforce are read for each of our kinds, and what of it this org really has.

The default names are those of `crm.columns`, custom fields among them. A default custom field that an
org does not have is not mapped; a field that a person named must be there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from voc.accounts import rules
from voc.accounts.connection import Connection, ObjectMap
from voc.accounts.crm import columns
from voc.accounts.crm.salesforce import described, soql
from voc.accounts.crm.salesforce.described import Described, Field
from voc.accounts.model import Kind
from voc.base.errors import Misconfigured

KEY = "VOC_Key__c"
"""The external id that marks the tasks written from here; a unique text field of Task that somebody adds."""

OBJECTS: Mapping[Kind, str] = {
    Kind.CSM: "User",
    Kind.ACCOUNT: "Account",
    Kind.CONTACT: "Contact",
    Kind.RELATION: "AccountContactRelation",
    Kind.OPPORTUNITY: "Opportunity",
    Kind.OPPORTUNITY_ROLE: "OpportunityContactRole",
    Kind.ACTIVITY: "Event",
    Kind.MILESTONE: "Milestone__c",
}
# Where our words have a field in every org that the sample export does not have.
_ALSO = {Kind.CONTACT: {"bounced": "IsEmailBounced"}}
# People who sign in; not customers in a portal, robots and guests.
_ONLY = {"User": {"UserType": ("Standard",)}}
# Without them a row means nothing.
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.CSM: ("name", "active"),
    Kind.ACCOUNT: ("name",),
    Kind.CONTACT: ("account_id", "email"),
    Kind.RELATION: ("account_id", "contact_id"),
    Kind.OPPORTUNITY: ("account_id",),
    Kind.OPPORTUNITY_ROLE: ("opportunity_id", "contact_id"),
    Kind.ACTIVITY: ("about_id", "on"),
    Kind.MILESTONE: ("account_id", "kind", "on"),
}
# Without these there is nothing to do at all.
_NEEDED_KINDS = (Kind.CSM, Kind.ACCOUNT, Kind.CONTACT)
# An activity belongs to one of these; what else there is in calendars is not ours.
_ABOUT = {"Account": "001", "Opportunity": "006"}
_ACTIVITIES = ("Event", "Task")


@dataclass(frozen=True)
class Condition:
    """`path` must be one of `values`; compared like Salesforce does: without case, and false where it is empty.

    `prefixes` tell the same from the id in another field, for rows whose relation cannot be looked through.
    """

    path: str
    values: tuple[soql.Value, ...]
    is_not: bool = False
    id_field: str | None = None
    prefixes: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """What must be read so that `holds` can tell."""
        return self.id_field or self.path

    def __str__(self) -> str:
        if self.is_not:
            return soql.compare(self.path, "!=", self.values[0])
        if len(self.values) == 1:
            return soql.compare(self.path, "=", self.values[0])
        return soql.among(self.path, self.values)

    def holds(self, text: str) -> bool:
        if self.prefixes:
            return text.startswith(self.prefixes)
        among = text.casefold() in {_text(value).casefold() for value in self.values}
        return among != self.is_not


def _text(value: soql.Value) -> str:
    return soql.literal(value) if isinstance(value, bool) else "" if value is None else str(value)


@dataclass(frozen=True)
class Layout:
    """One object read for one kind. `found` are our fields with the field of Salesforce that holds each."""

    kind: Kind
    object: str
    found: Mapping[str, str]
    fields: Mapping[str, Field]  # by column, in lower case
    conditions: tuple[Condition, ...] = ()
    deletes: bool = True  # it has IsDeleted
    merges: bool = False  # it has MasterRecordId
    calculated: frozenset[str] = frozenset()  # our fields whose changes move no SystemModstamp
    stands_in: bool = False  # contacts, in place of relations that the org does not have

    @property
    def columns(self) -> tuple[str, ...]:
        """What is selected: the id and the moment of change first, no column twice."""
        wanted = ["Id", "SystemModstamp"]
        wanted += ["IsDeleted"] if self.deletes else []
        wanted += ["MasterRecordId"] if self.merges else []
        wanted += [self.found[name] for name in rules.TEXTS[self.kind] if name in self.found]
        wanted += [condition.column for condition in self.conditions]
        return tuple({name.casefold(): name for name in reversed(wanted)}.values())[::-1]

    @property
    def select(self) -> soql.Select:
        return soql.Select(self.columns, self.object)

    @property
    def where(self) -> tuple[str, ...]:
        """What makes a row one of this kind, for reading all of them."""
        return tuple(map(str, self.conditions))

    @property
    def where_live(self) -> tuple[str, ...]:
        return (*self.where, *((soql.compare("IsDeleted", "=", False),) if self.deletes else ()))


@dataclass(frozen=True)
class Missing:
    """A field or object that is not there for this user. `named`: a person asked for it."""

    kind: Kind
    field: str | None
    column: str
    named: bool


@dataclass
class Found:
    """All that is read of one org; `why_not` says of a kind why nothing is."""

    layouts: dict[Kind, tuple[Layout, ...]] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    why_not: dict[Kind, str] = field(default_factory=dict)

    def column(self, kind: Kind, name: str) -> str | None:
        return next((one.found[name] for one in self.layouts.get(kind, ()) if name in one.found), None)


def objects(connection: Connection, kind: Kind) -> tuple[str, ...]:
    """The objects mapped to a kind: activities may be `Event, Task`. Misconfigured for what is no name."""
    own = connection.objects.get(kind, ObjectMap())
    names = tuple(part.strip() for part in (own.object or OBJECTS[kind]).split(",") if part.strip())
    if not names or not all(soql.is_name(one) and "." not in one for one in names):
        raise Misconfigured(place(kind), f"{own.object!r} names no object", f"Write its API name, as {OBJECTS[kind]}")
    return names


def wanted(connection: Connection, kind: Kind) -> tuple[dict[str, str], frozenset[str]]:
    """Our fields with the columns they shall be read from, and those of them that a person named."""
    own = connection.objects.get(kind, ObjectMap())
    defaults = {name: names[0] for name, names in columns.COLUMNS[kind].items()} | _ALSO.get(kind, {})
    for name, column in own.fields.items():
        if name not in defaults:
            raise Misconfigured(place(kind), f"there is no field {name}", f"Use {', '.join(defaults)}")
        if column and not soql.is_name(column):
            raise Misconfigured(
                place(kind, name), "that cannot be the name of a field", "Write its API name, as Region__c"
            )
    named = frozenset(name for name, column in own.fields.items() if column and column != defaults[name])
    return {name: column for name, column in (defaults | own.fields).items() if column}, named


def meaning(connection: Connection, kind: Kind) -> list[object]:
    """What decides which rows and fields are read, whether it was said or is the default."""
    own = connection.objects.get(kind, ObjectMap())
    return [objects(connection, kind), wanted(connection, kind)[0], own.only, own.off]


def place(kind: Kind, name: str | None = None) -> str:
    return f"Settings > CRM, {kind.replace('_', ' ')}" + (f", {name}" if name else "")


def find(connection: Connection, describe: described.Describe) -> Found:
    """Look at the org. Misconfigured when what a person named, or what nothing works without, is not there."""
    found = Found()
    for kind in Kind:
        if connection.objects.get(kind, ObjectMap()).off:
            found.why_not[kind] = "it is switched off"
            continue
        for object in objects(connection, kind):
            _find_object(found, connection, kind, object, describe)
    return found


def _find_object(found: Found, connection: Connection, kind: Kind, name: str, describe: described.Describe) -> None:
    object = describe(name)
    if object is None:
        found.missing.append(Missing(kind, None, name, connection.objects.get(kind, ObjectMap()).object is not None))
        if kind == Kind.RELATION and describe("Contact") is not None:
            found.layouts[kind] = (_contacts_as_relations(),)
        elif kind not in found.layouts:
            found.why_not[kind] = f"there is no object {name}, or this user may not see it"
        return
    columns_wanted, named = wanted(connection, kind)
    fields = {our: described.find(object, column, describe) for our, column in columns_wanted.items()}
    for our, one in fields.items():
        if one is None:
            found.missing.append(Missing(kind, our, f"{name}.{columns_wanted[our]}", our in named))
        elif one.type in described.COMPOUND:
            raise Misconfigured(
                place(kind, our), f"{columns_wanted[our]} holds several values", "Name one of its parts instead"
            )
    there = {our: column for our, column in columns_wanted.items() if fields[our] is not None}
    conditions = tuple(_conditions(connection, kind, object, describe))
    lacking = [our for our in NEEDED[kind] if our not in there]
    if lacking:
        found.why_not[kind] = f"{name} has no field for {', '.join(lacking)} that this user may see"
        return
    seen = {columns_wanted[our].casefold(): one for our, one in fields.items() if one is not None}
    layout = Layout(
        kind=kind,
        object=name,
        found=MappingProxyType(there),
        fields=MappingProxyType(seen),
        conditions=conditions,
        deletes=object.field("IsDeleted") is not None,
        merges=object.field("MasterRecordId") is not None,
        # What is looked up in another record changes with that one.
        calculated=frozenset(our for our, one in fields.items() if one and (one.calculated or "." in there[our])),
    )
    found.layouts[kind] = (*found.layouts.get(kind, ()), layout)


def _conditions(connection: Connection, kind: Kind, object: Described, describe: described.Describe) -> list[Condition]:
    own = connection.objects.get(kind, ObjectMap()).only
    only = own or {column: list(values) for column, values in _ONLY.get(object.name, {}).items()}
    made = []
    for column, values in only.items():
        one = described.find(object, column, describe) if soql.is_name(column) else None
        if one is None:
            raise Misconfigured(
                place(kind), f"{object.name} has no field {column} that this user may see", "Name another one"
            )
        if values:
            made.append(Condition(column, tuple(_typed(value, one.type) for value in values)))
    if kind == Kind.ACTIVITY and object.name in _ACTIVITIES:
        made.append(Condition("What.Type", tuple(_ABOUT), id_field="WhatId", prefixes=tuple(_ABOUT.values())))
        if object.field("IsChild") is not None:  # the copy that each colleague who is invited gets
            made.append(Condition("IsChild", (False,)))
        if object.field(KEY) is not None:  # what was written from here is no sign of life
            made.append(Condition(KEY, (None,)))
    return made


def _typed(text: str, type: str) -> soql.Value:
    if type == "boolean":
        return text.strip().casefold() in ("1", "true", "yes")
    return text


def _contacts_as_relations() -> Layout:
    """For an org without Contacts to Multiple Accounts: each contact stands at its own account, without roles."""
    there = {"account_id": "AccountId", "contact_id": "Id"}
    return Layout(
        kind=Kind.RELATION,
        object="Contact",
        found=MappingProxyType(there),
        fields=MappingProxyType({}),
        conditions=(Condition("AccountId", (None,), is_not=True),),
        deletes=True,
        merges=True,
        stands_in=True,
    )


def refuse(found: Found) -> None:
    """Misconfigured, with place and mend, for what a person must settle before anything is read."""
    if Kind.CONTACT in found.layouts and found.column(Kind.CONTACT, "opted_out") is None:
        unread = (one.column for one in found.missing if one.kind == Kind.CONTACT and one.field == "opted_out")
        column = next(unread, "Contact.HasOptedOutOfEmail")
        raise Misconfigured(
            place(Kind.CONTACT, "opted_out"),
            f"{column} cannot be read, so nobody would know who asked not to be written to",
            f"Give the user read access to {column}",
        )
    for one in found.missing:
        if one.named:
            raise Misconfigured(
                place(one.kind, one.field),
                f"{one.column} is not there, or this user may not see it",
                "Name another one, leave it empty, or give the user read access to it",
            )
    for kind in _NEEDED_KINDS:
        if kind not in found.layouts:
            why = found.why_not.get(kind, "it cannot be read")
            raise Misconfigured(place(kind), why, "Give the user read access, as the permission set on that page says")
