"""What operators are told at once, by mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.disk import Room, almost_full
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind
from voc.delivery import rules
from voc.delivery.model import Incoming
from voc.delivery.run.queueing import queue
from voc.delivery.store import inbox, letters, relay, ways

_DOWN = timedelta(minutes=30)
_FORGOTTEN = timedelta(hours=2)  # not tried for so long, because nothing is due: nobody need get up for it
_UNSETTLED = timedelta(days=1)


@dataclass(frozen=True)
class Concern:
    """Something stopped and a person must mend it. `kind` is part of the mail's key: one of a kind a day."""

    kind: str
    subject: str
    text: str


def concerns(db: Connection, *, now: datetime, rooms: Mapping[str, Room]) -> list[Concern]:
    """What admins are told of: a brake, a server that is down, unknown messages that nobody settles, a full disk."""
    found = []
    pause = relay.pause(db)
    if pause is not None and pause.by is None and pause.since is not None:
        text = (
            f"The service paused all sending by itself at {pause.since:%Y-%m-%d %H:%M} UTC.\n\nWhy: {pause.because}\n\n"
            "Nothing leaves until a person resumes it on the page Delivery; nothing is lost meanwhile."
        )
        found.append(Concern("paused", "Sending is paused", text))
    for name, state in sorted(ways.server_states(db).items()):
        down = rules.down_for(state.outages)
        if down >= _DOWN and now - state.changed_at < _FORGOTTEN:
            text = (
                f"The mail server {name} could not be reached for {down.total_seconds() / 60:.0f} minutes or more"
                f" ({state.outages} tries).\n\nIt said: {state.reason or 'nothing'}\n\nMail waits and goes by itself"
                " once the server is there again. `voc doctor` says what is wrong with it."
            )
            found.append(Concern(f"down:{name}"[:60], f"The mail server {name} does not answer", text))
    if unknown := letters.unknown_since(db, before=now - _UNSETTLED):
        messages = "1 message has" if unknown == 1 else f"{unknown} messages have"
        text = (
            f"{messages} been unknown for more than a day: the connection broke between the last byte and the server's"
            " answer. Settle them on the page Delivery, from the mail server's log if you have it."
        )
        found.append(Concern("unknown", f"{messages} to be settled", text))
    for name, room in sorted(rooms.items()):
        if almost_full(room):
            text = (
                f"The disk of {name} is almost full: {room.words}. Make room.\n\nWhen it is full no mail is sent, and"
                " answers are refused rather than lost."
            )
            found.append(Concern("disk", "The disk is almost full", text))
    return found


def tell(
    db: Connection, found: Sequence[Concern], *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings
) -> None:
    """One mail of a kind to each admin a day, with where to act."""
    for concern in found:
        for number, admin in enumerate(inbox.admins(db)):
            queue(
                db,
                key=f"alert:{concern.kind}:{now.date()}:{number}",
                kind=MessageKind.ALERT,
                to=admin,
                subject=concern.subject,
                body_text=f"{concern.text}\n\n{settings.base_url}/delivery\n",
                now=now,
                vault=vault,
                tokens=tokens,
                settings=settings,
            )


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
