"""The invented company is the same for the same seed; its mailbox keeps what the relay takes."""

import filecmp
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from litestar.testing import TestClient

from tests import builders
from voc import app as wiring
from voc.base import audit
from voc.base.access import TERMINAL
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.campaigns.calendar import Calendar
from voc.cli import doctor_mail
from voc.delivery.model import Envelope
from voc.demo import build, company, crm, pages, people, words, year
from voc.demo.chance import Chance
from voc.demo.csms import AWAY, DAYS_AWAY, DEPUTY, Csms
from voc.demo.mailbox import DemoRelay, Mailbox
from voc.followup.store import deputies
from voc.web.asgi import create
from voc.web.context import App

STARTS_AT = company.STARTS_ON
YEAR_ENDED = datetime(2026, 11, 16, 7, 40, tzinfo=UTC)


@pytest.fixture
def app(sqlite: Database, clock: SetClock, vault: Vault, tokens: RandomTokens) -> App:
    return App(
        settings=Settings(),
        database=sqlite,
        clock=clock,
        tokens=tokens,
        vault=vault,
        questionnaires=Path("questionnaires"),
        wall=clock,
    )


def test_the_same_seed_gives_the_same_company_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        crm.export(company.build(Chance(seed)), tmp_path / name, STARTS_AT)
    files = [path.name for path in (tmp_path / "one").iterdir()]
    assert filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)[0] == files
    assert "Contact.csv" in filecmp.cmpfiles(tmp_path / "one", tmp_path / "three", files, shallow=False)[1]


def test_there_are_about_sixty_accounts_ten_csms_and_four_hundred_contacts() -> None:
    world = company.build(Chance(7))
    csms = [one for one in world.staff if one.title == "Customer success manager"]
    assert (len(world.customers), len(csms)) == (60, 10)
    assert 390 <= len(world.people) <= 420
    assert len({person.email for person in world.people}) == len(world.people)


def test_one_more_draw_changes_no_other() -> None:
    chance = Chance(7)
    before = chance.share("answers", "ana", 1)
    chance.share("something", "new")
    assert chance.share("answers", "ana", 1) == before
    assert all(0 <= chance.share(number) < 1 for number in range(1000))


def test_in_the_last_days_one_csm_is_away_and_a_colleague_of_the_team_stands_in(
    app: App,
) -> None:
    world = company.build(Chance(7))
    with app.database.begin() as db:
        for one in world.staff:
            builders.add_csm(db, one.id, name=one.name, email=one.email, manager_id=one.manager)
    Csms(app, world, Chance(7), lambda _at, _act: None).name_a_deputy()
    now = app.now()
    with app.database.read() as db:
        (found,) = deputies.listing(db, TERMINAL, today=now.date())
    away, deputy = (next(one for one in world.staff if one.id == id) for id in (found.away.csm_id, found.deputy.csm_id))
    assert (away.name, deputy.name) == (AWAY, DEPUTY)
    assert away.manager == deputy.manager
    assert found.from_on <= now.date() < found.to_on
    assert (company.ENDS_ON - year.AWAY_BEFORE).weekday() == 4
    assert company.ENDS_ON - year.AWAY_BEFORE + timedelta(days=DAYS_AWAY) > company.ENDS_ON


def test_whoever_left_long_ago_bounces_and_nobody_answers_twice_in_a_wave() -> None:
    chance, world = Chance(7), company.build(Chance(7))
    at = datetime.combine(company.STARTS_ON + timedelta(days=100), time(9), UTC)
    for person in world.people:
        steps = ("invite", "reminder_1", "reminder_2")
        acts = [
            reaction.act for step in steps for reaction in people.reactions(chance, person, step=step, wave_id=1, at=at)
        ]
        assert acts.count(people.Act.ANSWER) <= 1
        if person.left_on and (at.date() - person.left_on).days > 60:
            assert set(acts) == {people.Act.BOUNCE}


def test_every_page_of_the_demo_opens_for_whoever_tries_it(tmp_path: Path, app: App, clock: SetClock) -> None:
    mailbox = Mailbox(tmp_path)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Jane <jane@vendor.example>", "ana@x.example", "Three questions"
    mail.set_content("In words.")
    mail.add_alternative("<html><head></head><body>In colour.</body></html>", subtype="html")
    envelope = Envelope("bounce@vendor.example", "ana@x.example", mail.as_bytes().replace(b"\n", b"\r\n"))
    assert DemoRelay(mailbox, clock).hand_over(envelope, before_final_dot=lambda: True) is not None
    number = mailbox.listing()[0].id
    shows = {
        "/demo": "Marcus Oyelaran",
        "/demo/mailbox": "Three questions",
        f"/demo/mailbox/{number}": "In words.",
        f"/demo/mailbox/{number}/html": "In colour.",
    }
    site = create(app, pages.handlers(mailbox, build.sign_ins()))
    with TestClient(site, base_url="http://testserver.local", raise_server_exceptions=False) as client:
        for path, words_there in shows.items():
            answer = client.get(path)
            assert (path, answer.status_code) == (path, 200)
            assert words_there in answer.text
    mailbox.close()


def test_the_mailbox_keeps_what_the_relay_takes_and_nothing_that_was_not_granted(
    tmp_path: Path, clock: SetClock
) -> None:
    mailbox = Mailbox(tmp_path)
    mails = []
    for name in ("Ana", "Björn"):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "Jané <jane@vendor.example>", f"{name}@x.example", f"Für {name}"
        mail.set_content("Hello")
        mails.append(Envelope("bounce@vendor.example", f"{name}@x.example", mail.as_bytes().replace(b"\n", b"\r\n")))
    relay = DemoRelay(mailbox, clock)
    handed = [
        relay.hand_over(mail, before_final_dot=partial(bool, taken))
        for mail, taken in zip(mails, (False, True), strict=True)
    ]
    assert [one is None for one in handed] == [True, False]
    assert [(one.subject, one.recipient) for one in mailbox.listing()] == [("Für Björn", "Björn@x.example")]
    assert mailbox.listing(about="nobody") == []
    found = mailbox.mail(mailbox.listing(about="Björn")[0].id)
    assert found.mime is not None
    assert found.mime.get_content().strip() == "Hello"
    with pytest.raises(NotFound):
        mailbox.mail(999)
    mailbox.close()


def test_the_years_beats_fall_into_every_contacts_window() -> None:
    """A step that is claimed when the window has closed waits for the next day: half the year's mail did."""
    values = build.wanted()
    calendar = Calendar(time.fromisoformat(str(values["opens"])), time.fromisoformat(str(values["closes"])))
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    for _country, zone, *_rest in words.PLACES:
        for days in range(0, 365, 7):
            window = calendar.window(company.STARTS_ON + timedelta(days=days), zone)
            assert window is not None
            assert (window[1] - epoch) % year.SLOT == timedelta(), zone


def test_a_demo_that_is_served_again_goes_on_where_it_was_left(tmp_path: Path) -> None:
    """What was done the time before would else lie in the future: lines nobody is told, acts that have not been."""
    left = wiring.make(tmp_path, wiring.Wishes("Kestrel"), now=YEAR_ENDED, moment=YEAR_ENDED, demo_seed=7)
    done_at = YEAR_ENDED + timedelta(minutes=20)
    with left.database.begin() as db:
        audit.record(db, at=done_at, actor="Dana", action="follow-up resolved", object_kind="follow_up", object_id=1)
    left.database.close()
    begun = wiring.open_app(tmp_path)
    assert begun.clock.now() >= done_at
    begun.database.close()


def test_the_doctor_of_a_demo_asks_no_mail_server(tmp_path: Path) -> None:
    made = wiring.make(tmp_path, wiring.Wishes("Kestrel"), now=YEAR_ENDED, moment=YEAR_ENDED, demo_seed=7)
    found = doctor_mail.examine(made, now=YEAR_ENDED)
    made.database.close()
    assert [one for one in found if one.broken] == []
    assert any("stays in its own mailbox" in one.what for one in found)
