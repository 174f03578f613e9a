"""Comments with their themes: for the figures, for the lists behind them, for sorting blindly."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true, union_all

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    alias,
    answer,
    coding,
    contact,
    csm,
    invitation,
    response,
    theme,
    verbatim_theme,
    wave,
)
from voc.base.words import ResponseState
from voc.metrics import store
from voc.metrics.forest.people import Comment
from voc.metrics.regions import region_of
from voc.responses.store import themes as verbatims

Key = tuple[int, str]
"""A comment: (response, question)."""

_OF_ACCOUNT, _OF_CONTACT = alias.alias("of_account"), alias.alias("of_contact")
_ACCOUNT = func.coalesce(_OF_ACCOUNT.c.winner_id, invitation.c.account_id)
_CONTACT = func.coalesce(_OF_CONTACT.c.winner_id, invitation.c.contact_id)


def _comments(db: Connection, *columns: Any, viewer: Viewer, after: datetime, until: datetime) -> Select[Any]:
    """Rows of comments that the viewer may see; confidential ones are in none."""
    of_account = and_(_OF_ACCOUNT.c.kind == "account", _OF_ACCOUNT.c.loser_id == invitation.c.account_id)
    of_contact = and_(_OF_CONTACT.c.kind == "contact", _OF_CONTACT.c.loser_id == invitation.c.contact_id)
    return (
        select(
            response.c.id.label("response_id"),
            answer.c.question,
            _ACCOUNT.label("account_id"),
            _CONTACT.label("contact_id"),
            *columns,
        )
        .select_from(response)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(answer, and_(answer.c.response_id == response.c.id, answer.c.text.is_not(None), answer.c.text != ""))
        .outerjoin(_OF_ACCOUNT, of_account)
        .outerjoin(_OF_CONTACT, of_contact)
        .join(account, account.c.id == _ACCOUNT)
        .where(response.c.state == ResponseState.SUBMITTED, confidential.named, visible_accounts(viewer))
        .where(response.c.submitted_at > after, response.c.submitted_at <= until, _of_their_accounts(db, viewer))
        .order_by(response.c.submitted_at, response.c.id, answer.c.question)
    )


def _of_their_accounts(db: Connection, viewer: Viewer) -> ColumnElement[bool]:
    """So that one book's comments are looked up by its accounts, not among those of the whole company.

    Few are named, for PostgreSQL looks up no account that another query would find; of very many it had better read all
    comments.
    """
    if viewer.sees_all:
        return true()
    seen = select(account.c.id).where(visible_accounts(viewer)).correlate(None)
    merged = (
        select(alias.c.loser_id)
        .join(account, account.c.id == alias.c.winner_id)
        .where(alias.c.kind == "account", visible_accounts(viewer))
        .correlate(None)
    )
    ids = db.execute(union_all(seen, merged).limit(_A_BOOK + 1)).scalars().all()
    return among(_OF_INVITATION, ids) if len(ids) <= _A_BOOK else _OF_INVITATION.in_(union_all(seen, merged))


_OF_INVITATION = invitation.c.account_id
_A_BOOK = 500  # accounts


_FEW = 5_000  # ids that a query may name


def themes_of(
    db: Connection, response_ids: Collection[int], *, after: datetime, until: datetime
) -> dict[Key, frozenset[int]]:
    """Themes by comment of these answers of that time, as they count; those that are used no more are left out."""
    held = verbatims.standing()
    if len(response_ids) <= _FEW:
        held = held.where(verbatim_theme.c.response_id.in_(sorted(response_ids)))
    else:
        held = held.join(response, response.c.id == verbatim_theme.c.response_id).where(
            response.c.submitted_at > after, response.c.submitted_at <= until
        )
    used = set(db.execute(select(theme.c.id).where(~theme.c.retired)).scalars())
    found: dict[Key, set[int]] = {}
    for response_id, question, theme_id in db.execute(held):
        if theme_id in used:
            found.setdefault((response_id, question), set()).add(theme_id)
    return {key: frozenset(some) for key, some in found.items()}


def comments(
    db: Connection, viewer: Viewer, *, after: datetime, until: datetime, preferences: Preferences
) -> list[Comment]:
    """The oldest first; segment, roles, revenue and country as they were when the person was asked."""
    columns = (response.c.score, response.c.submitted_at, invitation.c.segment, invitation.c.roles, invitation.c.arr)
    rows = db.execute(
        _comments(
            db,
            *columns,
            invitation.c.currency,
            account.c.country,
            account.c.name.label("account_name"),
            csm.c.manager_id,
            viewer=viewer,
            after=after,
            until=until,
        ).outerjoin(csm, csm.c.id == account.c.csm_id)
    ).all()
    held = themes_of(db, {row.response_id for row in rows}, after=after, until=until)
    nothing: frozenset[int] = frozenset()
    return [
        Comment(
            response_id=row.response_id,
            question=row.question,
            account_id=row.account_id,
            account_name=row.account_name,
            contact_id=row.contact_id,
            team_id=row.manager_id,
            at=row.submitted_at,
            score=row.score,
            segment=row.segment,
            roles=tuple(row.roles),
            region=region_of(row.country, preferences.regions),
            arr=store.in_reporting(preferences, row.arr, row.currency),
            themes=held.get((row.response_id, row.question), nothing),
        )
        for row in rows
    ]


def were_written(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> bool:
    """Whether there is any."""
    return db.execute(_comments(db, viewer=viewer, after=after, until=until).limit(1)).first() is not None


def teams(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> frozenset[str]:
    """Whose customers wrote."""
    written = _comments(db, viewer=viewer, after=after, until=until).join(csm, csm.c.id == account.c.csm_id)
    query = written.with_only_columns(csm.c.manager_id).where(csm.c.manager_id.is_not(None)).order_by(None)
    return frozenset(id for id in db.execute(query.distinct()).scalars() if id is not None)


@dataclass(frozen=True)
class Words:
    """A comment as a list shows it, with who wrote it."""

    response_id: int
    question: str
    account_id: str
    account_name: str
    contact_id: str
    contact_name: str
    csm_id: str | None
    roles: tuple[str, ...]
    wave: str
    at: datetime
    score: int | None
    language: str
    text: str


def texts(db: Connection, viewer: Viewer, keys: Collection[Key], *, until: datetime) -> dict[Key, Words]:
    """The words of these comments, of those that the viewer may see."""
    columns = (
        account.c.name.label("account_name"),
        account.c.csm_id,
        contact.c.first_name,
        contact.c.last_name,
        contact.c.email,
        invitation.c.roles,
        wave.c.label,
        response.c.submitted_at,
        response.c.score,
        response.c.language,
        answer.c.text.label("words"),
    )
    query = (
        _comments(db, *columns, viewer=viewer, after=_BEFORE_ALL, until=until)
        .join(contact, contact.c.id == _CONTACT)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(response.c.id.in_(sorted({response_id for response_id, _question in keys})))
    )
    found = {(row.response_id, row.question): _words(row) for row in db.execute(query)}
    return {key: found[key] for key in keys if key in found}


_BEFORE_ALL = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _words(row: Any) -> Words:
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or row.email or "Unnamed contact"
    return Words(
        response_id=row.response_id,
        question=row.question,
        account_id=row.account_id,
        account_name=row.account_name,
        contact_id=row.contact_id,
        contact_name=name,
        csm_id=row.csm_id,
        roles=tuple(row.roles),
        wave=row.label,
        at=row.submitted_at,
        score=row.score,
        language=row.language,
        text=row.words or "",
    )


# --- sorted blindly -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Coded:
    """One comment that a person sorted: `themes` of those that were `offered`, under that version of the book."""

    response_id: int
    question: str
    themes: frozenset[int]
    offered: frozenset[int]
    book: int
    by: str
    at: datetime


def coded(db: Connection) -> list[Coded]:
    rows = db.execute(select(coding).order_by(coding.c.id))
    return [
        Coded(row.response_id, row.question, frozenset(row.themes), frozenset(row.offered), row.book, row.by, row.at)
        for row in rows
    ]


def rule_themes(db: Connection, keys: Collection[Key]) -> Mapping[Key, frozenset[int]]:
    """What the rule alone finds in these comments."""
    marks = verbatims.marks(db, {response_id for response_id, _question in keys})
    return {key: frozenset(one.theme_id for one in marks.get(key, ()) if one.source == "rule") for key in keys}


def to_code(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> list[tuple[Key, str, str]]:
    """(comment, language, text) of those that nobody sorted yet."""
    done = select(coding.c.id).where(coding.c.response_id == response.c.id, coding.c.question == answer.c.question)
    query = _comments(db, response.c.language, answer.c.text.label("words"), viewer=viewer, after=after, until=until)
    rows = db.execute(query.where(~done.exists()))
    return [((row.response_id, row.question), row.language, row.words or "") for row in rows]


def said(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> list[tuple[str, int | None, str, str]]:
    """(account, score, language, text) of each comment, for words that no theme has."""
    columns = (response.c.score, response.c.language, answer.c.text.label("words"))
    rows = db.execute(_comments(db, *columns, viewer=viewer, after=after, until=until))
    return [(row.account_id, row.score, row.language, row.words or "") for row in rows]


def names(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> list[str]:
    """Accounts and people behind the comments: their names are no themes."""
    columns = (account.c.name, contact.c.first_name, contact.c.last_name)
    rows = db.execute(
        _comments(db, *columns, viewer=viewer, after=after, until=until).join(contact, contact.c.id == _CONTACT)
    )
    return sorted({part for row in rows for part in (row.name, row.first_name, row.last_name) if part})
