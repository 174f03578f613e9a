"""Whom to find and whom to confirm, most valuable first: what a CSM does this week. Pure.

A place that is not fresh lacks so many people: stale holders can be confirmed, holders without a
working address need a new one, what still lacks is an empty chair. Each lacking person is worth an
equal share of the place's weight.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from voc.base.words import NotAsked, Role, SuggestionKind
from voc.stakeholders import wording
from voc.stakeholders.model import (
    Act,
    ActKind,
    Book,
    Holder,
    Introduction,
    Place,
    Seats,
    Step,
    StepKind,
    Suggestion,
)

MINUTES = {
    StepKind.EMPTY_PLACE: 3,
    StepKind.CONFIRM: 1,
    StepKind.NO_ADDRESS: 2,
    StepKind.LEFT: 1,
    StepKind.SUCCESSOR: 2,
    StepKind.REFERRAL: 2,
    StepKind.CHANGED_ROLE: 1,
}
_KINDS = {
    SuggestionKind.LEFT: StepKind.LEFT,
    SuggestionKind.SUCCESSOR: StepKind.SUCCESSOR,
    SuggestionKind.REFERRAL: StepKind.REFERRAL,
    SuggestionKind.CHANGED_ROLE: StepKind.CHANGED_ROLE,
    SuggestionKind.BOUNCED: StepKind.NO_ADDRESS,
}
_WITHOUT_ADDRESS = (NotAsked.BOUNCED, NotAsked.NO_ADDRESS)


@dataclass
class _Gain:
    """What one person, or one empty chair, would bring: summed over the places."""

    weight: float = 0.0
    roles: list[Role] = field(default_factory=list)


def steps(team: Seats, account: Book, suggestions: Sequence[Suggestion], *, company: str, now: datetime) -> list[Step]:
    """Every step for one account, in no order. `suggestions` are the open ones of this account."""
    suggestions = with_successors(suggestions)
    stale, lost, empty = _gains(team)
    about = {one.contact_id for one in suggestions if one.kind != SuggestionKind.REFERRAL and one.contact_id}
    offered = {one.role for one in suggestions if one.role and one.name}
    people = {one.contact_id: one for one in (*team.people, *team.others)}
    found = [_suggested(one, team, account, people.get(one.contact_id or "")) for one in suggestions]
    for contact_id, gain in stale.items():
        if contact_id not in about:
            found.append(_confirm(people[contact_id], gain, team, account, now))
    for contact_id, gain in lost.items():
        if contact_id not in about:
            found.append(_no_address(people[contact_id], gain, team, account))
    for place, weight in empty:
        if place.role not in offered:
            found.append(_empty(place, weight, team, account, company))
    return found


def with_successors(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """One suggestion where a reply said both that somebody left and who comes after: `left`, with the name.

    Accepting it settles both.
    """
    left = {one.contact_id: one for one in suggestions if one.kind == SuggestionKind.LEFT and one.name is None}
    found = []
    for one in suggestions:
        after = _successor_of(one, suggestions) if left.get(one.contact_id) is one else None
        if one.kind == SuggestionKind.SUCCESSOR and one.contact_id in left and _is_first(one, suggestions):
            continue
        found.append(one if after is None else replace(one, name=after.name or after.address, address=after.address))
    return found


def _successor_of(left: Suggestion, suggestions: Sequence[Suggestion]) -> Suggestion | None:
    same = (one for one in suggestions if one.contact_id == left.contact_id)
    return next((one for one in same if one.kind == SuggestionKind.SUCCESSOR), None)


def _is_first(successor: Suggestion, suggestions: Sequence[Suggestion]) -> bool:
    return _successor_of(successor, suggestions) is successor


def ordered(found: Iterable[Step], *, rates: Mapping[str, float]) -> list[Step]:
    """Most points of coverage first; of equal ones what somebody told us, then the larger revenue.

    `rates` turn a currency into the reporting one; a currency without a rate sorts last.
    """

    def value(step: Step) -> tuple[int, bool, float, str, str]:
        worth = float(step.account.arr or 0) * rates.get(step.account.currency or "", 0.0)
        return (-step.points, step.suggestion is None, -worth, step.account.name, step.key)

    return sorted(found, key=value)


def fold(found: Sequence[Step], *, most: int = 10, minutes: int = 30) -> tuple[list[Step], list[Step]]:
    """This week's steps, at most so many and so long, and the rest that is folded away."""
    now: list[Step] = []
    later: list[Step] = []
    spent = 0
    for step in found:
        fits = not later and len(now) < most and spent + step.minutes <= minutes
        (now if fits else later).append(step)
        spent += step.minutes
    return now, later


def _gains(team: Seats) -> tuple[dict[str, _Gain], dict[str, _Gain], list[tuple[Place, float]]]:
    """By contact: who is to be confirmed, who needs an address; and the chairs that stay empty with their weight."""
    stale: dict[str, _Gain] = defaultdict(_Gain)
    lost: dict[str, _Gain] = defaultdict(_Gain)
    empty: list[tuple[Place, float]] = []
    for place in team.places:
        fresh = [one for one in place.reachable if one.freshness.value >= place.fresh_cut]
        lacking = place.required_count - len(fresh)
        if lacking <= 0:
            continue
        share = place.weight / lacking
        groups = (
            ([one for one in place.reachable if one not in fresh], stale),
            ([one for one in place.holders if one.why_not_reachable in _WITHOUT_ADDRESS], lost),
        )
        for holders, gains in groups:
            for one in holders[:lacking]:
                gains[one.contact_id].weight += share
                gains[one.contact_id].roles.append(place.role)
            lacking -= min(lacking, len(holders))
        if lacking:
            empty.append((place, share * lacking))
    return stale, lost, empty


def _points(team: Seats, weight: float) -> int:
    total = sum(place.weight for place in team.places)
    return round(100 * weight / total) if total else 0


def _step(kind: StepKind, account: Book, key: str, **values: object) -> Step:
    own = {"key": f"{kind}:{account.account_id}:{key}", "kind": kind, "account": account, "minutes": MINUTES[kind]}
    return Step(**own, **values)  # type: ignore[arg-type]  # fields by keyword, checked by the dataclass


def _confirm(holder: Holder, gain: _Gain, team: Seats, account: Book, now: datetime) -> Step:
    points = _points(team, gain.weight)
    cut = next(place.fresh_cut for place in team.places)
    return _step(
        StepKind.CONFIRM,
        account,
        holder.contact_id,
        sentence=f"Confirm {holder.name}: {wording.last_sign(holder.freshness, now)}",
        why=wording.why_confirm(holder, gain.roles, points, cut),
        points=points,
        acts=(
            Act(ActKind.CONFIRM, "Confirm"),
            Act(ActKind.LEFT, "Left"),
            Act(ActKind.CHANGE_ROLE, "Changed role"),
        ),
        contact_id=holder.contact_id,
        roles=tuple(gain.roles),
    )


def _no_address(holder: Holder, gain: _Gain, team: Seats, account: Book) -> Step:
    points = _points(team, gain.weight)
    return _step(
        StepKind.NO_ADDRESS,
        account,
        holder.contact_id,
        sentence=f"Find an address for {holder.name}, {wording.roles(gain.roles)}",
        why=wording.why_no_address(holder, points),
        points=points,
        acts=(Act(ActKind.LEFT, "Left"), Act(ActKind.ADD_PERSON, "Add person")),
        contact_id=holder.contact_id,
        roles=tuple(gain.roles),
    )


def _empty(place: Place, weight: float, team: Seats, account: Book, company: str) -> Step:
    points = _points(team, weight)
    introduction = ask_for_introduction(team, place.role, account, company=company)
    acts = [Act(ActKind.ADD_PERSON, "Add person")]
    if introduction:
        acts.insert(0, Act(ActKind.INTRODUCTION, "Ask for introduction"))
    candidates = tuple(one for one in team.others if one.reachable)
    if candidates:
        acts.append(Act(ActKind.CHANGE_ROLE, "Choose from the CRM"))
    return _step(
        StepKind.EMPTY_PLACE,
        account,
        place.role,
        sentence=wording.gap(account.name, place, points),
        why=wording.why_empty(place, introduction, len(candidates)),
        points=points,
        acts=tuple(acts),
        roles=(place.role,),
        introduction=introduction,
        candidates=candidates,
    )


def ask_for_introduction(team: Seats, role: Role, account: Book, *, company: str) -> Introduction | None:
    """A mail to the person there we are surest of, or None if nobody can be reached."""
    known = [one for one in (*team.people, *team.others) if one.reachable and role not in one.roles and one.address]
    if not known:
        return None
    best = max(known, key=lambda one: (one.freshness.value, one.contact_id))
    subject, body = wording.introduction(best, role, account, company=company)
    return Introduction(best.contact_id, best.name, best.address or "", subject, body)


def _suggested(said: Suggestion, team: Seats, account: Book, holder: Holder | None) -> Step:
    kind = _KINDS[said.kind]
    held = tuple(place.role for place in team.places if holder and holder in place.holders)
    wanted = (said.role,) if said.role else ()
    weight = _weight_to_fill(team, wanted) if wanted else _weight_held(team, holder)
    points = _points(team, weight)
    return _step(
        kind,
        account,
        str(said.id),
        sentence=wording.suggested(said, held),
        why=wording.why_suggested(said, held, points),
        points=points,
        acts=_acts(said),
        contact_id=said.contact_id,
        roles=wanted or held,
        suggestion=said,
    )


def _weight_to_fill(team: Seats, roles: Sequence[Role]) -> float:
    return sum(place.weight / place.required_count for place in team.places if place.role in roles and not place.fresh)


def _weight_held(team: Seats, holder: Holder | None) -> float:
    """What hangs on this person: the places that nobody else keeps."""
    if holder is None:
        return 0.0
    return sum(
        place.weight / place.required_count
        for place in team.places
        if holder in place.holders and sum(one != holder for one in place.reachable) < place.required_count
    )


def _acts(said: Suggestion) -> tuple[Act, ...]:
    first = (said.name or "").split(" ")[0]
    if said.kind == SuggestionKind.LEFT and said.name:
        return (
            Act(ActKind.ACCEPT, f"Left, add {first}"),
            Act(ActKind.LEFT, "Left"),
            Act(ActKind.DECLINE, "Still there"),
        )
    if said.kind in (SuggestionKind.LEFT, SuggestionKind.BOUNCED):
        return (Act(ActKind.ACCEPT, "Left"), Act(ActKind.DECLINE, "Still there"))
    if said.kind == SuggestionKind.CHANGED_ROLE:
        return (Act(ActKind.ACCEPT, "Changed role"), Act(ActKind.DECLINE, "Same role"))
    return (Act(ActKind.ACCEPT, f"Add {first or 'person'}"), Act(ActKind.DECLINE, "Not the right person"))
