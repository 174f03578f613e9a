"""Whom we forgot: keyed digests, in the database and in a file beside it that outlives an older backup.

The pepper stands in the key file: without it a digest says nothing, with it an address can be asked for.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from voc.base.db import insert_once
from voc.base.erasure.person import Person, normal
from voc.base.errors import Refused
from voc.base.schema import contact, erased
from voc.base.secrets import Vault

ADDRESS, CONTACT = "address", "contact"
Forgotten = Callable[[str | None, str | None], bool]
"""(CRM id, mail address) -> whether that is somebody we were asked to forget."""

Line = tuple[str, str]


def digest(vault: Vault, kind: str, value: str) -> str:
    return vault.blur(f"erased:{kind}:{normal(value) if kind == ADDRESS else value}")


def lines_of(vault: Vault, person: Person) -> list[Line]:
    """(digest, kind) of every address and id."""
    by_address = [(digest(vault, ADDRESS, one), ADDRESS) for one in sorted(person.addresses)]
    return by_address + [(digest(vault, CONTACT, one), CONTACT) for one in sorted(person.ids)]


def append(path: Path, lines: list[Line], *, now: datetime) -> None:
    """On the disk before anything is erased: stopped between the two, the next start goes on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write("".join(f"{word} {kind} {now.isoformat()}\n" for word, kind in lines))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> set[Line]:
    """Lines that cannot be read are left out: one that was cut off was written before anything happened."""
    try:
        text = path.read_text("ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    found = [line.split() for line in text.splitlines()]
    return {(one[0], one[1]) for one in found if len(one) == 3 and len(one[0]) == 64}


def keep(db: Connection, lines: list[Line], *, now: datetime) -> None:
    for word, kind in lines:
        insert_once(db, erased, {"digest": word, "kind": kind, "at": now})


def known(db: Connection) -> set[Line]:
    return {(row.digest, row.kind) for row in db.execute(select(erased.c.digest, erased.c.kind))}


def asker(db: Connection, vault: Vault) -> Forgotten | None:
    """A question to ask of rows that come in; None where nobody was ever forgotten."""
    words = {word for word, _kind in known(db)}
    if not words:
        return None

    def is_forgotten(id: str | None, address: str | None) -> bool:
        if id and digest(vault, CONTACT, id) in words:
            return True
        return bool(address) and digest(vault, ADDRESS, address or "") in words

    return is_forgotten


def refuse(db: Connection, vault: Vault, address: str | None) -> None:
    """Refused for the address of somebody who was erased: not by hand either."""
    is_forgotten = asker(db, vault) if address else None
    if is_forgotten is not None and is_forgotten(None, address):
        raise Refused("This person asked to be forgotten: they are not kept here again.", field="email")


def back_again(db: Connection, vault: Vault, lines: set[Line]) -> list[str]:
    """Ids of contacts that are here although they were forgotten: an older copy of the database brought them."""
    words = {word for word, _kind in lines}
    found = []
    for row in db.execute(select(contact.c.id, contact.c.email).order_by(contact.c.id)):
        mine = {digest(vault, CONTACT, row.id)} | ({digest(vault, ADDRESS, row.email)} if row.email else set())
        if mine & words:
            found.append(row.id)
    return found
