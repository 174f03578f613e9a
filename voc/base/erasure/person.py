"""Who is meant, and which rows are theirs."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, func, or_, select

from voc.base import stencils
from voc.base.erasure import ties
from voc.base.schema import alias, contact, contact_change, invitation, response
from voc.base.secrets import Vault
from voc.base.words import Step


@dataclass
class Person:
    """`ids` are of every record that is this person, merged ones too; `needles` are what names them in free text."""

    ids: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    parts: list[str] = field(default_factory=list)  # first and last names alone
    roots: dict[str, list[int]] = field(default_factory=dict)

    @property
    def needles(self) -> list[str]:
        """Longest first. A single short word would be found in what is about others."""
        told = {name for name in self.names if " " in name.strip() and len(name) > 4} | self.addresses
        return sorted(told, key=lambda one: (-len(one), one))

    def rows_of(self, table: Any) -> ColumnElement[bool] | None:
        return ties.condition(table, ids=self.ids, addresses=self.addresses, roots=self.roots)


def normal(address: str) -> str:
    return address.strip().lower()


def find(db: Connection, who: str) -> Person:
    """By mail address, or by the CRM's id of the contact. Everybody with that address is one person."""
    person = Person()
    here = contact.c
    if "@" in who:
        person.addresses.add(normal(who))
        same = or_(func.lower(here.email) == normal(who), func.lower(here.email_original) == normal(who))
    else:
        same = here.id == who.strip()
    person.ids = set(db.execute(select(here.id).where(same)).scalars())
    _with_merged(db, person)
    _names_and_addresses(db, person)
    for name in ties.ROOTS:
        table = next(one for one in ties.tables() if one.name == name)
        mine = person.rows_of(table)
        person.roots[name] = [] if mine is None else sorted(db.execute(select(table.c.id).where(mine)).scalars())
    return person


def _with_merged(db: Connection, person: Person) -> None:
    """Records that were merged into theirs, and the one that theirs was merged into."""
    columns = alias.c
    for _ in range(3):
        either = or_(columns.loser_id.in_(sorted(person.ids)), columns.winner_id.in_(sorted(person.ids)))
        rows = db.execute(select(columns.loser_id, columns.winner_id).where(columns.kind == ties.CONTACT, either))
        person.ids |= {id for row in rows for id in row}


def _names_and_addresses(db: Connection, person: Person) -> None:
    here = contact.c
    columns = (here.first_name, here.last_name, here.email, here.email_original)
    for row in db.execute(select(*columns).where(here.id.in_(sorted(person.ids)))):
        first, last = (row.first_name or "").strip(), (row.last_name or "").strip()
        if first and last:
            person.names |= {f"{first} {last}", f"{last}, {first}", f"{last} {first}"}
        person.addresses |= {normal(one) for one in (row.email, row.email_original) if one and "@" in one}
    changes = contact_change.c
    query = select(changes.field, changes.old, changes.new).where(changes.contact_id.in_(sorted(person.ids)))
    for change in db.execute(query):
        if change.field == "email":
            person.addresses |= {normal(one) for one in (change.old, change.new) if one and "@" in one}


def export(
    db: Connection, person: Person, vault: Vault, *, confidential: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Every row that is theirs, by table; what is stored encrypted is opened.

    What they answered in confidence, and whether they did, only where it is asked for (`confidential`):
    whoever makes the document is not whom it was promised to be shown to.
    """
    sealed = set() if confidential else _sealed(db, person)
    found: dict[str, list[dict[str, Any]]] = {}
    for table in ties.tables():
        mine = person.rows_of(table)
        if mine is None:
            continue
        keys = list(table.primary_key.columns)
        rows = [dict(row) for row in db.execute(select(table).where(mine).order_by(*keys)).mappings()]
        for row in rows:
            for column in table.columns:
                if isinstance(column.type, LargeBinary) and row[column.key] is not None:
                    row[column.key] = stencils.opened(db, row[column.key], vault=vault).decode("utf-8", "replace")
        rows = [shown for row in rows if (shown := _unsealed(table.name, row, sealed)) is not None]
        if rows:
            found[table.name] = rows
    return found


_OF_THE_ANSWER = frozenset({"response", "hit", "rendering", "visitor", "chase_event", "contact_quota"})
_SAID_BY_ITS_RESPONSE = frozenset({"answer", "answer_seen", "verbatim_theme"})
_STATE = (
    *("stopped", "stopped_at", "disposition", "disposed_at", "answered_at"),
    *("next_step", "intended_on", "due_at", "held_because", "moved_because"),
)


def _sealed(db: Connection, person: Person) -> set[tuple[str, int]]:
    """Invitations that were promised confidence, and the responses to them."""
    mine = invitation.c.id.in_(person.roots["invitation"])
    ids = db.execute(select(invitation.c.id).where(mine, invitation.c.confidential)).scalars().all()
    said = db.execute(select(response.c.id).where(response.c.invitation_id.in_(ids))).scalars()
    return {("invitation", id) for id in ids} | {("response", id) for id in said}


def _unsealed(table: str, row: dict[str, Any], sealed: set[tuple[str, int]]) -> dict[str, Any] | None:
    """The row without what would tell of an answer in confidence; None where all of it would."""
    if table == "invitation" and ("invitation", row["id"]) in sealed:
        return {**row, **dict.fromkeys(_STATE)}
    of_invitation = ("invitation", row.get("invitation_id")) in sealed
    if table == "message" and of_invitation:
        return row if row["step"] in (Step.HEADS_UP, Step.INVITE) else None
    if (table in _OF_THE_ANSWER and of_invitation) or (
        table in _SAID_BY_ITS_RESPONSE and ("response", row.get("response_id")) in sealed
    ):
        return None
    return row


def variants(needle: str) -> list[str]:
    """As it may stand in a column: as it is, in small letters, and as JSON writes it."""
    return list(dict.fromkeys([needle, needle.lower(), json.dumps(needle)[1:-1]]))
