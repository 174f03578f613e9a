"""What a wave under way will still send: what the claims then give out, mail for mail, and why for everybody else."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select, update

from tests.builders import add_csm, add_message
from tests.campaigns.company import LAUNCH, add_company, add_exclusion, launch, settle_in
from tests.campaigns.test_waves import play
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.words import StaffRole
from voc.campaigns import run, store
from voc.campaigns.model import Step, StopReason, Why
from voc.campaigns.run import Rest

DAY = timedelta(days=1)
LATER = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)  # a week after the launch, before the day's window


def under_way(db: Connection, *, people: int = 3) -> int:
    settle_in(db)
    add_company(db, accounts=2, people=people)
    wave_id = launch(db)
    play(db, from_=LAUNCH, until=LATER)
    return wave_id


def left(db: Connection, wave_id: int, viewer: Viewer = TERMINAL) -> Rest:
    return run.rest(db, wave_id, viewer=viewer, now=LATER)


def test_the_rest_is_what_the_claims_give_out_when_nobody_answers(database: Database) -> None:
    with database.begin() as db:
        wave_id = under_way(db)
        add_exclusion(db, "acc-000", contact_id="con-000-00", expires_on=date(2026, 3, 18))
        expected = left(db, wave_id)
        counted = select(func.count()).select_from(schema.contact_quota)
        before = db.execute(counted).scalar_one()
        sent = play(db, from_=LATER, until=LATER + 60 * DAY)
        assert db.execute(counted).scalar_one() - before == len(sent)
    assert sorted((mail.address, mail.step) for mail in expected.mails) == sorted(sent)
    assert any(mail.why is Why.EXCLUDED for mail in expected.mails)
    assert sum(expected.due.values()) + sum(len(one.closes_at) for one in expected.courses) == 6


def test_who_gets_nothing_more_is_listed_with_what_ended_it(database: Database) -> None:
    with database.begin() as db:
        wave_id = under_way(db)
        ids = list(db.execute(select(schema.invitation.c.id).order_by(schema.invitation.c.id)).scalars())
        run.record_answer(db, ids[0], complete=True, at=LATER)
        run.stop(db, ids[1], reason=StopReason.REPLIED, now=LATER)
        db.execute(update(schema.invitation).where(schema.invitation.c.id == ids[2]).values(held_because="Overdue"))
        over = left(db, wave_id).over
    assert [(one.answered_at is not None, one.stopped, one.held_because) for one in over] == [
        (True, StopReason.ANSWERED, None),
        (False, StopReason.REPLIED, None),
        (False, None, "Overdue"),
    ]


def test_a_mail_in_the_outbox_is_still_to_come_and_the_steps_after_it_too(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=1)
        run.change_settings(db, "relationship", {"heads_up": False}, by="Clara Wendt", now=LAUNCH)
        wave_id = launch(db)
        found = db.execute(select(schema.invitation.c.id, schema.invitation.c.due_at)).one()
        assert found.due_at is not None
        (step,) = store.claim_due(db, now=found.due_at, limit=5)
        values = {"invitation_id": found.id, "wave_id": wave_id, "step": step.step, "contact_id": step.contact_id}
        add_message(db, "inv:1:invite", **values, state="queued", sent_at=None, next_attempt_at=found.due_at)
        expected = run.rest(db, wave_id, viewer=TERMINAL, now=found.due_at)
    assert [mail.step for mail in expected.mails] == [Step.INVITE, Step.REMINDER_1, Step.REMINDER_2]
    assert expected.over == ()


def test_a_csm_reads_of_own_accounts_only_and_nothing_is_written(database: Database) -> None:
    other = Viewer(staff_id=2, name="Tomas Berg", role=StaffRole.CSM, csm_id="csm-2")
    with database.begin() as db:
        wave_id = under_way(db)
        add_csm(db, "csm-2", name="Tomas Berg")
        db.execute(update(schema.account).where(schema.account.c.id == "acc-001").values(csm_id="csm-2"))
    with database.read() as db:  # cannot write
        mine = left(db, wave_id, other)
        assert {mail.account_id for mail in mine.mails} == {"acc-001"}
        assert {one.candidate.account_id for one in mine.over} <= {"acc-001"}
