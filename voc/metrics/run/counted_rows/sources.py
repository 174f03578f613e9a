"""Where the rows come from: accounts a page at a time, facts of a subject's own, groups without names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics import figures as figured
from voc.metrics import rows as paged
from voc.metrics.catalogue import OPENS
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released
from voc.metrics.defined import beside
from voc.metrics.definition import Owner
from voc.metrics.model import CONFIDENTIAL, AccountFacts, Book, CountedRow, Fact, Facts, Known, Unit
from voc.metrics.rows import Account, Source
from voc.metrics.run import subjects
from voc.metrics.run.counted_rows.book import accounts_of, ids_of
from voc.metrics.run.counted_rows.opened import Opened, asking_of
from voc.metrics.run.looking import Allowed, facts_for, released, terms_of
from voc.metrics.run.subjects import Question
from voc.metrics.store import by_phone, in_order
from voc.metrics.store.merges import merged_after
from voc.metrics.units import Terms


def source_of(db: Connection, may: Allowed, opened: Opened, *, now: datetime, known: Preferences, kept: bool) -> Source:
    definition = OPENS[opened.figure]
    if definition.facts is not None:
        return paged.of_sorted(_by_account(_fact_rows(db, may, opened, now=now, known=known)))
    moment = store.moment_of(opened.as_of, now=now)
    terms = terms_of(asking_of(opened, now, known), moment, known)
    several = in_order.Several(
        scope=opened.scope,
        ids=ids_of(db, opened),
        with_cases=definition.owner == Owner.FOLLOW_UP,
        also=[id for kind, id in merged_after(db, moment) if kind == "account"] if kept else (),
    )
    read = _Reading(db, may, opened, now=now, known=known, as_then=kept)
    source = Source(lambda start, back, limit: in_order.accounts(db, several, start, back, limit), read.rows)
    return paged.with_nameless(source, _nameless_rows(db, opened, moment, terms))


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
            one: [self._row(account, unit, names, phoned) for unit in units]
            for one in wanted
            for account, units in [by_id.get(one.id, (None, ()))]
            if account is not None
        }

    def _row(
        self, account: AccountFacts, unit: Unit, names: Mapping[str, str], phoned: Collection[tuple[str, str]]
    ) -> CountedRow:
        return _named(
            unit,
            names,
            account_id=account.account_id,
            account_name=account.name,
            csm_id=self._csm_id(account, unit),
            handed_over=not self.may.sees_account(account.account_id),
            by_phone=unit.label in _ANSWERED and (unit.kind, unit.id) in phoned,
        )

    def _csm_id(self, account: AccountFacts, unit: Unit) -> str | None:
        """Under whom the row counts: frozen at sending, or the case's owner; else whoever owns the account."""
        owner = OPENS[self.opened.figure].owner
        if owner == Owner.FOLLOW_UP:
            return next((one.owner_csm_id for one in account.cases if str(one.id) == unit.id), account.csm_id)
        if owner != Owner.ASKED:
            return account.csm_id
        if self.opened.scope == Scope.CSM:
            return self.opened.id
        asked = [one for one in account.asked if unit.id in (str(one.id), one.contact_id)]
        return max(asked, key=attrgetter("id")).csm_id if asked else account.csm_id

    def _phoned(self, units: Sequence[Unit], moment: datetime) -> frozenset[tuple[str, str]]:
        """Kind and id of rows whose answer was given on the phone."""
        answered = [unit for unit in units if unit.label in _ANSWERED]
        asked = {int(unit.id) for unit in answered if unit.kind == "invitation"}
        people = {unit.id for unit in answered if unit.kind == "contact"}
        found = {("invitation", str(id)) for id in by_phone.invitations(self.db, asked, until=moment)}
        return frozenset(found | {("contact", id) for id in by_phone.people(self.db, people, until=moment)})

    def _facts(self, ids: Collection[str]) -> tuple[Facts, Terms]:
        opened = self.opened
        asking = asking_of(opened, self.now, self.known)
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


def _named(
    unit: Unit,
    names: Mapping[str, str],
    *,
    account_id: str,
    account_name: str,
    csm_id: str | None,
    handed_over: bool = False,
    by_phone: bool = False,
) -> CountedRow:
    return CountedRow(
        kind=unit.kind,
        id=unit.id,
        account_id=account_id,
        account_name=account_name,
        csm_id=csm_id,
        contact_id=unit.contact_id,
        contact_name=names.get(unit.contact_id) if unit.contact_id else None,
        role=unit.role,
        label=unit.label,
        part=unit.part,
        whole=unit.whole,
        handed_over=handed_over,
        on=unit.on,
        size=unit.size,
        by_phone=by_phone,
    )


def _by_account(found: Sequence[CountedRow]) -> dict[Account, list[CountedRow]]:
    by_account: dict[Account, list[CountedRow]] = {}
    for row in found:
        by_account.setdefault(Account(row.account_name.casefold(), row.account_id), []).append(row)
    return by_account


def _fact_rows(db: Connection, may: Allowed, opened: Opened, *, now: datetime, known: Preferences) -> list[CountedRow]:
    """The rows of a subject of its own that count for one scope."""
    moment = store.moment_of(opened.as_of, now=now)
    days = terms_of(asking_of(opened, now, known), moment, known).days
    theirs = [opened.id] if opened.scope == Scope.ACCOUNT else accounts_of(db, opened)
    only = None if theirs is None else frozenset(theirs)
    question = Question(moment, days, known, only, opened.part, also_elsewhere=opened.scope != Scope.ACCOUNT)
    everybody = Facts(moment, (), store.people(db))
    found = [
        (fact, account)
        for _definition, those in subjects.rows(db, question, names=[opened.figure])
        for fact, account in those
        if opened.key in cohorts.scopes_of_fact(everybody, fact, account)
    ]
    names = store.contact_names(db, (fact.unit.contact_id for fact, _ in found if fact.unit.contact_id))
    return [_fact_row(fact, account, may, names) for fact, account in found]


def _fact_row(fact: Fact, account: Known, may: Allowed, names: Mapping[str, str]) -> CountedRow:
    return _named(
        fact.unit,
        names,
        account_id=fact.account_id,
        account_name=account.name,
        csm_id=fact.csm_id,
        handed_over=bool(fact.account_id) and not may.sees_account(fact.account_id),
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
    plain = unit._replace(kind=CONFIDENTIAL, id=str(found.wave_id), contact_id=None, role=None)
    return _named(plain, {}, account_id="", account_name=found.wave, csm_id=found.group.csm_id)
