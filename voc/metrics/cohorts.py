"""Which invitations and follow-ups a figure counts, and for whom (3-metrics 0.3, 1.4). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from voc.base.words import Disposition, Scope
from voc.metrics.model import AccountFacts, Asked, Book, Case, Fact, Facts, Known, Person, Slice, Window

Key = tuple[Scope, str]
TOTAL: Key = (Scope.TOTAL, "")

Owned = TypeVar("Owned")


def window(moment: datetime, days: int) -> Window:
    to_on = moment.date()
    return Window(days=days, after_on=to_on - timedelta(days=days), to_on=to_on)


def is_settled(asked: Asked, *, moment: datetime, days: int) -> bool:
    """Its due date lies in (moment - days, moment] and what became of it is known.

    Whoever was never sent anything has no place in the rates; a mail that bounced before it was
    ever accepted has one, as unknown.
    """
    if asked.confidential or asked.disposition is None or asked.due_at is None:
        return False
    if asked.sent_at is None and asked.disposition != Disposition.UNKNOWN:
        return False
    return moment - timedelta(days=days) < asked.due_at <= moment


def is_due(asked: Asked, *, moment: datetime, days: int) -> bool:
    """One of the invitations that the rates count."""
    return not asked.elsewhere and is_settled(asked, moment=moment, days=days)


def in_flight(asked: Asked, *, moment: datetime) -> bool:
    """Sent, not due yet, and not given up as bounced or not eligible."""
    if (
        asked.confidential
        or asked.elsewhere
        or asked.sent_at is None
        or asked.bounced_at is not None
        or not asked.eligible
    ):
        return False
    return asked.due_at is not None and asked.due_at > moment


def in_confidence(asked: Asked, *, moment: datetime, days: int) -> bool:
    """Sent in a confidential wave, and due in the window or later."""
    if not asked.confidential or asked.elsewhere or asked.sent_at is None or asked.due_at is None:
        return False
    return asked.due_at > moment - timedelta(days=days)


def scopes(
    facts: Facts,
    *,
    account_id: str,
    csm_id: str | None,
    inherited: bool = False,
    segment: str | None = None,
    region: str | None = None,
) -> Iterator[Key]:
    """The scopes a fact with this owner counts for; an inherited one counts for the team, not the CSM."""
    if account_id:  # a CSM's week is nobody's account
        yield Scope.ACCOUNT, account_id
    if csm_id is not None and not inherited:
        yield Scope.CSM, csm_id
    manager_id = facts.manager_of(csm_id)
    if manager_id is not None:
        yield Scope.TEAM, manager_id
    if segment is not None:
        yield Scope.SEGMENT, segment
    if region is not None:
        yield Scope.REGION, region
    yield TOTAL


def scopes_of(facts: Facts, account: AccountFacts, asked: Asked) -> Iterator[Key]:
    """By the owner and the segment frozen when it was sent."""
    return scopes(
        facts,
        account_id=account.account_id,
        csm_id=asked.csm_id,
        inherited=asked.inherited,
        segment=asked.segment,
        region=account.region,
    )


def scopes_of_fact(facts: Facts, fact: Fact, known: Known) -> Iterator[Key]:
    return scopes(
        facts,
        account_id=fact.account_id,
        csm_id=fact.csm_id,
        inherited=fact.inherited,
        segment=fact.segment or known.segment,
        region=known.region,
    )


def _scopes_today(facts: Facts, account: AccountFacts, csm_id: str | None, *, inherited: bool = False) -> Iterator[Key]:
    return scopes(
        facts,
        account_id=account.account_id,
        csm_id=csm_id,
        inherited=inherited,
        segment=account.segment,
        region=account.region,
    )


def within(part: Slice, facts: Facts) -> Facts:
    """The part of the company that is looked at: accounts of a region, invitations of a segment."""
    if part.whole:
        return facts
    return replace(facts, accounts=tuple(one for one in facts.accounts if part.region in (None, one.region)), part=part)


def name_of(key: Key, people: Mapping[str, Person]) -> str:
    """What a page calls a scope; an account has its own name."""
    scope, id = key
    if scope == Scope.TOTAL:
        return "All"
    if scope == Scope.SEGMENT:
        return id.capitalize()
    if scope == Scope.REGION:
        return id
    return people[id].name if id in people else f"A CSM the CRM does not know ({id})"


def _gathered(pairs: Iterable[tuple[Key, Owned]]) -> dict[Key, tuple[Owned, ...]]:
    found: dict[Key, list[Owned]] = defaultdict(list)
    for key, item in pairs:
        found[key].append(item)
    return {key: tuple(items) for key, items in found.items()}


def asked_books(facts: Facts, account: AccountFacts, *, days: int) -> dict[Key, Book]:
    """Due invitations by the owner frozen when each was sent."""
    due = _gathered(
        (key, asked)
        for asked in account.asked
        if is_due(asked, moment=facts.moment, days=days) and facts.part.segment in (None, asked.segment)
        for key in scopes_of(facts, account, asked)
    )
    return {key: Book(account, due=found) for key, found in due.items()}


def chain_books(facts: Facts, account: AccountFacts, *, days: int) -> dict[Key, Book]:
    """All places of the account, under the owner of its latest due invitation, else today's owner."""
    if facts.part.segment not in (None, account.segment):
        return {}
    due = tuple(asked for asked in account.asked if is_settled(asked, moment=facts.moment, days=days))
    own = [asked for asked in due if not asked.elsewhere and asked.sent_at is not None]
    latest = max(own, key=lambda asked: (asked.sent_at, asked.id), default=None)
    csm_id, inherited = (latest.csm_id, latest.inherited) if latest else (account.csm_id, False)
    keys = _scopes_today(facts, account, csm_id, inherited=inherited)
    return {key: Book(account, due=due) for key in keys}


def state_books(facts: Facts, account: AccountFacts) -> dict[Key, Book]:
    """The account as it stands, under today's owner."""
    if facts.part.segment not in (None, account.segment):
        return {}
    return {key: Book(account) for key in _scopes_today(facts, account, account.csm_id)}


def case_books(facts: Facts, account: AccountFacts, *, days: int) -> dict[Key, Book]:
    """Follow-ups whose limit for the first contact lies after the window's start, under their own owner."""
    cases = _gathered(
        (key, case)
        for case in account.cases
        if is_counted(case, moment=facts.moment, days=days) and facts.part.segment in (None, account.segment)
        for key in _scopes_today(facts, account, case.owner_csm_id)
    )
    return {key: Book(account, cases=found) for key, found in cases.items()}


def is_counted(case: Case, *, moment: datetime, days: int) -> bool:
    return case.opened_at <= moment and case.contact_by > moment - timedelta(days=days)
