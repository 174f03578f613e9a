"""Figures for pages, terminal and exports; nightly snapshots; silent accounts become follow-ups.

For the pages: `engagement`, `silent`, `account` and `account_states` take the viewer and answer only
what they may see; `rows` lists what any figure counts. `wording` has the sentences.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import AccountState, FigureState, Scope, StaffRole
from voc.followup import run as followup
from voc.metrics import cohorts, compare, flight, silence, store
from voc.metrics import figures as figured
from voc.metrics.catalogue import BY_NAME, CATALOGUE, VERSION
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.confidential import Released, divide
from voc.metrics.figures import Counted
from voc.metrics.model import CONFIDENTIAL, AccountFacts, CountedRow, Facts, Figure, Norms, Shown, Standing, Unit
from voc.metrics.pages import Engagement, ScopeFigures, SilentPage
from voc.metrics.run import subjects
from voc.metrics.run.subjects import Question
from voc.metrics.silence import Limits
from voc.metrics.store import confidential as store_confidential
from voc.metrics.units import Terms

WINDOWS = (90, 180, 365)
TREND_DAYS = 365
RELEASED_AFTER = timedelta(hours=1)  # drafts and doubted answers have settled by then
PORTION = 1000  # accounts of one night held in memory at once


def limits_of(preferences: Preferences) -> Limits:
    return Limits(
        people=preferences.silent_people,
        invitations=preferences.silent_invitations,
        after=timedelta(days=preferences.silent_after_days),
        too_new=timedelta(days=preferences.customer_too_new_days),
    )


@dataclass(frozen=True)
class _View:
    """Everything that was counted for one question."""

    facts: Facts
    terms: Terms
    counted: Counted
    preferences: Preferences
    everybody: bool  # False: only some accounts were read, enough for their own figures
    names: Collection[str] | None = None  # of the figures wanted; None is all

    def figure(self, key: Key, name: str) -> Figure:
        return figured.figure(self.counted, key, name)

    def figures(self, key: Key) -> dict[str, Figure]:
        wanted = [one.name for one in CATALOGUE if self.names is None or one.name in self.names]
        return {name: self.figure(key, name) for name in wanted}


def _terms(facts: Facts, preferences: Preferences, days: int) -> Terms:
    return Terms(
        moment=facts.moment,
        days=days,
        response_standard=preferences.response_standard,
        fresh_cut=preferences.fresh_cut,
        limits=limits_of(preferences),
        confirmed=facts.confirmed,
    )


def _view(
    db: Connection,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int | None = None,
    preferences: Preferences | None = None,
    account_ids: Collection[str] | None = None,
    segment: str | None = None,
    names: Collection[str] | None = None,
) -> _View:
    known = preferences or settings.load(db)
    days = window_days or known.window_days
    if days < 1:
        raise Refused("Write a window of 1 day or more", field="window")
    facts = store.facts(
        db,
        moment=store.moment_of(as_of, now=now),
        window_days=days,
        preferences=known,
        account_ids=account_ids,
    )
    facts = _of_segment(facts, segment)
    terms = _terms(facts, known, days)
    counted = Counted(cohorts.window(facts.moment, days), icc_default=known.icc_default)
    figured.count(counted, facts, terms, names=names)
    question = Question(facts.moment, days, known, None if account_ids is None else frozenset(account_ids))
    for definition, found in subjects.rows(db, question, names=names, segment=segment):
        figured.count_facts(counted, facts, definition, found)
    if account_ids is None:
        # A group that is never taken apart belongs to no single account.
        figured.count_released(counted, facts, _released(db, facts.moment, days, segment), terms)
    return _View(facts, terms, counted, known, everybody=account_ids is None, names=names)


def _released(db: Connection, moment: datetime, days: int, segment: str | None) -> list[Released]:
    """Groups of confidential waves that closed in the window; with a segment those that lie in it as a whole."""
    found = store_confidential.released(db, after=moment - timedelta(days=days), moment=moment)
    return [one for one in found if segment is None or one.group.segment == segment]


def _of_segment(facts: Facts, segment: str | None) -> Facts:
    if segment is None:
        return facts
    kept = tuple(one for one in facts.accounts if one.segment == segment)
    return Facts(facts.moment, kept, facts.csms, facts.confirmed)


# --- figures of any scope ---


def figures(
    db: Connection,
    *,
    scope: Scope,
    now: datetime,
    ids: Collection[str] | None = None,
    as_of: date | None = None,
    window_days: int | None = None,
    preferences: Preferences | None = None,
    viewer: Viewer = TERMINAL,
    names: Collection[str] | None = None,
) -> list[ScopeFigures]:
    """Figures of a scope (all, or those of `names`), by name; `ids` None means everybody of it the viewer may see.

    `as_of` is a day in the past, read as its end; None means now. Encodes to JSON with msgspec.
    NotFound for an id that does not exist or is not the viewer's.
    """
    allowed = _allowed(db, viewer)
    view = _view(
        db,
        now=now,
        as_of=as_of,
        window_days=window_days,
        preferences=preferences,
        account_ids=ids if scope == Scope.ACCOUNT else None,
        names=names,
    )
    keys = [key for key in _keys(view, scope) if allowed.sees(key)]
    if ids is not None:
        missing = sorted(set(ids) - {id for _, id in keys})
        if missing:
            raise NotFound(f"There is no {scope} {', '.join(missing)}.")
        keys = [key for key in keys if key[1] in set(ids)]
    return _scope_figures(db, view, keys)


@dataclass(frozen=True)
class _Allowed:
    viewer: Viewer
    accounts: frozenset[str]
    csms: frozenset[str]

    def sees(self, key: Key) -> bool:
        scope, id = key
        if self.viewer.sees_all:
            return True
        if scope == Scope.ACCOUNT:
            return id in self.accounts
        if scope == Scope.CSM:
            return id in self.csms
        return scope == Scope.TEAM and self.viewer.role == StaffRole.LEAD and id == self.viewer.csm_id

    @property
    def only(self) -> frozenset[str] | None:
        """The accounts that need to be read for the viewer's own; None for all."""
        return None if self.viewer.sees_all else self.accounts

    @property
    def whole(self) -> Key:
        """The widest scope the viewer may see."""
        if self.viewer.sees_all:
            return TOTAL
        scope = Scope.TEAM if self.viewer.role == StaffRole.LEAD else Scope.CSM
        return scope, self.viewer.csm_id or ""


def _allowed(db: Connection, viewer: Viewer) -> _Allowed:
    accounts, csms = store.visible_scopes(db, viewer)
    return _Allowed(viewer, accounts, csms)


def _keys(view: _View, scope: Scope) -> list[Key]:
    """Everybody of a scope who has a book or had anybody asked, by name."""
    facts = view.facts
    if scope == Scope.TOTAL:
        return [TOTAL]
    if scope == Scope.ACCOUNT:
        return [(scope, one.account_id) for one in sorted(facts.accounts, key=lambda one: (one.name, one.account_id))]
    managers = {one.manager_id for one in facts.csms.values() if one.manager_id}
    owners = {one.csm_id for one in facts.accounts if one.customer and one.csm_id}
    counted = {
        id
        for (kind, id), tallies in view.counted.tallies.items()
        if kind == scope and any(tally.labels for tally in tallies.values())
    }
    ids = counted | (owners if scope == Scope.CSM else managers)
    return [(scope, id) for _, id in sorted((_name(facts, (scope, id)).casefold(), id) for id in ids)]


def _name(facts: Facts, key: Key) -> str:
    scope, id = key
    if scope == Scope.TOTAL:
        return "All"
    if scope == Scope.ACCOUNT:
        return next((one.name for one in facts.accounts if one.account_id == id), id)
    found = facts.csms.get(id)
    return found.name if found else f"A CSM the CRM does not know ({id})"


def _scope_figures(db: Connection, view: _View, keys: Sequence[Key]) -> list[ScopeFigures]:
    flights = flight.by_scope(view.facts, horizon=view.preferences.due_days, usual=None if view.everybody else {})
    if any(scope == Scope.ACCOUNT for scope, _ in keys):
        standings = {one.account_id: one for one in _standings(db, view)}
        return [_line(view, key, flights=flights, standing=standings.get(key[1])) for key in keys]
    csm_ids = [id for _, id in _keys(view, Scope.CSM)]
    compared = compare.compare(view.counted, csm_ids=csm_ids, standard=view.preferences.response_standard)
    return [
        _line(view, key, flights=flights, comparison=compared.by_csm.get(key[1]) if key[0] == Scope.CSM else None)
        for key in keys
    ]


def _line(
    view: _View,
    key: Key,
    *,
    flights: dict[Key, flight.Flight],
    comparison: compare.Comparison | None = None,
    standing: Standing | None = None,
) -> ScopeFigures:
    book = _book(view.facts, key)
    return ScopeFigures(
        scope=key[0],
        id=key[1],
        name=_name(view.facts, key),
        figures=view.figures(key),
        accounts=len(book),
        arr=sum(one.arr or 0.0 for one in book),
        without_rate=tuple(one.name for one in book if one.arr is None and one.amount is not None),
        inherited=_inherited(view, key),
        comparison=comparison,
        flight=flights.get(key),
        standing=standing,
    )


def _book(facts: Facts, key: Key) -> list[AccountFacts]:
    scope, id = key
    customers = [one for one in facts.accounts if one.customer or scope == Scope.ACCOUNT]
    if scope == Scope.TOTAL:
        return customers
    if scope == Scope.ACCOUNT:
        return [one for one in customers if one.account_id == id]
    if scope == Scope.CSM:
        return [one for one in customers if one.csm_id == id]
    return [one for one in customers if facts.manager_of(one.csm_id) == id]


def _inherited(view: _View, key: Key) -> int:
    """Due invitations that stand under this CSM but were handed over less than 60 days before sending."""
    if key[0] != Scope.CSM:
        return 0
    return sum(
        asked.inherited
        and asked.csm_id == key[1]
        and cohorts.is_due(asked, moment=view.facts.moment, days=view.terms.days)
        for account in view.facts.accounts
        for asked in account.asked
    )


# --- the pages ---


def engagement(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int | None = None,
    team_id: str | None = None,
    segment: str | None = None,
    preferences: Preferences | None = None,
) -> Engagement:
    """The engagement page. `team_id` (a lead's id) and `segment` narrow it; a foreign team is NotFound.

    The team's rate and the number of comparisons are those of every CSM in the view, also when the
    viewer, a CSM, sees one line of it.
    """
    allowed = _allowed(db, viewer)
    view = _view(db, now=now, as_of=as_of, window_days=window_days, segment=segment, preferences=preferences)
    whole = allowed.whole
    if team_id is not None:
        whole = (Scope.TEAM, team_id)
        if not allowed.sees(whole) or team_id not in {one.manager_id for one in view.facts.csms.values()}:
            raise NotFound("There is no such team.")
    shared = _team_of(view.facts, whole)
    everybody = [key for key in _keys(view, Scope.CSM) if shared is None or _in_team(view.facts, key[1], shared)]
    compared = compare.compare(
        view.counted, csm_ids=[id for _, id in everybody], standard=view.preferences.response_standard
    )
    flights = flight.by_scope(view.facts, horizon=view.preferences.due_days)
    lines = [key for key in everybody if allowed.sees(key)]
    return Engagement(
        window=view.counted.window,
        currency=view.preferences.reporting_currency,
        whole=_line(view, whole, flights=flights, comparison=compared.by_csm.get(whole[1])),
        lines=tuple(_line(view, key, flights=flights, comparison=compared.by_csm.get(key[1])) for key in lines),
        comparisons=compared,
        trend=store.trends(
            db,
            scope=Scope.CSM,
            name="response_rate",
            window_days=view.terms.days,
            since=view.counted.window.to_on - timedelta(days=TREND_DAYS),
            ids=[id for _, id in lines],
        ),
    )


def _team_of(facts: Facts, whole: Key) -> str | None:
    """The manager whose CSMs are compared with each other; None for everybody."""
    scope, id = whole
    if scope == Scope.TOTAL:
        return None
    return id if scope == Scope.TEAM else facts.manager_of(id)


def _in_team(facts: Facts, csm_id: str, manager_id: str) -> bool:
    return csm_id == manager_id or facts.manager_of(csm_id) == manager_id


def silent(
    db: Connection, viewer: Viewer, *, now: datetime, as_of: date | None = None, preferences: Preferences | None = None
) -> SilentPage:
    """The silent-accounts page of the viewer's accounts."""
    allowed = _allowed(db, viewer)
    view = _view(
        db,
        now=now,
        as_of=as_of,
        preferences=preferences,
        account_ids=allowed.only,
        names=("silent_accounts", "silent_arr"),
    )
    mine = [one for one in _standings(db, view) if one.account_id in allowed.accounts]
    other: dict[AccountState, list[Standing]] = {}
    for one in mine:
        if one.state not in (AccountState.SILENT, AccountState.NO_CENSUS):
            other.setdefault(one.state, []).append(one)
    found = [one for one in mine if one.state == AccountState.SILENT]
    scope, scope_id = allowed.whole
    return SilentPage(
        window=view.counted.window,
        currency=view.preferences.reporting_currency,
        silent=tuple(sorted(found, key=lambda one: (-one.work_order, one.name, one.account_id))),
        other={state: tuple(other[state]) for state in AccountState if state in other},
        accounts=view.figure(allowed.whole, "silent_accounts"),
        revenue=view.figure(allowed.whole, "silent_arr"),
        scope=scope,
        scope_id=scope_id,
        without_rate=tuple(one.name for one in found if one.arr is None and one.amount is not None),
    )


def account(
    db: Connection,
    viewer: Viewer,
    account_id: str,
    *,
    now: datetime,
    window_days: int | None = None,
    preferences: Preferences | None = None,
) -> ScopeFigures:
    """One account's figures, with `standing` (state, score in its parts) and `flight`. The id must be resolved.

    Reads this account alone: what is usual in the company comes from last night's snapshot.
    """
    allowed = _allowed(db, viewer)
    key: Key = (Scope.ACCOUNT, account_id)
    if account_id not in allowed.accounts:
        raise NotFound("There is no such account.")
    view = _view(db, now=now, window_days=window_days, preferences=preferences, account_ids=[account_id])
    return _scope_figures(db, view, [key])[0]


def account_states(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    preferences: Preferences | None = None,
) -> dict[str, Standing]:
    """Where each account of the viewer stands, by id: for lists of accounts. A constant number of queries."""
    allowed = _allowed(db, viewer)
    view = _view(db, now=now, as_of=as_of, preferences=preferences, account_ids=allowed.only, names=())
    return {one.account_id: one for one in _standings(db, view) if one.account_id in allowed.accounts}


def _standings(db: Connection, view: _View) -> list[Standing]:
    norms = _norms(db, view)
    return [
        silence.standing(one, moment=view.facts.moment, limits=view.terms.limits, norms=norms)
        for one in view.facts.accounts
    ]


def _norms(db: Connection, view: _View) -> Norms:
    """What is usual in the whole company, though only some accounts were read: as of last night, else read now."""
    if view.everybody:
        return view.counted.norms
    moment, days = view.facts.moment, view.terms.days
    kept = store.norms(db, on=moment.date(), window_days=days)
    if kept is not None:
        return kept
    return _view(db, now=moment, window_days=days, preferences=view.preferences, names=()).counted.norms


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
    preferences: Preferences | None = None,
) -> list[CountedRow]:
    """What one figure counts, account by account. Rows with `whole` above 0 add up to its denominator.

    NotFound for a figure or a scope that does not exist or is not the viewer's. A CSM's rows hold
    what was sent under their name, also where the account has been handed over since.
    """
    key: Key = (scope, id)
    allowed = _allowed(db, viewer)
    if figure not in BY_NAME or not allowed.sees(key):
        raise NotFound("There is no such figure.")
    known = preferences or settings.load(db)
    days = window_days or known.window_days
    facts = store.facts(
        db,
        moment=store.moment_of(as_of, now=now),
        window_days=days,
        preferences=known,
        account_ids=[id] if scope == Scope.ACCOUNT else None,
    )
    facts = _of_segment(facts, segment)
    terms = _terms(facts, known, days)
    if BY_NAME[figure].facts is not None:
        question = Question(facts.moment, days, known, frozenset([id]) if scope == Scope.ACCOUNT else None)
        return _fact_rows(db, allowed, facts, question, key=key, name=figure, segment=segment)
    found = list(figured.rows(facts, terms, key=key, name=figure))
    released = [] if scope == Scope.ACCOUNT else _released(db, facts.moment, days, segment)
    names = store.contact_names(db, (unit.contact_id for _, unit in found if unit.contact_id))
    return [
        CountedRow(
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
            handed_over=account.account_id not in allowed.accounts,
        )
        for account, unit in sorted(found, key=lambda row: (row[0].name.casefold(), row[0].account_id))
    ] + [_nameless_row(one, unit) for one, unit in figured.released_rows(facts, released, terms, key=key, name=figure)]


def _fact_rows(
    db: Connection, allowed: _Allowed, facts: Facts, question: Question, *, key: Key, name: str, segment: str | None
) -> list[CountedRow]:
    """The rows of a subject of its own that count for one scope."""
    found = [
        (fact, account_name)
        for _definition, those in subjects.rows(db, question, names=[name], segment=segment)
        for fact, account_name in those
        if key in cohorts.scopes(facts, account_id=fact.account_id, csm_id=fact.csm_id, inherited=fact.inherited)
    ]
    names = store.contact_names(db, (fact.unit.contact_id for fact, _ in found if fact.unit.contact_id))
    return [
        CountedRow(
            kind=fact.unit.kind,
            id=fact.unit.id,
            account_id=fact.account_id,
            account_name=account_name,
            csm_id=fact.csm_id,
            contact_id=fact.unit.contact_id,
            contact_name=names.get(fact.unit.contact_id) if fact.unit.contact_id else None,
            role=fact.unit.role,
            label=fact.unit.label,
            part=fact.unit.part,
            whole=fact.unit.whole,
            handed_over=bool(fact.account_id) and fact.account_id not in allowed.accounts,
            on=fact.unit.on,
            size=fact.unit.size,
        )
        for fact, account_name in sorted(found, key=lambda one: (one[1].casefold(), one[0].account_id))
    ]


def _nameless_row(released: Released, unit: Unit) -> CountedRow:
    """One of a group: which account and who it is, is kept nowhere in it."""
    return CountedRow(
        kind=CONFIDENTIAL,
        id=str(released.wave_id),
        account_id="",
        account_name=released.wave,
        csm_id=released.group.csm_id,
        contact_id=None,
        contact_name=None,
        role=None,
        label=unit.label,
        part=unit.part,
        whole=unit.whole,
    )


# --- confidential waves ---


def release(db: Connection, now: datetime) -> int:
    """Count each confidential wave that is over into groups, once and for good; how many waves. Idempotent.

    What comes afterwards (a late answer, an erasure, another CSM) changes nothing of it: a difference
    between two days would be a person.
    """
    found = 0
    for wave_id in store_confidential.to_release(db, closed_by=now - RELEASED_AFTER):
        groups, withheld = divide(store_confidential.told(db, wave_id))
        found += store_confidential.add_release(db, wave_id, groups, withheld=withheld, now=now)
    return found


# --- the night ---


def catch_up(db: Connection, now: datetime, *, preferences: Preferences | None = None, portion: int = PORTION) -> int:
    """Open a follow-up for each account that is silent, once per spell; returns how many are new. Idempotent.

    It begins with whoever of the silent people weighs most: a decision maker before an end user.
    """
    known = preferences or settings.load(db)
    limits, ids, opened = limits_of(known), store.account_ids(db), 0
    for start in range(0, len(ids), portion):
        facts = store.facts(
            db,
            moment=now,
            window_days=known.window_days,
            preferences=known,
            account_ids=ids[start : start + portion] if len(ids) > portion else None,
        )
        opened += sum(_open_if_silent(db, one, limits=limits, now=now) for one in facts.accounts)
    return opened


def _open_if_silent(db: Connection, account: AccountFacts, *, limits: Limits, now: datetime) -> bool:
    if silence.state(account, moment=now, limits=limits) != AccountState.SILENT:
        return False
    return followup.open_silent(
        db,
        account_id=account.account_id,
        spell_on=silence.spell_on(account, moment=now, limits=limits),
        now=now,
        contact_id=silence.whom_to_call(account, moment=now),
    )


def snapshot(
    database: Database, now: datetime, *, preferences: Preferences | None = None, portion: int = PORTION
) -> int:
    """Keep the figures as they stand; running it again on the same day replaces that day. Returns their number.

    `portion` accounts pass at a time, so that a large company's night does not grow with it in memory.
    """
    kept: list[Figure] = []
    with database.read() as db:
        known = preferences or settings.load(db)
        days = known.window_days
        counted = Counted(cohorts.window(now, days), icc_default=known.icc_default)
        ids = store.account_ids(db)
        portions = [ids[start : start + portion] for start in range(0, len(ids), portion)]
        for chosen in portions:
            facts = store.facts(
                db,
                moment=now,
                window_days=days,
                preferences=known,
                account_ids=chosen if len(portions) > 1 else None,
            )
            figured.count(counted, facts, _terms(facts, known, days))
            kept += _of_accounts(counted, facts, limits_of(known))
        everybody = Facts(now, (), store.people(db))
        terms = _terms(everybody, known, days)
        for definition, found in subjects.rows(db, Question(now, days, known)):
            figured.count_facts(counted, everybody, definition, found)
        figured.count_released(counted, everybody, _released(db, now, days, None), terms)
    # Accounts were kept with their portion; the subjects' own rows have counted for them again since.
    scopes = [key for key in sorted(counted.tallies) if key[0] != Scope.ACCOUNT]
    kept += [figured.figure(counted, key, one.name) for key in scopes for one in CATALOGUE]
    with database.begin() as db:
        store.replace_snapshots(db, now.date(), days, kept)
    return len(kept)


def _of_accounts(counted: Counted, facts: Facts, limits: Limits) -> list[Figure]:
    """Of each account only what its page draws over time; its tallies are let go."""
    kept: list[Figure] = []
    for account in facts.accounts:
        key: Key = (Scope.ACCOUNT, account.account_id)
        if account.customer:
            kept += [figured.figure(counted, key, one.name) for one in CATALOGUE if one.nightly]
            kept.append(_score_figure(counted, account, facts.moment, limits))
        counted.tallies.pop(key, None)
    return kept


def _score_figure(counted: Counted, account: AccountFacts, moment: datetime, limits: Limits) -> Figure:
    """The silent score with its seven parts; `reason` is the account's state."""
    state = silence.state(account, moment=moment, limits=limits)
    score = silence.score(account, moment=moment) if state in silence.SCORED else None
    parts: dict[str, float | None] = {} if score is None else dict(score)  # type: ignore[arg-type]  # floats, all of them
    return Figure(
        name="silent_score",
        scope=Scope.ACCOUNT,
        scope_id=account.account_id,
        value=score["total"] if score else None,
        numerator=score["total"] if score else None,
        denominator=100.0 if score else None,
        interval=None,
        state=FigureState.OK if score else FigureState.NO_DATA,
        reason=str(state),
        shown=Shown.COUNTS if score else Shown.REASON,
        counted=1,
        accounts=1,
        window=counted.window,
        as_of=counted.window.to_on,
        definition_version=VERSION,
        extra=parts,
    )
