"""What operators are told at once, by mail."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind
from voc.delivery.model import Incoming
from voc.delivery.run.queueing import queue
from voc.delivery.store import inbox


def refused_as_such(
    db: Connection, said: Incoming, *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings
) -> None:
    """Refused for our reputation or set-up: one mail a day to each admin, and nobody is struck off."""
    for number, admin in enumerate(inbox.admins(db)):
        queue(
            db,
            key=f"alert:policy:{now.date()}:{number}",
            kind=MessageKind.ALERT,
            to=admin,
            subject="A mail server refuses our mail as such",
            body_text=(
                "A receiving mail server refused a message because of who sends it or how, not because of its"
                f" recipient.\n\nIt said: {said.quote or said.code}\n\nCheck SPF, DKIM and DMARC of the sending domain,"
                " and whether its address is on a block list. Contacts are not touched by this.\n"
            ),
            now=now,
            vault=vault,
            tokens=tokens,
            settings=settings,
        )
