"""Erase one person: remembered first, then all of it in one transaction, with a receipt."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, String, Table, Text, and_, cast, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from voc.base import audit
from voc.base.db import Database
from voc.base.erasure import policy, remembering, ties
from voc.base.erasure.person import Person, find, variants
from voc.base.packed import renamed
from voc.base.schema import contact, contact_role, crm_errand, invitation, message
from voc.base.secrets import Vault
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageState, RecordState, StopReason

KEPT = (
    ("answers in figures", "scores and choices stay, under a name of chance; what was written is removed"),
    ("counts of mails and visits", "that something was sent and when, not to whom or what"),
    ("two digests", "so that neither the CRM nor an older backup brings the person back; they name nobody"),
    ("the audit log", "its lines stay, without the person; the chain was closed anew and says so"),
)


@dataclass(frozen=True)
class Receipt:
    """Rows by table; `searched` are mentions in free text elsewhere. `as_id` stands for the person from now on."""

    found: bool
    at: datetime
    removed: dict[str, int]
    emptied: dict[str, int]
    searched: dict[str, int]
    audit_lines: int
    as_id: str | None


def erase(
    database: Database, who: str, *, vault: Vault, tokens: Tokens, erased_file: Path | None, by: str, now: datetime
) -> Receipt:
    """Forget whoever has that address or CRM id, now and after every sync and restore.

    An address that nobody here has is remembered all the same.
    """
    with database.read() as db:
        person = find(db, who)
        mentions = _mentions(db, person)
    lines = remembering.lines_of(vault, person)
    if not lines:
        return Receipt(False, now, {}, {}, {}, 0, None)
    if erased_file is not None:  # None: it is on the list already
        remembering.append(erased_file, lines, now=now)
    new_id = f"erased:{hash_token(tokens.new())[:24]}"
    with database.begin() as db:
        if database.sqlite:
            db.exec_driver_sql("PRAGMA secure_delete = ON")  # what is freed is overwritten
        near = _near(db, person)
        removed = _remove(db, person)
        emptied = _empty(db, person, new_id, now=now)
        searched = _added(_replace(db, person, mentions), _strike(db, person, near), _rename_packed(db, person, new_id))
        changed = audit.redact(db, ids=person.ids, needles=person.needles, word=policy.WORD, new_id=new_id)
        remembering.keep(db, lines, now=now)
        audit.record(
            db,
            at=now,
            actor=by,
            action="person erased",
            object_kind="contact",
            object_id=new_id,
            detail={"removed": removed, "emptied": emptied, "searched": searched, "audit lines": changed},
        )
    _let_go_of_files(database)
    found = bool(person.ids or removed or emptied or searched or changed)
    return Receipt(found, now, removed, emptied, searched, changed, new_id if person.ids else None)


def _let_go_of_files(database: Database) -> None:
    """SQLite's journal holds the pages as they were until it is emptied. While somebody reads it stays, until later."""
    if database.sqlite:
        with database.begin() as db:
            db.exec_driver_sql("COMMIT")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.exec_driver_sql("BEGIN")


def replay(database: Database, *, vault: Vault, tokens: Tokens, erased_file: Path, now: datetime) -> int:
    """Forget again whom an older copy of the database knows; how many people. Costs nothing where there is none."""
    lines = remembering.read(erased_file)
    with database.read() as db:
        missing = lines - remembering.known(db) if lines else set()
        again = remembering.back_again(db, vault, missing) if missing else []
    by = "the list of erased people"
    found = [erase(database, id, vault=vault, tokens=tokens, erased_file=None, by=by, now=now).found for id in again]
    if missing:
        with database.begin() as db:
            remembering.keep(db, sorted(missing), now=now)
    return sum(found)


# --- rows of the person -------------------------------------------------------------------------


def _remove(db: Connection, person: Person) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for table in reversed(ties.tables()):
        mine = person.rows_of(table)
        if table.name in policy.GONE and mine is not None:
            counts[table.name] += db.execute(delete(table).where(mine)).rowcount
    # Rows of the CRM, shown on a page for a while: encrypted, so nobody can look who is in them.
    db.execute(update(crm_errand).values(ciphertext=None))
    return {name: count for name, count in sorted(counts.items()) if count}


def _empty(db: Connection, person: Person, new_id: str, *, now: datetime) -> dict[str, int]:
    conditions = {table.name: person.rows_of(table) for table in ties.tables()}
    counts: dict[str, int] = {}
    _stop(db, person, now=now)
    for table in ties.tables():
        mine = conditions[table.name]
        if table.name not in policy.EMPTIED or mine is None or table is contact:
            continue
        values = {name: new_id if one is policy.NEW else one for name, one in policy.EMPTIED[table.name].items()}
        if table.name in policy.KEYED:
            _key_anew(db, table, mine)
        count = db.execute(update(table).where(mine).values(values)).rowcount if values else 0
        if count:
            counts[table.name] = count
    if person.ids:
        counts["contact"] = _rename(db, person, new_id, now=now)
    return dict(sorted(counts.items()))


def _key_anew(db: Connection, table: Table, mine: Any) -> None:
    for id in db.execute(select(table.c.id).where(mine)).scalars().all():
        db.execute(update(table).where(table.c.id == id).values(key=f"erased:{table.name}:{id}"))


def _stop(db: Connection, person: Person, *, now: datetime) -> None:
    """Nothing is sent any more. What was decided about an invitation stands: figures are made of it."""
    mine = invitation.c.id.in_(person.roots["invitation"])
    over = {"stopped": StopReason.GONE, "stopped_at": now, "next_step": None, "due_at": None}
    db.execute(update(invitation).where(mine, invitation.c.stopped.is_(None)).values(over))
    waiting = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD)
    theirs = and_(message.c.id.in_(person.roots["message"]), message.c.state.in_(waiting))
    ended = {"state": MessageState.CANCELLED, "next_attempt_at": None, "fence": message.c.fence + 1}
    db.execute(update(message).where(theirs).values(ended))


def _rename(db: Connection, person: Person, new_id: str, *, now: datetime) -> int:
    """One contact without a name in the place of all of theirs, for the rows that are counted to refer to."""
    ids = sorted(person.ids)
    rows = db.execute(select(contact.c.id, contact.c.account_id, contact.c.first_seen_at).where(contact.c.id.in_(ids)))
    for number, row in enumerate(sorted(rows)):
        one_id = new_id if number == 0 else f"{new_id}-{number}"
        db.execute(
            insert(contact).values(
                id=one_id,
                account_id=row.account_id,
                opted_out=True,
                bounced=False,
                left_company=False,
                state=RecordState.DELETED,
                hash="",
                first_seen_at=row.first_seen_at,
                changed_at=now,
            )
        )
        for table in ties.tables():
            for column in table.columns:
                if any(key.column is contact.c.id for key in column.foreign_keys):
                    db.execute(update(table).where(column == row.id).values({column.key: one_id}))
    return db.execute(delete(contact).where(contact.c.id.in_(ids))).rowcount


# --- mentions elsewhere -------------------------------------------------------------------------

Mention = tuple[Table, tuple[Any, ...]]


def _texts(table: Table) -> list[Column[Any]]:
    keys = set(table.primary_key.columns)
    return [
        column
        for column in table.columns
        if isinstance(column.type, String | Text | JSON | JSONB) and column not in keys and not column.foreign_keys
    ]


def _mentions(db: Connection, person: Person) -> list[Mention]:
    """Rows of any table whose free text has a full name or an address of the person."""
    needles = [form for needle in person.needles for form in variants(needle)]
    found: list[Mention] = []
    if not needles:
        return found
    for table in ties.tables():
        columns = _texts(table)
        if table.name in policy.UNSEARCHED or not columns:
            continue
        has = or_(*(cast(column, Text).icontains(needle, autoescape=True) for column in columns for needle in needles))
        keys = list(table.primary_key.columns)
        found += [(table, tuple(row)) for row in db.execute(select(*keys).where(has).order_by(*keys))]
    return found


def _replace(db: Connection, person: Person, mentions: list[Mention]) -> dict[str, int]:
    pattern = re.compile("|".join(re.escape(needle) for needle in person.needles) or "(?!)", re.IGNORECASE)
    counts: Counter[str] = Counter()
    for table, key in mentions:
        same = and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))
        row = db.execute(select(table).where(same)).mappings().first()
        if row is None:  # removed with the person
            continue
        fresh = {column.key: _without(row[column.key], pattern) for column in _texts(table)}
        changed = {name: value for name, value in fresh.items() if value != row[name]}
        if changed:
            db.execute(update(table).where(same).values(changed))
            counts[table.name] += 1
    return dict(sorted(counts.items()))


def _near(db: Connection, person: Person) -> list[tuple[Table, int]]:
    """Table and id of what colleagues wrote at the person's accounts with a part of the name in it."""
    person.parts = _parts_of_names(db, person)
    if not person.parts:
        return []
    ids = sorted(person.ids)
    own = select(contact.c.account_id).where(contact.c.id.in_(ids))
    held = select(contact_role.c.account_id).where(contact_role.c.contact_id.in_(ids))
    accounts = sorted({*db.execute(own).scalars(), *db.execute(held).scalars()})
    found = []
    for name, column in policy.NEAR.items():
        table = next(one for one in ties.tables() if one.name == name)
        query = select(table.c.id, table.c[column]).where(table.c.account_id.in_(accounts))
        rows = db.execute(query.where(table.c[column].is_not(None)).order_by(table.c.id))
        found += [(table, id) for id, text in rows if _one_of(person.parts).search(text)]
    return found


def _parts_of_names(db: Connection, person: Person) -> list[str]:
    here = contact.c
    rows = db.execute(select(here.first_name, here.last_name).where(here.id.in_(sorted(person.ids))))
    names = {(name or "").strip() for row in rows for name in row}
    return sorted((name for name in names if len(name) > 1), key=lambda one: (-len(one), one))


def _one_of(parts: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{re.escape(part)}\b" for part in parts), re.IGNORECASE)


def _strike(db: Connection, person: Person, near: list[tuple[Table, int]]) -> dict[str, int]:
    """After the whole names, of which these texts may have some."""
    for table, id in near:
        column = table.c[policy.NEAR[table.name]]
        text = db.execute(select(column).where(table.c.id == id)).scalar_one()
        struck = _one_of(person.parts).sub(policy.WORD, text)
        db.execute(update(table).where(table.c.id == id).values({column.key: struck}))
    return dict(Counter(table.name for table, _id in near))


def _rename_packed(db: Connection, person: Person, new_id: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    names = dict.fromkeys(sorted(person.ids), new_id)
    for table in ties.tables():
        if table.name not in policy.PACKED or not names:
            continue
        for id in db.execute(select(table.c.id).order_by(table.c.id)).scalars().all():
            packed = db.execute(select(table.c.packed).where(table.c.id == id)).scalar_one()
            fresh = renamed(packed, names)
            if fresh is not None:
                db.execute(update(table).where(table.c.id == id).values(packed=fresh))
                counts[table.name] += 1
    return dict(counts)


def _added(*counts: dict[str, int]) -> dict[str, int]:
    """How many rows of each table; a review that has both a whole name and a part of it is one row."""
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = max(found.get(name, 0), count)
    return dict(sorted(found.items()))


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(policy.WORD, value)
    if value is None:
        return None
    return json.loads(pattern.sub(policy.WORD, json.dumps(value, ensure_ascii=False)))
