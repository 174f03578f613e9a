"""The nights on which clocks change, through everything a worker does: `voc tick` from Saturday to Monday."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, select, update

from tests.builders import NOW, add_account, add_campaign, add_contact, add_invitation, add_wave
from tests.delivery.world import add_due_wave
from voc import app as wiring
from voc import jobs
from voc.base import preferences, schema
from voc.campaigns.calendar import Calendar
from voc.delivery.model import Envelope, Handed, Line, Outcome, Stage
from voc.web.context import App

ZONES = ("Europe/Berlin", "Asia/Beirut", "America/Nuuk", "Asia/Kolkata")
# Hours that are missing in spring and come twice in autumn, in one zone or another.
WINDOWS = ((time(1, 30), time(2, 30)), (time(2), time(3)), (time(0), time(1)))
CLOSING = timedelta(minutes=15)


@dataclass
class Post:
    """Takes every mail, and notes when."""

    app: App
    name: str = "post"
    per_second: float = 10_000.0
    taken: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def lines(self) -> Sequence[Line]:
        return [self]

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        assert before_final_dot()
        self.taken.append((envelope.recipient, self.app.now()))
        return Handed(Outcome.SENT, Stage.DOT, 250, "2.0.0 kept")

    def close(self) -> None:
        pass

    def __hash__(self) -> int:
        return id(self)


def lay(app: App, sunday: date) -> dict[str, tuple[str, time, time]]:
    """Somebody in each zone for each window, to be invited on that Sunday: zone and window by address."""
    people = {}
    with app.database.begin() as db:
        preferences.change(db, {"test_mode": False}, actor="test", now=NOW)
        db.execute(delete(schema.campaign))  # the one that ships: waves bring their own
        version = select(schema.wave.c.questionnaire_version_id).where(schema.wave.c.id == add_due_wave(db))
        version_id = db.execute(version).scalar_one()
        db.execute(update(schema.invitation).values(next_step=None, due_at=None))
        for number, (opens, closes) in enumerate(WINDOWS):
            campaign = add_campaign(db, name=f"window-{number}")
            chosen = {"invitation_weekdays": list(range(7)), "opens": f"{opens}", "closes": f"{closes}"}
            more: dict[str, Any] = {
                "settings": chosen,
                "questionnaire_version_id": version_id,
                "launched_at": app.now(),
            }
            wave_id = add_wave(db, campaign_id=campaign, label=f"Window {number}", **more)
            for zone in ZONES:
                address = f"{zone.rpartition('/')[2].lower()}-{number}@calder.example"
                on, at = Calendar(opens, closes).next_moment(sunday, zone, "SA", key=f"{address}:invite")
                due = {"next_step": "invite", "intended_on": on, "due_at": at}
                place = {"time_zone": zone, "country": "SA"}  # where they work on Sundays
                add_account(db, address)
                add_contact(db, address, account_id=address, email=address)
                who = {"contact_id": address, "account_id": address, "address": address}
                add_invitation(db, wave_id=wave_id, **who, **place, **due)
                db.execute(insert(schema.census_member).values(wave_id=wave_id, roles=["champion"], **who))
                people[address] = zone, opens, closes
    return people


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
def test_a_night_on_which_clocks_change_is_lived_through_like_any_other(tmp_path: Path, sunday: date) -> None:
    saturday = datetime.combine(sunday, time(12), UTC) - timedelta(days=1)
    app = wiring.make(tmp_path, wiring.Wishes("Kestrel Works"), now=saturday, moment=saturday)
    people = lay(app, sunday)
    post = Post(app)
    jobs.travel(app, [post], to=saturday + timedelta(days=2, hours=6), report=lambda _what, _done, _total: None)
    assert sorted(address for address, _at in post.taken) == sorted(people)
    for address, at in post.taken:
        zone, opens, closes = people[address]
        on = at.astimezone(ZoneInfo(zone)).date()
        window = Calendar(opens, closes).window(on, zone)
        assert window is not None, (address, at)
        assert window[0] <= at < window[1] + CLOSING, (address, at.astimezone(ZoneInfo(zone)))
        # Where the clock jumps over the whole window there is none that Sunday, and only there.
        there_is_one = Calendar(opens, closes).window(sunday, zone) is not None
        assert on == sunday + timedelta(days=0 if there_is_one else 1)
    with app.database.read() as db:
        night = schema.figure_snapshot.c.as_of
        counted = list(db.execute(select(night).distinct().order_by(night)).scalars())
    app.database.close()
    assert counted == [sunday + timedelta(days=number) for number in (-2, -1, 0)]
