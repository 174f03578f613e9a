"""The account as it stands: whom we know, whether it is silent (4, 5, 8a)."""

from collections import defaultdict
from datetime import timedelta

from voc.base.words import PROMOTER_FROM, AccountState
from voc.metrics.model import Book, Unit
from voc.metrics.units.places import place_unit, places_of
from voc.metrics.units.scores import latest_score
from voc.metrics.units.terms import Terms, account_unit, no_rate

_YEAR = timedelta(days=365)


def coverage_fresh(book: Book, _terms: Terms) -> list[Unit]:
    return [
        place_unit(book.facts, one, label="fresh" if one.fresh else "gap", met=one.fresh, weight=float(one.weight))
        for one in places_of(book.facts)
    ]


def coverage_named(book: Book, _terms: Terms) -> list[Unit]:
    return [
        place_unit(book.facts, one, label="named" if one.named else "gap", met=one.named, weight=float(one.weight))
        for one in places_of(book.facts)
    ]


def known(book: Book, _terms: Terms) -> list[Unit]:
    """One account, one vote."""
    covered = book.facts.team.coverage if book.facts.team and book.facts.customer else None
    return [Unit(covered.fresh, 1.0, "census", "account", book.facts.account_id)] if covered else []


def known_by_revenue(book: Book, _terms: Terms) -> list[Unit]:
    covered = book.facts.team.coverage if book.facts.team and book.facts.customer else None
    if covered is None:
        return []
    if book.facts.arr is None:
        return [no_rate(book)]
    return [Unit(covered.fresh * book.facts.arr, book.facts.arr, "census", "account", book.facts.account_id)]


def fresh_contacts(book: Book, terms: Terms) -> list[Unit]:
    """People in required places who can be reached; `own_word` are fresh only because a CSM says so."""
    if book.facts.team is None or not book.facts.customer:
        return []
    units = []
    for person in book.facts.team.people:
        if not person.reachable:
            continue
        fresh = person.freshness.value >= terms.fresh_cut
        own_word = fresh and person.freshness.without_own_word < terms.fresh_cut
        label = "own_word" if own_word else "fresh" if fresh else "stale"
        units.append(Unit(float(fresh), 1.0, label, "contact", person.contact_id, person.contact_id))
    return units


def contact_upkeep(book: Book, terms: Terms) -> list[Unit]:
    units = []
    for place in places_of(book.facts):
        confirmed = any(one.contact_id in terms.confirmed for one in place.holders)
        label = "fresh" if place.fresh else "confirmed" if confirmed else "gap"
        units.append(place_unit(book.facts, place, label=label, met=label != "gap"))
    return units


def identified_promoters(book: Book, terms: Terms) -> list[Unit]:
    by_contact = defaultdict(list)
    by_address = defaultdict(list)
    for one in book.facts.asked:
        if one.score_at is not None and terms.moment - _YEAR < one.score_at <= terms.moment:
            by_contact[one.contact_id].append(one)
            by_address[one.address].append(one)
    units = []
    for place in places_of(book.facts):
        latest = [
            latest_score([*by_contact[one.contact_id], *(by_address[one.address] if one.address else ())])
            for one in place.holders
        ]
        promoter = any(score is not None and score >= PROMOTER_FROM for score in latest)
        label = "promoter" if promoter else "other" if any(score is not None for score in latest) else "not heard"
        units.append(place_unit(book.facts, place, label=label, met=promoter))
    return units


NOT_ASKED = frozenset({AccountState.NO_CENSUS, AccountState.NOT_ASKED, AccountState.IN_CONFIDENCE})


def silent_accounts(book: Book, terms: Terms) -> list[Unit]:
    """Silent accounts of those asked; the others stand beside them with their state."""
    now = terms.state_of(book.facts)
    if now == AccountState.NO_CENSUS:
        return []
    asked = float(now not in NOT_ASKED)
    return [Unit(float(now == AccountState.SILENT), asked, str(now), "account", book.facts.account_id)]


def silent_revenue(book: Book, terms: Terms) -> list[Unit]:
    now = terms.state_of(book.facts)
    if now in NOT_ASKED:
        return []
    if book.facts.arr is None:
        return [no_rate(book)]
    silent = now == AccountState.SILENT
    return [Unit(book.facts.arr * silent, book.facts.arr, str(now), "account", book.facts.account_id)]


def invitation_guideline(book: Book, terms: Terms) -> list[Unit]:
    """Every required role has its required count invited in the window."""
    places = places_of(book.facts)
    if not places:
        return []
    since = terms.moment - timedelta(days=terms.days)
    invited = [one for one in book.facts.asked if one.sent_at is not None and since < one.sent_at <= terms.moment]
    met = all(
        len({one.contact_id for one in invited if place.role in one.roles}) >= place.required_count for place in places
    )
    return [account_unit(book, met, yes="met", no="not met")]
