"""The rows behind a figure: what it counts, one by one, a page or all of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics import figures as figured
from voc.metrics import rows as paged
from voc.metrics.catalogue import BY_NAME, OPENS
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released
from voc.metrics.defined import beside
from voc.metrics.definition import Definition, Owner
from voc.metrics.model import (
    CONFIDENTIAL,
    AccountFacts,
    Book,
    CountedRow,
    Fact,
    Facts,
    Figure,
    Known,
    Slice,
    Unit,
    Window,
)
from voc.metrics.rows import Account, Page, Place, Source, Wanted
from voc.metrics.run import beside_sums, subjects
from voc.metrics.run.looking import Allowed, Asking, allowed, facts_for, look, look_at, released, terms_of
from voc.metrics.run.subjects import Question
from voc.metrics.store import by_phone, in_order, nights
from voc.metrics.store.merges import merged_after
from voc.metrics.units import Terms

PER_PAGE = 200


@dataclass(frozen=True)
class Opened:
    """Which rows: of one figure of one scope, in a period that ends `to` and as it was known `as_of`.

    `to` None is `as_of`, and that None is now. `live` counts anew what a night has kept. `label` narrows to the
    rows that the figure tells apart (silent, bounced).
    """

    figure: str
    scope: Scope
    id: str = ""
    as_of: date | None = None
    to: date | None = None
    window_days: int | None = None
    segment: str | None = None
    region: str | None = None
    live: bool = False
    label: str = ""

    @property
    def key(self) -> Key:
        return self.scope, self.id

    @property
    def part(self) -> Slice:
        return Slice(self.segment, self.region)


@dataclass(frozen=True)
class Behind:
    """`figure` is what the rows add up to, None where the rows are not the viewer's to see; `kept`: by its night.

    `counted` rows make up its denominator, `beside` stand beside it; the pages hold some of them. `differs` are
    the sums of the rows where the night counted others: all rows are on the page, and something was learned since.
    `compared` is whether a night's count was held against its rows: where they fill several pages it was not.
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
    return list(every_row(db, viewer, opened, now=now, preferences=preferences))


def every_row(
    db: Connection, viewer: Viewer, opened: Opened, *, now: datetime, preferences: Preferences | None = None
) -> Iterator[CountedRow]:
    """One after the other, in the order of the page, some accounts in memory at a time."""
    may = allowed(db, viewer)
    if opened.figure not in OPENS or not may.sees(opened.key):
        raise NotFound("There is no such figure.")
    known = preferences or settings.load(db)
    kept = _kept(db, opened, now=now, known=known)
    source = _source(db, may, opened, now=now, known=known, kept=kept is not None)
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
    window = cohorts.window(moment, terms_of(_asking(opened, now, known), moment, known).days)
    nothing = Page((), None, None)
    if not may.sees(opened.key):
        currency = known.reporting_currency
        return Behind(definition, window, None, False, nothing, None, 0, 0, currency)
    kept = _kept(db, opened, now=now, known=known)
    source = _source(db, may, opened, now=now, known=known, kept=kept is not None)
    wanted = Wanted(want_beside, opened.label)
    figure = kept or _counted_now(db, opened, now=now, known=known, source=source, window=window)
    many, many_beside = _there(figure, opened.label, source)
    # What a night kept is held against what is found, so its rows are all read.
    there = many_beside if want_beside else many if kept is None or many == 0 else None
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
        compared=kept is None or whole,
        differs=_differs(kept, page) if whole and not want_beside and not opened.label else None,
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


def _asking(opened: Opened, now: datetime, known: Preferences) -> Asking:
    return Asking(now, opened.as_of, opened.window_days, opened.part, names=[opened.figure], preferences=known)


def _kept(db: Connection, opened: Opened, *, now: datetime, known: Preferences) -> Figure | None:
    """The figure as its night kept it, if it did."""
    on, days = opened.as_of, opened.window_days or known.window_days
    if opened.live or opened.to or on is None or on >= now.date() or not opened.part.whole:
        return None
    return nights.kept_figure(db, on=on, window_days=days, scope=opened.scope, scope_id=opened.id, name=opened.figure)


def _counted_now(
    db: Connection, opened: Opened, *, now: datetime, known: Preferences, source: Source, window: Window
) -> Figure:
    """By another way than the rows: of the whole company by its columns. What no night keeps is its rows added up."""
    if opened.figure not in BY_NAME or opened.to is not None:
        in_columns = opened.scope in (Scope.TOTAL, Scope.TEAM, Scope.SEGMENT, Scope.REGION)
        if in_columns and opened.figure == beside.UNDER_WAY.name and opened.to is None:
            return beside_sums.under_way(db, _asking(opened, now, known), opened.key)
        if in_columns and opened.figure == beside.REACHED_IN_TIME.name and opened.to is not None:
            return beside_sums.reached_in_time(db, _asking(opened, now, known), opened.key, opened.to)
        return figured.of_rows([row for _, row in paged.walk(source)], opened.key, OPENS[opened.figure], window)
    asking = _asking(opened, now, known)
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


def _differs(kept: Figure | None, page: Page) -> tuple[int, float, float] | None:
    if kept is None:
        return None
    part, whole = sum(row.part for row in page.rows), sum(row.whole for row in page.rows)
    same = abs(whole - (kept.denominator or 0.0)) < 0.005 and len(page.rows) == kept.counted
    reckoned = OPENS[kept.name].reckon is not None
    if same and (reckoned or abs(part - (kept.numerator or 0.0)) < 0.005):
        return None
    return len(page.rows), part, whole


# --- where the rows come from ---


def _source(db: Connection, may: Allowed, opened: Opened, *, now: datetime, known: Preferences, kept: bool) -> Source:
    definition = OPENS[opened.figure]
    if definition.facts is not None:
        return paged.of_sorted(_by_account(_fact_rows(db, may, opened, now=now, known=known)))
    moment = store.moment_of(opened.as_of, now=now)
    terms = terms_of(_asking(opened, now, known), moment, known)
    several = in_order.Several(
        scope=opened.scope,
        ids=_ids_of(db, opened),
        with_cases=definition.owner == Owner.FOLLOW_UP,
        also=[id for kind, id in merged_after(db, moment) if kind == "account"] if kept else (),
    )
    read = _Reading(db, may, opened, now=now, known=known, as_then=kept)
    source = Source(lambda start, back, limit: in_order.accounts(db, several, start, back, limit), read.rows)
    return paged.with_nameless(source, _nameless_rows(db, opened, moment, terms))


def _ids_of(db: Connection, opened: Opened) -> Collection[str]:
    """The CSMs of a team; else the id alone."""
    if opened.scope != Scope.TEAM:
        return [opened.id]
    return [one.id for one in store.people(db).values() if one.manager_id == opened.id]


@dataclass
class _Reading:
    """Rows of some accounts at a time."""

    db: Connection
    may: Allowed
    opened: Opened
    now: datetime
    known: Preferences
    as_then: bool  # merges that came after it are not followed

    def rows(self, wanted: Sequence[Account]) -> Mapping[Account, Sequence[CountedRow]]:
        ids = [one.id for one in wanted]
        facts, terms = self._facts(ids)
        by_id = {account.account_id: (account, self._units(facts, account, terms)) for account in facts.accounts}
        contacts = (unit.contact_id for _, units in by_id.values() for unit in units if unit.contact_id)
        names = store.contact_names(self.db, contacts)
        phoned = self._phoned([unit for _, units in by_id.values() for unit in units], facts.moment)
        return {
            one: [_row(account, unit, self.may, names, phoned) for unit in units]
            for one in wanted
            for account, units in [by_id.get(one.id, (None, ()))]
            if account is not None
        }

    def _phoned(self, units: Sequence[Unit], moment: datetime) -> frozenset[tuple[str, str]]:
        """Kind and id of rows whose answer was given on the phone."""
        answered = [unit for unit in units if unit.label in _ANSWERED]
        asked = {int(unit.id) for unit in answered if unit.kind == "invitation"}
        people = {unit.id for unit in answered if unit.kind == "contact"}
        found = {("invitation", str(id)) for id in by_phone.invitations(self.db, asked, until=moment)}
        return frozenset(found | {("contact", id) for id in by_phone.people(self.db, people, until=moment)})

    def _facts(self, ids: Collection[str]) -> tuple[Facts, Terms]:
        opened = self.opened
        asking = _asking(opened, self.now, self.known)
        if opened.to is None:
            facts, terms, _ = facts_for(self.db, asking, ids, as_then=self.as_then)
            return facts, terms
        # Of an earlier period by what is known later.
        end = store.moment_of(opened.to, now=self.now)
        later = store.moment_of(opened.as_of, now=self.now)
        days = terms_of(asking, later, self.known).days
        longer = replace(asking, days=days + (later - end).days + 1)
        facts, terms, _ = facts_for(self.db, longer, ids)
        return replace(facts, moment=end), replace(terms, moment=end, days=days)

    def _units(self, facts: Facts, account: AccountFacts, terms: Terms) -> list[Unit]:
        opened, definition = self.opened, OPENS[self.opened.figure]
        if definition.name == beside.UNDER_WAY.name:
            assert definition.units is not None  # it is over invitations
            return definition.units(_running(facts, account, opened.key), terms)
        return figured.units_of(facts, account, terms, key=opened.key, definition=definition)


def _running(facts: Facts, account: AccountFacts, key: Key) -> Book:
    flying = tuple(
        one
        for one in account.asked
        if cohorts.in_flight(one, moment=facts.moment)
        and facts.part.segment in (None, one.segment)
        and key in cohorts.scopes_of(facts, account, one)
    )
    return Book(account, due=flying)


_ANSWERED = frozenset({"complete", "partial", "answered", "promoter", "passive", "detractor"})


def _row(
    account: AccountFacts, unit: Unit, may: Allowed, names: Mapping[str, str], phoned: Collection[tuple[str, str]]
) -> CountedRow:
    return CountedRow(
        kind=unit.kind,
        id=unit.id,
        account_id=account.account_id,
        account_name=account.name,
        csm_id=account.csm_id,
        contact_id=unit.contact_id,
        contact_name=names.get(unit.contact_id) if unit.contact_id else None,
        role=unit.role,
        label=unit.label,
        part=unit.part,
        whole=unit.whole,
        handed_over=account.account_id not in may.accounts,
        by_phone=unit.label in _ANSWERED and (unit.kind, unit.id) in phoned,
    )


def _by_account(found: Sequence[CountedRow]) -> dict[Account, list[CountedRow]]:
    by_account: dict[Account, list[CountedRow]] = {}
    for row in found:
        by_account.setdefault(Account(row.account_name.casefold(), row.account_id), []).append(row)
    return by_account


def _fact_rows(db: Connection, may: Allowed, opened: Opened, *, now: datetime, known: Preferences) -> list[CountedRow]:
    """The rows of a subject of its own that count for one scope."""
    moment = store.moment_of(opened.as_of, now=now)
    days = terms_of(_asking(opened, now, known), moment, known).days
    only = frozenset([opened.id]) if opened.scope == Scope.ACCOUNT else None
    everybody = Facts(moment, (), store.people(db))
    found = [
        (fact, account)
        for _definition, those in subjects.rows(
            db, Question(moment, days, known, only, opened.part), names=[opened.figure]
        )
        for fact, account in those
        if opened.key in cohorts.scopes_of_fact(everybody, fact, account)
    ]
    names = store.contact_names(db, (fact.unit.contact_id for fact, _ in found if fact.unit.contact_id))
    return [_fact_row(fact, account, may, names) for fact, account in found]


def _fact_row(fact: Fact, account: Known, may: Allowed, names: Mapping[str, str]) -> CountedRow:
    unit = fact.unit
    return CountedRow(
        kind=unit.kind,
        id=unit.id,
        account_id=fact.account_id,
        account_name=account.name,
        csm_id=fact.csm_id,
        contact_id=unit.contact_id,
        contact_name=names.get(unit.contact_id) if unit.contact_id else None,
        role=unit.role,
        label=unit.label,
        part=unit.part,
        whole=unit.whole,
        handed_over=bool(fact.account_id) and fact.account_id not in may.accounts,
        on=unit.on,
        size=unit.size,
    )


def _nameless_rows(db: Connection, opened: Opened, moment: datetime, terms: Terms) -> list[CountedRow]:
    if opened.scope == Scope.ACCOUNT or opened.to is not None:
        return []
    groups = released(db, moment, terms.days, opened.part)
    facts = Facts(moment, (), store.people(db))
    found = figured.released_rows(facts, groups, terms, key=opened.key, name=opened.figure)
    return [_nameless(*one) for one in found]


def _nameless(found: Released, unit: Unit) -> CountedRow:
    """One of a group: which account and who it is, is kept nowhere in it."""
    return CountedRow(
        kind=CONFIDENTIAL,
        id=str(found.wave_id),
        account_id="",
        account_name=found.wave,
        csm_id=found.group.csm_id,
        contact_id=None,
        contact_name=None,
        role=None,
        label=unit.label,
        part=unit.part,
        whole=unit.whole,
    )
