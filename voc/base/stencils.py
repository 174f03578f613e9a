"""Frozen mails opened: see `frozen` for their two parts."""

from sqlalchemy import Connection, select

from voc.base.errors import Misconfigured
from voc.base.frozen import Shared, own_of, shared_of
from voc.base.schema import stencil
from voc.base.secrets import Vault


def opened(db: Connection, sealed: bytes, *, vault: Vault) -> bytes:
    """The mail, byte for byte as it was frozen; where it is sent already, without the secret part of its links."""
    plain = vault.decrypt(sealed)
    own = own_of(plain)
    return plain if own is None else own.whole(shared(db, own.stencil, vault=vault))


def shared(db: Connection, id: str, *, vault: Vault) -> Shared:
    pieces = db.execute(select(stencil.c.pieces).where(stencil.c.id == id)).scalar()
    if pieces is None:
        raise Misconfigured("database", f"a mail needs stencil {id}, which is gone", "Restore the table from a backup")
    return shared_of(vault.decrypt(pieces))
