"""Who stands in for whom, and when: what may be said. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from voc.base.errors import Refused

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Csm:
    csm_id: str
    name: str


@dataclass(frozen=True)
class Deputy:
    """`deputy` looks after the follow-ups of `away`, the first and the last day included."""

    id: int
    away: Csm
    deputy: Csm
    from_on: date
    to_on: date
    said_by: str


def check(away: Csm, deputy: Csm, from_on: date, to_on: date, *, today: date, known: Iterable[Deputy]) -> None:
    """Refused names the field. `known` are those that have not ended."""
    if deputy.csm_id == away.csm_id:
        raise Refused("Choose somebody else: nobody stands in for themselves", field="deputy")
    if to_on < from_on:
        raise Refused("The last day lies before the first", field="to")
    if to_on < today:
        raise Refused("These days are over", field="to")
    if to_on - from_on > LONGEST:
        raise Refused("Choose a year at most; it can be renewed then", field="to")
    for one in known:
        if one.to_on < from_on or one.from_on > to_on:
            continue
        days = f"from {one.from_on.isoformat()} to {one.to_on.isoformat()}"
        if one.away.csm_id == away.csm_id:
            raise Refused(f"{one.deputy.name} stands in for {away.name} {days} already; end that first", field="from")
        if one.away.csm_id == deputy.csm_id:
            raise Refused(f"{deputy.name} is away too, {days}; choose somebody who is there", field="deputy")
        if one.deputy.csm_id == away.csm_id:
            raise Refused(
                f"{away.name} stands in for {one.away.name} {days}; name another deputy there first", field="from"
            )
