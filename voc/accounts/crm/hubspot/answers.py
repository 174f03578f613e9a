"""The shapes of HubSpot's answers, as much of them as is used."""

from typing import Any

import msgspec

Text = str | int | float | bool | None


class Next(msgspec.Struct):
    after: str


class Paging(msgspec.Struct):
    next: Next | None = None


class Record(msgspec.Struct, rename="camel"):
    """What is not set is null; numbers and flags come as texts."""

    id: str
    properties: dict[str, Text] = {}
    updated_at: str = ""
    archived_at: str | None = None
    new: bool = False
    object_write_trace_id: str | None = None


class Records(msgspec.Struct):
    results: list[Record]
    paging: Paging | None = None
    total: int = 0

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None


class Owner(msgspec.Struct, rename="camel"):
    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: int | None = None
    user_id_including_inactive: int | None = None
    updated_at: str = ""
    archived: bool = False


class Owners(msgspec.Struct):
    results: list[Owner]
    paging: Paging | None = None


class Option(msgspec.Struct):
    value: str
    label: str = ""
    hidden: bool = False


class Property(msgspec.Struct, rename="camel"):
    name: str
    type: str = ""
    calculated: bool = False
    has_unique_value: bool = False
    options: list[Option] = []


class Properties(msgspec.Struct):
    results: list[Property]


class AssociationType(msgspec.Struct, rename="camel"):
    category: str = ""
    type_id: int = 0
    label: str | None = None


class AssociationTypes(msgspec.Struct):
    results: list[AssociationType]


class To(msgspec.Struct, rename="camel"):
    to_object_id: int | str
    association_types: list[AssociationType] = []


class From(msgspec.Struct):
    id: str


class Associated(msgspec.Struct, rename={"from_": "from"}):
    from_: From
    to: list[To]
    paging: Paging | None = None


class Fault(msgspec.Struct, rename="camel"):
    """One of the errors of a 207. `context` names the inputs it is about."""

    category: str = ""
    sub_category: Any = None
    message: str = ""
    context: dict[str, list[str]] = {}


class Associations(msgspec.Struct):
    results: list[Associated] = []
    errors: list[Fault] = []


class Batch(msgspec.Struct):
    results: list[Record] = []
    errors: list[Fault] = []


class Account(msgspec.Struct, rename="camel"):
    portal_id: int
    time_zone: str = "UTC"


class Used(msgspec.Struct, rename="camel"):
    name: str = ""
    current_usage: int = 0
    usage_limit: int | None = None


class UsedUp(msgspec.Struct):
    results: list[Used]


class Token(msgspec.Struct):
    scopes: list[str] = []


class Group(msgspec.Struct):
    name: str


class Groups(msgspec.Struct):
    results: list[Group]
