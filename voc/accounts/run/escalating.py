"""A person says that an account is under escalation, or no longer. What it means for the chase: `voc.campaigns`."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.accounts.store import escalations
from voc.accounts.store.visible import visible_account
from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused

LONGEST = timedelta(days=366)


def escalate(db: Connection, *, account_id: str, reason: str, until_on: date, viewer: Viewer, now: datetime) -> None:
    """From now until that day, which is the first on which they may be asked again. Refused names the field."""
    name = visible_account(db, account_id, viewer)
    reason = reason.strip()
    if not reason:
        raise Refused("Say why: whoever asks why nobody here is written to will read it", field="reason")
    if until_on <= now.date():
        raise Refused("Choose a day after today", field="until_on")
    if until_on > now.date() + LONGEST:
        raise Refused("Choose a day within a year; it can be renewed then", field="until_on")
    escalations.begin(db, account_id=account_id, reason=reason, until_on=until_on, by=viewer.name, at=now)
    detail = {"who": name, "until": until_on.isoformat(), "reason": reason}
    _audit(db, "account escalated", account_id, by=viewer.name, at=now, **detail)


def end_escalation(db: Connection, *, account_id: str, viewer: Viewer, now: datetime) -> None:
    """They may be asked again from now on. Ending one that has ended changes nothing."""
    name = visible_account(db, account_id, viewer)
    if escalations.end(db, account_id, by=viewer.name, at=now):
        _audit(db, "escalation ended", account_id, by=viewer.name, at=now, who=name)


def _audit(db: Connection, action: str, account_id: str, *, by: str, at: datetime, **detail: str) -> None:
    audit.record(db, at=at, actor=by, action=action, object_kind="account", object_id=account_id, detail=detail)
