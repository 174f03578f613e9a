"""The rows behind a figure: what the tallies add up."""

from collections.abc import Container, Iterable, Iterator, Mapping

from voc.base.words import Scope
from voc.metrics import cohorts
from voc.metrics.catalogue import BY_NAME, Definition, Owner
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released, in_rates, in_scores
from voc.metrics.model import AccountFacts, Book, Facts, Unit
from voc.metrics.units import Terms

# What can be said of people who are never taken apart; everything else is about single accounts, places or roles.
IN_RATES = ("response_rate", *(f"response_rate_{number}" for number in range(1, 6)))
IN_SCORES = ("nps_people",)


def units_of_released(released: Released, terms: Terms) -> Iterator[tuple[str, list[Unit]]]:
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
            yield from ((one, unit) for found, rows in units_of_released(one, terms) if found == name for unit in rows)


def rows(facts: Facts, terms: Terms, *, key: Key, name: str) -> Iterator[tuple[AccountFacts, Unit]]:
    """The rows behind one figure of one scope: with `whole` above 0 they make up its denominator."""
    for account in facts.accounts:
        yield from ((account, unit) for unit in units_of(facts, account, terms, key=key, definition=BY_NAME[name]))


def units_of(facts: Facts, account: AccountFacts, terms: Terms, *, key: Key, definition: Definition) -> list[Unit]:
    """Those of one account."""
    book = books_of(facts, account, days=terms.days)[definition.owner].get(key)
    return [] if book is None or definition.units is None else definition.units(book, terms)


def rows_by_scope(
    facts: Facts, terms: Terms, *, name: str, scopes: Container[Scope]
) -> Iterator[tuple[Key, AccountFacts, Unit]]:
    """The same of every scope of these kinds at once."""
    definition = BY_NAME[name]
    if definition.units is None:
        return
    for account in facts.accounts:
        for key, book in books_of(facts, account, days=terms.days)[definition.owner].items():
            if key[0] in scopes:
                yield from ((key, account, unit) for unit in definition.units(book, terms))


def books_of(facts: Facts, account: AccountFacts, *, days: int) -> Mapping[Owner, dict[Key, Book]]:
    return {
        Owner.ASKED: cohorts.asked_books(facts, account, days=days),
        Owner.CHAIN: cohorts.chain_books(facts, account, days=days),
        Owner.TODAY: cohorts.state_books(facts, account),
        Owner.FOLLOW_UP: cohorts.case_books(facts, account, days=days),
    }
