"""From tallies to figures: value, interval, state and how much may be shown (3-metrics 0, 1.6, 1.7, 3). Pure."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from voc import statistics
from voc.base.words import FigureState, Scope
from voc.metrics import cohorts, enough, units
from voc.metrics.catalogue import BY_NAME, CATALOGUE, Definition, Measure, Owner, Spread
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released, in_rates, in_scores
from voc.metrics.model import (
    AccountFacts,
    Book,
    CountedRow,
    Fact,
    Facts,
    Figure,
    Interval,
    IntervalKind,
    Known,
    Norms,
    Sample,
    Shown,
    Sum,
    Tallies,
    Tally,
    Unit,
    Window,
    add_up,
    sample_of,
)
from voc.metrics.units import Terms
from voc.statistics.moments import correlation_of, mean_se_of, weighted_of

LEVEL = 0.95
SPARE_ACCOUNTS_FOR_ICC = 20
SCORES_FOR_OWN_ICC = 100
LEAST_PEOPLE_FOR_REACH = 30
LEAST_ACCOUNTS_FOR_MEAN, LEAST_EFFECTIVE_ACCOUNTS = 8, 5

# What can be said of people who are never taken apart; everything else is about single accounts, places or roles.
IN_RATES = ("response_rate", *(f"response_rate_{number}" for number in range(1, 6)))
IN_SCORES = ("nps_people",)


@dataclass
class Counted:
    """All tallies of all scopes, and how alike colleagues in one account answer."""

    window: Window
    tallies: Tallies = field(default_factory=lambda: defaultdict(lambda: defaultdict(Tally)))
    flying: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    in_confidence: set[Key] = field(default_factory=set)  # where somebody was asked so, answered or not
    heard: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # by segment: of people
    icc_default: float = 0.2

    @cached_property
    def icc(self) -> float:
        """Pooled over all CSMs; the default while fewer than 20 accounts are to spare."""
        return self._icc("response_rate")

    @cached_property
    def norms(self) -> Norms:
        """By segment from 30 people on; what is too thin is read from all."""
        reach = {
            segment: heard / people
            for segment, (heard, people) in sorted(self.heard.items())
            if people >= (LEAST_PEOPLE_FOR_REACH if segment else 1)
        }
        return Norms(icc=self.icc, reach=reach)

    @cached_property
    def score_icc(self) -> float:
        """Of the scores, once a hundred exist; of the response until then."""
        total = self.tallies[cohorts.TOTAL]["nps_people"]
        return self._icc("nps_people") if total.whole >= SCORES_FOR_OWN_ICC else self.icc

    def _icc(self, name: str) -> float:
        books = [
            tallies[name].moments
            for (scope, _), tallies in self.tallies.items()
            if scope == Scope.CSM and name in tallies
        ]
        measured, spare = correlation_of(books)
        return self.icc_default if measured is None or spare < SPARE_ACCOUNTS_FOR_ICC else measured

    def deff(self, key: Key, name: str = "response_rate", *, icc: float | None = None) -> float:
        return 1 + (self.tallies[key][name].spread_out - 1) * (self.icc if icc is None else icc)


def count(counted: Counted, facts: Facts, terms: Terms, *, names: Iterable[str] | None = None) -> None:
    """Add these accounts to the tallies of every scope; `names` None means all figures."""
    # The correlation of the responses widens every other interval.
    wanted = None if names is None else {*names, "response_rate"}
    definitions = [one for one in CATALOGUE if one.units and (wanted is None or one.name in wanted)]
    for account in facts.accounts:
        _count_heard(counted, facts, account, terms)
        for owner, books in _books(facts, account, days=terms.days).items():
            _add(counted.tallies, books, [one for one in definitions if one.owner == owner], terms)
        for asked in account.asked:
            flies = cohorts.in_flight(asked, moment=facts.moment)
            if facts.part.segment not in (None, asked.segment):
                continue
            if flies or cohorts.in_confidence(asked, moment=facts.moment, days=terms.days):
                for key in cohorts.scopes_of(facts, account, asked):
                    counted.flying[key] += flies
                    if not flies:
                        counted.in_confidence.add(key)


def count_facts(
    counted: Counted,
    facts: Facts,
    definition: Definition,
    found: Iterable[tuple[Fact, Known]],
) -> None:
    """Add the rows of a subject's own, each with what is known of its account, to every scope that they count for."""
    by_account: dict[tuple[Key, str, str], list[Unit]] = defaultdict(list)
    for fact, known in found:
        for key in cohorts.scopes_of_fact(facts, fact, known):
            by_account[key, fact.account_id, known.name].append(fact.unit)
    for (key, _id, account_name), rows_found in by_account.items():
        tally = counted.tallies[key][definition.name]
        tally.add(add_up(rows_found), account_name=account_name)
        if definition.reckon:
            tally.units += rows_found


def count_released(counted: Counted, facts: Facts, released: Iterable[Released], terms: Terms) -> None:
    """Add the groups of confidential waves to the rates and the score of people, of every scope that holds them."""
    for one in released:
        for name, units_found in _released_units(one, terms):
            for key in scopes_of_group(facts, one):
                counted.tallies[key][name].add_group(add_up(units_found), accounts=one.group.accounts)


def _released_units(released: Released, terms: Terms) -> Iterator[tuple[str, list[Unit]]]:
    nobody = AccountFacts("", "", None, None, False, None, None, None, None, None, None)
    for names, asked in ((IN_RATES, in_rates(released)), (IN_SCORES, in_scores(released))):
        for name in names:
            found = BY_NAME[name].units
            assert found is not None  # rates and scores are over invitations
            yield name, found(Book(nobody, due=tuple(asked)), terms)


def scopes_of_group(facts: Facts, released: Released) -> list[Key]:
    group = released.group
    lead_id = facts.manager_of(group.csm_id) if group.csm_id else group.lead_id
    keys = [cohorts.TOTAL]
    if lead_id:
        keys.append((Scope.TEAM, lead_id))
    if group.segment:
        keys.append((Scope.SEGMENT, group.segment))
    if group.csm_id:
        keys.append((Scope.CSM, group.csm_id))
    return keys


def released_rows(
    facts: Facts, released: Iterable[Released], terms: Terms, *, key: Key, name: str
) -> Iterator[tuple[Released, Unit]]:
    """The nameless rows behind a figure."""
    for one in released:
        if key in scopes_of_group(facts, one):
            yield from ((one, unit) for found, rows in _released_units(one, terms) if found == name for unit in rows)


def _count_heard(counted: Counted, facts: Facts, account: AccountFacts, terms: Terms) -> None:
    due = tuple(
        one
        for one in account.asked
        if cohorts.is_due(one, moment=facts.moment, days=terms.days) and facts.part.segment in (None, one.segment)
    )
    people = add_up(units.reach(Book(account, due=due), terms))
    for group in {"", str(account.segment or "")}:
        counted.heard[group][0] += round(people.part)
        counted.heard[group][1] += people.counted


def rows(facts: Facts, terms: Terms, *, key: Key, name: str) -> Iterator[tuple[AccountFacts, Unit]]:
    """The rows behind one figure of one scope: with `whole` above 0 they make up its denominator."""
    for account in facts.accounts:
        yield from ((account, unit) for unit in units_of(facts, account, terms, key=key, definition=BY_NAME[name]))


def units_of(facts: Facts, account: AccountFacts, terms: Terms, *, key: Key, definition: Definition) -> list[Unit]:
    """Those of one account."""
    book = _books(facts, account, days=terms.days)[definition.owner].get(key)
    return [] if book is None or definition.units is None else definition.units(book, terms)


def rows_by_scope(
    facts: Facts, terms: Terms, *, name: str, scopes: Container[Scope]
) -> Iterator[tuple[Key, AccountFacts, Unit]]:
    """The same of every scope of these kinds at once."""
    definition = BY_NAME[name]
    if definition.units is None:
        return
    for account in facts.accounts:
        for key, book in _books(facts, account, days=terms.days)[definition.owner].items():
            if key[0] in scopes:
                yield from ((key, account, unit) for unit in definition.units(book, terms))


def _books(facts: Facts, account: AccountFacts, *, days: int) -> Mapping[Owner, dict[Key, Book]]:
    return {
        Owner.ASKED: cohorts.asked_books(facts, account, days=days),
        Owner.CHAIN: cohorts.chain_books(facts, account, days=days),
        Owner.TODAY: cohorts.state_books(facts, account),
        Owner.FOLLOW_UP: cohorts.case_books(facts, account, days=days),
    }


def _add(tallies: Tallies, books: dict[Key, Book], definitions: list[Definition], terms: Terms) -> None:
    # Most accounts had one owner, so that CSM, team and total count the very same rows.
    sums: dict[tuple[tuple[int, ...], tuple[int, ...]], list[Sum]] = {}
    for key, book in books.items():
        same = (tuple(one.id for one in book.due), tuple(one.id for one in book.cases))
        if same not in sums:
            sums[same] = [add_up(definition.units(book, terms)) for definition in definitions if definition.units]
        for definition, found in zip(definitions, sums[same], strict=True):
            if found.labels:
                tallies[key][definition.name].add(found, account_name=book.facts.name)


def figure(counted: Counted, key: Key, name: str) -> Figure:
    """One figure of one scope, from what was counted."""
    definition, tally = BY_NAME[name], counted.tallies[key][name]
    scale = 100.0 if definition.measure == Measure.SCORE else 1.0
    state, reason = _state(definition, tally, flying=counted.flying.get(key, 0))
    if state == FigureState.NONE_ASKED and definition.owner == Owner.ASKED and key in counted.in_confidence:
        state, reason = FigureState.SUPPRESSED, _IN_CONFIDENCE
    reckoned = (
        definition.reckon(tally.sample or sample_of(tally.units))
        if definition.reckon and state not in _UNTOLD
        else None
    )
    if reckoned is not None and reckoned.value is None:
        state, reason = FigureState.NO_DATA, definition.nothing
    untold = state in _UNTOLD
    shown = Shown.REASON if untold else shown_of(definition, tally, scope=key[0])
    interval = None
    if shown in (Shown.INTERVAL, Shown.TREND):
        interval = reckoned.interval if reckoned else _interval(counted, key, definition, tally)
    extra: dict[str, float | None] = dict(reckoned.extra) if reckoned else {}
    if definition.spread == Spread.SCORE:
        extra = _score_extra(tally)
    elif name == "response_rate":
        extra = {"deff": counted.deff(key)} if tally.whole > 0 else {}
        if key == cohorts.TOTAL:
            extra["icc"] = counted.icc
    elif key == cohorts.TOTAL and name == "reach":
        extra = dict(counted.norms.reach)
    found = Figure(
        name=name,
        scope=key[0],
        scope_id=key[1],
        value=None if untold else reckoned.value if reckoned else scale * tally.part / tally.whole,
        numerator=reckoned.numerator if reckoned else tally.part,
        denominator=reckoned.denominator if reckoned else tally.whole,
        interval=interval,
        state=state,
        reason=reason,
        shown=shown,
        counted=tally.counted,
        accounts=tally.accounts,
        window=counted.window,
        as_of=counted.window.to_on,
        definition_version=definition.version,
        parts=dict(sorted(tally.labels.items())),
        extra=extra,
        left_out=sorted(set(tally.left_out)),
    )
    return msgspec.structs.replace(found, reason=enough.of_figure(found)) if shown == Shown.COUNTS else found


def _sample(tally: Tally) -> Sample:
    return sample_of(tally.units) if tally.sample is None else tally.sample


def of_rows(rows: Sequence[CountedRow], key: Key, definition: Definition, window: Window) -> Figure:
    """The figure that rows of one scope add up to, without a range."""
    tally, counted = Tally(), [row for row in rows if row.whole > 0]
    tally.part, tally.whole = sum(row.part for row in counted), sum(row.whole for row in counted)
    tally.counted, tally.labels = len(counted), Counter(row.label for row in rows)
    return _plain(tally, len({row.account_id for row in counted}), key, definition, window)


def of_sums(
    part: int, labels: Mapping[str, int], accounts: int, key: Key, definition: Definition, *, window: Window
) -> Figure:
    """The same of rows that were added up elsewhere, each of which counts one; `labels` are how many of each."""
    tally, counted = Tally(), sum(labels.values())
    tally.part, tally.whole = float(part), float(counted)
    tally.counted, tally.labels = counted, Counter({label: many for label, many in labels.items() if many})
    return _plain(tally, accounts, key, definition, window)


def _plain(tally: Tally, accounts: int, key: Key, definition: Definition, window: Window) -> Figure:
    scale = 100.0 if definition.measure == Measure.SCORE else 1.0
    nothing = not tally.counted
    return Figure(
        name=definition.name,
        scope=key[0],
        scope_id=key[1],
        value=None if nothing else scale * tally.part / tally.whole,
        numerator=tally.part,
        denominator=tally.whole,
        interval=None,
        state=FigureState.NO_DATA if nothing else FigureState.OK,
        reason=definition.nothing if nothing else None,
        shown=shown_of(replace(definition, spread=Spread.PLAIN), tally, scope=key[0]),
        counted=tally.counted,
        accounts=accounts,
        window=window,
        as_of=window.to_on,
        definition_version=definition.version,
        parts=dict(sorted(tally.labels.items())),
    )


_IN_CONFIDENCE = (
    "Asked in confidence. What may be told comes when the wave is over, and of no fewer than 5 people at 2 accounts."
)


def shown_of(definition: Definition, tally: Tally, *, scope: Scope) -> Shown:
    """What the number of rows behind a figure allows; our own records are no sample and are always shown."""
    if tally.whole <= 0:
        return Shown.REASON
    if definition.spread == Spread.NONE:
        return Shown.PERCENT
    if tally.counted < (
        10 if definition.measure == Measure.SCORE and definition.spread == Spread.SCORE else definition.least
    ):
        return Shown.COUNTS
    if tally.counted < definition.least_for_interval or tally.accounts < 3 or scope == Scope.ACCOUNT:
        return Shown.PERCENT
    return Shown.TREND if tally.counted >= 30 else Shown.INTERVAL


_UNTOLD = frozenset({FigureState.NONE_ASKED, FigureState.IN_FLIGHT, FigureState.NO_DATA, FigureState.SUPPRESSED})


def _state(definition: Definition, tally: Tally, *, flying: int) -> tuple[FigureState, str | None]:
    if tally.whole <= 0 or _nothing_is_due(definition, tally):
        return _nothing(definition, tally, flying=flying)
    if definition.spread == Spread.NONE:
        return FigureState.OK, None
    if tally.counted < definition.least:
        few = f"{tally.counted} {definition.rows or definition.counts}"
        return FigureState.TOO_FEW, f"Too few for a percentage: {few}."
    return FigureState.OK, None


def _nothing_is_due(definition: Definition, tally: Tally) -> bool:
    """There are places, but no invitation has come due yet: a participation of 0 would read as silence."""
    return definition.name == "participation" and not _anybody_invited(tally)


def _anybody_invited(tally: Tally) -> bool:
    return any(tally.labels[label] for label in units.INVITED)


def _nothing(definition: Definition, tally: Tally, *, flying: int) -> tuple[FigureState, str]:
    if tally.left_out:
        return FigureState.NO_DATA, f"No exchange rate for {', '.join(sorted(set(tally.left_out)))}."
    if definition.owner == Owner.FACT:
        return FigureState.NO_DATA, definition.nothing
    if definition.owner in (Owner.ASKED, Owner.CHAIN):
        if flying:
            return FigureState.IN_FLIGHT, f"{flying} invitations are under way, none is due yet."
        chain_without_asking = definition.owner == Owner.CHAIN and not _anybody_invited(tally)
        if not tally.labels or chain_without_asking:
            return FigureState.NONE_ASKED, "Nobody was asked in this period."
        if definition.name == "places_answered" or set(tally.labels) <= {"unknown", "not_eligible"}:
            return FigureState.NO_DATA, "No mail arrived."
        return FigureState.NO_DATA, "Nobody answered this."
    if definition.owner == Owner.FOLLOW_UP:
        pending = tally.labels["pending"]
        return FigureState.NO_DATA, f"None is due yet, {pending} open." if pending else "No follow-up was due."
    if definition.name in ("silent_accounts", "silent_arr"):
        return FigureState.NONE_ASKED, "Nobody was asked in 180 days."
    return FigureState.NO_DATA, "No account with required roles."


def _interval(counted: Counted, key: Key, definition: Definition, tally: Tally) -> Interval | None:
    if definition.spread == Spread.PLAIN:
        return _as_interval(statistics.wilson(x=tally.part, n=tally.whole, conf=LEVEL), IntervalKind.WILSON)
    if definition.spread == Spread.CLUSTERED:
        deff = counted.deff(key, definition.name)
        found = statistics.wilson(x=tally.part / deff, n=tally.whole / deff, conf=LEVEL)
        return _as_interval(found, IntervalKind.WILSON_CLUSTERED)
    if definition.spread == Spread.SCORE:
        deff = counted.deff(key, definition.name, icc=counted.score_icc)
        promoters, passives, detractors = (tally.labels[label] / deff for label in ("promoter", "passive", "detractor"))
        wald = statistics.nps_adjusted_wald(promoters=promoters, passives=passives, detractors=detractors, conf=LEVEL)
        return _as_interval(wald, IntervalKind.NPS)
    return _mean_of_scale(tally) if definition.measure == Measure.MEAN else _mean_of_accounts(tally)


def _mean_of_scale(tally: Tally) -> Interval | None:
    """t over the means of the accounts around the mean of all (3-metrics 3.7); from eight accounts on."""
    accounts = tally.moments.accounts
    if accounts < LEAST_ACCOUNTS_FOR_MEAN:
        return None
    se = mean_se_of(tally.moments)
    found = statistics.ratio_interval(ratio=tally.part / tally.whole, se=se, accounts=accounts, conf=LEVEL)
    return _as_interval(found, IntervalKind.ACCOUNTS)


def _mean_of_accounts(tally: Tally) -> Interval | None:
    """Only from eight accounts that carry it: below that it rests on few large accounts."""
    mean = weighted_of(tally.moments, conf=LEVEL)
    if mean is None or tally.moments.accounts < LEAST_ACCOUNTS_FOR_MEAN or mean["a_eff"] < LEAST_EFFECTIVE_ACCOUNTS:
        return None
    if mean["lo"] is None or mean["hi"] is None:
        return None
    return Interval(mean["lo"], mean["hi"], LEVEL, IntervalKind.ACCOUNTS)


def _as_interval(found: statistics.Interval | None, kind: IntervalKind) -> Interval | None:
    return None if found is None else Interval(found[0], found[1], LEVEL, kind)


def _score_extra(tally: Tally) -> dict[str, float | None]:
    """Worst and best case, and what the score would be had everybody answered like the heard."""
    promoters, passives, detractors = (tally.labels[label] for label in ("promoter", "passive", "detractor"))
    everybody = promoters + passives + detractors + tally.labels["silent"]
    bounds = statistics.nps_bounds(promoters=promoters, passives=passives, detractors=detractors, N=everybody)
    census = statistics.nps_census(promoters=promoters, passives=passives, detractors=detractors, N=everybody)
    if tally.counted < 10:
        census = None
    return {
        "asked": float(everybody),
        "worst": bounds[0] if bounds else None,
        "best": bounds[1] if bounds else None,
        "census_low": census[0] if census else None,
        "census_high": census[1] if census else None,
    }
