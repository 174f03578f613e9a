"""The rows behind a scorecard's month: packed when it is frozen, shown as they were then."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics import figures as figured
from voc.metrics.cards.model import Month, Scorecard
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import Key
from voc.metrics.model import CONFIDENTIAL, CountedRow, Facts, Unit
from voc.metrics.run import subjects
from voc.metrics.run.looking import Asking, allowed, facts_for, in_portions, released, terms_of
from voc.metrics.run.subjects import Question
from voc.metrics.store import cards as cards_store
from voc.metrics.store import kept_rows
from voc.metrics.store.cards import Frozen
from voc.metrics.store.kept_rows import KeptRow, Portion
from voc.metrics.units import Terms

SCOPES = frozenset({Scope.CSM, Scope.TEAM, Scope.TOTAL})
PORTION = 2_000  # accounts whose facts are in memory at a time

Sorted = dict[tuple[Key, str], list[KeptRow]]


def periods(card: Scorecard, month: Month, *, as_of: date) -> dict[int, tuple[int, set[str]]]:
    """The days that a line names -> the days that are counted, and the figures; a month under way is cut off."""
    found: dict[int, tuple[int, set[str]]] = {}
    so_far = (as_of - month.first_on).days + 1
    asked = [(one.figure, one.days) for one in card.lines] + [(one.figure, one.days) for one in card.beside]
    for figure, days_asked in asked:
        days = days_asked or month.days
        found.setdefault(days, (so_far if days == month.days else days, set()))[1].add(figure)
    return dict(sorted(found.items()))


def portions(db: Connection, card: Scorecard, month: Month, *, now: datetime) -> Iterator[Portion]:
    """Everything that the month's lines count, as `cards.reckon` counts it; a portion of the accounts in memory."""
    known = settings.load(db)
    as_of = min(month.last_on, now.date())
    for days, (counted, names) in periods(card, month, as_of=as_of).items():
        asking = Asking(now, as_of, counted, names=names, preferences=known)
        for part, rows in enumerate(_rows(db, asking, known)):
            for (key, name), mine in sorted(rows.items()):
                yield Portion(key, name, days, part, kept_rows.packed(mine))


def _rows(db: Connection, asking: Asking, known: Preferences) -> Iterator[Sorted]:
    moment = store.moment_of(asking.as_of, now=asking.now)
    terms = terms_of(asking, moment, known)
    everybody = Facts(moment, (), store.people(db))
    names = sorted(name for name in asking.names or () if name in BY_NAME)
    yield _of_subjects(db, everybody, Question(moment, terms.days, known), names)
    yield _nameless(db, everybody, asking, terms, names)
    if any(BY_NAME[name].units is not None for name in names):
        for ids in in_portions(kept_rows.account_ids(db), PORTION):
            yield _of_accounts(db, asking, ids, names)


def _of_subjects(db: Connection, everybody: Facts, question: Question, names: Iterable[str]) -> Sorted:
    found: Sorted = defaultdict(list)
    for definition, facts in subjects.rows(db, question, names=frozenset(names)):
        for fact, account in facts:
            for key in cohorts.scopes_of_fact(everybody, fact, account):
                if key[0] in SCOPES:
                    found[key, definition.name].append(_row(fact.unit, fact.account_id, account.name, fact.csm_id))
    return found


def _of_accounts(db: Connection, asking: Asking, ids: list[str], names: Iterable[str]) -> Sorted:
    facts, terms, _known = facts_for(db, asking, ids)
    # Of a list of accounts all are read; a figure of the company counts those that are or were asked.
    counted = tuple(one for one in facts.accounts if one.customer or one.asked or one.cases)
    facts = replace(facts, accounts=counted)
    found: Sorted = defaultdict(list)
    for name in names:
        for key, account, unit in figured.rows_by_scope(facts, terms, name=name, scopes=SCOPES):
            found[key, name].append(_row(unit, account.account_id, account.name, account.csm_id))
    return found


def _nameless(db: Connection, everybody: Facts, asking: Asking, terms: Terms, names: Iterable[str]) -> Sorted:
    groups = released(db, terms.moment, terms.days, asking.part)
    found: Sorted = defaultdict(list)
    keys = {key for one in groups for key in figured.scopes_of_group(everybody, one) if key[0] in SCOPES}
    for key in sorted(keys):
        for name in names:
            for one, unit in figured.released_rows(everybody, groups, terms, key=key, name=name):
                plain = unit._replace(kind=CONFIDENTIAL, id=str(one.wave_id))
                found[key, name].append(_row(plain, "", one.wave, one.group.csm_id))
    return found


def _row(unit: Unit, account_id: str, name: str, csm_id: str | None) -> KeptRow:
    return KeptRow(
        unit.kind,
        unit.id,
        account_id,
        name,
        csm_id,
        unit.contact_id,
        unit.role,
        unit.label,
        unit.part,
        unit.whole,
        unit.on,
        unit.size,
    )


# --- for whoever looks ---


def rows(
    db: Connection, frozen: Frozen, viewer: Viewer, *, figure: str, days: int, scope: Scope, id: str
) -> list[CountedRow]:
    """What one line of a frozen month counted. NotFound for a result that is not the viewer's."""
    results = cards_store.results(db, frozen.id, viewer)
    mine = next((one for one in results if (one.scope, one.id) == (scope, id)), None)
    lines = (*mine.lines, *mine.beside) if mine is not None else ()
    if not any((one.figure, one.days) == (figure, days) for one in lines):
        raise NotFound("There is no such line.")
    found = kept_rows.rows(db, frozen.id, (scope, id), figure=figure, days=days)
    names = store.contact_names(db, (row.contact_id for row in found if row.contact_id))
    may = allowed(db, viewer)
    return [_shown(row, names, handed_over=not (viewer.sees_all or row.account_id in may.accounts)) for row in found]


def _shown(row: KeptRow, names: dict[str, str], *, handed_over: bool) -> CountedRow:
    return CountedRow(
        kind=row.kind,
        id=row.id,
        account_id=row.account_id,
        account_name=row.account_name,
        csm_id=row.csm_id,
        contact_id=row.contact_id,
        contact_name=names.get(row.contact_id) if row.contact_id else None,
        role=row.role,
        label=row.label,
        part=row.part,
        whole=row.whole,
        handed_over=bool(row.account_id) and handed_over,
        on=row.on,
        size=row.size,
    )
