"""Scorecards as files: the ones that ship, ours by version, and which one is in use from when on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile
from voc.campaigns.mistakes import Mistake
from voc.metrics.cards import files, months
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Month, Scorecard
from voc.metrics.store import cards as store
from voc.metrics.store.cards import File

CARD = MeasureFile.SCORECARD
_SHIPPED = Path(__file__).parents[2] / "scorecards"


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, str]:
    """The scorecards that come with the service: texts by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted(_SHIPPED.glob("*.toml"))}


def text_of(db: Connection, name: str) -> str:
    """Ours as last saved, else the one that ships. NotFound for neither."""
    own = store.versions(db, CARD, name)
    if own:
        return own[0].text
    if name not in shipped():
        raise NotFound("There is no such scorecard.")
    return shipped()[name]


@lru_cache(maxsize=256)
def _loaded(name: str, text: str) -> Scorecard:
    return files.reread(name, text)


def card_of(file: File) -> Scorecard:
    """A version as it was saved; what was right then is right, whatever the checker has learned since."""
    return _loaded(file.name, file.text)


def why_outdated(file: File) -> tuple[Mistake, ...]:
    """What the check would refuse of it today."""
    try:
        files.load(file.name, file.text)
    except CardMistakes as wrong:
        return wrong.mistakes
    return ()


def save(
    db: Connection,
    name: str,
    text: str,
    *,
    by: str,
    now: datetime,
    note: str | None = None,
    seen: int | None = None,
) -> tuple[File, Scorecard]:
    """A new version, unless nothing changed. CardMistakes with every mistake, and nothing is saved.

    `seen` is the version that was edited: Refused where somebody saved another meanwhile. None: a file of one's own.
    """
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    card = files.load(name, text)
    store.lock(db)
    before = store.versions(db, CARD, name)
    must_be_seen(before, seen)
    if before and before[0].digest == files.digest(text):
        return before[0], card
    kept = store.add_file(db, CARD, name, text=text, digest=files.digest(text), note=note, by=by, now=now)
    detail = {"version": kept.number, "digest": kept.digest, "note": note}
    audit.record(db, at=now, actor=by, action="scorecard saved", object_kind="scorecard", object_id=name, detail=detail)
    return kept, card


def must_be_seen(versions: Sequence[File], seen: int | None) -> None:
    """Refused where the newest version is not the one that was looked at."""
    if seen is None or not versions or versions[0].number == seen:
        return
    newest = versions[0]
    raise Refused(f"{newest.saved_by} saved version {newest.number} meanwhile. Look at it first")


def copy(db: Connection, of: str, *, name: str, by: str, now: datetime) -> File:
    """A scorecard of one's own, made of another; `name` must be free."""
    if (wrong := files.why_not_a_name(name)) is not None:
        raise Refused(wrong, field="name")
    if store.versions(db, CARD, name):
        raise Refused(f"There is a scorecard {name} already. Choose another name, or edit that one", field="name")
    return save(db, name, text_of(db, of), by=by, now=now, note=f"Copied from {of}")[0]


def use(
    db: Connection, name: str, *, by: str, now: datetime, since: Month | None = None, seen: int | None = None
) -> Month:
    """The newest version counts from that month on, this one if not told; months before keep theirs.

    A scorecard that ships is taken over as it is. `seen` is the version that was looked at, None without a page.
    """
    store.lock(db)
    versions = store.versions(db, CARD, name)
    must_be_seen(versions, seen)
    kept = versions[0] if versions else save(db, name, text_of(db, name), by=by, now=now, note="As it ships")[0]
    files.load(name, kept.text)  # refused here too: a version of long ago may name what may not pay any more
    month = since or months.month_of(now.date())
    if month.first_on < months.last_whole(now.date()).first_on or month.first_on > now.date():
        raise Refused("It can count from this month or from the last one", field="since")
    store.use(db, CARD, name, file_id=kept.id, since_on=month.first_on, by=by, now=now)
    detail = {"version": kept.number, "from": months.written(month)}
    audit.record(
        db, at=now, actor=by, action="scorecard in use", object_kind="scorecard", object_id=name, detail=detail
    )
    return month


def stop_using(db: Connection, name: str, *, by: str, now: datetime) -> None:
    """Nobody is measured by it from now on; its frozen months stay."""
    if name not in store.in_use(db, CARD):
        raise Refused("It is not in use")
    store.use(db, CARD, name, file_id=None, since_on=None, by=by, now=now)
    audit.record(db, at=now, actor=by, action="scorecard switched off", object_kind="scorecard", object_id=name)


def held(db: Connection, name: str, viewer: Viewer) -> File:
    """The version that the viewer may see: the one in use; for those who set scorecards also one that is not.

    NotFound for a draft of others, and for one that only ships.
    """
    in_use = store.in_use(db, CARD).get(name)
    if in_use is not None:
        return in_use.file
    every = store.versions(db, CARD, name)
    used = {one.file_id for one in store.frozen(db, name)}
    allowed = every if viewer.sees_all else [one for one in every if one.id in used]
    if not allowed:
        raise NotFound("There is no such scorecard.")
    return allowed[0]
