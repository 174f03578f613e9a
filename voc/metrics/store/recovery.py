"""What each person answered from wave to wave, and whether our people got in touch in between."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from voc.base.access import Viewer, visible_accounts
from voc.base.confidential import named
from voc.base.narrowed import WHOLE, Narrowed, accounts_within, owned_within
from voc.base.schema import account, alias, contact, follow_up, invitation, response
from voc.base.words import Disposition, FollowUpKind, ResponseState
from voc.metrics.columns.kinds import Column, last_of, numbered, place_in
from voc.metrics.columns.recovered import CONTACTS, Histories
from voc.metrics.recovery import Answer, Contact
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.company.ground import Winners
from voc.stakeholders.rules import full_name


@dataclass(frozen=True)
class Known:
    """What a row of the page says of a person and their account."""

    contact_name: str
    account_id: str
    account_name: str


_disposition, _answered_at = invitation.c.disposition, invitation.c.answered_at
_gone = _disposition.in_([Disposition.NOT_ELIGIBLE, Disposition.UNKNOWN])
reached: ColumnElement[bool] = and_(
    named,
    or_(_answered_at.is_not(None), and_(invitation.c.bounced_at.is_(None), or_(_disposition.is_(None), ~_gone))),
)
"""The condition on invitations of a history: whoever had left, or got nothing, is in no denominator (3-metrics 1.1)."""

_THEIRS, _OF_ACCOUNT = alias.alias("theirs"), alias.alias("of_account")
_PERSON = func.coalesce(_THEIRS.c.winner_id, invitation.c.contact_id)
_PLACE = func.coalesce(_OF_ACCOUNT.c.winner_id, invitation.c.account_id)


def answers(
    db: Connection, viewer: Viewer, *, since: datetime, now: datetime, part: Narrowed = WHOLE
) -> tuple[list[Answer], dict[tuple[str, str], Known], frozenset[int]]:
    """Every named invitation sent since then at the viewer's accounts, and whose it was; merged people are one.

    Beside them, not counted, what these people were sent at other accounts: the next wave of a person is the same
    whoever looks. `part` goes by who owns the account today. Last come the invitations at accounts of other books,
    whose answers the viewer may not read.
    """
    theirs = visible_accounts(viewer)
    here = and_(theirs, *owned_within(part, account.c.csm_id), *accounts_within(part))
    sent = _sent(*_WANTED, theirs.label("theirs"), since=since, now=now)
    query = sent.order_by(invitation.c.sent_at, invitation.c.id)
    rows = [(row, True) for row in db.execute(query.where(here))]
    if not (viewer.sees_all and part.whole):
        people = {row.contact_id for row, _ in rows}
        moved = {row.contact_id for row, _ in rows if row.home != row.account_id}
        others = db.execute(query.where(here.is_not(true()), _may_be_elsewhere(moved)))
        rows += [(row, False) for row in others if row.contact_id in people]
    scores, contacts = _scores(db, since=since, now=now), _contacts(db, since=since, now=now)
    found: list[Answer] = []
    known: dict[tuple[str, str], Known] = {}
    for row, counted in sorted(rows, key=lambda one: (one[0].sent_at, one[0].id)):
        if counted:
            name = full_name(row.first_name, row.last_name, row.email)
            known[row.contact_id, row.account_id] = Known(name, row.account_id, row.account_name)
        touched = contacts.get((row.wave_id, row.contact_id))
        found.append(answer_of(row, scores.get(row.id), touched, counted=counted, now=now))
    return found, known, frozenset(row.id for row, _ in rows if not row.theirs)


_WANTED = (
    invitation.c.id,
    invitation.c.wave_id,
    invitation.c.sent_at,
    invitation.c.closes_at,
    _PERSON.label("contact_id"),
    _PLACE.label("account_id"),
    account.c.name.label("account_name"),
    contact.c.account_id.label("home"),
    contact.c.first_name,
    contact.c.last_name,
    contact.c.email,
)
_MOST_NAMED = 5_000


def _may_be_elsewhere(moved: Collection[str]) -> ColumnElement[bool]:
    """Only people who were merged, or asked at an account that is not theirs now, were asked at two."""
    if len(moved) > _MOST_NAMED:
        return true()
    merged = select(alias.c.winner_id).where(alias.c.kind == "contact")
    return or_(contact.c.account_id != _PLACE, contact.c.id.in_(merged), contact.c.id.in_(sorted(moved)))


def _sent(*wanted: ColumnElement[Any], since: datetime, now: datetime) -> Select[Any]:
    sent_at = invitation.c.sent_at
    return (
        select(*wanted)
        .select_from(invitation)
        .outerjoin(_THEIRS, and_(_THEIRS.c.kind == "contact", _THEIRS.c.loser_id == invitation.c.contact_id))
        .outerjoin(
            _OF_ACCOUNT, and_(_OF_ACCOUNT.c.kind == "account", _OF_ACCOUNT.c.loser_id == invitation.c.account_id)
        )
        .join(account, account.c.id == _PLACE)
        .join(contact, contact.c.id == _PERSON)
        .where(reached, sent_at > since, sent_at <= now)
    )


def answer_of(
    row: Any, score: int | None, touched: Contact | None = None, *, counted: bool = True, now: datetime
) -> Answer:
    due = row.closes_at is not None and row.closes_at <= now
    return Answer(
        contact_id=row.contact_id,
        account_id=row.account_id,
        wave_id=row.wave_id,
        invitation_id=row.id,
        sent_at=row.sent_at,
        settled=due or score is not None,
        score=score,
        contact=touched or Contact.NONE,
        followed_up=touched is not None,
        counted=counted,
    )


def _scores(db: Connection, *, since: datetime, now: datetime) -> dict[int, int]:
    """The latest submitted score of each invitation."""
    query = (
        select(response.c.invitation_id, response.c.score)
        .where(*_submitted(since=since, now=now))
        .order_by(response.c.submitted_at, response.c.id)
    )
    return {row.invitation_id: row.score for row in db.execute(query) if row.score is not None}


def _submitted(*, since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    at = response.c.submitted_at
    return response.c.state == ResponseState.SUBMITTED, response.c.score.is_not(None), at > since, at <= now


def _contacts(db: Connection, *, since: datetime, now: datetime) -> dict[tuple[int, str], Contact]:
    """By wave and person: the best of what was done about their follow-ups."""
    winner = func.coalesce(alias.c.winner_id, follow_up.c.contact_id).label("contact_id")
    query = (
        select(winner, follow_up.c.wave_id, follow_up.c.contacted_at, follow_up.c.contact_by)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == follow_up.c.contact_id))
        .where(
            follow_up.c.kind != FollowUpKind.SILENT_ACCOUNT,
            follow_up.c.contact_id.is_not(None),
            follow_up.c.wave_id.is_not(None),
            follow_up.c.opened_at > since,
        )
        .order_by(follow_up.c.id)
    )
    found: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    for row in db.execute(query):
        touched = row.contacted_at is not None and row.contacted_at <= now
        in_time = touched and row.contacted_at <= row.contact_by
        found[row.wave_id, row.contact_id].append(
            Contact.IN_TIME if in_time else Contact.LATE if touched else Contact.NONE
        )
    return {key: min(kinds, key=list(Contact).index) for key, kinds in found.items()}


def histories(db: Connection, *, since: datetime, now: datetime) -> tuple[Histories, list[str]]:
    """The same of a whole company as columns, and the ids of its accounts' owners."""
    columns = invitation.c
    fields = (
        Field("id", columns.id, Kind.WHOLE),
        Field("wave", columns.wave_id, Kind.WHOLE),
        Field("person", columns.contact_id, Kind.KEY),
        Field("account", columns.account_id, Kind.KEY),
        Field("sent", columns.sent_at, Kind.TIME),
        Field("due", columns.closes_at, Kind.TIME),
    )
    sent = reached, columns.sent_at > since, columns.sent_at <= now
    asked = read(db, fields, lambda wanted: select(*wanted).where(*sent))
    told = read(
        db,
        (
            Field("id", response.c.id, Kind.WHOLE),
            Field("invitation", response.c.invitation_id, Kind.WHOLE),
            Field("score", response.c.score, Kind.WHOLE),
            Field("at", response.c.submitted_at, Kind.TIME),
        ),
        lambda wanted: select(*wanted).where(*_submitted(since=since, now=now)),
    )
    person = Winners(db, "contact").of(asked["person"])
    owner, csm_ids = _owners(db, Winners(db, "account").of(asked["account"]))
    return Histories(
        id=asked["id"],
        wave=asked["wave"],
        person=person,
        owner=owner,
        sent=asked["sent"],
        due=asked["due"],
        score=_latest(asked["id"], told),
        contact=_codes(db, asked["wave"], person, _contacts(db, since=since, now=now)),
    ), csm_ids


def _latest(ids: Column, told: Mapping[str, Column]) -> Column:
    order = np.argsort(ids)
    at = place_in(ids[order], told["invitation"])
    known = at >= 0
    row = last_of(order[at[known]], (told["at"][known], told["id"][known]), len(ids))
    score = np.full(len(ids), -1, np.int64)
    score[row >= 0] = told["score"][known][row[row >= 0]]
    return score


def _owners(db: Connection, accounts: Column) -> tuple[Column, list[str]]:
    rows = db.execute(select(account.c.id, account.c.csm_id).order_by(account.c.id)).all()
    csm_ids = sorted({row.csm_id for row in rows if row.csm_id is not None})
    place = {id: at for at, id in enumerate(csm_ids)}
    keys = key_of(db, [row.id for row in rows])
    owner = np.array([place.get(row.csm_id, -1) for row in rows], np.int64)
    order = np.argsort(keys)
    at = place_in(keys[order], accounts)
    return np.where(at >= 0, owner[order[at]], -1) if len(rows) else np.full(len(accounts), -1), csm_ids


def _codes(db: Connection, wave: Column, person: Column, touched: Mapping[tuple[int, str], Contact]) -> Column:
    """Of each invitation the place of what was done about its follow-up, -1 without one."""
    found = np.full(len(wave), -1, np.int64)
    keys = key_of(db, [person_id for _, person_id in touched])
    group, _, _ = numbered(
        np.concatenate([np.array([wave_id for wave_id, _ in touched], np.int64), wave]), np.concatenate([keys, person])
    )
    code = np.full(int(group.max()) + 1 if len(group) else 0, -1, np.int64)
    code[group[: len(touched)]] = [CONTACTS.index(kind) for kind in touched.values()]
    found[:] = code[group[len(touched) :]]
    return found
