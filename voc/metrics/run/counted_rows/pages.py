"""A page of the rows or all of them, and the figure they make up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics import figures as figured
from voc.metrics import rows as paged
from voc.metrics.catalogue import BY_NAME, OPENS
from voc.metrics.defined import beside
from voc.metrics.definition import Definition
from voc.metrics.model import CountedRow, Figure, Window
from voc.metrics.rows import Page, Place, Source, Wanted
from voc.metrics.run import beside_sums, near_views
from voc.metrics.run.counted_rows import book
from voc.metrics.run.counted_rows.opened import Opened, asking_of
from voc.metrics.run.counted_rows.sources import source_of
from voc.metrics.run.counted_rows.withheld import why_withheld
from voc.metrics.run.looking import allowed, look, look_at, terms_of
from voc.metrics.store import in_order, nights

PER_PAGE = 200
MOST_HELD_AGAINST = 20_000  # rows of a kept figure that one view may read to hold them against it; about a second


@dataclass(frozen=True)
class Behind:
    """`figure` is what the rows add up to, None where the rows are not the viewer's to see; `kept`: by its night.

    `counted` rows make up its denominator, `beside` stand beside it; the pages hold some of them. `differs` are
    the sums of the rows where the night counted others: something was learned since.
    `compared` is whether a night's count was held against its rows: where they are very many it was not.
    """

    definition: Definition
    window: Window
    figure: Figure | None
    kept: bool
    page: Page
    beside_page: Page | None
    counted: int
    beside: int
    currency: str
    account_name: str = ""
    differs: tuple[int, float, float] | None = None
    compared: bool = True


def rows(
    db: Connection,
    viewer: Viewer,
    *,
    figure: str,
    scope: Scope,
    id: str = "",
    now: datetime,
    as_of: date | None = None,
    window_days: int | None = None,
    segment: str | None = None,
    region: str | None = None,
    preferences: Preferences | None = None,
) -> list[CountedRow]:
    """What one figure counts, account by account. Rows with `whole` above 0 add up to its denominator.

    NotFound for a figure or a scope that does not exist or is not the viewer's. A CSM's rows hold
    what was sent under their name, also where the account has been handed over since.
    """
    opened = Opened(figure, scope, id, as_of, None, window_days, segment, region)
    return list(_every(db, viewer, opened, now=now, known=preferences or settings.load(db)))


def every_row(db: Connection, viewer: Viewer, opened: Opened, *, now: datetime) -> Iterator[CountedRow]:
    """One after the other, in the order of the page, some accounts in memory at a time. Refused where it shows none."""
    known = settings.load(db)
    found = _every(db, viewer, opened, now=now, known=known)
    if (why := why_withheld(db, viewer, opened, now=now, known=known)) is not None:
        raise Refused(near_views.reason_of(why))
    return found


def _every(
    db: Connection, viewer: Viewer, opened: Opened, *, now: datetime, known: Preferences
) -> Iterator[CountedRow]:
    may = allowed(db, viewer)
    if opened.figure not in OPENS or not may.sees(opened.key):
        raise NotFound("There is no such figure.")
    kept = _kept(db, opened, now=now, known=known)
    source = source_of(db, may, opened, now=now, known=known, kept=kept is not None)
    return (row for _, row in paged.walk(source) if opened.label in ("", row.label))


def behind(
    db: Connection,
    viewer: Viewer,
    opened: Opened,
    *,
    now: datetime,
    want_beside: bool = False,
    after: Place | None = None,
    before: Place | None = None,
    size: int = PER_PAGE,
) -> Behind:
    """A page of the rows, and the figure they make up.

    NotFound as `rows`; but the total, which everybody sees the figures of, opens to everybody, without its rows.
    """
    may = allowed(db, viewer)
    if opened.figure not in OPENS or not (may.sees(opened.key) or opened.key == cohorts.TOTAL):
        raise NotFound("There is no such figure.")
    known, definition = settings.load(db), OPENS[opened.figure]
    moment = store.moment_of(opened.to or opened.as_of, now=now)
    window = cohorts.window(moment, terms_of(asking_of(opened, now, known), moment, known).days)
    nothing = Page((), None, None)
    if not may.sees(opened.key):
        currency = known.reporting_currency
        return Behind(definition, window, None, False, nothing, None, 0, 0, currency)
    if (why := why_withheld(db, viewer, opened, now=now, known=known)) is not None:
        said = near_views.withheld(figured.of_rows([], opened.key, definition, window), why)
        return Behind(definition, window, said, False, nothing, None, 0, 0, known.reporting_currency)
    kept = _kept(db, opened, now=now, known=known)
    source = source_of(db, may, opened, now=now, known=known, kept=kept is not None)
    source = paged.remembering(source, MOST_HELD_AGAINST)
    wanted = Wanted(want_beside, opened.label)
    figure = kept or _counted_now(db, opened, now=now, known=known, source=source, window=window)
    found = _found(kept, source, opened.label)
    many, many_beside = (found.counted, found.beside) if found else _there(figure, opened.label, source)
    there = many_beside if want_beside else many
    start, end = _named(db, after), _named(db, before)
    page = paged.page(source, wanted, size=size, after=start, before=end, there=there)
    whole = page.before is None and page.after is None
    other = None
    if not want_beside and after is None and before is None:
        other = paged.page(source, Wanted(True, opened.label), size=size, there=many_beside)
    counted, others = _how_many(page, other, many, many_beside, whole=whole)
    return Behind(
        definition,
        window,
        figure,
        kept is not None,
        page,
        other,
        counted,
        others,
        known.reporting_currency,
        account_name=_account_name(db, opened),
        compared=kept is None or found is not None,
        differs=_differs(kept, found, opened.label) if kept and found else None,
    )


def _named(db: Connection, place: Place | None) -> Place | None:
    """With the account's name, which an address leaves out where it is too long."""
    if place is None or place.account.name or not place.account.id:
        return place
    return place._replace(account=in_order.found_again(db, place.account.id))


def _account_name(db: Connection, opened: Opened) -> str:
    if opened.scope != Scope.ACCOUNT:
        return ""
    found = in_order.names(db, [opened.id])
    return found.get(opened.id, opened.id)


def _kept(db: Connection, opened: Opened, *, now: datetime, known: Preferences) -> Figure | None:
    """The figure as its night kept it, if it did."""
    on, days = opened.as_of, opened.window_days or known.window_days
    if opened.live or opened.to or on is None or on >= now.date() or not opened.part.whole:
        return None
    return nights.kept_figure(db, on=on, window_days=days, scope=opened.scope, scope_id=opened.id, name=opened.figure)


def _counted_now(
    db: Connection, opened: Opened, *, now: datetime, known: Preferences, source: Source, window: Window
) -> Figure:
    """By another way than the rows: by columns, of a book or of all. What no night keeps is its rows added up."""
    if opened.figure not in BY_NAME or opened.to is not None:
        in_columns = opened.scope in (Scope.TOTAL, Scope.TEAM, Scope.SEGMENT, Scope.REGION)
        if in_columns and opened.figure == beside.UNDER_WAY.name and opened.to is None:
            return beside_sums.under_way(db, asking_of(opened, now, known), opened.key)
        if in_columns and opened.figure == beside.REACHED_IN_TIME.name and opened.to is not None:
            return beside_sums.reached_in_time(db, asking_of(opened, now, known), opened.key, opened.to)
        return figured.of_rows([row for _, row in paged.walk(source)], opened.key, OPENS[opened.figure], window)
    found = book.figure_of(db, opened, now=now, known=known)
    if found is not None:
        return found
    asking = asking_of(opened, now, known)
    looked = look_at(db, asking, [opened.id]) if opened.scope == Scope.ACCOUNT else look(db, asking)
    return looked.figure(opened.key, opened.figure)


def _there(figure: Figure, label: str, source: Source) -> tuple[int, int]:
    """How many rows count and how many stand beside, of the label if one is named, by the figure."""
    if not label:
        return figure.counted, max(sum(figure.parts.values()) - figure.counted, 0)
    many = figure.parts.get(label, 0)
    first = next((row for _, row in paged.walk(source) if row.label == label), None) if many else None
    # A label's rows all count, or none of them does.
    return (0, many) if first is not None and first.whole <= 0 else (many, 0)


def _how_many(page: Page, other: Page | None, many: int, many_beside: int, *, whole: bool) -> tuple[int, int]:
    """Rows that count and rows beside: by the figure, or where all are here, by them."""
    if whole and other is not None and other.after is None:
        return len(page.rows), len(other.rows)
    return many, many_beside


@dataclass(frozen=True)
class _Found:
    """What all rows of one label, or of every label, come to."""

    counted: int
    beside: int
    part: float
    whole: float


def _found(kept: Figure | None, source: Source, label: str) -> _Found | None:
    """What a night kept is held against what is found, so its rows are all read; None where they are too many."""
    if kept is None or max(kept.counted, sum(kept.parts.values())) > MOST_HELD_AGAINST:
        return None
    every = [row for _, row in paged.walk(source) if label in ("", row.label)]
    counted = sum(row.whole > 0 for row in every)
    return _Found(counted, len(every) - counted, sum(row.part for row in every), sum(row.whole for row in every))


def _differs(kept: Figure, found: _Found, label: str) -> tuple[int, float, float] | None:
    if label:
        count = found.counted + found.beside
        return None if count == kept.parts.get(label, count) else (count, found.part, found.whole)
    same = abs(found.whole - (kept.denominator or 0.0)) < 0.005 and found.counted == kept.counted
    reckoned = OPENS[kept.name].reckon is not None
    if same and (reckoned or abs(found.part - (kept.numerator or 0.0)) < 0.005):
        return None
    return found.counted, found.part, found.whole
