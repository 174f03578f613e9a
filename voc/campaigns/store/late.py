"""When mail that was frozen earlier may go out: reads the chase it is of, moves its day in `contact_quota`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import contact_quota, invitation, wave
from voc.campaigns import late
from voc.campaigns.calendar import local_day
from voc.campaigns.late import Addressee
from voc.campaigns.model import Step
from voc.campaigns.quarantine import NUDGE
from voc.campaigns.store.rows import rules_of

_COUNTED_FOR = timedelta(days=40)  # no mail waits so long: the next step is due before


@dataclass(frozen=True)
class LateMail:
    """A frozen mail that could go out `at`; `step` is None for a nudge."""

    id: int
    invitation_id: int
    step: Step | None
    at: datetime


_PEOPLE = select(
    invitation.c.id, invitation.c.wave_id, invitation.c.address, invitation.c.time_zone, invitation.c.country
).where(among(invitation.c.id, "ids"))
_WAVES = select(wave.c.id, wave.c.settings).where(among(wave.c.id, "ids"))
_COUNTED = (
    select(
        contact_quota.c.id,
        contact_quota.c.address,
        contact_quota.c.invitation_id,
        contact_quota.c.step,
        contact_quota.c.on,
    )
    .where(among(contact_quota.c.address, "addresses"), contact_quota.c.at >= bindparam("since"))
    .order_by(contact_quota.c.id)
)
_MOVE = update(contact_quota).where(contact_quota.c.id == bindparam("row_id")).values(on=bindparam("day"))


def first_polite(db: Connection, mails: Sequence[LateMail], wanted: Preferences) -> dict[int, datetime]:
    """By the mail's id: its own `at` where it may go out then, else a moment in the contact's next window.

    No contact gets two mails of campaigns on one day: the quarantine counts each on the day it comes to.
    """
    if not mails:
        return {}
    people = {row.id: row for row in db.execute(_PEOPLE, {"ids": {one.invitation_id for one in mails}})}
    waves = {row.wave_id for row in people.values()}
    rules = {row.id: rules_of(row.settings, wanted) for row in db.execute(_WAVES, {"ids": waves})}
    counted = _counted(db, {row.address for row in people.values()}, since=min(one.at for one in mails) - _COUNTED_FOR)
    found: dict[int, datetime] = {}
    moved: dict[int, date] = {}
    for one in sorted(mails, key=lambda mail: mail.id):
        row = people[one.invitation_id]
        days = counted[row.address]
        own = max((id for id, (of, _on) in days.items() if of == _key(one)), default=None)
        moment = late.first_polite(
            rules[row.wave_id],
            Addressee(row.address, row.time_zone, row.country, one.step),
            at=one.at,
            late_until=wanted.late_until,
            taken={on for id, (_of, on) in days.items() if id != own},
        )
        found[one.id] = moment
        day = local_day(moment, row.time_zone)
        if own is not None and days[own][1] != day:
            moved[own] = day
            days[own] = (_key(one), day)
    if moved:
        db.execute(_MOVE, [{"row_id": id, "day": day} for id, day in sorted(moved.items())])
    return found


_Key = tuple[int | None, str]


def _key(mail: LateMail) -> _Key:
    return mail.invitation_id, mail.step or NUDGE


def _counted(db: Connection, addresses: set[str], *, since: datetime) -> dict[str, dict[int, tuple[_Key, date]]]:
    """By address, what was reserved for it: of which mail and for which day, by the reservation's id."""
    found: dict[str, dict[int, tuple[_Key, date]]] = defaultdict(dict)
    row: Any
    for row in db.execute(_COUNTED, {"addresses": addresses, "since": since}):
        found[row.address][row.id] = ((row.invitation_id, row.step), row.on)
    return found
