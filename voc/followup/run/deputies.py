"""A CSM is away, and a colleague looks after the follow-ups: shown to both, mailed to the one who is there."""

from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound, Refused
from voc.followup.deputies import Csm, Deputy, check
from voc.followup.store import deputies as store


def appoint(
    db: Connection, *, csm_id: str, deputy_csm_id: str, from_on: date, to_on: date, viewer: Viewer, now: datetime
) -> Deputy:
    """From the first day to the last. Refused names the field; NotFound if that CSM is not the viewer's to see."""
    away = _named(store.may_be_away(db, viewer), csm_id)
    if away is None:
        raise NotFound("There is no such CSM, or it is not yours to say.")
    deputy = _named(store.may_stand_in(db), deputy_csm_id)
    if deputy is None:
        raise Refused("Choose a colleague who is active and has an address", field="deputy")
    store.lock(db, {csm_id, deputy_csm_id})
    known = store.listing(db, TERMINAL, today=now.date())
    check(away, deputy, from_on, to_on, today=now.date(), known=known)
    made = store.add(
        db, csm_id=csm_id, deputy_csm_id=deputy_csm_id, from_on=from_on, to_on=to_on, by=viewer.name, at=now
    )
    found = Deputy(made, away, deputy, from_on, to_on, viewer.name)
    _audit(db, "deputy named", found, viewer=viewer, at=now)
    return found


def end(db: Connection, deputy_id: int, *, viewer: Viewer, now: datetime) -> Deputy:
    """The CSM is back, or will not go; ending one that has ended changes nothing."""
    may = {one.csm_id for one in store.may_be_away(db, viewer)}
    found = next((one for one in store.listing(db, viewer, today=now.date()) if one.id == deputy_id), None)
    if found is None or found.away.csm_id not in may:
        raise NotFound("There is no such deputy, or it is not yours to end.")
    if store.end(db, deputy_id, by=viewer.name, at=now):
        _audit(db, "deputy ended", found, viewer=viewer, at=now)
    return found


def _named(colleagues: list[Csm], csm_id: str) -> Csm | None:
    return next((one for one in colleagues if one.csm_id == csm_id), None)


def _audit(db: Connection, action: str, one: Deputy, *, viewer: Viewer, at: datetime) -> None:
    detail = {"deputy": one.deputy.csm_id, "from": one.from_on.isoformat(), "to": one.to_on.isoformat()}
    audit.record(
        db, at=at, actor=viewer.name, action=action, object_kind="csm", object_id=one.away.csm_id, detail=detail
    )
