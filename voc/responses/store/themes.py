"""What comments are about: found by the code book's words, corrected by people, sorted blindly by people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select, update

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.db import insert_once
from voc.base.errors import NotFound
from voc.base.schema import account, alias, answer, coding, invitation, response, verbatim_read, verbatim_theme
from voc.base.words import ResponseState, ThemeSource


@dataclass(frozen=True, slots=True)
class Unread:
    """A submitted answer whose comments are to be read; `texts` by question. `anew`: its words may be others now."""

    response_id: int
    submitted_at: datetime
    language: str
    texts: tuple[tuple[str, str], ...]
    anew: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The rule's word on one comment: it is about that theme, because of those words of the code book."""

    response_id: int
    question: str
    theme_id: int
    words: str


def has_unread(db: Connection, *, book: int) -> bool:
    return db.execute(_unread(book).limit(1)).first() is not None


def unread(db: Connection, *, book: int, limit: int) -> list[Unread]:
    """Answers that this version of the code book has not read. Confidential ones are read by nobody."""
    rows = db.execute(_unread(book).limit(limit)).all()
    texts: dict[int, list[tuple[str, str]]] = {}
    query = (
        select(answer.c.response_id, answer.c.question, answer.c.text.label("words"))
        .where(answer.c.response_id.in_([row.id for row in rows]), answer.c.text.is_not(None))
        .order_by(answer.c.id)
    )
    for one in db.execute(query):
        texts.setdefault(one.response_id, []).append((one.question, one.words or ""))
    return [
        Unread(row.id, row.submitted_at, row.language, tuple(texts.get(row.id, ())), _is_other(row)) for row in rows
    ]


def _unread(book: int) -> Select[int, datetime | None, str, datetime]:
    seen = verbatim_read
    return (
        select(response.c.id, response.c.submitted_at, response.c.language, seen.c.submitted_at.label("read_as_of"))
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(seen, seen.c.response_id == response.c.id)
        .where(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at.is_not(None), confidential.named)
        .where(or_(seen.c.response_id.is_(None), seen.c.book < book, seen.c.submitted_at != response.c.submitted_at))
        .order_by(response.c.id)
    )


def _is_other(row: Any) -> bool:
    return row.read_as_of is not None and row.read_as_of != row.submitted_at


def keep(db: Connection, read: Sequence[Unread], found: Sequence[Found], *, book: int, now: datetime) -> None:
    """What the rule found, in the place of what it had found before. People's words stay, unless the comment is new.

    An answer whose text is gone (too old, or its writer erased) keeps the themes it had.
    """
    rewritten = [one.response_id for one in read if one.texts]
    mine = verbatim_theme.c.response_id.in_(rewritten)
    db.execute(delete(verbatim_theme).where(mine, verbatim_theme.c.source == ThemeSource.RULE))
    anew = [one.response_id for one in read if one.anew]
    if anew:
        db.execute(delete(verbatim_theme).where(verbatim_theme.c.response_id.in_(anew)))
        db.execute(delete(coding).where(coding.c.response_id.in_(anew)))
    if found:
        common = {"source": ThemeSource.RULE, "holds": True, "at": now}
        rows = [
            {"response_id": one.response_id, "question": one.question, "theme_id": one.theme_id, "words": one.words}
            | common
            for one in found
        ]
        db.execute(insert(verbatim_theme), rows)
    ids = [one.response_id for one in read]
    db.execute(delete(verbatim_read).where(verbatim_read.c.response_id.in_(ids)))
    marks = [{"response_id": one.response_id, "submitted_at": one.submitted_at, "book": book} for one in read]
    if marks:
        db.execute(insert(verbatim_read), marks)


def of_standing_book(db: Connection, read: Sequence[Unread], *, book: int) -> list[Unread]:
    """Those that are still to be read: another worker may have been at it."""
    ids = [one.response_id for one in read]
    left = set(db.execute(_unread(book).where(response.c.id.in_(ids))).scalars())
    return [one for one in read if one.response_id in left]


_OVERRULED = verbatim_theme.alias("overruled")


def standing() -> Select[int, str, int]:
    """(response_id, question, theme_id) of every theme of every comment, as it counts: a person's word goes before."""
    no = exists().where(
        _OVERRULED.c.response_id == verbatim_theme.c.response_id,
        _OVERRULED.c.question == verbatim_theme.c.question,
        _OVERRULED.c.theme_id == verbatim_theme.c.theme_id,
        _OVERRULED.c.source == ThemeSource.PERSON,
        ~_OVERRULED.c.holds,
    )
    return (
        select(verbatim_theme.c.response_id, verbatim_theme.c.question, verbatim_theme.c.theme_id)
        .where(verbatim_theme.c.holds, ~no)
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """Who says what of one comment: the rule (`words` of the code book), or a person (`by`)."""

    theme_id: int
    source: ThemeSource
    holds: bool
    words: str | None
    by: str | None


def marks(db: Connection, response_ids: Collection[int]) -> dict[tuple[int, str], list[Mark]]:
    """By comment, (response, question)."""
    query = select(verbatim_theme).where(verbatim_theme.c.response_id.in_(sorted(response_ids)))
    found: dict[tuple[int, str], list[Mark]] = {}
    for row in db.execute(query.order_by(verbatim_theme.c.theme_id, verbatim_theme.c.source)):
        one = Mark(row.theme_id, ThemeSource(row.source), row.holds, row.words, row.by)
        found.setdefault((row.response_id, row.question), []).append(one)
    return found


def comment(db: Connection, response_id: int, question: str, viewer: Viewer) -> str:
    """The account of a comment that the viewer may see. NotFound of any other, and of every confidential one."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id)
    query = (
        select(account.c.id)
        .select_from(response)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .join(answer, and_(answer.c.response_id == response.c.id, answer.c.question == question))
        .where(response.c.id == response_id, response.c.state == ResponseState.SUBMITTED)
        .where(answer.c.text.is_not(None), confidential.named, visible_accounts(viewer))
    )
    found = db.execute(query).scalar()
    if found is None:
        raise NotFound("There is no such comment, or it is not yours.")
    return found


def set_word(
    db: Connection, response_id: int, question: str, theme_id: int, *, holds: bool | None, by: str, now: datetime
) -> bool | None:
    """A person's word on one theme of a comment; None takes it back. Gives what it was before."""
    here = and_(
        verbatim_theme.c.response_id == response_id,
        verbatim_theme.c.question == question,
        verbatim_theme.c.theme_id == theme_id,
        verbatim_theme.c.source == ThemeSource.PERSON,
    )
    before = db.execute(select(verbatim_theme.c.holds).where(here)).scalar()
    if holds is None:
        db.execute(delete(verbatim_theme).where(here))
        return before
    row = {"response_id": response_id, "question": question, "theme_id": theme_id, "source": ThemeSource.PERSON}
    if not insert_once(db, verbatim_theme, {**row, "holds": holds, "by": by, "at": now}):
        db.execute(update(verbatim_theme).where(here).values(holds=holds, by=by, at=now))
    return before


def add_coding(
    db: Connection,
    response_id: int,
    question: str,
    *,
    themes: Sequence[int],
    offered: Sequence[int],
    book: int,
    by: str,
    now: datetime,
) -> bool:
    """False if somebody sorted this comment already: the first word stands."""
    row = {"response_id": response_id, "question": question, "themes": sorted(themes), "offered": sorted(offered)}
    return insert_once(db, coding, {**row, "book": book, "by": by, "at": now})
