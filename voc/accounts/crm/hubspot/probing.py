"""What *Check* shows: the account, the token's scopes, objects, properties, and examples to map by."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from voc.accounts import rules
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe
from voc.accounts.crm.hubspot import associations
from voc.accounts.crm.hubspot.answers import Property
from voc.accounts.crm.hubspot.mapping import ASSOCIATIONS, LABELS, Layout, is_link, text
from voc.accounts.crm.hubspot.reading import milliseconds
from voc.accounts.model import Kind
from voc.base.errors import VocError

if TYPE_CHECKING:
    from voc.accounts.crm.hubspot.connector import HubSpot

_ONE_SEARCH = 10_000
_OWNER_COLUMNS = {"name": "firstName lastName", "email": "email", "active": "archived"}
_PAIRED = {Kind.RELATION: ("contacts", "companies"), Kind.OPPORTUNITY_ROLE: ("deals", "contacts")}


def probe(crm: "HubSpot") -> Probe:
    found = Probe(signed_in_as=None, version=crm.paths.version or "v3", objects=[])
    try:
        account = crm.account
        found.signed_in_as = f"account {account.portal_id}, {account.time_zone}"
        found.usage = crm.api.read_usage()
    except VocError as error:
        found.warnings.append(str(error))
        found.objects = [ObjectFound(kind, crm.file(kind).file, readable=False, why="not asked") for kind in Kind]
        return found
    for kind in Kind:
        found.objects.append(_object(crm, kind, found))
    found.missing_grants = list(crm.lacking)
    found.usage = crm.usage()
    return found


def _object(crm: "HubSpot", kind: Kind, probe: Probe) -> ObjectFound:
    layouts = crm.layouts[kind]
    if not layouts:
        return ObjectFound(kind, None, readable=False, why="not mapped")
    try:
        if kind == Kind.CSM:
            return _owners(crm)
        if kind in _PAIRED:
            return _pairs(crm, kind, layouts[0])
        return _records(crm, layouts, probe)
    except VocError as error:
        return ObjectFound(kind, crm.file(kind).file, readable=False, why=str(error))


def _owners(crm: "HubSpot") -> ObjectFound:
    owners = crm.api.owners(archived=False, after=None, limit=crm.sizes.owners)
    fields = [
        FieldFound(field, column, FieldState.FOUND)
        if (column := _OWNER_COLUMNS.get(field))
        else FieldFound(field, None, FieldState.NOT_MAPPED, note="HubSpot's owners have none")
        for field in rules.TEXTS[Kind.CSM]
    ]
    return ObjectFound(Kind.CSM, "owners", readable=True, fields=fields, columns=[], rows=len(owners.results))


def _pairs(crm: "HubSpot", kind: Kind, layout: Layout) -> ObjectFound:
    one, other = _PAIRED[kind]
    labels = [label for kind_ in crm.api.labels(one, other) if (label := kind_.label)]
    known = crm.defined(one)
    fields = []
    for field in rules.TEXTS[kind]:
        column = layout.columns.get(field)
        if field in ("account_id", "contact_id", "opportunity_id", "direct"):
            fields.append(FieldFound(field, f"{ASSOCIATIONS}{other}", FieldState.FOUND))
        elif column is None or column == LABELS or (kind == Kind.OPPORTUNITY_ROLE and column in labels):
            fields.append(FieldFound(field, column, FieldState.FOUND if column else FieldState.NOT_MAPPED))
        else:
            note = f"{LABELS} are read too" if kind == Kind.RELATION else None
            state = FieldState.FOUND if column in known else FieldState.MISSING
            fields.append(FieldFound(field, column, state, note=note))
    columns = sorted(known) if kind == Kind.RELATION else labels
    return ObjectFound(kind, f"{one} with {other}", readable=True, fields=fields, columns=columns)


def _records(crm: "HubSpot", layouts: list[Layout], probe: Probe) -> ObjectFound:
    found = ObjectFound(layouts[0].kind, ", ".join(layout.object for layout in layouts), readable=True, rows=0)
    found.changed_30_days = 0
    for place, layout in enumerate(layouts):
        known = {known.name: known for known in crm.api.properties(layout.object).value.results}
        if place == 0:
            found.fields = list(_fields(crm, layout, known))
            links = {f"{ASSOCIATIONS}{other}" for other in ("companies", "contacts") if other != layout.object}
            found.columns = sorted({*known, *links})
        _count(crm, layout, found, probe)
    return found


def _count(crm: "HubSpot", layout: Layout, found: ObjectFound, probe: Probe) -> None:
    since = milliseconds(crm.outside.now() - timedelta(days=30))
    rows = crm.api.found(layout.object, [], limit=1).total
    changed = crm.api.found(layout.object, [(layout.changed_at, "GTE", str(since))], limit=1).total
    found.rows = (found.rows or 0) + rows
    found.changed_30_days = (found.changed_30_days or 0) + changed
    if rows and not changed:
        probe.warnings.append(f"None of the {rows:,} {layout.object} changed in 30 days: is that so?")
    if changed > _ONE_SEARCH:
        probe.warnings.append(
            f"{changed:,} {layout.object} changed in 30 days, more than the 10,000 one search shows: read in slices"
        )


def _fields(crm: "HubSpot", layout: Layout, known: dict[str, Property]) -> Iterator[FieldFound]:
    sensitive: Mapping[str, Property] | None = None
    for field in rules.TEXTS[layout.kind]:
        column = layout.columns.get(field)
        if column is None:
            yield FieldFound(field, None, FieldState.NOT_MAPPED)
        elif is_link(column):
            note = "read once a day: an association moves no date" if layout.kind != Kind.ACTIVITY else None
            yield FieldFound(field, column, FieldState.FOUND, note=note)
        elif column in known:
            state = FieldState.CALCULATED if known[column].calculated else FieldState.FOUND
            note = "read once a day" if state == FieldState.CALCULATED else None
            yield FieldFound(field, column, state, note=note)
        else:
            sensitive = crm.sensitive(layout.object) if sensitive is None else sensitive
            yield _not_there(crm, field, column, sensitive, layout)


def _not_there(
    crm: "HubSpot", field: str, column: str, sensitive: Mapping[str, Property], layout: Layout
) -> FieldFound:
    if column not in sensitive:
        return FieldFound(field, column, FieldState.MISSING)
    readable = crm.reads_sensitive(layout.object)
    note = f"sensitive data: the token needs crm.objects.{layout.object}.sensitive.read.v2"
    state = FieldState.UNREADABLE if readable is False else FieldState.FOUND
    return FieldFound(field, column, state, note=None if readable else note)


# --- examples -----------------------------------------------------------------------------------


def sample(crm: "HubSpot", kind: Kind, *, limit: int) -> list[dict[str, str]]:
    """Rows as HubSpot has them, by its own names."""
    if not crm.layouts[kind]:
        return []
    if kind == Kind.CSM:
        owners = crm.api.owners(archived=False, after=None, limit=max(1, limit)).results
        return [
            {key: text(value) for key, value in msgspec.to_builtins(owner).items()} for owner in islice(owners, limit)
        ]
    if kind in _PAIRED:
        return _sample_pairs(crm, kind, limit=limit)
    layout = crm.layouts[kind][0]
    properties = sorted({column for column in layout.columns.values() if not is_link(column)})
    page = crm.api.listed(layout.object, properties, after=None, limit=min(limit, crm.sizes.listed))
    records = page.results if page else []
    ids = [record.id for record in records]
    links = associations.links(crm.api, crm.sizes, layout.object, layout.links, ids) if ids else {}
    return [
        {"id": record.id}
        | {name: text(record.properties.get(name)) for name in properties}
        | {f"{ASSOCIATIONS}{other}": links.get(record.id, {}).get(other, "") for other in layout.links}
        for record in records
    ]


def _sample_pairs(crm: "HubSpot", kind: Kind, *, limit: int) -> list[dict[str, str]]:
    one, other = _PAIRED[kind]
    page = crm.api.listed(one, ["hs_object_id"], after=None, limit=crm.sizes.listed)
    ids = [record.id for record in page.results] if page else []
    found = associations.pairs(crm.api, one, other, ids) if ids else {}
    rows = [
        {one: pair.one, other: pair.other, LABELS: "; ".join(sorted(pair.labels))}
        for pairs in found.values()
        for pair in pairs
    ]
    return sorted(rows, key=lambda row: not row[LABELS])[:limit]


def spelled(crm: "HubSpot", kind: Kind, field: str) -> list[str]:
    """What HubSpot offers: the labels of associations, the options of a property."""
    if not crm.layouts[kind]:
        return []
    layout = crm.layouts[kind][0]
    words = []
    if kind in _PAIRED and field in ("roles", "role", "main"):
        words = [
            kind_.label
            for kind_ in crm.api.labels(*_PAIRED[kind])
            if kind_.label and not associations.is_primary(kind_)
        ]
    column = layout.columns.get(field)
    known = crm.defined(layout.object).get(column) if column and not is_link(column) and kind != Kind.CSM else None
    for option in known.options if known else ():
        words.append(option.label if option.value.isdigit() and option.label else option.value)
    return list(dict.fromkeys(words))
