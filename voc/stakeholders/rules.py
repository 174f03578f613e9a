"""Signs of life -> freshness, reachability, places and coverage (3-metrics 5). Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from voc import statistics
from voc.base.errors import Refused
from voc.base.words import NotAsked, Role, Segment, Sign, SuppressionReason
from voc.stakeholders.model import (
    Carried,
    Carrier,
    Coverage,
    Freshness,
    Holder,
    Place,
    Requirement,
    Seats,
    SignOfLife,
    Team,
    Threads,
)
from voc.statistics.freshness import YEAR_DAYS

# How strongly each sign says that the person is there (assumed, 3-metrics 5.2). A delivery is not among
# them: it is weak evidence that only updates what is known already.
STRENGTH = {
    Sign.ANSWERED: 1.0,
    Sign.REPLIED: 1.0,
    Sign.OPTED_OUT: 1.0,
    Sign.MEETING: 0.95,
    Sign.CONFIRMED: 0.9,
    Sign.CLICKED: 0.9,
    Sign.OUT_OF_OFFICE: 0.9,
    Sign.EDITED: 0.8,
}
ENDS = frozenset({Sign.BOUNCED, Sign.LEFT})
OWN_WORD = frozenset({Sign.CONFIRMED, Sign.EDITED})
SENIOR = frozenset({Role.DECISION_MAKER, Role.EXECUTIVE_SPONSOR})

# Weight per segment, required count 1 throughout (3-metrics 5.3, assumed).
_DEFAULT_WEIGHTS = {
    Segment.ENTERPRISE: (3, 3, 2, 2, 1, 1),
    Segment.MID_MARKET: (3, 2, 2, 1, 1, 1),
    Segment.SMALL: (3, 0, 1, 0, 0, 1),
}
DEFAULT_MATRIX = tuple(
    Requirement(segment, role, weight)
    for segment, weights in _DEFAULT_WEIGHTS.items()
    for role, weight in zip(Role, weights, strict=True)
    if weight
)


@dataclass(frozen=True)
class Known:
    """What the tables say of one contact, before any rule; `suppressed` holds by address."""

    contact_id: str
    first_name: str | None
    last_name: str | None
    title: str | None
    address: str | None
    live: bool
    left_company: bool
    left_at: datetime | None
    opted_out: bool
    bounced: bool
    suppressed: frozenset[SuppressionReason]
    signs: Sequence[SignOfLife]
    away_until_on: date | None = None

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.last_name, self.address)


def full_name(first: str | None, last: str | None, address: str | None) -> str:
    return " ".join(part for part in (first, last) if part) or address or "Unnamed contact"


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """ "Simon van Aken" -> Simon, van Aken. One word is a first name; the CSM corrects what is not."""
    first, _space, last = (name or "").strip().partition(" ")
    return first or None, last.strip() or None


def annual_loss_of(roles: Iterable[Role], *, usual: float, senior: float) -> float:
    """Decision makers and executive sponsors change posts more often."""
    return senior if SENIOR & set(roles) else usual


def freshness(signs: Sequence[SignOfLife], *, now: datetime, annual_loss: float) -> Freshness:
    """Probability that the person is still there, and the sign behind it. Signs after `now` do not count."""
    alive: list[SignOfLife] = []
    ends: list[SignOfLife] = []
    delivered: datetime | None = None
    for sign in signs:
        if sign.at > now:
            continue
        if sign.kind in STRENGTH:
            alive.append(sign)
        elif sign.kind in ENDS:
            ends.append(sign)
        elif sign.kind == Sign.DELIVERED and (delivered is None or sign.at > delivered):
            delivered = sign.at
    ended = max(ends, key=lambda sign: sign.at, default=None)
    valid = alive if ended is None else [sign for sign in alive if sign.at > ended.at]
    value, delivered_at = _value(alive, ends, delivered, now=now, annual_loss=annual_loss)
    others = [sign for sign in alive if sign.kind not in OWN_WORD]
    own_word = len(others) < len(alive)
    return Freshness(
        value=value,
        # Of two equal ones the later: it is the one a reader expects to see named.
        sign=_strongest(valid, now, annual_loss),
        ended=ended if not valid else None,
        delivered_at=delivered_at,
        without_own_word=_value(others, ends, delivered, now=now, annual_loss=annual_loss)[0] if own_word else value,
    )


def _value(
    alive: Sequence[SignOfLife],
    ends: Sequence[SignOfLife],
    delivered_at: datetime | None,
    *,
    now: datetime,
    annual_loss: float,
) -> tuple[float, datetime | None]:
    """The value, and the latest delivery if the value rests on it.

    The delivery counts once, as an event of the strength that Bayes' rule gives it on its day: a
    catch-all mailbox never bounces, so repeats must not compound.
    """
    plain = _decayed(alive, ends, now=now, annual_loss=annual_loss)
    if delivered_at is None:
        return plain, None
    until_then = [sign for sign in alive if sign.at <= delivered_at]
    ended_then = [sign for sign in ends if sign.at <= delivered_at]
    before = _decayed(until_then, ended_then, now=delivered_at, annual_loss=annual_loss)
    event = (_days(delivered_at, now), statistics.delivered_update(v=before))
    by_it = statistics.freshness(events=[event], now=0.0, annual_loss=annual_loss, bounce_at=_latest(ends, now))
    return (by_it, delivered_at) if by_it > plain else (plain, None)


def _decayed(alive: Sequence[SignOfLife], ends: Sequence[SignOfLife], *, now: datetime, annual_loss: float) -> float:
    events = [(_days(sign.at, now), STRENGTH[sign.kind]) for sign in alive]
    return statistics.freshness(events=events, now=0.0, annual_loss=annual_loss, bounce_at=_latest(ends, now))


def _latest(ends: Sequence[SignOfLife], now: datetime) -> float | None:
    return max((_days(sign.at, now) for sign in ends), default=None) if ends else None


def _strongest(valid: Sequence[SignOfLife], now: datetime, annual_loss: float) -> SignOfLife | None:
    if len(valid) < 2:
        return valid[0] if valid else None
    return max(valid, key=lambda sign: (_lasting(sign, now, annual_loss), sign.at))


def _lasting(sign: SignOfLife, now: datetime, annual_loss: float) -> float:
    """What is left of one sign's strength: its place among the others."""
    years = -_days(sign.at, now) / YEAR_DAYS
    return STRENGTH[sign.kind] * math.pow(1 - annual_loss, years)


def _days(at: datetime, now: datetime) -> float:
    """Days on a scale on which `now` is 0."""
    return (at - now).total_seconds() / 86400


def why_not_reachable(known: Known) -> NotAsked | None:
    """The first reason why no mail may or can reach the contact, in the order of the census."""
    suppressed = known.suppressed
    if not known.live:
        return NotAsked.SET_ASIDE
    if known.left_company or _has_left(known):
        return NotAsked.LEFT
    if known.opted_out or SuppressionReason.OPT_OUT in suppressed:
        return NotAsked.OPTED_OUT
    if known.bounced or SuppressionReason.BOUNCED in suppressed:
        return NotAsked.BOUNCED
    if known.address is None:
        return NotAsked.NO_ADDRESS
    if SuppressionReason.COMPLAINT in suppressed:
        return NotAsked.COMPLAINED
    return None


def _has_left(known: Known) -> bool:
    """Somebody said so, the person perhaps, and no sign of life came after."""
    said = [sign.at for sign in known.signs if sign.kind == Sign.LEFT]
    left_at = max([*said, known.left_at] if known.left_at else said, default=None)
    return left_at is not None and not any(sign.kind in STRENGTH and sign.at > left_at for sign in known.signs)


_PLACE_OF_ROLE = {role: place for place, role in enumerate(Role)}


def holder(
    known: Known,
    roles: Iterable[Role],
    *,
    direct: bool,
    now: datetime,
    annual_loss: float,
    annual_loss_senior: float,
) -> Holder:
    held = tuple(sorted(set(roles), key=_PLACE_OF_ROLE.__getitem__))
    loss = annual_loss_of(held, usual=annual_loss, senior=annual_loss_senior)
    return Holder(
        contact_id=known.contact_id,
        name=known.name,
        first_name=known.first_name,
        title=known.title,
        address=known.address,
        roles=held,
        freshness=freshness(known.signs, now=now, annual_loss=loss),
        why_not_reachable=why_not_reachable(known),
        direct=direct,
        away_until_on=known.away_until_on,
    )


def team(
    account_id: str,
    segment: Segment | None,
    requirements: Sequence[Requirement],
    holders: Sequence[Holder],
    *,
    fresh_cut: float,
) -> Team:
    """`requirements` are those of the account's segment."""
    found = seats(account_id, segment, requirements, holders, fresh_cut=fresh_cut)
    return Team(
        account_id=account_id,
        segment=segment,
        places=found.places,
        others=found.others,
        coverage=coverage(found.places, fresh_cut=fresh_cut),
        threads=threads(found.people),
    )


def seats(
    account_id: str,
    segment: Segment | None,
    requirements: Sequence[Requirement],
    holders: Sequence[Holder],
    *,
    fresh_cut: float,
) -> Seats:
    """The same without what is reckoned from it."""
    ranked = sorted(holders, key=lambda one: (not one.reachable, -one.freshness.value, one.name, one.contact_id))
    places = tuple(
        Place(
            role=requirement.role,
            weight=requirement.weight,
            required_count=requirement.required_count,
            holders=tuple(one for one in ranked if requirement.role in one.roles),
            fresh_cut=fresh_cut,
        )
        for requirement in sorted(requirements, key=lambda one: _PLACE_OF_ROLE[one.role])
    )
    placed = {one.contact_id for place in places for one in place.holders}
    others = tuple(one for one in ranked if one.contact_id not in placed)
    return Seats(account_id=account_id, segment=segment, places=places, others=others)


def coverage(places: Sequence[Place], *, fresh_cut: float) -> Coverage | None:
    """None when no role is required: nothing is not zero."""
    roles = [(place.weight, [one.freshness.value for one in place.reachable], place.required_count) for place in places]
    fresh = statistics.coverage(roles=roles, fresh_cut=fresh_cut)
    named = statistics.coverage(roles=roles, fresh_cut=0.0)
    if fresh is None or named is None:
        return None
    return Coverage(
        fresh=fresh["binary"],
        named=named["binary"],
        expected=fresh["expected"],
        fresh_points=sum(place.weight for place in places if place.fresh),
        named_points=sum(place.weight for place in places if place.named),
        points=sum(place.weight for place in places),
    )


def threads(holders: Iterable[Holder]) -> Threads:
    valid = [one.freshness.value for one in holders if one.reachable]
    found = statistics.threads(valid_probabilities=valid)
    return Threads(
        people=len(valid),
        distribution=tuple(found["distribution"]),
        expected=found["expected"],
        single_or_none=found["single_or_none"],
        at_least_one=found["at_least_one"],
    )


def carried(people: Iterable[Carrier]) -> Carried:
    found = sorted(people, key=lambda one: (-one.together, one.name, one.contact_id))
    return Carried(tuple(found), statistics.concentration(shares=[one.together for one in found]))


def standing_roles(rows: Iterable[tuple[str, str, Role, bool, bool]]) -> Mapping[tuple[str, str], list[Role]]:
    """(account, contact) -> roles, from rows (account, contact, role, by_csm, ended): a CSM's word overrules the CRM.

    The CRM's own row stands unless the CSM said that the role has ended; a CSM's row stands until
    the CSM ends it.
    """
    stands: dict[tuple[str, str, Role], tuple[bool, bool]] = {}
    for account_id, contact_id, role, by_csm, ended in rows:
        known = stands.get((account_id, contact_id, role))
        if known is None or by_csm >= known[0]:
            stands[account_id, contact_id, role] = (by_csm, ended)
    found: dict[tuple[str, str], list[Role]] = {}
    for (account_id, contact_id, role), (_by_csm, ended) in stands.items():
        if not ended:
            found.setdefault((account_id, contact_id), []).append(role)
    return found


def check_matrix(requirements: Sequence[Requirement]) -> None:
    """Refused at the first cell that cannot be; a role that is not required is left out."""
    seen = set()
    for one in requirements:
        cell = f"{one.segment}:{one.role}"
        if (one.segment, one.role) in seen:
            raise Refused("This role is named twice", field=cell)
        seen.add((one.segment, one.role))
        if not 1 <= one.weight <= 10:
            raise Refused("Write a weight from 1 to 10, or leave the role out", field=cell)
        if not 1 <= one.required_count <= 20:
            raise Refused("Write how many people are needed, from 1 to 20", field=cell)
