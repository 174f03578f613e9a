"""A CSM guesses before a wave what each account will answer; afterwards the gap is shown, and nothing counts it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.metrics.guesses import Compared, Guessed, compare
from voc.metrics.store import guesses as store
from voc.metrics.store.guesses import Open

__all__ = ["Compared", "compared", "keep", "open_ones", "standing"]


def open_ones(db: Connection, viewer: Viewer, *, now: datetime) -> list[Open]:
    """The viewer's own accounts. Empty for whoever has no book."""
    return store.accounts(db, viewer, now=now)


def standing(db: Connection, viewer: Viewer, *, csm_id: str) -> Mapping[str, Guessed]:
    """The latest guess of each account that no wave has answered to yet."""
    made = store.guesses(db, viewer, csm_id=csm_id)
    latest = {one.account_id: one for one in made}
    asked = store.answers(db, viewer, latest)
    return {
        id: one
        for id, one in latest.items()
        if not any(wave.account_id == id and wave.asked_at > one.at for wave in asked)
    }


def compared(db: Connection, viewer: Viewer, *, csm_id: str, now: datetime) -> list[Compared]:
    """Guesses of one CSM beside what came, of the waves so far; the newest first."""
    made = store.guesses(db, viewer, csm_id=csm_id)
    answers = store.answers(db, viewer, {one.account_id: one for one in made})
    return compare(made, [one for one in answers if one.asked_at <= now])


def keep(db: Connection, viewer: Viewer, guesses: Mapping[str, int], *, now: datetime) -> int:
    """Keep these guesses, by account; how many are new. All or none: a foreign account is NotFound."""
    if not viewer.csm_id:
        raise Refused("Only who has accounts of their own can guess")
    mine = {one.id: one for one in store.accounts(db, viewer, now=now)}
    if set(guesses) - set(mine):
        raise NotFound("There is no such account.")
    before = standing(db, viewer, csm_id=viewer.csm_id)
    new = 0
    for account_id, score in sorted(guesses.items()):
        if not 0 <= score <= 10:
            raise Refused("Write a whole number from 0 to 10", field=f"guess:{account_id}")
        if mine[account_id].asked_now:
            told = f"{mine[account_id].name} is being asked now: guess again before the next wave"
            raise Refused(told, field=f"guess:{account_id}")
        if account_id in before and before[account_id].score == score:
            continue
        store.add(db, account_id=account_id, csm_id=viewer.csm_id, score=score, now=now, by=viewer.name)
        new += 1
    return new
