"""A CSM's hand on the heads-up that goes out in their name: other words, hold, now, by hand."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import Connection, func, select, update

from tests.campaigns.company import LAUNCH, add_company, launch, reads_on, settle_in
from tests.campaigns.test_waves import only, play
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import StaffRole
from voc.campaigns import heads_ups, run, store
from voc.campaigns.model import DueStep, HeadsUpText, Step
from voc.campaigns.run import heads_ups as by_hand
from voc.campaigns.store import heads_ups as kept

DAY = timedelta(days=1)
DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-1")
OTHER = Viewer(staff_id=2, name="Tomas Berg", role=StaffRole.CSM, csm_id="csm-2")
WINDOW_OPEN = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)  # Friday 10:00 in Berlin
EVENING = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)


def announced(db: Connection, *, people: int = 1) -> int:
    """A wave in which everybody gets a heads-up; the first person's invitation."""
    settle_in(db)
    add_company(db, accounts=1, people=people)
    launch(db)
    return db.execute(select(func.min(schema.invitation.c.id))).scalar_one()


def claimed(db: Connection, *, now: datetime) -> DueStep:
    reads_on(db, now=now)
    (step,) = store.claim_due(db, now=now, limit=5)
    return step


def stands(db: Connection, invitation_id: int) -> tuple[Step | None, date | None]:
    found = store.invitation(db, invitation_id)
    return found.next_step, found.intended_on


def test_left_alone_it_goes_by_itself_in_the_questionnaires_words_two_working_days_before(database: Database) -> None:
    with database.begin() as db:
        announced(db)
        heads_up_at = only(db).due_at
        assert heads_up_at is not None
        step = claimed(db, now=heads_up_at)
        assert (step.step, step.heads_up_text, step.you_said) == (Step.HEADS_UP, None, ())
        run.record_many_sent(db, [(step.invitation_id, step.step)], at=heads_up_at)
        invited_on = only(db).intended_on
    assert invited_on is not None
    assert (heads_up_at.date(), invited_on) == (date(2026, 3, 6), date(2026, 3, 10))  # Friday and Tuesday


def test_the_csms_own_words_are_claimed_with_the_step_and_audited(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        by_hand.write(db, id, subject=" From Dana ", body="Hello\r\nthere", viewer=DANA, now=EVENING)
        step = claimed(db, now=only(db).due_at or EVENING)
        log = db.execute(select(schema.audit).order_by(schema.audit.c.id.desc())).first()
    assert step.heads_up_text == HeadsUpText("From Dana", "Hello\nthere")
    assert log is not None
    assert (log.actor, log.action) == ("Dana Whitlock", "heads-up written")


def test_words_put_back_are_the_questionnaires(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        by_hand.write(db, id, subject="Mine", body="Hello", viewer=DANA, now=EVENING)
        by_hand.put_back(db, id, viewer=DANA, now=EVENING)
        assert kept.said_of(db, id).text is None
        assert kept.own_texts(db, [id]) == {}


def test_words_for_a_whole_account_reach_everybody_of_it_but_name_nobody(database: Database) -> None:
    with database.begin() as db:
        id = announced(db, people=3)
        db.execute(update(schema.contact).where(schema.contact.c.id == "con-000-01").values(first_name="Jon"))
        with pytest.raises(Refused, match="Jon is named in it, and 3 people"):
            by_hand.write_for_account(db, id, subject="Hello", body="As I told Jon,", viewer=DANA, now=EVENING)
        assert by_hand.write_for_account(db, id, subject="Hello", body="From me", viewer=DANA, now=EVENING) == 3
        texts = kept.own_texts(db, [one.invitation_id for one in kept.to_go(db, DANA)])
    assert set(texts.values()) == {HeadsUpText("Hello", "From me")}
    assert len(texts) == 3


def test_a_held_heads_up_is_not_sent_and_the_invitation_comes_on_its_day(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        plan = by_hand.hold(db, id, viewer=DANA, now=EVENING)
        assert plan is not None
        assert stands(db, id) == (Step.INVITE, date(2026, 3, 10)) == (plan.step, plan.on)
        assert [step for _address, step in play(db, from_=EVENING, until=LAUNCH + 40 * DAY)] == [
            Step.INVITE,
            Step.REMINDER_1,
            Step.REMINDER_2,
        ]


def test_a_hold_that_is_ended_in_time_lets_it_go_on_its_own_day(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        meant = stands(db, id)
        by_hand.hold(db, id, viewer=DANA, now=EVENING)
        by_hand.let_go(db, id, viewer=DANA, now=EVENING + timedelta(hours=1))
        assert stands(db, id) == meant
        with pytest.raises(Refused, match="not held"):
            by_hand.let_go(db, id, viewer=DANA, now=EVENING)


def test_sent_now_leaves_at_once_in_an_open_window_and_else_when_the_next_one_opens(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        assert by_hand.send_now(db, id, viewer=DANA, now=WINDOW_OPEN).at == WINDOW_OPEN
        assert claimed(db, now=WINDOW_OPEN).step is Step.HEADS_UP
        for refused in (by_hand.send_now, by_hand.hold, by_hand.sent_by_hand):
            with pytest.raises(Refused, match="on its way"):
                refused(db, id, viewer=DANA, now=WINDOW_OPEN)


def test_sent_now_in_the_evening_waits_for_the_next_working_morning(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        plan = by_hand.send_now(db, id, viewer=DANA, now=datetime(2026, 3, 6, 19, 0, tzinfo=UTC))
    assert plan.on == date(2026, 3, 9)  # from Friday evening to Monday


def test_one_sent_by_hand_counts_in_the_quarantine_and_the_invitation_follows(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        plan = by_hand.sent_by_hand(db, id, viewer=DANA, now=EVENING)
        assert plan is not None
        counted = db.execute(select(schema.contact_quota.c.step, schema.contact_quota.c.on)).all()
        assert [tuple(row) for row in counted] == [("heads_up", EVENING.date())]
        assert plan.step is Step.INVITE
        assert next(step for _address, step in play(db, from_=EVENING, until=LAUNCH + 15 * DAY)) is Step.INVITE


def test_a_heads_up_of_somebody_elses_account_is_not_found(database: Database) -> None:
    with database.begin() as db:
        id = announced(db)
        assert kept.to_go(db, OTHER) == []
        assert [one.invitation_id for one in kept.to_go(db, DANA)] == [id]
        for act in (by_hand.hold, by_hand.let_go, by_hand.send_now, by_hand.sent_by_hand, by_hand.put_back):
            with pytest.raises(NotFound):
                act(db, id, viewer=OTHER, now=EVENING)
        for write in (by_hand.write, by_hand.write_for_account):
            with pytest.raises(NotFound):
                write(db, id, subject="a", body="b", viewer=OTHER, now=EVENING)


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("", "Hello", "subject"),
        ("Hello", " \n ", "body"),
        ("x" * 121, "Hello", "subject"),
        ("Hello", "x" * 3001, "body"),
        ("Hello\r\nBcc: everybody@evil.example", "Hello", "subject"),
        ("Hello\x0bBcc: a@evil.example", "Hello", "subject"),
        ("Hello\u2028you", "Hello", "subject"),
        ("\u202egnp.exe", "Hello", "subject"),
        ("{{ first_name }}", "Hello", "subject"),
        ("Hello", "{% for one in all %}", "body"),
        ("Hello", "a\x00b", "body"),
    ],
)
def test_words_that_no_mail_may_carry_are_refused_with_the_field(subject: str, body: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        heads_ups.own_words(subject, body)
    assert refused.value.field == field


@given(some.text(max_size=200), some.text(max_size=400))
def test_whatever_is_typed_is_refused_or_becomes_one_line_and_plain_text(subject: str, body: str) -> None:
    with suppress(Refused):
        text = heads_ups.own_words(subject, body)
        assert len(text.subject.splitlines()) == 1
        assert text.body.strip()
        assert not {"\r", "\x00", "\u202e"} & set(text.subject + text.body)
