"""The live links of a mail that turned out to be sent: struck out of what is kept, as the sender does."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.frozen import own_of
from voc.base.secrets import Vault
from voc.delivery import mime
from voc.delivery.store import inbox, outbox


def mask_sent(db: Connection, message_id: int, *, vault: Vault) -> None:
    """In the transaction in which it is settled as sent."""
    body = outbox.body_of(db, message_id)
    if body is not None:
        outbox.keep_masked(db, message_id, _struck(body, vault))


def _struck(body: bytes, vault: Vault) -> bytes:
    plain = vault.decrypt(body)
    own = own_of(plain)
    return vault.seal(mime.masked(plain) if own is None else own.masked().encoded())


def confirm_delivered(db: Connection, message_id: int, *, vault: Vault, at: datetime) -> None:
    """A delivery report: an unknown message was accepted after all."""
    if inbox.confirm_delivered(db, message_id, at=at):
        mask_sent(db, message_id, vault=vault)
