"""What people say of a comment's themes: that one is missing, that one is wrong; or all of them, sorted blindly."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.responses.store import themes as store


def correct(
    db: Connection,
    response_id: int,
    question: str,
    theme_id: int,
    *,
    holds: bool | None,
    viewer: Viewer,
    now: datetime,
) -> None:
    """The comment is about that theme, is not, or (None) what the rule finds counts again. Audited, without words."""
    store.comment(db, response_id, question, viewer)
    before = store.set_word(db, response_id, question, theme_id, holds=holds, by=viewer.name, now=now)
    if before != holds:
        _audit(db, response_id, "theme of a comment corrected", viewer, now, theme=theme_id, was=before, now_is=holds)


def code(
    db: Connection,
    response_id: int,
    question: str,
    *,
    themes: Sequence[int],
    offered: Sequence[int],
    book: int,
    viewer: Viewer,
    now: datetime,
) -> bool:
    """A person sorted a comment without seeing what the rule found. False if somebody was quicker."""
    store.comment(db, response_id, question, viewer)
    if not set(themes) <= set(offered):
        raise Refused("That theme is not in the code book any more. Load the page again", field="themes")
    first = store.add_coding(
        db, response_id, question, themes=themes, offered=offered, book=book, by=viewer.name, now=now
    )
    if first:
        _audit(db, response_id, "comment sorted blindly", viewer, now, themes=sorted(themes), book=book)
    return first


def _audit(db: Connection, response_id: int, action: str, viewer: Viewer, now: datetime, **detail: object) -> None:
    audit.record(
        db, at=now, actor=viewer.name, action=action, object_kind="comment", object_id=response_id, detail=detail
    )
