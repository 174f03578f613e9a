"""Who owned an account on a day, and what counts for the team alone (3-metrics 0.3, 8). Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from voc.metrics.money.facts import NOBODY, Held, Owned, Stretch

LANDMARK = timedelta(days=90)  # before a renewal's decision, or more: whoever owned it then had time to do something
SETTLES_IN = timedelta(days=60)  # an account handed over less than this before counts for the team


def holder(held: Sequence[Held], on: date) -> Held | None:
    """The stretch that covers the day; of two on one day the later one."""
    covering = [one for one in held if one.from_on <= on and (one.to_on is None or on < one.to_on)]
    return max(covering, key=lambda one: one.from_on) if covering else None


def owner_on(held: Sequence[Held], on: date, *, named: str | None = None) -> Owned:
    """The owner of that day; `named` is whom the CRM's own row names, for days before we first read the account."""
    now = holder(held, on)
    if now is None:
        return Owned(named) if named is not None else _before_our_time(held)
    return Owned(now.csm_id, inherited=now is not _first(held) and on - now.from_on < SETTLES_IN)


def owner_at_landmark(held: Sequence[Held], decided_on: date, *, notice_days: int = 0) -> Owned:
    """Whoever owned the account 90 days before, or the notice period if that is longer: then it was still open.

    Where nobody is known to have, it counts for the team alone.
    """
    then = holder(held, decided_on - max(LANDMARK, timedelta(days=notice_days)))
    return Owned(then.csm_id) if then is not None and then.csm_id is not None else _before_our_time(held)


def stretches(held: Sequence[Held], *, after_on: date, to_on: date) -> list[Stretch]:
    """The days of (after_on, to_on] by owner, without a gap: those before we first read the account, and the first 60
    days after a hand-over, are inherited."""
    found: list[Stretch] = []
    day, end = after_on + timedelta(days=1), to_on + timedelta(days=1)
    for moment in sorted({day, end, *(_turns(held))}):
        if day < moment <= end:
            found.append(Stretch(owner_on(held, day), day, moment))
            day = moment
    return found


def _turns(held: Sequence[Held]) -> list[date]:
    """The days on which the owner, or what counts for whom, may change."""
    days = [one.from_on for one in held] + [one.to_on for one in held if one.to_on is not None]
    return days + [one.from_on + SETTLES_IN for one in held]


def _first(held: Sequence[Held]) -> Held:
    return min(held, key=lambda one: one.from_on)


def _before_our_time(held: Sequence[Held]) -> Owned:
    known = [one for one in held if one.csm_id is not None]
    return Owned(_first(known).csm_id, inherited=True) if known else NOBODY
