"""The rows behind a figure: what it counts, one by one."""

from datetime import date, datetime

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics import figures as figured
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released
from voc.metrics.model import CONFIDENTIAL, AccountFacts, CountedRow, Fact, Facts, Known, Slice, Unit
from voc.metrics.run import subjects
from voc.metrics.run.looking import Allowed, Asking, allowed, facts_for, released
from voc.metrics.run.subjects import Question


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
    key: Key = (scope, id)
    may = allowed(db, viewer)
    if figure not in BY_NAME or not may.sees(key):
        raise NotFound("There is no such figure.")
    only = [id] if scope == Scope.ACCOUNT else None
    part = Slice(segment, region)
    facts, terms, known = facts_for(db, Asking(now, as_of, window_days, part, preferences=preferences), only)
    if BY_NAME[figure].facts is not None:
        ids = None if only is None else frozenset(only)
        question = Question(facts.moment, terms.days, known, ids, part)
        return _fact_rows(db, may, facts, question, key=key, name=figure)
    found = sorted(figured.rows(facts, terms, key=key, name=figure), key=_by_account)
    names = store.contact_names(db, (unit.contact_id for _, unit in found if unit.contact_id))
    nameless = [] if scope == Scope.ACCOUNT else released(db, facts.moment, terms.days, part)
    return [
        *(_row(account, unit, may, names) for account, unit in found),
        *(_nameless(*one) for one in figured.released_rows(facts, nameless, terms, key=key, name=figure)),
    ]


def _by_account(row: tuple[AccountFacts, Unit]) -> tuple[str, str]:
    return row[0].name.casefold(), row[0].account_id


def _row(account: AccountFacts, unit: Unit, may: Allowed, names: dict[str, str]) -> CountedRow:
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
    )


def _fact_rows(
    db: Connection, may: Allowed, facts: Facts, question: Question, *, key: Key, name: str
) -> list[CountedRow]:
    """The rows of a subject of its own that count for one scope."""
    found = [
        (fact, account)
        for _definition, those in subjects.rows(db, question, names=[name])
        for fact, account in those
        if key in cohorts.scopes_of_fact(facts, fact, account)
    ]
    names = store.contact_names(db, (fact.unit.contact_id for fact, _ in found if fact.unit.contact_id))
    found.sort(key=lambda one: (one[1].name.casefold(), one[0].account_id))
    return [_fact_row(fact, account, may, names) for fact, account in found]


def _fact_row(fact: Fact, account: Known, may: Allowed, names: dict[str, str]) -> CountedRow:
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
