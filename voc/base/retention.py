"""What is not kept for ever: each night the rows that have grown too old lose what names or quotes somebody.

Policy is the table below: which rows, how old, what becomes of them. Rows are walked by their number
from where the last night stopped, a thousand in a transaction, so that nobody waits and nothing is
looked at twice; what a figure counts stays. Like `erasure`, it writes tables of many stages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, Text, and_, cast, delete, func, insert, literal, or_, select, update

from voc.base import audit, preferences
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.base.schema import (
    answer,
    contact,
    contact_quota,
    follow_up,
    follow_up_event,
    heads_up,
    hit,
    inbound,
    invitation,
    knock,
    message,
    provider_event,
    rendering,
    response,
    session,
    setting,
    sign_of_life,
    stencil,
    suggestion,
    visitor,
)
from voc.base.tokens import Tokens, hash_token
from voc.base.words import MessageState, RecordState, SuggestionState

BATCH = 1_000
MONTH = timedelta(days=365.25 / 12)
_MARKS = "retention"  # in `setting`: the last row of each group that was done

Act = Callable[[Connection, Sequence[int], datetime, Tokens], int]


@dataclass(frozen=True)
class Group:
    """`at` grows with the rows' numbers; `act` gives how many of these rows it changed."""

    name: str
    table: Table
    at: Any
    age: Callable[[Preferences], timedelta]
    act: Act


def _drop_bodies(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    under_way = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HANDING_OVER)
    rows = and_(message.c.id.in_(ids), message.c.body.is_not(None), message.c.state.not_in(under_way))
    return db.execute(update(message).where(rows).values(body=None)).rowcount


def _drop_stencils(db: Connection, *, before: datetime) -> int:
    """Those that no mail needs any more which is still kept."""
    old = db.execute(select(stencil.c.id, stencil.c.used_until).where(stencil.c.used_until < before)).all()
    if not old:
        return 0
    kept = select(func.min(message.c.created_at)).where(message.c.body.is_not(None))
    first = db.execute(kept.where(message.c.created_at <= max(row.used_until for row in old))).scalar()
    ids = [row.id for row in old if first is None or row.used_until < first]
    return db.execute(delete(stencil).where(stencil.c.id.in_(ids))).rowcount if ids else 0


def _drop_hits(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    return db.execute(delete(hit).where(hit.c.id.in_(ids))).rowcount


def _drop_sources(table: Table) -> Act:
    def act(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
        rows = and_(table.c.id.in_(ids), table.c.source.is_not(None))
        return db.execute(update(table).where(rows).values(source=None)).rowcount

    return act


def _drop_knocks(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    return db.execute(delete(knock).where(knock.c.id.in_(ids))).rowcount


def _drop_renderings(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    used = select(response.c.rendering_id).where(response.c.rendering_id.in_(ids))
    return db.execute(delete(rendering).where(rendering.c.id.in_(ids), rendering.c.id.not_in(used))).rowcount


def _drop_cookies(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    """The browser is not known again; the row stays for the answer that was typed in it."""
    fresh = literal("old:") + cast(visitor.c.id, Text)
    return db.execute(update(visitor).where(visitor.c.id.in_(ids)).values(cookie_hash=fresh)).rowcount


def _drop_raw(table: Table) -> Act:
    def act(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
        rows = and_(table.c.id.in_(ids), table.c.raw.is_not(None))
        return db.execute(update(table).where(rows).values(raw=None)).rowcount

    return act


def _drop_third_persons(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    """Somebody named by somebody else, whom nobody took up: they never asked to be here."""
    named = or_(suggestion.c.name.is_not(None), suggestion.c.address.is_not(None))
    unused = suggestion.c.state != SuggestionState.ACCEPTED
    about_another = suggestion.c.kind.in_(("successor", "referral"))
    rows = and_(suggestion.c.id.in_(ids), unused, named, about_another)
    return db.execute(update(suggestion).where(rows).values(name=None, address=None, quote=None)).rowcount


def _drop_successors(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    named = or_(inbound.c.successor_name.is_not(None), inbound.c.successor_address.is_not(None))
    values = {"successor_name": None, "successor_address": None}
    return db.execute(update(inbound).where(inbound.c.id.in_(ids), named).values(values)).rowcount


def _drop_names(db: Connection, ids: Sequence[int], now: datetime, tokens: Tokens) -> int:
    """Answers of old invitations belong to nobody any more: their account, roles, scores and choices stay."""
    rows = db.execute(
        select(invitation.c.id, invitation.c.contact_id, invitation.c.account_id).where(
            invitation.c.id.in_(ids), invitation.c.contact_id.not_like("anonymous:%")
        )
    ).all()
    stand_ins: dict[tuple[str, str], str] = {}
    for row in sorted(rows):
        person = (row.contact_id, row.account_id)
        if person not in stand_ins:
            stand_ins[person] = _stand_in(db, row.account_id, now, tokens)
        _give_to(db, row.id, stand_ins[person])
    return len(rows)


def _stand_in(db: Connection, account_id: str, now: datetime, tokens: Tokens) -> str:
    """A contact without a name that nobody is mailed through."""
    id = f"anonymous:{hash_token(tokens.new())[:24]}"
    values = {"opted_out": True, "bounced": False, "left_company": False, "state": RecordState.DELETED, "hash": ""}
    moments = {"first_seen_at": now, "changed_at": now}
    db.execute(insert(contact).values(id=id, account_id=account_id, **values, **moments))
    return id


def _give_to(db: Connection, invitation_id: int, id: str) -> None:
    here, address = invitation.c.id == invitation_id, f"{id}-{invitation_id}"
    responses = select(response.c.id).where(response.c.invitation_id == invitation_id)
    cases = select(follow_up.c.id).where(follow_up.c.response_id.in_(responses))
    db.execute(update(invitation).where(here).values(contact_id=id, address=address, held_because=None))
    db.execute(
        update(message)
        .where(message.c.invitation_id == invitation_id)
        .values(contact_id=id, address=address, recipient=address, subject="", body=None, reply_text=None)
    )
    quota = contact_quota.c.invitation_id == invitation_id
    db.execute(update(contact_quota).where(quota).values(address=address))
    db.execute(update(answer).where(answer.c.response_id.in_(responses)).values(text=None))
    db.execute(update(follow_up_event).where(follow_up_event.c.follow_up_id.in_(cases)).values(note=None))
    db.execute(update(follow_up).where(follow_up.c.response_id.in_(responses)).values(contact_id=id, outcome=None))
    db.execute(update(heads_up).where(heads_up.c.invitation_id == invitation_id).values(subject=None, body=None))


def _drop_quotes(db: Connection, ids: Sequence[int], _now: datetime, _tokens: Tokens) -> int:
    rows = and_(sign_of_life.c.id.in_(ids), sign_of_life.c.quote.is_not(None))
    return db.execute(update(sign_of_life).where(rows).values(quote=None)).rowcount


def _days(name: str) -> Callable[[Preferences], timedelta]:
    return lambda wanted: timedelta(days=getattr(wanted, name))


def _months(wanted: Preferences) -> timedelta:
    return wanted.keep_answers_months * MONTH


GROUPS = (
    Group("mail texts", message, message.c.created_at, _days("keep_bodies_days"), _drop_bodies),
    Group("visits", hit, hit.c.at, _days("keep_hits_days"), _drop_hits),
    Group("marks of visits", hit, hit.c.at, _days("keep_sources_days"), _drop_sources(hit)),
    Group("pages", rendering, rendering.c.at, _days("keep_hits_days"), _drop_renderings),
    Group("marks of pages", rendering, rendering.c.at, _days("keep_sources_days"), _drop_sources(rendering)),
    Group("browsers", visitor, visitor.c.at, _days("keep_bodies_days"), _drop_cookies),
    Group("failed sign-ins", knock, knock.c.at, _days("keep_sources_days"), _drop_knocks),
    Group("mail that came back", inbound, inbound.c.at, _days("keep_inbound_days"), _drop_raw(inbound)),
    Group("successors named in mail", inbound, inbound.c.at, _days("keep_third_persons_days"), _drop_successors),
    Group(
        "people named by others",
        suggestion,
        suggestion.c.created_at,
        _days("keep_third_persons_days"),
        _drop_third_persons,
    ),
    Group(
        "provider events",
        provider_event,
        provider_event.c.received_at,
        _days("keep_inbound_days"),
        _drop_raw(provider_event),
    ),
    Group("quotes", sign_of_life, sign_of_life.c.at, _months, _drop_quotes),
)


def keep(
    database: Database, *, now: datetime, tokens: Tokens, check_ending: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Let go of what has grown too old; rows by group. Stopped anywhere it goes on where it was."""
    with database.read() as db:
        wanted = preferences.load(db)
    done = {}
    for group in GROUPS:
        count = _walk(database, group, before=now - group.age(wanted), now=now, tokens=tokens, check=check_ending)
        done[group.name] = count
    with database.begin() as db:
        done["stencils of mails"] = _drop_stencils(db, before=now - _days("keep_bodies_days")(wanted))
    done["named answers"] = _anonymise(database, before=now - _months(wanted), now=now, tokens=tokens)
    with database.begin() as db:
        done["sessions"] = db.execute(delete(session).where(session.c.expires_at < now)).rowcount
        done = {name: count for name, count in done.items() if count}
        if done:
            audit.record(
                db,
                at=now,
                actor="retention",
                action="old data let go",
                object_kind="retention",
                object_id=1,
                detail=done,
            )
    return done


def _walk(
    database: Database, group: Group, *, before: datetime, now: datetime, tokens: Tokens, check: Callable[[], None]
) -> int:
    total = 0
    while True:
        check()
        with database.begin() as db:
            marks = _marks(db)
            id = group.table.c.id
            query = select(id, group.at.label("since")).where(id > marks.get(group.name, 0)).order_by(id).limit(BATCH)
            rows = db.execute(query).all()
            old = _first(rows, before)
            if old:
                total += group.act(db, old, now, tokens)
                _mark(db, {**marks, group.name: old[-1]}, now)
        if len(old) < BATCH:
            return total


def _first(rows: Sequence[Any], before: datetime) -> list[int]:
    """The rows up to the first that is young enough."""
    found = []
    for row in rows:
        if row.since >= before:
            break
        found.append(row.id)
    return found


def _anonymise(database: Database, *, before: datetime, now: datetime, tokens: Tokens) -> int:
    """Invitations that were decided and sent, or never sent, so long ago."""
    total = 0
    while True:
        with database.begin() as db:
            over = or_(
                invitation.c.closes_at < before,
                and_(invitation.c.closes_at.is_(None), invitation.c.stopped_at < before),
            )
            query = select(invitation.c.id).where(over, invitation.c.contact_id.not_like("anonymous:%"))
            ids = list(db.execute(query.order_by(invitation.c.id).limit(BATCH // 4)).scalars())
            if not ids:
                return total
            total += _drop_names(db, ids, now, tokens)


def _marks(db: Connection) -> dict[str, int]:
    found = db.execute(select(setting.c.value).where(setting.c.key == _MARKS)).scalar()
    return dict(found or {})


def _mark(db: Connection, marks: dict[str, int], now: datetime) -> None:
    values = {"value": marks, "changed_at": now, "changed_by": "retention"}
    if not db.execute(update(setting).where(setting.c.key == _MARKS).values(values)).rowcount:
        db.execute(insert(setting).values(key=_MARKS, **values))
