"""What the Delivery page counts. Every question about many messages is answered from an index alone:

a row of `message` is as long as its mail, and a million of them would be read for one number.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, exists, func, select, text, true

from voc.base import confidential
from voc.base.schema import attempt, inbound, invitation, message, wave
from voc.base.words import InboundKind, MessageState, WaveState
from voc.delivery.model import Outcome

CAME_BACK = (InboundKind.HARD_BOUNCE, InboundKind.SOFT_BOUNCE, InboundKind.POLICY_BOUNCE, InboundKind.COMPLAINT)
STANDING = (
    MessageState.QUEUED,
    MessageState.CLAIMED,
    MessageState.HANDING_OVER,
    MessageState.UNKNOWN,
    MessageState.FAILED,
    MessageState.HELD,
)
_NOT_SENT = text("attempt.outcome <> 'sent'")  # word for word as the index has it


@dataclass(frozen=True)
class Chosen:
    """What the page is filtered by."""

    wave_id: int | None = None
    domain: str | None = None

    def condition(self, db: Connection) -> ColumnElement[bool]:
        """For counts: without what would tell who answered in confidence."""
        # Most have no such wave, and then the index alone answers.
        if not db.execute(select(exists().where(wave.c.confidential))).scalar():
            return self.narrowed(db)
        return and_(confidential.mail_counted, self.narrowed(db))

    def narrowed(self, db: Connection) -> ColumnElement[bool]:
        found: ColumnElement[bool] = true()
        if self.wave_id is not None:
            found &= message.c.wave_id == self.wave_id
        if self.domain is not None:
            found &= domain_of(db, message.c.recipient) == self.domain
        return found


def domain_of(db: Connection, address: ColumnElement[str]) -> ColumnElement[str]:
    """What stands behind the @, in small letters."""
    place = func.strpos(address, "@") if db.dialect.name == "postgresql" else func.instr(address, "@")
    return func.lower(func.substr(address, place + 1))


def _hour(db: Connection, moment: ColumnElement[Any]) -> ColumnElement[str]:
    """The hour in UTC as text, 2026-03-03 09."""
    if db.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD HH24")
    return func.substr(moment, 1, 13)


def _seconds(db: Connection, moment: ColumnElement[Any]) -> ColumnElement[int]:
    """Since 1970, whole."""
    if db.dialect.name == "postgresql":
        return cast(func.floor(func.extract("epoch", moment)), Integer)
    return cast(func.strftime("%s", moment), Integer)


def _by_hour(rows: Mapping[str, int]) -> dict[datetime, int]:
    return {datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC): number for hour, number in rows.items()}


def by_state(db: Connection, chosen: Chosen, *, since: datetime) -> dict[MessageState, int]:
    """Sent since then; whatever else stands now, however old."""
    condition = chosen.condition(db)
    # Without a filter the index on the state answers alone.
    rows = db.execute(
        select(message.c.state, func.count().label("number"))
        .where(message.c.state.in_(STANDING), condition)
        .group_by(message.c.state)
    )
    found = {MessageState(row.state): row.number for row in rows}
    sent = select(func.count()).select_from(message).where(message.c.sent_at >= since, condition)
    found[MessageState.SENT] = db.execute(sent).scalar_one()
    return found


# --- by hour ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hour:
    """One hour, from `at` on. `due` are mails that wait and steps that are not written yet."""

    at: datetime
    sent: int = 0
    failed: int = 0
    due: int = 0


def hours(db: Connection, chosen: Chosen, *, now: datetime, back: int = 48, ahead: int = 48) -> list[Hour]:
    """So many hours back and ahead, each of them, the present one among those ahead too."""
    this = now.replace(minute=0, second=0, microsecond=0)
    first, last = this - timedelta(hours=back), this + timedelta(hours=ahead)
    sent, failed, due = _sent(db, chosen, first), _failed(db, chosen, first), _due(db, chosen, now, last)
    every = [first + timedelta(hours=number) for number in range(back + ahead)]
    return [Hour(at, sent.get(at, 0), failed.get(at, 0), due.get(at, 0)) for at in every]


def _sent(db: Connection, chosen: Chosen, since: datetime) -> dict[datetime, int]:
    hour = _hour(db, message.c.sent_at).label("hour")
    query = select(hour, func.count().label("number")).where(message.c.sent_at >= since, chosen.condition(db))
    return _by_hour({row.hour: row.number for row in db.execute(query.group_by(hour))})


def _failed(db: Connection, chosen: Chosen, since: datetime) -> dict[datetime, int]:
    """Certainly not accepted, for good, in that hour."""
    hour = _hour(db, attempt.c.at).label("hour")
    query = select(hour, func.count().label("number")).where(
        attempt.c.at >= since, _NOT_SENT, attempt.c.outcome == Outcome.FAILED
    )
    # Failures are few, and each of them is listed: those of a confidential wave too.
    if chosen != Chosen():
        query = query.join(message, message.c.id == attempt.c.message_id).where(chosen.narrowed(db))
    return _by_hour({row.hour: row.number for row in db.execute(query.group_by(hour))})


def _due(db: Connection, chosen: Chosen, now: datetime, until: datetime) -> dict[datetime, int]:
    """What is overdue counts in the present hour."""
    this = now.replace(minute=0, second=0, microsecond=0)
    hour = _hour(db, message.c.next_attempt_at).label("hour")
    waiting = select(hour, func.count().label("number")).where(
        message.c.state == MessageState.QUEUED, message.c.next_attempt_at < until, chosen.condition(db)
    )
    step = _hour(db, invitation.c.due_at).label("hour")
    planned = (
        select(step, func.count().label("number"))
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.due_at < until,
            invitation.c.stopped.is_(None),
            invitation.c.held_because.is_(None),
            confidential.undecided,
            wave.c.state == WaveState.RUNNING,
        )
    )
    if chosen.wave_id is not None:
        planned = planned.where(invitation.c.wave_id == chosen.wave_id)
    if chosen.domain is not None:
        planned = planned.where(domain_of(db, invitation.c.address) == chosen.domain)
    found: Counter[datetime] = Counter()
    for query, label in ((waiting, hour), (planned, step)):
        for at, number in _by_hour({row.hour: row.number for row in db.execute(query.group_by(label))}).items():
            found[max(at, this)] += number
    return dict(found)


# --- how long it took ---------------------------------------------------------------------------


def waits(db: Connection, chosen: Chosen, *, since: datetime) -> list[tuple[int, int]]:
    """(whole seconds from due to the server's 250, messages), of what was sent since."""
    took = _took(db).label("took")
    query = select(took, func.count().label("number")).where(message.c.sent_at >= since, chosen.condition(db))
    return [(row.took, row.number) for row in db.execute(query.group_by(took))]


def waits_by_relay(db: Connection, *, since: datetime) -> dict[str, list[tuple[int, int]]]:
    """The same for each mail server that took them; the two indexes are joined, no long row is read."""
    took = _took(db).label("took")
    rows = db.execute(
        select(attempt.c.relay, took, func.count().label("number"))
        .select_from(message)
        .join(attempt, attempt.c.message_id == message.c.id)
        .where(message.c.sent_at >= since, attempt.c.outcome == Outcome.SENT, attempt.c.relay.is_not(None))
        .group_by(attempt.c.relay, took)
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row.relay, []).append((row.took, row.number))
    return found


def _took(db: Connection) -> ColumnElement[int]:
    """0 for one that a person released before it was due."""
    seconds = _seconds(db, message.c.sent_at) - _seconds(db, message.c.due_at)
    return case((seconds < 0, 0), else_=seconds)


# --- what came back -----------------------------------------------------------------------------


@dataclass(frozen=True)
class CameBack:
    """Messages to one recipient domain that came back, by class; `refused` ones never left."""

    domain: str
    kinds: Mapping[InboundKind, int]
    refused: int
    sent: int

    @property
    def number(self) -> int:
        return sum(self.kinds.values()) + self.refused


def came_back(db: Connection, chosen: Chosen, *, since: datetime) -> list[CameBack]:
    """By recipient domain, those with the most first; each message counts once in a class."""
    domain = domain_of(db, message.c.recipient).label("domain")
    back = (
        select(domain, inbound.c.kind, func.count(func.distinct(inbound.c.message_id)).label("number"))
        .join(message, message.c.id == inbound.c.message_id)
        .where(inbound.c.at >= since, inbound.c.kind.in_(CAME_BACK), chosen.condition(db))
        .group_by(domain, inbound.c.kind)
    )
    kinds: dict[str, dict[InboundKind, int]] = {}
    for row in db.execute(back):
        kinds.setdefault(row.domain, {})[InboundKind(row.kind)] = row.number
    refused_query = (
        select(domain, func.count(func.distinct(attempt.c.message_id)).label("number"))
        .join(message, message.c.id == attempt.c.message_id)
        .where(attempt.c.at >= since, _NOT_SENT, attempt.c.outcome == Outcome.FAILED, chosen.condition(db))
        .group_by(domain)
    )
    refused = {row.domain: row.number for row in db.execute(refused_query)}
    sent = sent_by_domain(db, chosen, since=since) if kinds or refused else {}
    found = [
        CameBack(name, kinds.get(name, {}), refused.get(name, 0), sent.get(name, 0)) for name in {*kinds, *refused}
    ]
    return sorted(found, key=lambda one: (-one.number, one.domain))


def sent_by_domain(db: Connection, chosen: Chosen, *, since: datetime) -> dict[str, int]:
    domain = domain_of(db, message.c.recipient).label("domain")
    query = select(domain, func.count().label("number")).where(message.c.sent_at >= since, chosen.condition(db))
    return {row.domain: row.number for row in db.execute(query.group_by(domain))}


def waves(db: Connection, *, limit: int = 50) -> list[tuple[int, str]]:
    """The latest, to choose from."""
    rows = db.execute(select(wave.c.id, wave.c.label).order_by(wave.c.id.desc()).limit(limit))
    return [(row.id, row.label) for row in rows]


def sent_by_relay(db: Connection, *, since: datetime) -> dict[str, int]:
    """Of what was sent since, by the mail server that took it; those of before there were names under ''."""
    rows = db.execute(
        select(attempt.c.relay, func.count().label("number"))
        .select_from(message)
        .join(attempt, attempt.c.message_id == message.c.id)
        .where(message.c.sent_at >= since, attempt.c.outcome == Outcome.SENT)
        .group_by(attempt.c.relay)
    )
    return {row.relay or "": row.number for row in rows}
