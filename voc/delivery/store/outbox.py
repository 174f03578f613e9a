"""The outbox: freezing messages, calling them back, and a person's word on them; writes `message`, `attempt`, `link`.

A message moves queued -> claimed -> handing_over -> sent, later (queued again), failed or unknown;
`claims` and `verdicts` do that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from voc.base import bulk
from voc.base.among import among, unindexed
from voc.base.frozen import Shared
from voc.base.schema import (
    attempt,
    census_member,
    link,
    message,
    questionnaire_version,
    wave,
)
from voc.base.words import MessageKind, MessageState, Step, StopReason
from voc.campaigns.store.late import LateMail
from voc.campaigns.store.rows import enabled_steps
from voc.delivery.model import Claimed, Outcome, Unsealed
from voc.delivery.store.ending import Ended, ended
from voc.delivery.store.holding import Hold
from voc.delivery.store.may_go import ASKING


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A message to freeze. `body` is its MIME text or its own part of it, encrypted; None is held for a person."""

    key: str
    kind: MessageKind
    address: str
    recipient: str
    return_path: str
    subject: str
    message_id: str
    body: bytes | None
    due_at: datetime
    give_up_at: datetime | None = None
    invitation_id: int | None = None
    wave_id: int | None = None
    step: Step | None = None
    contact_id: str | None = None
    held_because: str | None = None
    opened: Unsealed | None = None  # for whoever sends it at once
    shared: Shared | None = None  # the stencil that its own part needs

    def __repr__(self) -> str:
        return f"Draft(key={self.key!r})"  # its bytes hold live links

    def goes_at_once(self, now: datetime) -> bool:
        """It could be claimed in the moment in which it is frozen."""
        in_time = self.give_up_at is None or self.give_up_at > now
        return self.opened is not None and self.held_because is None and in_time and self.due_at <= now


def freeze(db: Connection, drafts: Sequence[Draft], *, now: datetime, hold: Hold | None = None) -> dict[str, int]:
    """Put messages into the outbox; their ids by key. Keys are unique: a second one is an error of the caller.

    With `hold` those that may go at once are that worker's; `held` gives them.
    """
    mine = {"state": MessageState.CLAIMED, "worker": hold.worker[:64], "lease_until": hold.until} if hold else {}
    free = {"worker": None, "lease_until": None, "fence": 0}
    rows: list[bulk.Row] = [
        {
            "key": draft.key,
            "kind": draft.kind,
            "invitation_id": draft.invitation_id,
            "wave_id": draft.wave_id,
            "step": draft.step,
            "contact_id": draft.contact_id,
            "address": draft.address,
            "recipient": draft.recipient,
            "return_path": draft.return_path,
            "subject": draft.subject,
            "message_id": draft.message_id,
            "body": draft.body,
            "created_at": now,
            "due_at": draft.due_at,
            "state": MessageState.QUEUED if draft.held_because is None else MessageState.HELD,
            "next_attempt_at": draft.due_at if draft.held_because is None else None,
            "give_up_at": draft.give_up_at,
            "reply_text": draft.held_because,
            **({**mine, "fence": FIRST_FENCE} if hold and draft.goes_at_once(now) else free),
        }
        for draft in drafts
    ]
    return bulk.insert_and_find(db, message, rows, key="key")


FIRST_FENCE = 1


def held(ids: Mapping[str, int], drafts: Sequence[Draft], *, now: datetime) -> list[Claimed]:
    """What `freeze` put into its holder's hands, in the order of the drafts."""
    return [
        Claimed(
            id=ids[draft.key],
            kind=draft.kind,
            invitation_id=draft.invitation_id,
            wave_id=draft.wave_id,
            step=draft.step,
            contact_id=draft.contact_id,
            address=draft.address,
            recipient=draft.recipient,
            return_path=draft.return_path,
            body=draft.body or b"",
            attempts=0,
            fence=FIRST_FENCE,
            next_attempt_at=draft.due_at,
            give_up_at=draft.give_up_at,
            opened=draft.opened,
        )
        for draft in drafts
        if draft.goes_at_once(now)
    ]


def id_of_key(db: Connection, key: str) -> int | None:
    return db.execute(select(message.c.id).where(message.c.key == key)).scalar()


@dataclass(frozen=True)
class Earlier:
    """A message of the same chase that went out, or perhaps did."""

    step: Step
    message_id: str
    subject: str


def earlier_of(db: Connection, invitation_ids: set[int]) -> dict[int, list[Earlier]]:
    """For each invitation its earlier messages, in order: what a reminder refers to."""
    found: dict[int, list[Earlier]] = {id: [] for id in invitation_ids}
    for row in db.execute(_EARLIER, {"invitations": invitation_ids}):
        found[row.invitation_id].append(Earlier(Step(row.step), row.message_id, row.subject))
    return found


_EARLIER = (
    select(message.c.invitation_id, message.c.step, message.c.message_id, message.c.subject)
    .where(
        among(message.c.invitation_id, "invitations"),
        message.c.kind == MessageKind.CHASE,
        unindexed(message.c.state).in_((MessageState.SENT, MessageState.UNKNOWN)),
        message.c.subject != "",  # only a line for what a copied database may have sent
    )
    .order_by(message.c.id)
)


def questionnaire_files(db: Connection, version_ids: set[int]) -> dict[int, dict[str, str]]:
    """The files each version was made of."""
    rows = db.execute(
        select(questionnaire_version.c.id, questionnaire_version.c.files).where(
            questionnaire_version.c.id.in_(version_ids)
        )
    )
    return {row.id: row.files for row in rows}


@dataclass(frozen=True)
class Size:
    """Messages of a wave's chase, the people of its census, and the steps that its campaign has for each of them."""

    messages: int
    people: int
    steps: int


def size_of_wave(db: Connection, wave_id: int) -> Size:
    messages = db.execute(
        select(func.count()).where(message.c.wave_id == wave_id, message.c.kind == MessageKind.CHASE)
    ).scalar_one()
    people = db.execute(select(func.count()).where(census_member.c.wave_id == wave_id)).scalar_one()
    settings = db.execute(select(wave.c.settings).where(wave.c.id == wave_id)).scalar_one()
    return Size(messages, people, len(enabled_steps(settings)))


@dataclass(frozen=True)
class NewLink:
    """A token's hash and what it is for: `answer` or `unsubscribe`."""

    message_id: int
    invitation_id: int
    purpose: str
    token_hash: str


def add_links(db: Connection, links: Sequence[NewLink], *, now: datetime) -> None:
    bulk.insert_all(db, link, [_link_row(one, now) for one in links])


def _link_row(one: NewLink, now: datetime) -> dict[str, object]:
    return {
        "message_id": one.message_id,
        "invitation_id": one.invitation_id,
        "purpose": one.purpose,
        "token_hash": one.token_hash,
        "created_at": now,
    }


# --- what becomes of it ---------------------------------------------------------------------------


def _note(db: Connection, message_id: int, *, at: datetime, worker: str, outcome: str, text: str | None = None) -> None:
    row = {"message_id": message_id, "at": at, "worker": worker[:64], "outcome": outcome, "text": text}
    db.execute(insert(attempt).values(row))


def recover(db: Connection, *, now: datetime) -> tuple[int, list[Ended]]:
    """Claims whose lease is over: what was only claimed is queued again, what was being handed over is unknown."""
    over = message.c.lease_until <= now
    queued = db.execute(
        update(message)
        .where(message.c.state == MessageState.CLAIMED, over)
        .values(state=MessageState.QUEUED, worker=None, lease_until=None, fence=message.c.fence + 1)
    ).rowcount
    rows = db.execute(
        update(message)
        .where(message.c.state == MessageState.HANDING_OVER, over)
        .values(
            state=MessageState.UNKNOWN,
            worker=None,
            lease_until=None,
            next_attempt_at=None,
            fence=message.c.fence + 1,
            attempts=message.c.attempts + 1,
            reply_text="The process ended while the message was being handed over.",
        )
        .returning(message.c.id, message.c.invitation_id, message.c.step)
    ).all()
    abandoned = [Ended(row.id, row.invitation_id, None if row.step is None else Step(row.step)) for row in sorted(rows)]
    for one in abandoned:
        _note(db, one.id, at=now, worker="recover", outcome=Outcome.UNKNOWN)
    return queued, abandoned


def cancel(db: Connection, invitation_id: int, *, reason: StopReason) -> int:
    """What was not yet being handed over does not go out; how many that were.

    A claimed one is cancelled too: its worker finds out before the final dot.
    """
    return db.execute(_CANCEL, {"of": invitation_id, "because": f"Not sent: {reason}"}).rowcount


# Every answer runs it: building it takes longer than running it.
_CANCEL = (
    update(message)
    .where(
        message.c.invitation_id == bindparam("of"),
        # Not IN: SQLAlchemy writes its list out anew each time.
        or_(*(message.c.kind == kind for kind in ASKING)),
        or_(*(message.c.state == state for state in (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD))),
    )
    .values(ended(MessageState.CANCELLED, bindparam("because")))
)


def is_waiting(db: Connection, invitation_id: int) -> bool:
    """Whether a mail of that chase is on its way: frozen, and not yet with the mail server."""
    on_its_way = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HANDING_OVER)
    query = select(message.c.id).where(message.c.invitation_id == invitation_id, message.c.state.in_(on_its_way))
    return db.execute(query.where(message.c.kind.in_(ASKING)).limit(1)).first() is not None


def mark_bounced(db: Connection, message_id: int, *, code: str, at: datetime) -> None:
    db.execute(
        update(message)
        .where(message.c.id == message_id, message.c.bounced_at.is_(None))
        .values(bounced_at=at, bounce_code=code[:16])
    )


def asking(db: Connection, message_id: int, *, at: datetime) -> LateMail | None:
    """A mail that asks its addressee, as it would go out then; None for any other."""
    query = select(message.c.invitation_id, message.c.step).where(
        message.c.id == message_id, message.c.kind.in_(ASKING), message.c.recipient == message.c.address
    )
    row = db.execute(query).first()
    return None if row is None else LateMail(message_id, row.invitation_id, row.step and Step(row.step), at)


def release(db: Connection, message_id: int, *, at: datetime, now: datetime, give_up_at: datetime, by: str) -> bool:
    done = db.execute(
        update(message)
        .where(
            message.c.id == message_id,
            message.c.body.is_not(None),
            message.c.state.in_((MessageState.UNKNOWN, MessageState.FAILED, MessageState.HELD)),
        )
        .values(state=MessageState.QUEUED, next_attempt_at=at, give_up_at=give_up_at, fence=message.c.fence + 1)
    ).rowcount
    if done:
        _note(db, message_id, at=now, worker=by, outcome="released")
    return done == 1


def settle(db: Connection, message_id: int, *, state: MessageState, now: datetime, by: str) -> bool:
    values: dict[str, object] = {"state": state, "reply_text": f"Settled by {by}"}
    if state is MessageState.SENT:
        values["sent_at"] = now
    done = db.execute(
        update(message).where(message.c.id == message_id, message.c.state == MessageState.UNKNOWN).values(values)
    ).rowcount
    if done:
        _note(db, message_id, at=now, worker=by, outcome="settled", text=state)
    return done == 1


def body_of(db: Connection, message_id: int) -> bytes | None:
    """The whole mail, encrypted; None where it is not kept any more."""
    return db.execute(select(message.c.body).where(message.c.id == message_id)).scalar()


def keep_masked(db: Connection, message_id: int, body: bytes) -> None:
    db.execute(update(message).where(message.c.id == message_id).values(body=body))


def end_probe(db: Connection, message_id: int, *, state: MessageState, said: str | None, now: datetime) -> None:
    """A mail to ourselves that was handed over by hand."""
    sent_at = now if state is MessageState.SENT else None
    db.execute(update(message).where(message.c.id == message_id).values(state=state, reply_text=said, sent_at=sent_at))
