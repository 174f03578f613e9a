"""Reviews by colleagues: on the template of the day, kept with it; withdrawn, never changed."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, ReviewKind
from voc.metrics.cards import files, templates
from voc.metrics.cards.templates import FILE_OF, Template
from voc.metrics.store import cards as measure_files
from voc.metrics.store import reviews as store
from voc.metrics.store.cards import File
from voc.metrics.store.reviews import HandedOver, Review

_SHIPPED = Path(__file__).parents[1] / "reviews"
LONGEST = 2000  # characters of a comment
OLDEST = timedelta(days=90)  # what is longer ago is not remembered as it was


@lru_cache(maxsize=8)
def shipped(kind: ReviewKind) -> str:
    return (_SHIPPED / f"{FILE_OF[kind]}.toml").read_text("utf-8")


def text_of(db: Connection, kind: ReviewKind) -> str:
    """Ours as last saved, else the one that ships."""
    own = measure_files.versions(db, MeasureFile.REVIEW, FILE_OF[kind])
    return own[0].text if own else shipped(kind)


def template(db: Connection, kind: ReviewKind) -> Template:
    """What is asked now."""
    return templates.load(FILE_OF[kind], text_of(db, kind))


def save_template(db: Connection, kind: ReviewKind, text: str, *, by: str, now: datetime, note: str | None) -> File:
    """A new version, unless nothing changed. CardMistakes with every mistake, and nothing is saved."""
    name, text = FILE_OF[kind], text.replace("\r\n", "\n").rstrip() + "\n"
    templates.load(name, text)
    before = measure_files.versions(db, MeasureFile.REVIEW, name)
    digest = files.digest(text)
    if before and before[0].digest == digest:
        return before[0]
    kept = measure_files.add_file(db, MeasureFile.REVIEW, name, text=text, digest=digest, note=note, by=by, now=now)
    detail = {"version": kept.number, "digest": digest, "note": note}
    audit.record(
        db, at=now, actor=by, action="review template saved", object_kind="review", object_id=name, detail=detail
    )
    return kept


def _file(db: Connection, kind: ReviewKind, *, now: datetime) -> File:
    """The version that a review names; what ships is kept with its first review."""
    own = measure_files.versions(db, MeasureFile.REVIEW, FILE_OF[kind])
    return own[0] if own else save_template(db, kind, shipped(kind), by="the service", now=now, note="As it ships")


def write_call(
    db: Connection,
    *,
    csm_id: str,
    account_name: str,
    on: date,
    typed: Mapping[str, str],
    comment: str | None,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Of a colleague's call. Refused, with the field, for what does not fit."""
    if csm_id not in dict(store.colleagues(db, viewer)):
        raise Refused("Choose a colleague who has accounts; nobody reviews the own calls", field="csm_id")
    account_id = store.account_named(db, csm_id, account_name)
    if account_id is None:
        raise Refused("Write the account’s name as it stands in the CRM; it must be the colleague’s", field="account")
    return _add(
        db,
        ReviewKind.CALL,
        csm_id=csm_id,
        account_id=account_id,
        on=on,
        typed=typed,
        comment=comment,
        viewer=viewer,
        now=now,
    )


def write_hand_over(
    db: Connection,
    *,
    account_id: str,
    typed: Mapping[str, str],
    comment: str | None,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Of an account that came to the viewer, about whoever had it before; once."""
    found = next((one for one in waiting(db, viewer, now=now) if one.account_id == account_id), None)
    if found is None:
        raise NotFound("There is no such hand-over to you that waits for a review.")
    return _add(
        db,
        ReviewKind.HAND_OVER,
        csm_id=found.from_csm_id,
        account_id=account_id,
        on=found.on,
        typed=typed,
        comment=comment,
        viewer=viewer,
        now=now,
    )


def _add(
    db: Connection,
    kind: ReviewKind,
    *,
    csm_id: str,
    account_id: str,
    on: date,
    typed: Mapping[str, str],
    comment: str | None,
    viewer: Viewer,
    now: datetime,
) -> int:
    if not now.date() - OLDEST <= on <= now.date():
        raise Refused(f"Write a day within the last {OLDEST.days} days", field="on")
    if comment is not None and len(comment) > LONGEST:
        raise Refused(f"Write at most {LONGEST:,} characters", field="comment")
    file = _file(db, kind, now=now)
    answers = templates.answers_of(templates.load(file.name, file.text), typed)
    return store.add(
        db,
        kind,
        file_id=file.id,
        csm_id=csm_id,
        account_id=account_id,
        on=on,
        answers=answers,
        mean=templates.mean(answers),
        comment=comment,
        viewer=viewer,
        now=now,
    )


def waiting(db: Connection, viewer: Viewer, *, now: datetime) -> list[HandedOver]:
    """Hand-overs to the viewer that nobody has reviewed yet."""
    return store.handed_over(db, viewer.csm_id, now=now, within=OLDEST) if viewer.csm_id else []


def review(db: Connection, review_id: int, viewer: Viewer) -> tuple[Review, Template]:
    """One review with the template it was written on. NotFound for a foreign one."""
    found = store.listing(db, viewer, review_id=review_id)
    if not found:
        raise NotFound("There is no such review.")
    file = measure_files.file(db, found[0].file_id)
    return found[0], templates.load(file.name, file.text)


def withdraw(db: Connection, review_id: int, viewer: Viewer, *, now: datetime) -> None:
    """By whoever wrote it; it counts no more from now on. Frozen months stay."""
    found, _ = review(db, review_id, viewer)
    if found.staff_id is None or found.staff_id != viewer.staff_id:
        raise Refused("Only whoever wrote it may withdraw it")
    if not store.withdraw(db, review_id, now=now):
        raise Refused("It is withdrawn already")
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="review withdrawn",
        object_kind="review",
        object_id=str(review_id),
        detail={"about": found.csm_id, "on": found.on.isoformat()},
    )
