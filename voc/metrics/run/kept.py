"""What a night counted, as a page reads it: nothing is counted again, so a past quarter never changes."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.preferences import Preferences
from voc.base.words import FigureState, Scope
from voc.metrics import cohorts, store
from voc.metrics.catalogue import CATALOGUE, VERSION, Owner
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.compare import RateBook
from voc.metrics.flight import Flight
from voc.metrics.model import Figure, Person, Shown, Window
from voc.metrics.run.looking import Asking, Book, CompanyLook

WINDOWS = (90, 180, 365)
BOOK = "book"  # kept beside the figures of a scope: what it owns, and what is under way
LINE = (
    "participation", "places_invited", "places_delivered", "places_answered", "response_rate", "coverage_fresh",
    "coverage_named", "fresh_contacts", "identified_promoters", "silent_accounts", "silent_arr", "follow_up_attainment",
    BOOK,
)  # fmt: skip
ALWAYS = frozenset(one.name for one in CATALOGUE if one.owner != Owner.FACT)
_FLIGHT = ("invitations", "answered", "expected", "z", "heading_for", "at_horizon")


class KeptLook:
    """As `CompanyLook`, from a night's snapshot."""

    def __init__(self, found: Sequence[Figure], window: Window, known: Preferences, people: dict[str, Person]) -> None:
        self.window, self.preferences, self.people = window, known, people
        self._figures: dict[Key, dict[str, Figure]] = {}
        for one in found:
            self._figures.setdefault((one.scope, one.scope_id), {})[one.name] = one

    @property
    def days(self) -> int:
        return self.window.days

    @property
    def icc(self) -> float:
        kept = self._figures[TOTAL]["response_rate"].extra.get("icc")
        return self.preferences.icc_default if kept is None else kept

    def keys(self, scope: Scope) -> list[Key]:
        found = [key for key in self._figures if key[0] == scope]
        return sorted(found, key=lambda key: (self.name(key).casefold(), key[1]))

    def name(self, key: Key) -> str:
        return cohorts.name_of(key, self.people)

    def manager_of(self, csm_id: str | None) -> str | None:
        found = self.people.get(csm_id) if csm_id else None
        return found.manager_id if found else None

    def figures(self, key: Key, names: Collection[str] | None = None) -> dict[str, Figure]:
        """A night keeps of a line what a line shows."""
        return {name: one for name, one in self._figures.get(key, {}).items() if name != BOOK}

    def rate_book(self, key: Key) -> RateBook:
        one = self._figures[key]["response_rate"]
        return RateBook(one.numerator or 0.0, one.denominator or 0.0, one.accounts, one.extra.get("deff") or 1.0)

    def _book(self, key: Key) -> Figure | None:
        return self._figures.get(key, {}).get(BOOK)

    def book(self, key: Key) -> Book:
        one = self._book(key)
        return Book(one.accounts, one.value or 0.0, tuple(one.left_out)) if one else Book(0, 0.0, ())

    def inherited(self, key: Key) -> int:
        one = self._book(key)
        return one.parts.get("inherited", 0) if one else 0

    def flight(self, key: Key) -> Flight | None:
        one = self._book(key)
        told = one.extra if one else {}
        if not told.get("invitations"):
            return None
        return Flight(
            invitations=int(told["invitations"] or 0),
            answered=int(told["answered"] or 0),
            expected=told["expected"],
            z=told["z"],
            heading_for=told["heading_for"],
            at_horizon=int(told["at_horizon"] or 0),
        )


def last_night(today: date) -> date:
    """The day whose end the latest night counted."""
    return today - timedelta(days=1)


def kept(db: Connection, asking: Asking, *, whole: Key) -> KeptLook | None:
    """The snapshot that answers this: all figures of `whole`, those of a line for each CSM. None without one."""
    known = asking.preferences or settings.load(db)
    on, days = asking.as_of or last_night(asking.now.date()), asking.days or known.window_days
    if not asking.part.whole or on >= asking.now.date() or not store.is_counted(db, on, days):
        return None
    found = store.kept_figures(
        db, on=on, window_days=days, lines=LINE, names=(*(asking.names or ()), BOOK), whole=whole
    )
    moment = store.moment_of(on, now=asking.now)
    people = store.people(db)
    if whole not in {(one.scope, one.scope_id) for one in found}:
        return None
    return KeptLook(found, cohorts.window(moment, days), known, people)


def kept_of(db: Connection, key: Key, *, on: date, days: int, names: Collection[str]) -> dict[str, Figure]:
    """What the night of that day kept of these figures of one scope, by name."""
    found = store.kept_figures(db, on=on, window_days=days, lines=(), names=names, whole=key)
    return {one.name: one for one in found if (one.scope, one.scope_id) == key}


def all_of(found: CompanyLook, key: Key, names: Collection[str]) -> list[Figure]:
    """What a night keeps of one scope: not what has nothing to count there and stands on no page of every scope."""
    wanted = [name for name in names if name in ALWAYS or found.has_rows(key, name)]
    return [*(found.figure(key, name) for name in wanted), _book_figure(found, key)]


def _book_figure(found: CompanyLook, key: Key) -> Figure:
    book, flight = found.book(key), found.flight(key)
    return Figure(
        name=BOOK,
        scope=key[0],
        scope_id=key[1],
        value=book.arr,
        numerator=book.arr,
        denominator=None,
        interval=None,
        state=FigureState.OK,
        reason=None,
        shown=Shown.COUNTS,
        counted=book.accounts,
        accounts=book.accounts,
        window=found.window,
        as_of=found.window.to_on,
        definition_version=VERSION,
        parts={"inherited": found.inherited(key)},
        extra={name: getattr(flight, name) for name in _FLIGHT} if flight else {},
        left_out=list(book.without_rate),
    )
