"""By which columns a row belongs to a person; those that a foreign key tells need no line here."""

from sqlalchemy import ColumnElement, Table, and_, or_

from voc.base.schema import metadata

CONTACT = "contact"

# Rows that others refer to, in the order in which they are found.
ROOTS = ("invitation", "message", "response", "follow_up", "link", "rendering", "visitor")

# The CRM's ids without a foreign key; where a table holds ids of several kinds, the kind and its word.
_IDS: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    "relation": (("contact_id", None, ""),),
    "opportunity_role": (("contact_id", None, ""),),
    "activity": (("contact_id", None, ""),),
    "staged_contact": (("id", None, ""), ("winner_id", None, "")),
    "staged_relation": (("contact_id", None, ""),),
    "staged_opportunity_role": (("contact_id", None, ""),),
    "staged_activity": (("contact_id", None, ""),),
    "staged_alias": (("loser_id", "kind", CONTACT), ("winner_id", "kind", CONTACT)),
    "staged_id": (("id", "kind", CONTACT),),
    "alias": (("loser_id", "kind", CONTACT), ("winner_id", "kind", CONTACT)),
    "settlement": (("record_id", "kind", CONTACT),),
    "waiting": (("id", "kind", CONTACT), ("named", None, "")),
    "sync_change": (("record_id", "object", CONTACT), ("winner_id", "object", CONTACT)),
    "sync_problem": (("record_id", "object", CONTACT),),
    "written_back": (("record_id", "what", CONTACT),),
}
_ADDRESSES: dict[str, tuple[str, ...]] = {
    "contact": ("email", "email_original"),
    "staged_contact": ("email", "email_original"),
    "suggestion": ("address",),
    "suppression": ("address",),
    "consent": ("address",),
    "census_member": ("address",),
    "invitation": ("address",),
    "contact_quota": ("address",),
    "message": ("address",),
    "inbound": ("successor_address",),
}


def condition(
    table: Table, *, ids: set[str], addresses: set[str], roots: dict[str, list[int]]
) -> ColumnElement[bool] | None:
    """Which rows of a table are this person's; None where none can be."""
    found: list[ColumnElement[bool]] = []
    for column in table.columns:
        for key in column.foreign_keys:
            target = key.column.table.name
            if target == CONTACT and ids:
                found.append(column.in_(sorted(ids)))
            elif roots.get(target):
                found.append(column.in_(roots[target]))
    for name, kind, word in _IDS.get(table.name, ()):
        if ids:
            one = table.c[name].in_(sorted(ids))
            found.append(one if kind is None else and_(one, table.c[kind] == word))
    if table.name == CONTACT and ids:
        found.append(table.c.id.in_(sorted(ids)))
    if addresses:
        found += [table.c[name].in_(sorted(addresses)) for name in _ADDRESSES.get(table.name, ())]
    return or_(*found) if found else None


def tables() -> list[Table]:
    return list(metadata.sorted_tables)
