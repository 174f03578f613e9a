"""What each figure counts, row by row (3-metrics 1 to 6 and 8a). Pure: the figure is its rows added up."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from voc.base.words import AccountState, Disposition, NotAsked, Role
from voc.metrics.model import NO_RATE, AccountFacts, Asked, Book, Case, Unit
from voc.metrics.silence import Limits, by_person, state
from voc.stakeholders.model import Place

PROMOTER_FROM, PASSIVE_FROM = 9, 7
YEAR = timedelta(days=365)
UNKNOWN_STILL_THERE = 0.5  # of the bounced, if their freshness just before sending is not known (assumed)


@dataclass(frozen=True)
class Terms:
    """What the figures need besides the facts."""

    moment: datetime
    days: int
    response_standard: float
    fresh_cut: float
    limits: Limits = field(default_factory=Limits)
    confirmed: frozenset[str] = frozenset()
    states: dict[str, AccountState] = field(default_factory=dict)

    def state_of(self, account: AccountFacts) -> AccountState:
        """Each account's state is asked for by several figures and found once."""
        if account.account_id not in self.states:
            self.states[account.account_id] = state(account, moment=self.moment, limits=self.limits)
        return self.states[account.account_id]


Units = Callable[[Book, Terms], list[Unit]]

# --- over invitations (1.2) ---

COMPLETE = {Disposition.COMPLETE}
ANSWERED = {Disposition.COMPLETE, Disposition.PARTIAL}


def _rate(answered: set[Disposition], unknown_counts: float | None) -> Units:
    """One unit per due invitation; `unknown_counts` is what a bounce adds to the base, None for its freshness."""

    def units(book: Book, _terms: Terms) -> list[Unit]:
        return [
            Unit(
                part=float(one.disposition in answered),
                whole=_weight(one, unknown_counts),
                label=str(one.disposition),
                kind="invitation",
                id=str(one.id),
                contact_id=one.contact_id,
            )
            for one in book.due
        ]

    return units


def _weight(asked: Asked, unknown_counts: float | None) -> float:
    if asked.disposition == Disposition.NOT_ELIGIBLE:
        return 0.0
    if asked.disposition == Disposition.UNKNOWN:
        if unknown_counts is not None:
            return unknown_counts
        return UNKNOWN_STILL_THERE if asked.freshness is None else asked.freshness
    return 1.0


RR1, RR2 = _rate(COMPLETE, 1.0), _rate(ANSWERED, 1.0)
RR3, RR4 = _rate(COMPLETE, None), _rate(ANSWERED, None)
RR5, RR6 = _rate(COMPLETE, 0.0), _rate(ANSWERED, 0.0)


# --- over people and accounts (1.4) ---


def _delivered(book: Book) -> list[Asked]:
    """A late answer is an answer of a person and of an account, if not of the on-time rate."""
    return [one for one in book.due if one.delivered and one.disposition != Disposition.NOT_ELIGIBLE]


def reach(book: Book, _terms: Terms) -> list[Unit]:
    return [
        Unit(float(heard), 1.0, "answered" if heard else "silent", "contact", contact_id, contact_id)
        for contact_id, mails in by_person(_delivered(book)).items()
        for heard in [any(one.answered_at for one in mails)]
    ]


def _account_unit(book: Book, met: bool, *, yes: str, no: str, weight: float = 1.0) -> Unit:
    return Unit(weight * met, weight, yes if met else no, "account", book.facts.account_id)


def _heard(book: Book) -> list[Asked]:
    return [one for one in book.due if one.answered_at is not None]


def account_response(book: Book, _terms: Terms) -> list[Unit]:
    if not _delivered(book):
        return []
    return [_account_unit(book, bool(_heard(book)), yes="heard", no="not heard")]


def two_roles(book: Book, _terms: Terms) -> list[Unit]:
    if not _delivered(book):
        return []
    roles = {role for one in _heard(book) for role in one.roles}
    return [_account_unit(book, len(roles) >= 2, yes="two roles or more", no="one role or none")]


def decision_maker(book: Book, _terms: Terms) -> list[Unit]:
    if not _delivered(book):
        return []
    return [_account_unit(book, _decision_maker_heard(book), yes="heard", no="not heard")]


def _decision_maker_heard(book: Book) -> bool:
    return any(Role.DECISION_MAKER in one.roles for one in _heard(book))


def response_target(book: Book, terms: Terms) -> list[Unit]:
    delivered = _delivered(book)
    if not delivered:
        return []
    share = sum(one.answered_on_time for one in delivered) / len(delivered)
    met = share >= terms.response_standard and _decision_maker_heard(book)
    return [_account_unit(book, met, yes="met", no="not met")]


def revenue_heard(book: Book, _terms: Terms) -> list[Unit]:
    """Of the revenue frozen when the account was last asked; an account without a rate is left out and named."""
    delivered = _delivered(book)
    if not delivered:
        return []
    latest = max(delivered, key=lambda one: (one.sent_at or one.due_at, one.id))
    if latest.arr is None:
        return [_no_rate(book)]
    return [_account_unit(book, bool(_heard(book)), yes="heard", no="not heard", weight=latest.arr)]


def _no_rate(book: Book) -> Unit:
    return Unit(0.0, 0.0, NO_RATE, "account", book.facts.account_id)


# --- scores (3) ---


def group_of(score: int) -> str:
    if score >= PROMOTER_FROM:
        return "promoter"
    return "passive" if score >= PASSIVE_FROM else "detractor"


_SIGN = {"promoter": 1.0, "passive": 0.0, "detractor": -1.0}


def scores(book: Book, _terms: Terms) -> list[Unit]:
    """One person, one vote: the latest answer; whoever was reached and gave none stands beside it as silent."""
    units = []
    for contact_id, mails in by_person(_delivered(book)).items():
        latest = latest_score(mails)
        if latest is not None:
            label = group_of(latest)
            units.append(Unit(_SIGN[label], 1.0, label, "contact", contact_id, contact_id))
        else:
            units.append(Unit(0.0, 0.0, "silent", "contact", contact_id, contact_id))
    return units


def latest_score(mails: Iterable[Asked]) -> int | None:
    scored = [(one.score_at, one.id, one.score) for one in mails if one.score is not None and one.score_at is not None]
    return max(scored)[2] if scored else None


def account_scores(book: Book, terms: Terms) -> list[Unit]:
    score = _account_score(book, terms)
    if score is None:
        return []
    return [Unit(score, 1.0, "heard", "account", book.facts.account_id)]


def revenue_scores(book: Book, terms: Terms) -> list[Unit]:
    score = _account_score(book, terms)
    if score is None:
        return []
    arr = max(book.due, key=lambda one: (one.sent_at or one.due_at, one.id)).arr
    if arr is None:
        return [_no_rate(book)]
    return [Unit(score * arr, arr, "heard", "account", book.facts.account_id)]


def _account_score(book: Book, terms: Terms) -> float | None:
    votes = [unit.part for unit in scores(book, terms) if unit.whole]
    return sum(votes) / len(votes) if votes else None


# --- the chain over places (1.3) ---

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
        for place in _places(book.facts):
            label = _place_label(place, book)
            counts = label != IN_CONFIDENCE if whole is None else label in whole
            unit = _place_unit(book.facts, place, label=label, met=label in part, weight=float(counts))
            found.append(unit)
        return found

    return units


def _places(account: AccountFacts) -> tuple[Place, ...]:
    return account.team.places if account.team is not None and account.customer else ()


def _place_unit(account: AccountFacts, place: Place, *, label: str, met: bool, weight: float = 1.0) -> Unit:
    contact_id = place.holders[0].contact_id if place.holders else None
    id = f"{account.account_id}:{place.role}"
    return Unit(weight * met, weight, label, "place", id, contact_id, place.role)


PARTICIPATION = _chain(part=("answered",), whole=None)
PLACES_INVITED = _chain(part=INVITED, whole=None)
PLACES_DELIVERED = _chain(part=DELIVERED, whole=INVITED)
PLACES_ANSWERED = _chain(part=("answered",), whole=DELIVERED)

# --- the account as it stands (4, 5, 8a) ---


def coverage_fresh(book: Book, _terms: Terms) -> list[Unit]:
    return [
        _place_unit(book.facts, one, label="fresh" if one.fresh else "gap", met=one.fresh, weight=float(one.weight))
        for one in _places(book.facts)
    ]


def coverage_named(book: Book, _terms: Terms) -> list[Unit]:
    return [
        _place_unit(book.facts, one, label="named" if one.named else "gap", met=one.named, weight=float(one.weight))
        for one in _places(book.facts)
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
        return [_no_rate(book)]
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
    for place in _places(book.facts):
        confirmed = any(one.contact_id in terms.confirmed for one in place.holders)
        label = "fresh" if place.fresh else "confirmed" if confirmed else "gap"
        units.append(_place_unit(book.facts, place, label=label, met=label != "gap"))
    return units


def identified_promoters(book: Book, terms: Terms) -> list[Unit]:
    by_contact = defaultdict(list)
    by_address = defaultdict(list)
    for one in book.facts.asked:
        if one.score_at is not None and terms.moment - YEAR < one.score_at <= terms.moment:
            by_contact[one.contact_id].append(one)
            by_address[one.address].append(one)
    units = []
    for place in _places(book.facts):
        latest = [
            latest_score([*by_contact[one.contact_id], *(by_address[one.address] if one.address else ())])
            for one in place.holders
        ]
        promoter = any(score is not None and score >= PROMOTER_FROM for score in latest)
        label = "promoter" if promoter else "other" if any(score is not None for score in latest) else "not heard"
        units.append(_place_unit(book.facts, place, label=label, met=promoter))
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
        return [_no_rate(book)]
    silent = now == AccountState.SILENT
    return [Unit(book.facts.arr * silent, book.facts.arr, str(now), "account", book.facts.account_id)]


def invitation_guideline(book: Book, terms: Terms) -> list[Unit]:
    """Every required role has its required count invited in the window."""
    places = _places(book.facts)
    if not places:
        return []
    since = terms.moment - timedelta(days=terms.days)
    invited = [one for one in book.facts.asked if one.sent_at is not None and since < one.sent_at <= terms.moment]
    met = all(
        len({one.contact_id for one in invited if place.role in one.roles}) >= place.required_count for place in places
    )
    return [_account_unit(book, met, yes="met", no="not met")]


# --- follow-ups (6) ---


def follow_up_attainment(book: Book, terms: Terms) -> list[Unit]:
    units = []
    for case in book.cases:
        label = _kept(case, terms.moment)
        due = float(label != "pending")
        units.append(Unit(float(label == "met"), due, label, "follow_up", str(case.id), case.contact_id))
    return units


def _kept(case: Case, moment: datetime) -> str:
    """met, missed (late, or open past the limit) or pending (open within it); the limit itself is in time."""
    if case.contacted_at is not None:
        return "met" if case.contacted_at <= case.contact_by else "missed"
    return "missed" if moment > case.contact_by else "pending"
