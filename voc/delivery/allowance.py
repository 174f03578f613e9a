"""How many messages one recipient domain gets in a stretch of time, and when the others have their turn.

A large mail provider counts what comes from one sender and puts off the rest, and remembers. So what is
over the limit is not tried: it is moved to a later stretch that has room, and stands in nobody's way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many `messages` in each stretch `every`."""

    messages: int
    every: timedelta

    def stretch(self, moment: datetime) -> datetime:
        """When the stretch of that moment began."""
        return _EPOCH + self.every * ((moment - _EPOCH) // self.every)


@dataclass(frozen=True, slots=True)
class DomainUse:
    """What a domain has had: `taken` of the stretch that began at `began_at`; `booked` of the latest one spoken for."""

    began_at: datetime | None = None
    taken: int = 0
    booked_at: datetime | None = None
    booked: int = 0
    rests_until: datetime | None = None
    rests: int = 0  # in a row
    reason: str | None = None


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def allowance_of(domain: str, per_minute: Mapping[str, float]) -> Allowance | None:
    """What the settings allow that domain, `*` standing for every other; None without a limit."""
    limit = per_minute.get(domain, per_minute.get("*"))
    if limit is None:
        return None
    messages = max(1, int(limit))
    return Allowance(messages, timedelta(seconds=60 * messages / limit))


WHILE_RESTING = Allowance(60, timedelta(minutes=1))
"""The pace at which a domain without a limit is tried again after a rest."""


def share(use: DomainUse, allowed: Allowance, *, wanted: int, now: datetime) -> tuple[int, list[datetime], DomainUse]:
    """How many of the wanted messages may go now, the moments of the others in order, and the use after that."""
    began_at = allowed.stretch(now)
    taken = use.taken if use.began_at == began_at else 0
    resting = use.rests_until is not None and use.rests_until > now
    granted = 0 if resting else max(0, min(wanted, allowed.messages - taken))
    earliest = allowed.stretch(use.rests_until if resting and use.rests_until else now) + allowed.every
    at, booked = earliest, 0
    if use.booked_at is not None and use.booked_at >= earliest:
        at, booked = use.booked_at, use.booked
    moments = []
    for _ in range(wanted - granted):
        if booked >= allowed.messages:
            at, booked = at + allowed.every, 0
        moments.append(at)
        booked += 1
    return (
        granted,
        moments,
        DomainUse(began_at, taken + granted, at, booked, use.rests_until, use.rests, use.reason),
    )
