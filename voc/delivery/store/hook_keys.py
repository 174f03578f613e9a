"""The keys that providers' webhooks are checked with; rows `webhook.<provider>...` of `secret`, encrypted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from voc.base.schema import secret
from voc.base.secrets import Vault
from voc.base.tokens import hash_token
from voc.delivery.providers.model import Keys

_PREFIX = "webhook."


class Slot(StrEnum):
    """What a provider may have. The older one is good until it is dropped, so that a key can be changed at leisure."""

    KEY = ""
    OLDER = "older"
    PATH = "path"
    OLDER_PATH = "older_path"


_OLDER = {Slot.KEY: Slot.OLDER, Slot.PATH: Slot.OLDER_PATH}


def _name(provider: str, slot: Slot) -> str:
    return f"{_PREFIX}{provider}" + (f".{slot}" if slot else "")


def keys(db: Connection, provider: str, *, vault: Vault) -> Keys:
    """Newest first. A path's secret is kept as its hash."""
    names = {_name(provider, slot): slot for slot in Slot}
    rows = db.execute(select(secret.c.name, secret.c.ciphertext).where(secret.c.name.in_(names)))
    found = {names[row.name]: vault.decrypt(row.ciphertext).decode() for row in rows}
    return Keys(
        tuple(found[slot] for slot in (Slot.KEY, Slot.OLDER) if slot in found),
        tuple(found[slot] for slot in (Slot.PATH, Slot.OLDER_PATH) if slot in found),
    )


def put(db: Connection, provider: str, slot: Slot, value: str, *, vault: Vault, now: datetime) -> None:
    """The one before becomes the older one. `slot` is KEY or PATH."""
    kept = hash_token(value) if slot is Slot.PATH else value
    drop(db, provider, _OLDER[slot])
    moved = update(secret).where(secret.c.name == _name(provider, slot)).values(name=_name(provider, _OLDER[slot]))
    db.execute(moved)
    db.execute(
        insert(secret).values(name=_name(provider, slot), ciphertext=vault.encrypt(kept.encode()), changed_at=now)
    )


def drop(db: Connection, provider: str, *slots: Slot) -> bool:
    names = [_name(provider, slot) for slot in slots]
    return db.execute(delete(secret).where(secret.c.name.in_(names))).rowcount > 0


def names_set(db: Connection) -> frozenset[str]:
    """The providers whose calls are taken."""
    known = db.execute(select(secret.c.name).where(secret.c.name.startswith(_PREFIX, autoescape=True)))
    return frozenset(name.removeprefix(_PREFIX).partition(".")[0] for name in known.scalars())


@dataclass(frozen=True)
class SetUp:
    """Since when each is set: all that a page may show of it."""

    key: datetime | None = None
    older: datetime | None = None
    path: datetime | None = None
    older_path: datetime | None = None

    def __bool__(self) -> bool:
        return self.key is not None or self.path is not None


def set_up(db: Connection, providers: list[str]) -> dict[str, SetUp]:
    names = {_name(provider, slot): (provider, slot) for provider in providers for slot in Slot}
    found: dict[str, dict[Slot, datetime]] = {provider: {} for provider in providers}
    for row in db.execute(select(secret.c.name, secret.c.changed_at).where(secret.c.name.in_(names))):
        provider, slot = names[row.name]
        found[provider][slot] = row.changed_at
    return {
        provider: SetUp(since.get(Slot.KEY), since.get(Slot.OLDER), since.get(Slot.PATH), since.get(Slot.OLDER_PATH))
        for provider, since in found.items()
    }
