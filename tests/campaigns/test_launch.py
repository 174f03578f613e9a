"""A launch freezes who is asked and who is not, with the reason; a rehearsal tells it beforehand."""

import time
from collections import Counter

from sqlalchemy import select

from tests.campaigns.company import FILES, LAUNCH, add_company, launch, settle_in
from voc.base import schema
from voc.base.db import Database
from voc.campaigns import run, store
from voc.campaigns.model import Rehearsal


def rehearse(database: Database) -> Rehearsal:
    with database.read() as db:
        return run.rehearse(db, campaign="relationship", questionnaire_files=FILES, now=LAUNCH)


def test_the_rehearsal_is_what_then_happens(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=12, people=7)
    rehearsed = rehearse(database)
    happened = []
    with database.begin() as db:
        launch(db)
        now = LAUNCH
        while True:
            due = select(schema.invitation.c.due_at).where(schema.invitation.c.due_at.is_not(None))
            upcoming = db.execute(due.order_by(schema.invitation.c.due_at).limit(1)).scalar()
            if upcoming is None:
                break
            now = max(now, upcoming)
            for step in store.claim_due(db, now=now, limit=50):
                happened.append((step.address, step.step, now))
                run.record_sent(db, step.invitation_id, step=step.step, at=now)
    assert Counter(happened) == Counter((mail.address, mail.step, mail.at) for mail in rehearsed.mails)
    assert len(happened) == 12 * 7 * 4


def test_400_people_are_rehearsed_and_launched_in_well_under_a_second(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=57, people=7)
    started = time.monotonic()
    rehearsed = rehearse(database)
    between = time.monotonic()
    with database.begin() as db:
        launch(db)
    print(f"rehearsed in {between - started:.2f} s, launched in {time.monotonic() - between:.2f} s")
    assert len(rehearsed.asked) == 399
    assert rehearsed.refusals == ()
