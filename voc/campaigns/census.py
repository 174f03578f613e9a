"""Who is asked in a wave, and the first reason for everybody who is not.

The census holds every holder of a role that the segment requires, at valid customers, stale ones
included (3-metrics 5.3). One person gets one invitation, whatever rows carry the address.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from hashlib import blake2b

from voc.campaigns.model import Candidate, Limits, Member, NotAsked

_NEVER = date.max


def rests_until(last_asked_on: date, limits: Limits) -> date:
    """The first day they may be asked again. An exact gap is allowed: quarterly waves would else slip each time."""
    return last_asked_on + timedelta(days=limits.days)


def renewal_pause_ends(renewal_on: date | None, day: date, limits: Limits) -> date | None:
    """The first day after the pause around a renewal signature, or None if `day` is not in it."""
    if renewal_on is None or not limits.renewal_pause_days:
        return None
    pause = timedelta(days=limits.renewal_pause_days)
    return renewal_on + pause + timedelta(days=1) if abs(renewal_on - day) <= pause else None


def lacks_consent(country: str | None, consented: bool, countries: Collection[str]) -> bool:
    """Whether they live where nobody is asked without having agreed to it, and nobody recorded that they did."""
    return not consented and country in countries


def why_not_ask(candidate: Candidate, *, on: date, limits: Limits) -> tuple[NotAsked, str | None] | None:
    """The first reason to leave this person alone on that day, with until when or by whom; None if they may be asked.

    A day named as an end is the first on which the reason no longer stands.
    """
    if candidate.unreachable is not None:
        return candidate.unreachable, None
    if not candidate.address:
        return NotAsked.NO_ADDRESS, None
    if lacks_consent(candidate.country, candidate.consented, limits.consent_countries):
        return NotAsked.NO_CONSENT, candidate.country
    rest = rests_until(candidate.last_asked_on, limits) if candidate.last_asked_on else None
    pauses = (
        (NotAsked.EXCLUDED, candidate.excluded_until_on),
        (NotAsked.ESCALATED, candidate.escalated_until_on),
        (NotAsked.RENEWAL_SIGNING, renewal_pause_ends(candidate.renewal_on, on, limits)),
        (NotAsked.ASKED_RECENTLY, rest),
    )
    for reason, until_on in pauses:
        if until_on is not None and on < until_on:
            by = f", {candidate.excluded_by}" if reason == NotAsked.EXCLUDED and candidate.excluded_by else ""
            return reason, f"until {until_on.day} {until_on:%B %Y}{by}"
    return None


def take(candidates: Iterable[Candidate], *, on: Callable[[Candidate], date], limits: Limits) -> list[Member]:
    """The census: each candidate asked, or with the first reason why not; `on` says the first day they could be.

    Of several rows with one address the row at the person's own account is asked (then a direct
    relation, then the oldest), among those that nothing else speaks against.
    """
    members: list[Member] = []
    rows: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        why_not = why_not_ask(candidate, on=on(candidate), limits=limits)
        if why_not is not None:
            members.append(Member(candidate, *why_not))
        else:
            assert candidate.address is not None
            rows.setdefault(candidate.address, []).append(candidate)
    for same in rows.values():
        members.extend(one_of(same))
    return sorted(members, key=lambda member: (member.candidate.account_id, member.candidate.contact_id))


def one_of(same: Iterable[Candidate]) -> list[Member]:
    """The row that is asked of those with one address, and the others with where that is."""
    first, *others = sorted(same, key=_claim_to_the_address)
    elsewhere = f"asked at {first.account_name}"
    return [Member(first, None), *(Member(other, NotAsked.SAME_ADDRESS, elsewhere) for other in others)]


def _claim_to_the_address(candidate: Candidate) -> tuple[bool, bool, date, str, str]:
    since = candidate.since_on or _NEVER
    return not candidate.own_account, not candidate.direct, since, candidate.contact_id, candidate.account_id


def draw_heads_up(account_ids: Iterable[str], *, share: float, seed: str) -> frozenset[str]:
    """The accounts that get a heads-up: a lot drawn by whole accounts, so that colleagues are treated alike.

    The same seed draws the same accounts; 0.5 of 95 are 48.
    """
    lots = {one: lot(one, seed) for one in account_ids}
    last = last_drawn(lots.values(), share=share)
    return frozenset(one for one, drawn in lots.items() if drawn <= last)


def lot(account_id: str, seed: str) -> int:
    """What an account draws; the lowest get a heads-up."""
    return int.from_bytes(blake2b(f"{seed}:{account_id}".encode()).digest()[:8], "big")


def last_drawn(lots: Iterable[int], *, share: float) -> int:
    """The highest lot that gets a heads-up; -1 if none does."""
    drawn = sorted(lots)
    count = int(len(drawn) * share + 0.5)
    return drawn[count - 1] if count else -1


def pick_language(wanted: str | None, known: Sequence[str]) -> str:
    """The language among those known: `de-AT` itself, else `de`, else the first."""
    if wanted:
        own = {code.lower(): code for code in known}
        tag = wanted.lower().replace("_", "-")
        return own.get(tag) or own.get(tag.split("-")[0]) or known[0]
    return known[0]
