"""From facts to tallies, account by account, for every scope that they count for."""

from collections import defaultdict
from collections.abc import Iterable

from voc.metrics import cohorts, units
from voc.metrics.catalogue import CATALOGUE, Definition
from voc.metrics.cohorts import Key
from voc.metrics.confidential import Released
from voc.metrics.figures.counted import Counted, with_needed
from voc.metrics.figures.rows import books_of, scopes_of_group, units_of_released
from voc.metrics.model import AccountFacts, Book, Fact, Facts, Known, Sum, Tallies, Unit, add_up
from voc.metrics.units import Terms


def count(counted: Counted, facts: Facts, terms: Terms, *, names: Iterable[str] | None = None) -> None:
    """Add these accounts to the tallies of every scope; `names` None means all figures."""
    wanted = None if names is None else with_needed(names)
    definitions = [one for one in CATALOGUE if one.units and (wanted is None or one.name in wanted)]
    for account in facts.accounts:
        _count_heard(counted, facts, account, terms)
        for owner, books in books_of(facts, account, days=terms.days).items():
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
        for name, units_found in units_of_released(one, terms):
            for key in scopes_of_group(facts, one):
                counted.tallies[key][name].add_group(add_up(units_found), accounts=one.group.accounts)


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
