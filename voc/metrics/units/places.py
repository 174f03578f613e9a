"""The chain over places (1.3)."""

from voc.base.words import Disposition, NotAsked
from voc.metrics.model import AccountFacts, Asked, Book, Unit
from voc.metrics.units.terms import Terms, Units
from voc.stakeholders.model import Place

DELIVERED = ("answered", "silent", "refused", "opted_out", "other")
INVITED = (*DELIVERED, "bounced")
IN_CONFIDENCE = "in_confidence"  # neither answered nor silent: in no count of the chain


def _place_label(place: Place, book: Book) -> str:
    """How far a place got: with k holders required it is as far as the k-th best of them."""
    steps = [_step(one) for one in book.due if place.role in one.roles]
    reached = sorted((step for step in steps if step is not None), key=INVITED.index)
    if len(reached) >= place.required_count:
        return reached[place.required_count - 1]
    asked = [one for one in book.facts.asked if place.role in one.roles and _running(one)]
    if any(one.confidential for one in asked):
        return IN_CONFIDENCE
    if asked:
        return "in_flight"
    return _why_not_invited(place, book)


def _step(asked: Asked) -> str | None:
    if asked.disposition == Disposition.NOT_ELIGIBLE:
        return None
    if asked.answered_on_time:
        return "answered"
    if not asked.delivered or asked.disposition == Disposition.UNKNOWN:
        return "bounced"
    if asked.disposition == Disposition.REFUSED:
        return "opted_out" if asked.opted_out else "refused"
    return "other" if asked.disposition == Disposition.OTHER else "silent"


def _running(asked: Asked) -> bool:
    return asked.planned or (asked.sent_at is not None and asked.disposition is None and asked.bounced_at is None)


def _why_not_invited(place: Place, book: Book) -> str:
    waves = {one.wave_id for one in book.due} or {one.wave_id for one in book.facts.left}
    reasons = {one.reason for one in book.facts.left if one.wave_id in waves and place.role in one.roles}
    if NotAsked.OPTED_OUT in reasons:
        return "not_asked_opted_out"
    if reasons or place.reachable:
        return "not_asked"
    return "no_contact"


def _chain(*, part: tuple[str, ...], whole: tuple[str, ...] | None) -> Units:
    def units(book: Book, _terms: Terms) -> list[Unit]:
        found = []
        for place in places_of(book.facts):
            label = _place_label(place, book)
            counts = label != IN_CONFIDENCE if whole is None else label in whole
            unit = place_unit(book.facts, place, label=label, met=label in part, weight=float(counts))
            found.append(unit)
        return found

    return units


def places_of(account: AccountFacts) -> tuple[Place, ...]:
    return account.team.places if account.team is not None and account.customer else ()


def place_unit(account: AccountFacts, place: Place, *, label: str, met: bool, weight: float = 1.0) -> Unit:
    contact_id = place.holders[0].contact_id if place.holders else None
    id = f"{account.account_id}:{place.role}"
    return Unit(weight * met, weight, label, "place", id, contact_id, place.role)


PARTICIPATION = _chain(part=("answered",), whole=None)
PLACES_INVITED = _chain(part=INVITED, whole=None)
PLACES_DELIVERED = _chain(part=DELIVERED, whole=INVITED)
PLACES_ANSWERED = _chain(part=("answered",), whole=DELIVERED)
