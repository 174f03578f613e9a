"""F9: the clock moved by an hour and a day both ways, over two years in which 20 zones change theirs.

A chase of four steps for each person, laid so that its steps fall on and around the nights on which
the clocks of their zone change; windows of the night, where hours are missing or come twice, beside
the usual one. The clock is moved at seeded beats; what is due then is claimed and recorded as sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select

from tests.builders import add_campaign, add_csm, add_questionnaire, add_wave
from tests.campaigns.test_calendar import ZONES
from tests.faults.databases import fresh
from tests.faults.promise import AT_MOST_ONCE
from tests.faults.table import Result, Row, on_both
from voc.base import installations, preferences, schema
from voc.base.db import Database
from voc.campaigns import run as campaigns
from voc.campaigns.calendar import Calendar
from voc.campaigns.model import DueStep, Step
from voc.campaigns.store import claim_due

PROVES = (AT_MOST_ONCE,)

_START, _END = datetime(2026, 1, 5, tzinfo=UTC), datetime(2027, 12, 20, tzinfo=UTC)
_WINDOWS = ((time(1, 30), time(2, 30)), (time(0), time(1)), (time(9, 30), time(11, 30)))
_JUMPS = tuple(timedelta(hours=hours) for hours in (1, -1, 24, -24))
_BEAT, _CLOSING, _MINUTE = timedelta(minutes=10), timedelta(minutes=15), timedelta(minutes=1)
_STEPS = (Step.HEADS_UP, Step.INVITE, Step.REMINDER_1, Step.REMINDER_2)


def run(*, long: bool) -> Result:
    windows, each = (_WINDOWS, 420) if long else (_WINDOWS[:1], 2)

    def trial(engine: str) -> Row:
        played = _Played()
        with fresh(engine) as database:
            with database.begin() as db:
                installations.create(db, epoch="here", now=_START)
                add_csm(db)
            for number, (opens, closes) in enumerate(windows):
                with database.begin() as db:
                    values = {"opens": opens.isoformat(), "closes": closes.isoformat()}
                    preferences.change(db, values, actor="F9", now=_START)
                    _lay(db, f"w{number}", Calendar(opens, closes), each=each)
                _play(database, played, opens, closes)
            _judge(database, played)
        moved = sum(played.jumps.values())
        what = f"a clock moved {moved} times by an hour and by a day, {len(ZONES)} zones over 2 years"
        said = f"{played.planned:,} steps planned, {len(played.sent):,} sent, {played.dropped} too late and dropped"
        return Row(what, engine, played.planned, said, tuple(played.found[:10]))

    return on_both("F9", trial)


@dataclass
class _Played:
    sent: Counter[tuple[int, str]] = field(default_factory=Counter)
    jumps: Counter[timedelta] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)
    planned: int = 0
    dropped: int = 0


# --- the people ---------------------------------------------------------------------------------


def _drawn(key: str, below: int) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % below


@cache
def _nights(zone: str) -> list[date]:
    """The days on which the clocks of a zone change; for one that leaves them alone, the first of each quarter."""
    days = [_START.date() + timedelta(days=number) for number in range(30, (_END - _START).days - 60)]

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(12), ZoneInfo(zone)).utcoffset()

    changing = [day for day in days if offset(day) != offset(day - timedelta(days=1))]
    return changing or [day for day in days if day.day == 1 and day.month % 3 == 1]


def _lay(db: Connection, label: str, calendar: Calendar, *, each: int) -> None:
    """`each` people in every zone, whose chase crosses a night of their zone."""
    chase = {"invitation_weekdays": list(range(7)), "give_up_days": 2000, "quiet_days": 0, "due_days": 60}
    campaign_id = add_campaign(db, name=label)
    wave_id = add_wave(
        db, campaign_id=campaign_id, questionnaire_version_id=_version(db), settings=chase, launched_at=_START
    )
    people = [(f"{label}-{zone}-{number}", zone) for zone in ZONES for number in range(each)]
    common: dict[str, Any] = {"state": "live", "hash": "", "first_seen_at": _START, "changed_at": _START}
    db.execute(
        insert(schema.account),
        [{"id": id, "name": id, "csm_id": "csm-1", "status": "customer", **common} for id, _zone in people],
    )
    db.execute(
        insert(schema.contact),
        [
            {"id": id, "account_id": id, "opted_out": False, "bounced": False, "left_company": False, **common}
            for id, _zone in people
        ],
    )
    db.execute(insert(schema.invitation), [_chase(id, zone, wave_id, calendar) for id, zone in people])


def _version(db: Connection) -> int:
    known = db.execute(select(schema.questionnaire_version.c.id)).scalar()
    return known if known is not None else add_questionnaire(db)


def _chase(id: str, zone: str, wave_id: int, calendar: Calendar) -> dict[str, Any]:
    """Half of the chases begin on the night itself, the others so that a later step meets it."""
    nights = _nights(zone)
    night = nights[_drawn(f"{id}:night", len(nights))]
    meant_on = night - timedelta(days=max(0, _drawn(f"{id}:before", 36) - 18))
    # Where they work on Sundays the steps fall on the very day.
    country = ("SA", "AE", None)[_drawn(f"{id}:country", 3)]
    address = f"{id.lower().replace('/', '-')}@calder.example"
    on, at = calendar.next_moment(meant_on, zone, country, key=f"{address}:{Step.HEADS_UP}")
    return {
        "wave_id": wave_id,
        "contact_id": id,
        "account_id": id,
        "address": address,
        "csm_id": "csm-1",
        "inherited": False,
        "roles": ["champion"],
        "language": "en",
        "time_zone": zone,
        "country": country,
        "heads_up": True,
        "next_step": Step.HEADS_UP,
        "intended_on": on,
        "due_at": at,
    }


# --- the two years ------------------------------------------------------------------------------


def _play(database: Database, played: _Played, opens: time, closes: time) -> None:
    clock, jumps = _START, _drawn_jumps()
    while True:
        with database.read() as db:
            due = db.execute(
                select(func.min(schema.invitation.c.due_at)).where(
                    schema.invitation.c.next_step.is_not(None), schema.invitation.c.held_because.is_(None)
                )
            ).scalar()
        if due is None:
            return
        clock = max(clock + _BEAT, _START + _BEAT * -(-(due - _START) // _BEAT))
        jump = next(jumps)
        for moment in (clock, clock + jump) if jump else (clock,):
            with database.begin() as db:
                steps = claim_due(db, now=moment, limit=2000)
                for step in steps:
                    campaigns.record_many_sent(db, [(step.invitation_id, step.step)], at=moment)
            for step in steps:
                _look(played, step, moment, opens, closes)
        if jump:
            played.jumps[jump] += 1
            clock += jump


def _drawn_jumps() -> Iterator[timedelta]:
    """Nothing for a few beats, then one of the four; forward and back equally often."""
    number = 0
    while True:
        yield from (timedelta(0) for _ in range(1 + _drawn(f"rest:{number}", 5)))
        yield _JUMPS[(_drawn(f"jump:{number // 4}", 4) + number) % 4]
        number += 1


def _look(played: _Played, step: DueStep, moment: datetime, opens: time, closes: time) -> None:
    played.sent[step.invitation_id, step.step] += 1
    zone = ZoneInfo(step.time_zone)
    if not opens <= step.due_at.astimezone(zone).time() < closes:
        played.found.append(f"planned outside the window: {step.address} {step.step} {step.due_at.astimezone(zone)}")
    # On the wall: open now, or within the last quarter of an hour.
    minutes = (moment - _MINUTE * ago for ago in range(int(_CLOSING / _MINUTE) + 1))
    if not any(opens <= minute.astimezone(zone).time() < closes for minute in minutes):
        played.found.append(f"sent outside the window: {step.address} {step.step} {moment.astimezone(zone)}")


def _judge(database: Database, played: _Played) -> None:
    """Every step of everybody is sent once, or dropped with its reason."""
    with database.read() as db:
        people = db.execute(select(schema.invitation.c.id, schema.invitation.c.held_because)).all()
        events = db.execute(
            select(schema.chase_event.c.invitation_id, schema.chase_event.c.step).where(
                schema.chase_event.c.what == "dropped"
            )
        ).all()
    gone = defaultdict(set)
    for id, step in events:
        gone[id].add(step)
    twice = [key for key, times in played.sent.items() if times > 1]
    played.found += [f"sent twice: {id} {step}" for id, step in twice]
    for id, held in people:
        if held is not None:
            played.found.append(f"held: {id} {held}")
        done = {step for step in _STEPS if played.sent[id, step]}
        missing = [step for step in _STEPS if step not in done]
        # One that is too late is dropped with its reason, and so is what would have followed it.
        if missing and missing[0] not in gone[id]:
            played.found.append(f"skipped: {id} {', '.join(missing)}")
        played.dropped += len(missing)
    played.planned = len(people) * len(_STEPS)
