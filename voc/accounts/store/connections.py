"""The connection to the CRM as it is kept: its values in a setting, each of its secrets encrypted apart."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
import sqlalchemy
from sqlalchemy import delete, insert, select

from voc.accounts.connection import Connection, Secret
from voc.base.errors import Misconfigured
from voc.base.schema import secret, setting
from voc.base.secrets import Vault

KEY = "crm"
_NAMES = {f"{KEY}.{name}": name for name in Secret}


def load_connection(db: sqlalchemy.Connection) -> Connection | None:
    """None until somebody has set one up."""
    value = db.execute(select(setting.c.value).where(setting.c.key == KEY)).scalar()
    if value is None:
        return None
    try:
        return msgspec.convert(value, Connection)
    except msgspec.ValidationError:
        mend = "Save it again under Settings > CRM"
        raise Misconfigured(
            "Settings > CRM", "the stored connection is not one that this version knows", mend
        ) from None


def which_secrets(db: sqlalchemy.Connection) -> dict[Secret, datetime]:
    """The names of those that are set, and since when: all that a page may show."""
    found = select(secret.c.name, secret.c.changed_at).where(secret.c.name.in_(_NAMES)).order_by(secret.c.name)
    return {_NAMES[row.name]: row.changed_at for row in db.execute(found)}


def stored_secrets(db: sqlalchemy.Connection, vault: Vault) -> dict[Secret, str]:
    found = select(secret.c.name, secret.c.ciphertext).where(secret.c.name.in_(_NAMES)).order_by(secret.c.name)
    return {_NAMES[row.name]: vault.decrypt(row.ciphertext).decode() for row in db.execute(found)}


def put_connection(db: sqlalchemy.Connection, connection: Connection | None, *, by: str, now: datetime) -> None:
    db.execute(delete(setting).where(setting.c.key == KEY))
    if connection is not None:
        value = plain(connection)
        db.execute(insert(setting).values(key=KEY, value=value, changed_at=now, changed_by=by))


def put_secrets(db: sqlalchemy.Connection, given: Mapping[Secret, str], *, vault: Vault, now: datetime) -> None:
    clear_secrets(db, given)
    for name, value in sorted(given.items()):
        ciphertext = vault.encrypt(value.encode())
        db.execute(insert(secret).values(name=f"{KEY}.{name}", ciphertext=ciphertext, changed_at=now))


def clear_secrets(db: sqlalchemy.Connection, names: Iterable[Secret]) -> None:
    db.execute(delete(secret).where(secret.c.name.in_([f"{KEY}.{name}" for name in names])))


def plain(connection: Connection) -> dict[str, object]:
    """As it is stored and audited: the same for the same connection."""
    value: dict[str, object] = msgspec.to_builtins(connection, order="deterministic")
    return value
