"""What `describe` says of an object. Fields that the user may not see are not in it."""

from collections.abc import Callable

import msgspec

from voc.accounts.crm.salesforce.soql import is_name

# of no single text: a mapping names one of their parts instead
COMPOUND = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
NUMBERS = frozenset({"double", "currency", "percent", "int", "long"})


class Offer(msgspec.Struct):
    value: str
    active: bool = True


class Field(msgspec.Struct, rename="camel"):
    name: str
    type: str
    calculated: bool = False
    groupable: bool = False
    updateable: bool = False
    picklist_values: list[Offer] = []
    relationship_name: str | None = None
    reference_to: list[str] = []


class Described(msgspec.Struct):
    name: str
    fields: list[Field]

    def __post_init__(self) -> None:
        # What is no name cannot be asked for; whoever answers with such a thing must not stop the look at the others.
        self.fields = [field for field in self.fields if is_name(field.name)]

    def field(self, name: str) -> Field | None:
        """Found without regard to case, as Salesforce does."""
        return next((field for field in self.fields if field.name.casefold() == name.casefold()), None)


Describe = Callable[[str], Described | None]


def find(object: Described, path: str, describe: Describe) -> Field | None:
    """A field by its name, or through relations (`RecordType.DeveloperName`); None where it cannot be seen."""
    first, dot, rest = path.partition(".")
    if not dot:
        return object.field(first)
    for field in object.fields:
        if (field.relationship_name or "").casefold() == first.casefold():
            for named in field.reference_to[:3]:
                parent = describe(named)
                if parent is not None and (found := find(parent, rest, describe)) is not None:
                    return found
    return None
