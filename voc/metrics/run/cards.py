"""Scorecards: saved by version, in use from a month on, frozen with each month's last night, corrected, approved.

Nothing here is changed once it is written: a file that is saved is a new version, a month that is corrected a new
revision with a reason, and nobody is paid from one that was not approved.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, Scope, StaffRole
from voc.campaigns.mistakes import Mistake
from voc.metrics.cards import counting, files, months
from voc.metrics.cards.counting import Figures
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.model import Figure
from voc.metrics.run import card_rows
from voc.metrics.run.looking import Asking
from voc.metrics.run.looking import look as look_at
from voc.metrics.store import cards as store
from voc.metrics.store import kept_rows, people, visible_scopes
from voc.metrics.store.cards import File, Frozen
from voc.metrics.store.kept_rows import Portion

NIGHT = "the night"
STILL_NEW = timedelta(hours=30)  # a night that failed is made up for by counting now
MOST_MONTHS_LATE = 12  # after an outage longer than this somebody decides, not the night
_CARD = MeasureFile.SCORECARD
_SHIPPED = Path(__file__).parents[1] / "scorecards"


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, str]:
    """The scorecards that come with the service: texts by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted(_SHIPPED.glob("*.toml"))}


def text_of(db: Connection, name: str) -> str:
    """Ours as last saved, else the one that ships. NotFound for neither."""
    own = store.versions(db, _CARD, name)
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


# --- files ---


def save(
    db: Connection, name: str, text: str, *, by: str, now: datetime, note: str | None = None
) -> tuple[File, Scorecard]:
    """A new version, unless nothing changed. CardMistakes with every mistake, and nothing is saved."""
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    card = files.load(name, text)
    before = store.versions(db, _CARD, name)
    if before and before[0].digest == files.digest(text):
        return before[0], card
    kept = store.add_file(db, _CARD, name, text=text, digest=files.digest(text), note=note, by=by, now=now)
    detail = {"version": kept.number, "digest": kept.digest, "note": note}
    audit.record(db, at=now, actor=by, action="scorecard saved", object_kind="scorecard", object_id=name, detail=detail)
    return kept, card


def copy(db: Connection, of: str, *, name: str, by: str, now: datetime) -> File:
    """A scorecard of one's own, made of another; `name` must be free."""
    if (wrong := files.why_not_a_name(name)) is not None:
        raise Refused(wrong, field="name")
    if store.versions(db, _CARD, name):
        raise Refused(f"There is a scorecard {name} already. Choose another name, or edit that one", field="name")
    return save(db, name, text_of(db, of), by=by, now=now, note=f"Copied from {of}")[0]


def use(db: Connection, name: str, *, by: str, now: datetime, since: Month | None = None) -> Month:
    """The newest version counts from that month on, this one if not told; months before keep theirs.

    A scorecard that ships is taken over as it is.
    """
    versions = store.versions(db, _CARD, name)
    kept = versions[0] if versions else save(db, name, text_of(db, name), by=by, now=now, note="As it ships")[0]
    files.load(name, kept.text)  # refused here too: a version of long ago may name what may not pay any more
    month = since or months.month_of(now.date())
    if month.first_on < months.last_whole(now.date()).first_on or month.first_on > now.date():
        raise Refused("It can count from this month or from the last one", field="since")
    store.use(db, _CARD, name, file_id=kept.id, since_on=month.first_on, by=by, now=now)
    detail = {"version": kept.number, "from": months.written(month)}
    audit.record(
        db, at=now, actor=by, action="scorecard in use", object_kind="scorecard", object_id=name, detail=detail
    )
    return month


def stop_using(db: Connection, name: str, *, by: str, now: datetime) -> None:
    """Nobody is measured by it from now on; its frozen months stay."""
    if name not in store.in_use(db, _CARD):
        raise Refused("It is not in use")
    store.use(db, _CARD, name, file_id=None, since_on=None, by=by, now=now)
    audit.record(db, at=now, actor=by, action="scorecard switched off", object_kind="scorecard", object_id=name)


# --- results ---


def reckon(
    db: Connection, card: Scorecard, month: Month, *, now: datetime, csm_ids: Collection[str] | None = None
) -> list[Result]:
    """What the month comes to by what is known now; of a month that is not over, as far as it has come.

    `csm_ids` leaves the results of the others out; what teams and all come to stays the same.
    """
    known = preferences.load(db)
    everybody = people(db)
    books = [
        one
        for one in store.books(db, month, preferences=known)
        if not card.teams or one.lead_id in card.teams or one.id in card.teams
    ]
    leads = {one.lead_id: everybody[one.lead_id].name for one in books if one.lead_id in everybody}
    found = counting.count(
        card,
        month,
        books=books,
        leads={id: name for id, name in leads.items() if id},
        figures=_figures(db, card, month, now),
    )
    return [one for one in found if csm_ids is None or one.scope != Scope.CSM or one.id in csm_ids]


def _figures(db: Connection, card: Scorecard, month: Month, now: datetime) -> Figures:
    """The figures of each period that a line asks for, as of the month's last day."""
    found: dict[tuple[Key, int], Mapping[str, Figure]] = {}
    as_of = min(month.last_on, now.date())
    for days, (counted, names) in card_rows.periods(card, month, as_of=as_of).items():
        for key, figures in by_scope(db, names=names, now=now, as_of=as_of, days=counted).items():
            found[key, days] = figures
    return found


def by_scope(
    db: Connection, *, names: Collection[str], now: datetime, as_of: date | None = None, days: int | None = None
) -> dict[Key, dict[str, Figure]]:
    """These figures of every CSM, every team and all, counted once."""
    found = look_at(db, Asking(now, as_of, days, names=names))
    return {key: found.figures(key) for key in [*found.keys(Scope.CSM), *found.keys(Scope.TEAM), TOTAL]}


def catch_up(database: Database, now: datetime) -> int:
    """Freeze each month that is over, once for each scorecard in use, and count the one under way for the pages.

    Returns how many were frozen. Idempotent.
    """
    with database.read() as db:
        due = [
            (name, month, held.file)
            for name, held in store.in_use(db, _CARD).items()
            for month in _months_due(held.since_on, now.date())
            if not store.frozen(db, name, month)
        ]
    for name, month, file in due:
        counted = _counted(database, card_of(file), month, now=now)
        with database.begin() as db:
            if not store.frozen(db, name, month):
                _freeze(db, name, month, file=file, counted=counted, reason=None, by=NIGHT, now=now)
    _count_running(database, now)
    return len(due)


@dataclass(frozen=True)
class Counted:
    """What a month came to, and the rows it came from, both of one look at the database."""

    results: list[Result]
    rows: list[Portion]


def _counted(database: Database, card: Scorecard, month: Month, *, now: datetime) -> Counted:
    with database.read() as db:
        return Counted(reckon(db, card, month, now=now), list(card_rows.portions(db, card, month, now=now)))


def _count_running(database: Database, now: datetime) -> None:
    """So that a page of the month under way need not count the company: it says as of when."""
    month = months.month_of(now.date())
    with database.read() as db:
        held = {name: one for name, one in store.in_use(db, _CARD).items() if one.since_on <= month.first_on}
    for name, one in held.items():
        with database.read() as db:
            results = reckon(db, card_of(one.file), month, now=now)
        with database.begin() as db:
            store.keep_running(db, name, month, file_id=one.file.id, results=results, now=now)


def _months_due(since_on: date, today: date) -> list[Month]:
    """Months that are over, from the first that counts on, oldest first."""
    found: list[Month] = []
    month = months.last_whole(today)
    while month.first_on >= since_on and len(found) < MOST_MONTHS_LATE:
        found.append(month)
        month = months.before(month)
    return found[::-1]


def correct(database: Database, name: str, wanted: Month, *, revision: int, reason: str, by: str, now: datetime) -> int:
    """Count a frozen month anew by the newest version and by what is known now; the new revision's number.

    `revision` is the one that was looked at: of two who correct it at once, or of one who presses twice, the first
    counts and the second is refused. What was frozen stays as it was. The new one wants an approval of its own.
    """
    if len(reason.strip()) < 10:
        raise Refused("Say why, in a sentence: whoever approves it reads it", field="reason")
    with database.read() as db:
        if not store.frozen(db, name, wanted):
            raise NotFound("This month is not frozen: there is nothing to correct.")
        file = store.versions(db, _CARD, name)[0]
    counted = _counted(database, card_of(file), wanted, now=now)
    with database.begin() as db:
        _must_be_newest(db, name, wanted, revision)
        return _freeze(db, name, wanted, file=file, counted=counted, reason=reason.strip(), by=by, now=now)


def _freeze(
    db: Connection,
    name: str,
    month: Month,
    *,
    file: File,
    counted: "Counted",
    reason: str | None,
    by: str,
    now: datetime,
) -> int:
    month_id, revision = store.add_month(
        db, name, month, file_id=file.id, results=counted.results, reason=reason, by=by, now=now
    )
    kept_rows.keep(db, month_id, counted.rows)
    audit.record(
        db,
        at=now,
        actor=by,
        action="scorecard month frozen" if reason is None else "scorecard month corrected",
        object_kind="scorecard",
        object_id=name,
        detail={"month": months.written(month), "revision": revision, "version": file.number, "reason": reason},
    )
    return revision


# --- approval ---


def month(db: Connection, name: str, wanted: Month, *, revision: int | None = None) -> Frozen:
    """That revision, or the newest. NotFound if there is none."""
    for one in store.frozen(db, name, wanted):
        if revision is None or one.revision == revision:
            return one
    raise NotFound("There is no such month of this scorecard.")


def why_not_approve(frozen: Frozen, *, by: str, others: Collection[str]) -> str | None:
    """Four eyes: not whoever wrote what is counted by or counted it anew, while somebody else could.

    `others` are those who may approve, without `by`.
    """
    if frozen.approved_at is not None:
        return f"{frozen.approved_by} has approved it already"
    mine = [
        what
        for who, what in (
            (frozen.saved_by, f"saved version {frozen.number} of its file"),
            (frozen.frozen_by, "counted it anew"),
        )
        if who == by
    ]
    if not mine or not others:
        return None
    return f"You {' and '.join(mine)}: somebody else approves it. {_any_of(sorted(others))} can"


def _any_of(names: list[str]) -> str:
    return (
        names[0]
        if len(names) == 1
        else f"{', '.join(names[:3])} or another leader"
        if len(names) > 3
        else (f"{', '.join(names[:-1])} or {names[-1]}")
    )


def others_who_approve(db: Connection, by: str) -> list[str]:
    return [name for _address, name in store.approvers(db) if name != by]


def _must_be_newest(db: Connection, name: str, wanted: Month, revision: int) -> Frozen:
    found = month(db, name, wanted)
    if found.revision != revision:
        raise Refused(f"Revision {found.revision} came after the one you looked at. Look at it first")
    return found


def approve(db: Connection, name: str, wanted: Month, *, revision: int, viewer: Viewer, now: datetime) -> Frozen:
    """From here on it may be paid and exported. Refused with the reason; `revision` is the one that was looked at."""
    found = _must_be_newest(db, name, wanted, revision)
    others = others_who_approve(db, viewer.name)
    if (because := why_not_approve(found, by=viewer.name, others=others)) is not None:
        raise Refused(because)
    if not store.approve(db, found.id, by=viewer.name, now=now):
        raise Refused("Somebody has approved it meanwhile")
    results = store.results(db, found.id, viewer)
    csms = [one for one in results if one.scope == Scope.CSM]
    detail = {
        "month": months.written(wanted),
        "revision": found.revision,
        "version": found.number,
        "people": len(csms),
        "facts missing for": [one.name for one in csms if one.misses_facts],
        "money": next((one.money for one in results if one.scope == Scope.TOTAL), None),
        "alone": not others,
    }
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="scorecard month approved",
        object_kind="scorecard",
        object_id=name,
        detail=detail,
    )
    return month(db, name, wanted, revision=found.revision)


@dataclass(frozen=True)
class Approved:
    """What may leave the service."""

    month: Frozen
    card: Scorecard
    results: list[Result]


def approved(db: Connection, name: str, wanted: Month, viewer: Viewer) -> Approved:
    """The newest approved revision. Refused where there is none: nobody is paid from what nobody approved."""
    every = store.frozen(db, name, wanted)
    if not every:
        raise NotFound("There is no such month of this scorecard.")
    found = next((one for one in every if one.approved_at is not None), None)
    if found is None:
        raise Refused(f"{months.written(wanted)} is not approved yet. A leader approves it on its page")
    return Approved(found, card_of(store.file(db, found.file_id)), store.results(db, found.id, viewer))


# --- for whoever looks ---


@dataclass(frozen=True)
class Looked:
    """A month as the viewer may see it; `frozen` None: counted now. Results in the order of `counting.count`."""

    card: Scorecard
    month: Month
    frozen: Frozen | None
    results: list[Result]
    counted_at: datetime | None = None  # of a month under way, if a night counted it
    has_rows: bool = False  # the rows behind it are kept

    def of(self, csm_id: str) -> Result:
        """One CSM's. NotFound for nobody, or for somebody who is not the viewer's."""
        for one in self.results:
            if one.scope == Scope.CSM and one.id == csm_id:
                return one
        raise NotFound("There is no such result.")


def held(db: Connection, name: str, viewer: Viewer) -> File:
    """The version that the viewer may see: the one in use; for those who set scorecards also one that is not.

    NotFound for a draft of others, and for one that only ships.
    """
    in_use = store.in_use(db, _CARD).get(name)
    if in_use is not None:
        return in_use.file
    every = store.versions(db, _CARD, name)
    used = {one.file_id for one in store.frozen(db, name)}
    allowed = every if viewer.sees_all else [one for one in every if one.id in used]
    if not allowed:
        raise NotFound("There is no such scorecard.")
    return allowed[0]


def look(
    db: Connection,
    name: str,
    wanted: Month,
    viewer: Viewer,
    *,
    now: datetime,
    revision: int | None = None,
    anew: bool = False,
) -> Looked:
    """A month: as it was frozen, else as last night counted it, else (or `anew`) by what is known now.

    NotFound for a month to come or before it counted.
    """
    every = [one for one in store.frozen(db, name, wanted) if revision in (None, one.revision)]
    if every:
        found = every[0]
        file = store.file(db, found.file_id)
        kept = kept_rows.are_kept(db, found.id)
        return Looked(card_of(file), wanted, found, store.results(db, found.id, viewer), has_rows=kept)
    in_use = store.in_use(db, _CARD).get(name)
    counts = in_use is not None and wanted.first_on >= in_use.since_on
    if revision is not None or wanted.first_on > now.date() or not (counts or viewer.sees_all):
        raise NotFound("There is no such month of this scorecard.")
    file = held(db, name, viewer)
    card = card_of(file)
    running = None if anew else store.running(db, name)
    if running is not None and running.holds(wanted, file.id) and now - running.counted_at < STILL_NEW:
        seen = _visible(db, running.results, viewer)
        return Looked(card, wanted, None, seen, counted_at=running.counted_at)
    return Looked(card, wanted, None, _visible(db, reckon(db, card, wanted, now=now), viewer))


def _visible(db: Connection, results: list[Result], viewer: Viewer) -> list[Result]:
    """The same as the store lets them see of what is frozen."""
    if viewer.sees_all:
        return results
    _accounts, csms = visible_scopes(db, viewer)
    team = {viewer.csm_id} if viewer.role == StaffRole.LEAD else set()
    return [
        one
        for one in results
        if (one.scope == Scope.CSM and one.id in csms) or (one.scope == Scope.TEAM and one.id in team)
    ]
