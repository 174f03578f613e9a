"""Frozen mail that was put off: by day, on a working day, one a day, or not at all; the same bytes all the while."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select, update

from tests.builders import NOW, add_campaign, add_invitation, add_message, add_wave
from tests.campaigns.test_calendar import ZONES
from tests.delivery.world import SETTINGS, add_due_wave, install, messages, queue_all, states
from voc.base import preferences, schema, stencils
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Mail, Settings
from voc.base.words import MessageKind
from voc.campaigns.calendar import Calendar
from voc.delivery import run
from voc.delivery.model import Envelope, Handed, Line, Outcome, Sent, Stage
from voc.delivery.store import claims
from voc.delivery.store.waiting import why_waiting
from voc.web.delivery_view import why

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = NOW + timedelta(hours=13)  # Tuesday, 23:00 in Berlin
OK = Handed(Outcome.SENT, Stage.DOT, 250, "2.0.0 kept")
LATER = Handed(Outcome.LATER, Stage.RCPT, 451, "4.7.1 greylisted")
DOWN = Handed(Outcome.LATER, Stage.CONNECT, None, "connection refused", relay_down=True)


@dataclass
class Post:
    """A mail server that says what it is told, and keeps what it took."""

    says: Callable[[Envelope], Handed] = lambda _envelope: OK
    name: str = "post"
    per_second: float = 10_000.0
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def lines(self) -> Sequence[Line]:
        return [self]

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        handed = self.says(envelope)
        if handed is OK:
            if not before_final_dot():
                return None
            self.taken.append((envelope.recipient, envelope.mime))
        return handed

    def close(self) -> None:
        pass

    def __hash__(self) -> int:
        return id(self)


def send(database: Database, vault: Vault, post: Post, now: datetime, settings: Settings = SETTINGS) -> Sent:
    return run.send_due(database, post, now=now, vault=vault, worker="one", settings=settings)


def frozen(database: Database, vault: Vault, **invitation: Any) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, **invitation)
    assert queue_all(database, vault)


def test_a_retry_that_falls_into_the_night_waits_for_the_next_window(database: Database, vault: Vault) -> None:
    frozen(database, vault)
    refusing, moments, now = Post(lambda _envelope: LATER), [], NOW
    for _ in range(5):
        assert send(database, vault, refusing, now).later == 1
        now = messages(database)[0].next_attempt_at
        moments.append(now.astimezone(BERLIN))
    assert all(time(9, 30) <= one.time() < time(17) for one in moments)
    assert moments[-1].date() > NOW.date()
    assert moments[-1].time() < time(11, 30)


def test_the_batch_frozen_as_an_outage_begins_does_not_go_out_in_the_night_in_which_it_ends(
    database: Database, vault: Vault
) -> None:
    frozen(database, vault, people=3)
    bodies = {row.id: row.body for row in messages(database)}
    assert send(database, vault, Post(lambda _envelope: DOWN), NOW).sent == 0
    post = Post()
    assert send(database, vault, post, NIGHT).handed_over == 0
    waiting = messages(database)
    assert all(row.next_attempt_at.astimezone(BERLIN).time() < time(11, 30) for row in waiting)
    assert {row.id: row.body for row in waiting} == bodies
    last = max(row.next_attempt_at for row in waiting)
    assert send(database, vault, post, last).sent == 3
    # The bytes are those that were frozen, their Date with them.
    with database.read() as db:
        whole = [stencils.opened(db, body, vault=vault) for body in bodies.values()]
        assert sorted(mime for _to, mime in post.taken) == sorted(whole)
        counted = db.execute(select(schema.contact_quota.c.on)).scalars().all()
    assert set(counted) == {last.astimezone(BERLIN).date()}


def test_in_the_afternoon_it_still_goes_out(database: Database, vault: Vault) -> None:
    frozen(database, vault)
    assert send(database, vault, Post(), NOW + timedelta(hours=6)).sent == 1


def test_what_a_domain_has_no_room_for_until_the_night_comes_in_the_morning(database: Database, vault: Vault) -> None:
    frozen(database, vault, people=2)
    slow = Settings(base_url=SETTINGS.base_url, mail=Mail(from_address="a@b.example", per_domain={"*": 0.001}))
    assert send(database, vault, Post(), NOW, slow).sent == 1
    turn = next(row.next_attempt_at for row in messages(database) if row.state == "queued")
    assert not time(9, 30) <= turn.astimezone(BERLIN).time() < time(17)
    assert send(database, vault, Post(), turn, slow).handed_over == 0
    morning = next(row.next_attempt_at for row in messages(database) if row.state == "queued")
    assert send(database, vault, Post(), morning, slow).sent == 1


def remind(db: Connection, vault: Vault, *, on: date) -> None:
    """Another campaign's reminder waits for Ana Ruiz too, meant for that day."""
    version = db.execute(select(schema.wave.c.questionnaire_version_id)).scalar_one()
    other = add_wave(db, campaign_id=add_campaign(db, name="onboarding"), questionnaire_version_id=version)
    id = add_invitation(db, wave_id=other, contact_id="con-1", account_id="acc-1", sent_at=NOW)
    add_message(
        db,
        f"inv:{id}:reminder_1",
        state="queued",
        invitation_id=id,
        wave_id=other,
        step="reminder_1",
        created_at=NOW,
        next_attempt_at=NOW,
        give_up_at=NOW + timedelta(days=9),
        body=vault.encrypt(b"Subject: x\r\n\r\nx\r\n"),
    )
    values = {"address": "con-1@calder.example", "account_id": "acc-1", "priority": 3}
    db.execute(insert(schema.contact_quota).values(**values, invitation_id=id, step="reminder_1", on=on, at=NOW))


def test_nobody_gets_two_late_mails_of_two_campaigns_on_one_day(database: Database, vault: Vault) -> None:
    frozen(database, vault)
    with database.begin() as db:
        remind(db, vault, on=NOW.date())
    days = []
    post, now = Post(), NIGHT
    for _ in range(2):
        before = len(post.taken)
        send(database, vault, post, now)
        assert len(post.taken) == before
        now = min(row.next_attempt_at for row in messages(database) if row.state == "queued")
        assert send(database, vault, post, now).sent == 1
        days.append(now.date())
        now += timedelta(minutes=30)
    assert days[0] < days[1]


def test_two_workers_at_one_moment_let_one_late_mail_through_to_a_contact(postgresql: Database, vault: Vault) -> None:
    """On SQLite there is one writer; here each sees the day as free until the other commits."""
    frozen(postgresql, vault)
    with postgresql.begin() as db:
        remind(db, vault, on=NOW.date() - timedelta(days=1))
        wanted = preferences.load(db)
    tomorrow = NOW + timedelta(days=1)

    def claim(db: Connection, worker: str, limit: int) -> list[int]:
        hold: dict[str, Any] = {"worker": worker, "now": tomorrow, "lasts": timedelta(minutes=10)}
        return [one.id for one in claims.claim(db, preferences=wanted, limit=limit, **hold).messages]

    with postgresql.begin() as one, postgresql.begin() as two:
        first, second = claim(one, "one", 1), claim(two, "two", 5)
    assert (len(first), second) == (1, [])
    # What was busy is still there, and has its turn on another day.
    with postgresql.begin() as db:
        assert claim(db, "two", 5) == []
    waiting = next(row for row in messages(postgresql) if row.state == "queued")
    assert waiting.next_attempt_at.date() > tomorrow.date()


def test_no_hour_left_before_the_next_step_ends_it_and_the_chase_goes_on(database: Database, vault: Vault) -> None:
    frozen(database, vault)
    with database.begin() as db:
        db.execute(update(schema.message).values(give_up_at=NIGHT + timedelta(hours=9)))
    assert send(database, vault, Post(), NIGHT).handed_over == 0
    [row] = messages(database)
    assert (row.state, row.reply_text) == ("failed", "Not sent in time: the next step is due")
    with database.read() as db:
        assert db.execute(select(schema.invitation.c.next_step)).scalar_one() == "reminder_1"


def test_what_a_person_releases_at_night_goes_out_in_the_morning(database: Database, vault: Vault) -> None:
    frozen(database, vault)
    lost = Handed(Outcome.UNKNOWN, Stage.DOT, None, "")
    assert send(database, vault, Post(lambda _envelope: lost), NOW).unknown == 1
    friday_night = NIGHT + timedelta(days=3)
    with database.begin() as db:
        at = run.release(db, messages(database)[0].id, by="Clara", now=friday_night)
    assert at.astimezone(BERLIN).strftime("%a") == "Tue"  # an invitation's first weekday
    assert send(database, vault, Post(), friday_night).handed_over == 0
    assert send(database, vault, Post(), at).sent == 1


@pytest.mark.parametrize("kind", [MessageKind.FOLLOW_UP, MessageKind.ALERT, MessageKind.DIGEST, MessageKind.THANKS])
def test_mail_that_asks_nobody_goes_at_any_hour(sqlite: Database, vault: Vault, kind: MessageKind) -> None:
    with sqlite.begin() as db:
        install(db)
        body = vault.encrypt(b"Subject: x\r\n\r\nx\r\n")
        add_message(db, "one", kind=kind, state="queued", created_at=NOW, next_attempt_at=NOW, body=body)
    assert send(sqlite, vault, Post(), NIGHT).sent == 1


def test_a_mail_to_the_test_address_goes_at_any_hour(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        install(db, test_mode=True, test_address="clara@kestrel.example")
        add_due_wave(db)
    queue_all(sqlite, vault)
    assert send(sqlite, vault, Post(), NIGHT).sent == 1


# --- whatever happens, over weeks and zones --------------------------------------------------------


def _drawn(key: str, below: int) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % below


def test_over_weeks_of_troubles_nothing_comes_outside_polite_hours_and_no_two_on_a_day(
    database: Database, vault: Vault
) -> None:
    """Refusals for now, outages, limits and pauses by chance, in twenty zones; every beat three hours."""
    with database.begin() as db:
        install(db, opens="09:30", closes="11:30")
        add_due_wave(db, people=30)
        for row in db.execute(select(schema.invitation.c.id).order_by(schema.invitation.c.id)).all():
            zone, country = ZONES[row.id % len(ZONES)], ("DE", "SA", None)[row.id % 3]
            at = Calendar().next_moment(NOW.date() + timedelta(days=1), zone, country, key=f"{row.id}")[1]
            values = {"time_zone": zone, "country": country, "due_at": at, "intended_on": at.date()}
            db.execute(update(schema.invitation).where(schema.invitation.c.id == row.id).values(values))
    arrived: list[tuple[str, datetime]] = []
    now, beat = NOW, 0

    def says(envelope: Envelope) -> Handed:
        drawn = _drawn(f"{envelope.recipient}:{beat}", 10)
        if drawn < 4:
            return LATER
        arrived.append((envelope.recipient, now))
        return OK

    limited = Settings(base_url=SETTINGS.base_url, mail=Mail(from_address="a@b.example", per_domain={"*": 0.2}))
    while now < NOW + timedelta(days=16):
        beat += 1
        now += timedelta(minutes=60 + _drawn(f"beat:{beat}", 240))
        queue_all(database, vault, now=now)
        if _drawn(f"down:{beat}", 5) == 0:
            continue  # nobody sends: an outage, a pause, a machine that is off
        send(database, vault, Post(says), now, limited)
    with database.read() as db:
        people = {row.address: row for row in db.execute(select(schema.invitation)).all()}
    assert len(arrived) >= 20
    days: Counter[tuple[str, date]] = Counter()
    for recipient, at in arrived:
        whom = people[recipient]
        local = at.astimezone(ZoneInfo(whom.time_zone))
        assert time(9, 30) <= local.time() < time(17), (recipient, local)
        assert Calendar().is_working(local.date(), whom.country), (recipient, local)
        days[recipient, local.date()] += 1
    assert max(days.values()) == 1
    assert "unknown" not in states(database)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda db: db.execute(update(schema.account).values(escalated_until_on=NOW.date() + timedelta(days=3))),
         "Waits: the account is under escalation, until 6 March 2026"),
        (lambda db: db.execute(insert(schema.exclusion).values(account_id="acc-1", reason="Fire", by="Dana",
                                                               created_at=NOW, expires_on=NOW.date() + timedelta(2))),
         "Waits: they are not to be asked for a while, until 5 March 2026"),
        (lambda db: db.execute(update(schema.wave).values(state="paused")), "Waits: its wave is paused"),
        (lambda db: run.pause_sending(db, because="Look", by="Clara", now=NOW), "Waits: all sending is paused"),
        (lambda db: preferences.change(db, {"test_mode": True, "test_address": "a@b.example"}, actor="t", now=NOW),
         "Waits: test mode is on, and it is for a real person"),
        (lambda db: db.execute(update(schema.message).values(next_attempt_at=NIGHT)), ""),
        (lambda db: None, None),
    ],
)  # fmt: skip
def test_a_page_says_why_a_mail_does_not_go(
    database: Database, vault: Vault, change: Callable[[Any], Any], words: str | None
) -> None:
    frozen(database, vault)
    with database.begin() as db:
        change(db)
        waits = why_waiting(db, [1], preferences.load(db), now=NOW)
    assert (why(waits[1]) if 1 in waits else None) == words
