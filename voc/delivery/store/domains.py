"""What each recipient domain has had, over all workers: writes `domain_state` and the turns of messages that wait."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from voc.base import bulk
from voc.base.among import among
from voc.base.db import insert_once
from voc.base.schema import domain_state, message
from voc.base.types import Instant
from voc.delivery.allowance import WHILE_RESTING, DomainUse, allowance_of, share


def reserve(
    db: Connection, wanted: Sequence[tuple[int, str]], per_minute: Mapping[str, float], *, now: datetime
) -> list[int]:
    """Of these messages and their domains, in order, those that may go now; the others get a later turn."""
    limited = _limited(db, {domain for _id, domain in wanted}, per_minute, now=now)
    if not limited:
        return [id for id, _domain in wanted]
    refused: set[int] = set()
    turns: list[dict[str, Any]] = []
    for domain, use in _locked(db, limited).items():
        ids = [id for id, of in wanted if of == domain]
        allowed = allowance_of(domain, per_minute) or WHILE_RESTING
        granted, moments, after = share(use, allowed, wanted=len(ids), now=now)
        refused.update(ids[granted:])
        turns += [{"id": id, "next_attempt_at": at} for id, at in zip(ids[granted:], moments, strict=True)]
        _write(db, domain, after)
    bulk.update_each(db, message, turns)
    return [id for id, _domain in wanted if id not in refused]


def _limited(db: Connection, domains: set[str], per_minute: Mapping[str, float], *, now: datetime) -> list[str]:
    by_settings = {domain for domain in domains if allowance_of(domain, per_minute) is not None}
    resting = set(db.execute(_RESTING, {"now": now}).scalars())
    return sorted(by_settings | (resting & domains))


_RESTING = select(domain_state.c.domain).where(domain_state.c.rests_until > bindparam("now", type_=Instant()))


def _locked(db: Connection, domains: Iterable[str]) -> dict[str, DomainUse]:
    """Their rows, held until the transaction ends; made where there is none yet. One order for all who lock several."""
    found = {}
    for domain in sorted(domains):
        insert_once(db, domain_state, {"domain": domain[:255]})
        row = db.execute(select(domain_state).where(domain_state.c.domain == domain[:255]).with_for_update()).one()
        found[domain] = DomainUse(
            row.began_at, row.taken, row.booked_at, row.booked, row.rests_until, row.rests, row.reason
        )
    return found


def _write(db: Connection, domain: str, use: DomainUse) -> None:
    values = {
        "began_at": use.began_at,
        "taken": use.taken,
        "booked_at": use.booked_at,
        "booked": use.booked,
        "rests_until": use.rests_until,
        "rests": use.rests,
        "reason": use.reason,
    }
    db.execute(update(domain_state).where(domain_state.c.domain == domain[:255]).values(values))


def rest(db: Connection, domain: str, *, until: datetime, rests: int, reason: str) -> None:
    """Leave a domain alone until then; `rests` is how often in a row."""
    insert_once(db, domain_state, {"domain": domain[:255]})
    db.execute(
        update(domain_state)
        .where(domain_state.c.domain == domain[:255])
        .values(rests_until=until, rests=rests, reason=reason)
    )


def rests_of(db: Connection, domains: Iterable[str]) -> dict[str, tuple[datetime | None, int]]:
    """Until when, and how often in a row, those of the domains rest that had to."""
    rows = db.execute(_RESTED, {"domains": set(domains)})
    return {row.domain: (row.rests_until, row.rests) for row in rows}


_RESTED = select(domain_state.c.domain, domain_state.c.rests_until, domain_state.c.rests).where(
    among(domain_state.c.domain, "domains"), domain_state.c.rests > 0
)


def took(db: Connection, domains: Iterable[str]) -> None:
    """They accept again."""
    db.execute(
        update(domain_state)
        .where(domain_state.c.domain.in_(sorted(domains)), domain_state.c.rests > 0)
        .values(rests=0, rests_until=None, reason=None)
    )
