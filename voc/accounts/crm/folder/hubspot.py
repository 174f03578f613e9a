"""What is particular about HubSpot's exports: owners by name, several companies in one cell, buying roles.

A contact's row says which companies it belongs to, the primary one first, and its buying role.
From that follow our relations: the role counts at the primary company.
"""

from collections.abc import Iterator

from voc.accounts import rules
from voc.accounts.crm.folder.csvtext import Record
from voc.accounts.crm.folder.layout import Finish, plain
from voc.accounts.model import Kind

_RECORD_ID = "record id"
# A column that only one object's export has by default, asked in this order.
_TELLING = (
    ("deal name", Kind.OPPORTUNITY),
    ("deal stage", Kind.OPPORTUNITY),
    ("contact owner", Kind.CONTACT),
    ("first name", Kind.CONTACT),
    ("email", Kind.CONTACT),
    ("company owner", Kind.ACCOUNT),
    ("company name", Kind.ACCOUNT),
)
_PRIMARY = ("associated company ids (primary)", "primary associated company id")
_COMPANIES = ("associated company ids", "associated company id")
_ROLE = "buying role"


def kind_of(header: list[str]) -> Kind | None:
    """Which object an export of HubSpot holds; None for what is none of these."""
    names = {plain(name) for name in header}
    if _RECORD_ID not in names:
        return None
    return next((kind for telling, kind in _TELLING if telling in names), None)


def is_export(header: list[str]) -> bool:
    return kind_of(header) is not None


def finish(kind: Kind) -> Finish | None:
    """The first of several companies; a reason for a bounce is a bounce."""
    names = rules.TEXTS[kind]
    if kind not in (Kind.CONTACT, Kind.OPPORTUNITY):
        return None
    at_account = names.index("account_id")
    at_reason, at_bounced = (names.index("bounce_reason"), names.index("bounced")) if kind == Kind.CONTACT else (0, 0)

    def finished(cells: tuple[str, ...]) -> tuple[str, ...]:
        texts = list(cells)
        texts[at_account] = cells[at_account].partition(";")[0].strip()
        if at_bounced and cells[at_reason].strip():
            texts[at_bounced] = "1"
        return tuple(texts)

    return finished


RELATION_HEADER = ["id", "account_id", "contact_id", "roles"]


def tells_roles(header: list[str]) -> bool:
    return _ROLE in {plain(name) for name in header}


def relations(header: list[str], records: Iterator[Record]) -> Iterator[Record]:
    """From the rows of contacts those of relations, with the columns of `RELATION_HEADER`."""
    places = {plain(name): place for place, name in reversed(list(enumerate(header)))}
    at_id, at_role = places[_RECORD_ID], places.get(_ROLE)
    at_primary = next((places[name] for name in _PRIMARY if name in places), None)
    at_companies = next((places[name] for name in _COMPANIES if name in places), None)
    for line, cells in records:
        if cells is None or len(cells) != len(header) or not cells[at_id].strip():
            continue  # told with the contacts
        contact, role = cells[at_id].strip(), cells[at_role] if at_role is not None else ""
        for n, company in enumerate(_companies(cells, at_primary, at_companies)):
            yield line, [f"{contact}-{company}", company, contact, "" if n else role]


def _companies(cells: list[str], *places: int | None) -> list[str]:
    texts = ";".join(cells[place] for place in places if place is not None)
    return list(dict.fromkeys(one for text in texts.split(";") if (one := text.strip())))
