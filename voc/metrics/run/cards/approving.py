"""Four eyes on a frozen month: nobody is paid from one that was not approved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import Scope
from voc.metrics.cards import months
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.run.cards.freezing import month, must_be_newest
from voc.metrics.run.cards.versions import card_of
from voc.metrics.store import cards as store
from voc.metrics.store.cards import Frozen


def why_not_approve(frozen: Frozen, *, by: str, others: Collection[str]) -> str | None:
    """Four eyes: not whoever wrote what is counted by or counted it anew, while somebody else could.

    `others` are those who may approve, without `by`.
    """
    if frozen.approved_at is not None:
        return f"{frozen.approved_by} has approved it already"
    mine = [
        what
        for who, what in (
            (frozen.saved_by, f"saved version {frozen.number} of its file"),
            (frozen.frozen_by, "counted it anew"),
        )
        if who == by
    ]
    if not mine or not others:
        return None
    return f"You {' and '.join(mine)}: somebody else approves it. {_any_of(sorted(others))} can"


def _any_of(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:3])} or another leader"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def others_who_approve(db: Connection, by: str) -> list[str]:
    return [name for _address, name in store.approvers(db) if name != by]


def approve(db: Connection, name: str, wanted: Month, *, revision: int, viewer: Viewer, now: datetime) -> Frozen:
    """From here on it may be paid and exported. Refused with the reason; `revision` is the one that was looked at."""
    store.lock(db)
    found = must_be_newest(db, name, wanted, revision)
    others = others_who_approve(db, viewer.name)
    if (because := why_not_approve(found, by=viewer.name, others=others)) is not None:
        raise Refused(because)
    if not store.approve(db, found.id, by=viewer.name, now=now):
        raise Refused("Somebody has approved it meanwhile")
    results = store.results(db, found.id, viewer)
    csms = [one for one in results if one.scope == Scope.CSM]
    paid = [one.money for one in csms if one.money is not None]
    detail = {
        "month": months.written(wanted),
        "revision": found.revision,
        "version": found.number,
        "people": len(csms),
        "facts missing for": [one.name for one in csms if one.misses_facts],
        "money": round(sum(paid), 2) if paid else None,
        "alone": not others,
    }
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="scorecard month approved",
        object_kind="scorecard",
        object_id=name,
        detail=detail,
    )
    return month(db, name, wanted, revision=found.revision)


@dataclass(frozen=True)
class Approved:
    """What may leave the service."""

    month: Frozen
    card: Scorecard
    results: list[Result]


def approved(db: Connection, name: str, wanted: Month, viewer: Viewer) -> Approved:
    """The newest approved revision. Refused where there is none: nobody is paid from what nobody approved."""
    every = store.frozen(db, name, wanted)
    if not every:
        raise NotFound("There is no such month of this scorecard.")
    found = next((one for one in every if one.approved_at is not None), None)
    if found is None:
        raise Refused(f"{months.written(wanted)} is not approved yet. A leader approves it on its page")
    return Approved(found, card_of(store.file(db, found.file_id)), store.results(db, found.id, viewer))
