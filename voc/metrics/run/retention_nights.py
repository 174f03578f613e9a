"""The retention page of a large company: its figures from last night, and what the night kept of it beside them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, figures
from voc.metrics import store as facts
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.columns.money import renewals
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.period import Period, day_of
from voc.metrics.figures import Counted
from voc.metrics.model import Person
from voc.metrics.money import compared, goals, reckoning
from voc.metrics.money.compared import Comparison, Decision, Kept
from voc.metrics.money.page import Goal, Line, RetentionPage, Without
from voc.metrics.run.kept import BOOK, KeptLook
from voc.metrics.store import kept_pages as store
from voc.metrics.store import open_renewals
from voc.metrics.store.company import Ground
from voc.metrics.store.records import Read

PAGE = "retention"
OPEN_SHOWN = 100
MOST = 3  # accounts that move the total most
_UNDECIDED = "not_decided"


@dataclass(frozen=True)
class KeptRetention:
    """Of one scope: its CSMs compared, net retention without one account or CSM, renewals of no CSM."""

    compared: Comparison
    without: list[Without]
    inherited: int


# --- the night -----------------------------------------------------------------------------------


class Row(NamedTuple):
    account: int
    csm: str | None
    inherited: bool
    part: float
    whole: float
    decided: bool


def kept(ground: Ground, windows: Collection[int]) -> Iterator[tuple[Key, int, KeptRetention]]:
    """For each window what belongs to all, to each team and to each CSM with a renewal."""
    known, people = ground.preferences, facts.people(ground.db)
    segments = [SEGMENTS[place].value if place >= 0 else "" for place in ground.rows["segment"].tolist()]
    records = Read(ground, days=max(windows))  # of which only deals are asked for
    for days in sorted(windows):
        period = Period(records, day_of(ground.moment.date()), days)
        logos = rows_of(renewals.logo_retention(period), records.csm_ids)
        money = rows_of(renewals.nrr(period), records.csm_ids)
        for key, (its_logos, its_money) in by_scope(logos, money, people).items():
            yield (
                key,
                days,
                reckoned(key, its_logos, its_money, segments, names=ground.names, people=people, known=known),
            )


def rows_of(found: FactRows, csm_ids: Sequence[str]) -> list[Row]:
    undecided = found.words.index(_UNDECIDED)
    columns = (found.account, found.csm, found.inherited, found.part, found.whole, found.label != undecided)
    return [
        Row(account, csm_ids[csm] if csm >= 0 else None, inherited, part, whole, decided)
        for account, csm, inherited, part, whole, decided in zip(*(one.tolist() for one in columns), strict=True)
        if decided
    ]


def by_scope(
    logos: Sequence[Row], money: Sequence[Row], people: Mapping[str, Person]
) -> dict[Key, tuple[list[Row], list[Row]]]:
    found: dict[Key, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    found[TOTAL] = ([], [])  # also where there is nothing: that says so
    for at, rows in enumerate((logos, money)):
        for one in rows:
            found[TOTAL][at].append(one)
            manager = people[one.csm].manager_id if one.csm is not None and one.csm in people else None
            if manager:
                found[Scope.TEAM, manager][at].append(one)
            if one.csm is not None and not one.inherited:
                found[Scope.CSM, one.csm][at].append(one)
    return found


def reckoned(
    key: Key,
    logos: Sequence[Row],
    money: Sequence[Row],
    segments: Sequence[str],
    *,
    names: Sequence[str],
    people: Mapping[str, Person],
    known: Preferences,
) -> KeptRetention:
    decided = [one for one in logos if one.whole > 0]
    sizes = compared.sizes({str(one.account): one.whole or None for one in money})
    decisions = [
        Decision(
            account_id=str(one.account),
            csm_id=None if one.inherited else one.csm,
            kept=one.part > 0,
            segment=segments[one.account],
            size=sizes.get(str(one.account), ""),
        )
        for one in decided
    ]
    csm_ids = sorted({one.csm_id for one in decisions if one.csm_id is not None})
    return KeptRetention(
        compared=compared.compare(decisions, csm_ids=csm_ids, standard=known.retention_standard),
        without=_without(key, [one for one in money if one.whole > 0], names, people),
        inherited=sum(one.inherited for one in decided),
    )


def _without(key: Key, rows: Sequence[Row], names: Sequence[str], people: Mapping[str, Person]) -> list[Without]:
    accounts = reckoning.leave_one_out([(names[one.account], one.part, one.whole) for one in rows], most=MOST)
    listed = [Without(name, "account", value) for name, value in accounts]
    if key[0] == Scope.CSM:
        return listed
    called = {id: cohorts.name_of((Scope.CSM, id), people) for id in {one.csm for one in rows} if id is not None}
    csms = reckoning.leave_one_out(
        [("" if one.inherited or one.csm is None else called[one.csm], one.part, one.whole) for one in rows]
    )
    return listed + [Without(name, "csm", value) for name, value in sorted(csms) if name]


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
