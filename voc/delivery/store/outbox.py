"""The outbox: freezing, claiming and recording messages; writes `message`, `attempt` and `link`.

A message moves queued -> claimed -> handing_over -> sent, later (queued again), failed or unknown.
Every step a worker takes names the fence of its claim, so that one that slept through its lease
changes nothing. Opt-out, answer, pause and test mode are conditions of the claim itself and again
of the step to handing_over: what they forbid cannot slip between a look and an act.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import (
    attempt,
    census_member,
    installation,
    invitation,
    link,
    message,
    questionnaire_version,
    suppression,
    wave,
)
from voc.base.types import Instant
from voc.base.words import MessageKind, MessageState, Step, StopReason, WaveState
from voc.delivery.model import Claimed, Handed, Outcome

ASKING = (MessageKind.CHASE, MessageKind.NUDGE)
"""Mail that asks for an answer: an opt-out, a bounce or the answer itself ends it."""


@dataclass(frozen=True)
class Draft:
    """A message to freeze. `body` is the whole MIME text, encrypted; None is held for a person."""

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


def freeze(db: Connection, drafts: Sequence[Draft], *, now: datetime) -> dict[str, int]:
    """Put messages into the outbox; their ids by key. Keys are unique: a second one is an error of the caller."""
    if not drafts:
        return {}
    rows = [
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
        }
        for draft in drafts
    ]
    return {row.key: row.id for row in db.execute(_FREEZE, rows)}


# By key and not in order: on SQLite rows that must come back in order are inserted one at a time.
_FREEZE = insert(message).returning(message.c.key, message.c.id)


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
        message.c.state.in_((MessageState.SENT, MessageState.UNKNOWN)),
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


def size_of_wave(db: Connection, wave_id: int) -> tuple[int, int]:
    """Its messages of the chase, and the people of its census."""
    messages = db.execute(
        select(func.count()).where(message.c.wave_id == wave_id, message.c.kind == MessageKind.CHASE)
    ).scalar_one()
    people = db.execute(select(func.count()).where(census_member.c.wave_id == wave_id)).scalar_one()
    return messages, people


@dataclass(frozen=True)
class NewLink:
    """A token's hash and what it is for: `answer` or `unsubscribe`."""

    message_id: int
    invitation_id: int
    purpose: str
    token_hash: str


def add_links(db: Connection, links: Sequence[NewLink], *, now: datetime) -> None:
    if links:
        db.execute(_ADD_LINKS, [_link_row(one, now) for one in links])


# Returning makes it one statement for many rows on PostgreSQL too, where each would be one of its own.
_ADD_LINKS = insert(link).returning(link.c.id)


def _link_row(one: NewLink, now: datetime) -> dict[str, object]:
    return {
        "message_id": one.message_id,
        "invitation_id": one.invitation_id,
        "purpose": one.purpose,
        "token_hash": one.token_hash,
        "created_at": now,
    }


# --- may it go ----------------------------------------------------------------------------------


def _unwanted() -> ColumnElement[bool]:
    """The chase has ended, the person has answered, or the address is suppressed."""
    ended = exists().where(
        invitation.c.id == message.c.invitation_id,
        or_(invitation.c.stopped.is_not(None), invitation.c.answered_at.is_not(None)),
    )
    suppressed = exists().where(suppression.c.address == message.c.address, suppression.c.lifted_at.is_(None))
    return and_(message.c.kind.in_(ASKING), or_(ended, suppressed))


def _may_go(preferences: Preferences) -> ColumnElement[bool]:
    # Whoever must mend what stopped it is told: an alert that was written since then goes.
    told = and_(message.c.kind == MessageKind.ALERT, message.c.created_at >= installation.c.paused_at)
    paused = exists().where(installation.c.sending_paused, not_(func.coalesce(told, false())))
    resting = exists().where(wave.c.id == message.c.wave_id, wave.c.state != WaveState.RUNNING)
    conditions = [not_(paused), not_(_unwanted()), not_(and_(message.c.kind.in_(ASKING), resting))]
    if preferences.test_mode:
        # Frozen for a real person before test mode was switched on: it waits.
        conditions.append(message.c.recipient == (preferences.test_address or ""))
    return and_(*conditions)


def claim(
    db: Connection, *, preferences: Preferences, worker: str, now: datetime, lasts: timedelta, limit: int
) -> list[Claimed]:
    """Take up to `limit` messages that may go now, the longest due first; nobody else gets them meanwhile."""
    due = (
        select(message.c.id)
        .where(message.c.state == MessageState.QUEUED, message.c.next_attempt_at <= now, _may_go(preferences))
        .order_by(message.c.next_attempt_at, message.c.id)
        .limit(limit)
        # Two workers on PostgreSQL step over each other's rows; on SQLite there is one writer.
        .with_for_update(skip_locked=True, of=message)
    )
    rows = db.execute(
        update(message)
        .where(message.c.id.in_(due.correlate(None)))
        .values(state=MessageState.CLAIMED, worker=worker, fence=message.c.fence + 1, lease_until=now + lasts)
        .returning(
            message.c.id,
            message.c.kind,
            message.c.invitation_id,
            message.c.wave_id,
            message.c.step,
            message.c.contact_id,
            message.c.address,
            message.c.recipient,
            message.c.return_path,
            message.c.body,
            message.c.attempts,
            message.c.fence,
            message.c.next_attempt_at,
            message.c.give_up_at,
        )
    ).all()
    return [
        Claimed(
            id=row.id,
            kind=MessageKind(row.kind),
            invitation_id=row.invitation_id,
            wave_id=row.wave_id,
            step=None if row.step is None else Step(row.step),
            contact_id=row.contact_id,
            address=row.address,
            recipient=row.recipient,
            return_path=row.return_path,
            body=row.body or b"",
            attempts=row.attempts,
            fence=row.fence,
            next_attempt_at=row.next_attempt_at,
            give_up_at=row.give_up_at,
        )
        for row in sorted(rows, key=lambda row: (row.next_attempt_at, row.id))
    ]


def mark_handing_over(db: Connection, claimed: Sequence[Claimed], *, preferences: Preferences) -> set[int]:
    """The second commit. The ids that may end: their claim is still ours and nothing speaks against them now."""
    done = db.execute(
        update(message)
        .where(
            tuple_(message.c.id, message.c.fence).in_([(one.id, one.fence) for one in claimed]),
            message.c.state == MessageState.CLAIMED,
            _may_go(preferences),
        )
        .values(state=MessageState.HANDING_OVER)
        .returning(message.c.id)
    )
    return set(done.scalars())


def renew(db: Connection, claimed: Sequence[Claimed], *, until: datetime) -> None:
    """Go on holding what is still ours."""
    db.execute(
        update(message)
        .where(
            tuple_(message.c.id, message.c.fence).in_([(one.id, one.fence) for one in claimed]),
            message.c.state.in_((MessageState.CLAIMED, MessageState.HANDING_OVER)),
        )
        .values(lease_until=until)
    )


def give_back(db: Connection, claimed: Sequence[Claimed]) -> int:
    """Back into the queue, untouched: they were not tried. What nobody wants any more is cancelled; how many."""
    if not claimed:
        return 0
    back = (
        update(message)
        .where(
            tuple_(message.c.id, message.c.fence).in_([(one.id, one.fence) for one in claimed]),
            message.c.state == MessageState.CLAIMED,
        )
        .values(state=MessageState.QUEUED, worker=None, lease_until=None)
        .returning(message.c.id)
    )
    return _cancel_unwanted(db, message.c.id.in_(list(db.execute(back).scalars())))


# --- what became of it --------------------------------------------------------------------------

_STATE = {
    Outcome.SENT: MessageState.SENT,
    Outcome.FAILED: MessageState.FAILED,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
}


@dataclass(frozen=True)
class Verdict:
    """What a server said about a claimed message; `relay` is that server's name.

    `again_at` is for LATER: when to try again, None to give up. `masked` replaces the body once sent.
    """

    claimed: Claimed
    handed: Handed
    relay: str
    again_at: datetime | None = None
    masked: bytes | None = None

    @property
    def state(self) -> MessageState:
        ended = MessageState.FAILED if self.again_at is None else MessageState.QUEUED
        return _STATE.get(self.handed.outcome, ended)


_RECORD = (
    update(message)
    .where(message.c.id == bindparam("of_id"))
    .values(
        state=bindparam("now_state"),
        worker=None,
        lease_until=None,
        reply_code=bindparam("code"),
        reply_text=bindparam("said"),
        next_attempt_at=bindparam("again_at"),
        attempts=message.c.attempts + bindparam("tries", type_=Integer),
        sent_at=func.coalesce(bindparam("accepted_at", type_=Instant), message.c.sent_at),
        body=func.coalesce(bindparam("masked", type_=LargeBinary), message.c.body),
    )
)


def record(db: Connection, verdicts: Sequence[Verdict], *, now: datetime, worker: str) -> set[int]:
    """Write down what the server said; the ids whose claim was still ours.

    Of the others nothing but the attempt is kept, as late: a person who settles them will want to know.
    """
    held = (MessageState.HANDING_OVER, MessageState.CLAIMED)
    ours = set(
        db.execute(
            select(message.c.id)
            .where(
                tuple_(message.c.id, message.c.fence).in_([(one.claimed.id, one.claimed.fence) for one in verdicts]),
                message.c.state.in_(held),
            )
            .with_for_update()
        ).scalars()
    )
    rows = [
        {
            "of_id": one.claimed.id,
            "now_state": one.state,
            "code": one.handed.code,
            "said": one.handed.text or None,
            "again_at": one.again_at if one.state is MessageState.QUEUED else None,
            "tries": 0 if one.handed.relay_down else 1,
            "accepted_at": now if one.state is MessageState.SENT else None,
            "masked": one.masked,
        }
        for one in verdicts
        if one.claimed.id in ours
    ]
    if rows:
        db.execute(_RECORD, rows)
    notes = [
        {
            "message_id": one.claimed.id,
            "at": now,
            "worker": worker[:64],
            "outcome": one.handed.outcome if one.claimed.id in ours else f"late_{one.handed.outcome}",
            "code": one.handed.code,
            "text": one.handed.text or None,
            "relay": one.relay[:64],
        }
        for one in verdicts
    ]
    if notes:
        db.execute(insert(attempt), notes)
    return ours


def _note(db: Connection, message_id: int, *, at: datetime, worker: str, outcome: str, text: str | None = None) -> None:
    row = {"message_id": message_id, "at": at, "worker": worker[:64], "outcome": outcome, "text": text}
    db.execute(insert(attempt).values(row))


@dataclass(frozen=True)
class Abandoned:
    """A message whose worker died between the dot and the answer."""

    id: int
    invitation_id: int | None
    step: Step | None


def recover(db: Connection, *, now: datetime) -> tuple[int, list[Abandoned]]:
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
    abandoned = [
        Abandoned(row.id, row.invitation_id, None if row.step is None else Step(row.step)) for row in sorted(rows)
    ]
    for one in abandoned:
        _note(db, one.id, at=now, worker="recover", outcome=Outcome.UNKNOWN)
    return queued, abandoned


def cancel(db: Connection, invitation_id: int, *, reason: StopReason) -> int:
    """What was not yet being handed over does not go out; how many that were.

    A claimed one is cancelled too: its worker finds out before the final dot.
    """
    return db.execute(_CANCEL, {"of": invitation_id, "because": f"Not sent: {reason}"}).rowcount


def cancel_unwanted(db: Connection) -> int:
    """Queued messages of ended chases and to suppressed addresses, whoever ended them."""
    return _cancel_unwanted(db, true())


def _cancel_unwanted(db: Connection, these: ColumnElement[bool]) -> int:
    return db.execute(
        update(message)
        .where(message.c.state == MessageState.QUEUED, these, _unwanted())
        .values(_ended(MessageState.CANCELLED, "Not sent: the chase has ended or the address is suppressed"))
    ).rowcount


def mark_bounced(db: Connection, message_id: int, *, code: str, at: datetime) -> None:
    db.execute(
        update(message)
        .where(message.c.id == message_id, message.c.bounced_at.is_(None))
        .values(bounced_at=at, bounce_code=code[:16])
    )


def give_up(db: Connection, *, now: datetime) -> list[Abandoned]:
    """Queued messages that are as late as the next step: never sent."""
    rows = db.execute(
        update(message)
        .where(message.c.state == MessageState.QUEUED, message.c.give_up_at <= now)
        .values(
            {
                **_ended(MessageState.FAILED, "Not sent in time"),
                "reply_text": case(
                    (message.c.reply_text.is_(None), "Not sent in time: the next step is due"),
                    else_="Not sent in time: the next step is due. The server's last words: " + message.c.reply_text,
                ),
            }
        )
        .returning(message.c.id, message.c.invitation_id, message.c.step)
    ).all()
    return [Abandoned(row.id, row.invitation_id, None if row.step is None else Step(row.step)) for row in sorted(rows)]


def _ended(state: MessageState, text: str | BindParameter[Any]) -> dict[str, object]:
    return {
        "state": state,
        "reply_text": text,
        "next_attempt_at": None,
        "worker": None,
        "lease_until": None,
        "fence": message.c.fence + 1,
    }


# Every answer runs it: building it takes longer than running it.
_CANCEL = (
    update(message)
    .where(
        message.c.invitation_id == bindparam("of"),
        message.c.kind.in_(ASKING),
        message.c.state.in_((MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD)),
    )
    .values(_ended(MessageState.CANCELLED, bindparam("because")))
)


def release(db: Connection, message_id: int, *, now: datetime, give_up_at: datetime, by: str) -> bool:
    done = db.execute(
        update(message)
        .where(
            message.c.id == message_id,
            message.c.body.is_not(None),
            message.c.state.in_((MessageState.UNKNOWN, MessageState.FAILED, MessageState.HELD)),
        )
        .values(state=MessageState.QUEUED, next_attempt_at=now, give_up_at=give_up_at, fence=message.c.fence + 1)
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


def sent_twice(db: Connection, message_ids: Collection[int]) -> bool:
    """Whether another message of the same contact, wave and step was sent beside one of these. It must never be."""
    these, others = message.alias(), message.alias()
    twice = (
        select(others.c.id)
        .join(these, (these.c.contact_id == others.c.contact_id) & (these.c.id != others.c.id))
        .where(
            these.c.id.in_(message_ids),
            these.c.kind == MessageKind.CHASE,
            others.c.kind == MessageKind.CHASE,
            others.c.wave_id == these.c.wave_id,
            others.c.step == these.c.step,
            others.c.state == MessageState.SENT,
        )
        .limit(1)
    )
    return db.execute(twice).first() is not None
