"""The retention page of a large company: its figures from last night, and what the night kept of it beside them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, figures
from voc.metrics import store as facts
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns.money import renewals
from voc.metrics.columns.money.period import Period, day_of
from voc.metrics.columns.money.stayed import Clients
from voc.metrics.figures import Counted
from voc.metrics.money import compared, goals
from voc.metrics.money.compared import Comparison, Kept
from voc.metrics.money.page import Goal, Line, RetentionPage
from voc.metrics.run.kept import BOOK, KeptLook
from voc.metrics.run.stayed import KeptRetention, Owners, Stayed
from voc.metrics.store import kept_pages as store
from voc.metrics.store import open_renewals
from voc.metrics.store.company import Ground
from voc.metrics.store.records import Read

PAGE = "retention"
OPEN_SHOWN = 100


def kept(ground: Ground, windows: Collection[int]) -> Iterator[tuple[Key, int, KeptRetention]]:
    """For each window what belongs to all, to each team and to each CSM with a renewal."""
    people, standard = facts.people(ground.db), ground.preferences.retention_standard
    records = Read(ground, days=max(windows))  # of which only deals are asked for
    clients, owners = Clients.of(ground.rows["segment"], ground.names), Owners(records.csm_ids, people)
    for days in sorted(windows):
        period = Period(records, day_of(ground.moment.date()), days)
        found = Stayed(renewals.logo_retention(period), renewals.nrr(period), clients, owners)
        for key in found.scopes():
            yield key, days, found.reckoned(key, standard=standard)


# --- the page ------------------------------------------------------------------------------------


def page(
    db: Connection,
    viewer: Viewer,
    on: date,
    whole: Key,
    *,
    shared: str | None,
    names: Sequence[str],
    days: int,
    now: datetime,
    known: Preferences,
) -> RetentionPage | None:
    """`shared` is the manager whose CSMs are compared, None for everybody. None where the night kept no such period."""
    scope = TOTAL if shared is None else (Scope.TEAM, shared)
    family = store.read(db, on, PAGE, KeptRetention, days=days, scope=scope)
    own = family if whole == scope else store.read(db, on, PAGE, KeptRetention, days=days, scope=whole)
    wanted = (*names, BOOK)
    found = facts.kept_figures(db, on=on, window_days=days, lines=wanted, names=wanted, whole=whole)
    if not found or store.read(db, on, PAGE, KeptRetention, days=days) is None:
        return None
    window = cohorts.window(facts.moment_of(on, now=now), days)
    people = facts.people(db)
    look = KeptLook(found, window, known, people)
    nothing = Counted(window, icc_default=known.icc_default)
    visible = facts.visible_csm_ids(db, viewer)
    everybody = [id for _, id in look.keys(Scope.CSM) if _belongs(look, id, names)]
    everybody = [id for id in everybody if shared is None or id == shared or look.manager_of(id) == shared]
    mine = [id for id in everybody if viewer.sees_all or id in visible]

    def line(key: Key) -> Line:
        its, book = look.figures(key), look.book(key)
        told = {name: its.get(name) or figures.figure(nothing, key, name) for name in names}
        return Line(key[0], key[1], look.name(key), told, book.accounts, book.arr)

    opened = open_renewals.waiting(
        db, viewer, whole, until=on + timedelta(days=90), preferences=known, limit=OPEN_SHOWN
    )
    books = {id: look.book((Scope.CSM, id)) for id in everybody}
    sized = {id: goals.Book(one.arr, one.accounts) for id, one in books.items()}
    return RetentionPage(
        window=window,
        currency=known.reporting_currency,
        whole=line(whole),
        lines=tuple(line((Scope.CSM, id)) for id in mine),
        compared=compared_of(family, everybody, known),
        open=opened.shown,
        without=tuple(own.without if own is not None else ()),
        goals=_goals(sized, mine, known),
        split_by=known.split_by,
        inherited=own.inherited if own is not None else 0,
        names={id: one.name for id, one in people.items()},
        waiting=opened.all,
        late=opened.late,
        kept_on=on,
    )


def _belongs(look: KeptLook, csm_id: str, names: Sequence[str]) -> bool:
    """Everybody with a book or a row."""
    key = (Scope.CSM, csm_id)
    return look.book(key).accounts > 0 or any(name in look.figures(key) for name in names)


def compared_of(family: KeptRetention | None, csm_ids: Sequence[str], known: Preferences) -> Comparison:
    if family is None:
        return compared.compare([], csm_ids=csm_ids, standard=known.retention_standard)
    kept, team = family.compared.by_csm, family.compared
    nobody_s = {id: Kept(id, 0, 0, None, "too_few", None, None, None, beyond=False, mixed=False) for id in csm_ids}
    by_csm = {id: kept.get(id, nobody_s[id]) for id in csm_ids}
    return Comparison(by_csm, team.team_rate, team.standard, team.compared, team.expected_outside)


def _goals(books: Mapping[str, goals.Book], mine: Sequence[str], known: Preferences) -> tuple[Goal, ...]:
    return goals.of(known.goals, books, mine=mine, by=known.split_by)
