"""Confidence is decided before the wave, copied to each invitation, and what is said of one stays within it."""

from sqlalchemy import Connection, select, update

from tests.builders import NOW
from tests.campaigns.company import LAUNCH, add_company, launch, settle_in
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.campaigns import run, store
from voc.campaigns.run import programmes
from voc.campaigns.store import wave_pages
from voc.reports import store as exports


def in_confidence(db: Connection) -> int:
    settle_in(db)
    add_company(db, accounts=2, people=2)
    programmes.change_settings(db, "relationship", {"confidential": True}, by="Clara Wendt", now=LAUNCH)
    return launch(db)


def test_a_wave_keeps_what_it_promised_whatever_the_campaign_becomes(database: Database) -> None:
    with database.begin() as db:
        in_confidence(db)
        programmes.change_settings(db, "relationship", {"confidential": False}, by="Clara Wendt", now=LAUNCH)
        assert set(db.execute(select(schema.invitation.c.confidential)).scalars()) == {True}
        assert db.execute(select(schema.wave.c.confidential)).scalars().all() == [True]


def pages(db: Connection, wave_id: int) -> str:
    """Everything that pages and files tell of the wave."""
    told = [
        wave_pages.rows(db, TERMINAL),
        wave_pages.tally(db, wave_id, TERMINAL),
        wave_pages.asked(db, wave_id, TERMINAL),
        store.to_nudge(db, wave_id, TERMINAL, now=NOW),
        list(exports.invitations(db, TERMINAL)),
        list(exports.answers(db, TERMINAL)),
        [store.invitation(db, id, TERMINAL) for id in sorted(db.execute(select(schema.invitation.c.id)).scalars())],
    ]
    return repr(told)


def test_an_answer_changes_nothing_that_anybody_is_told(database: Database) -> None:
    with database.begin() as db:
        wave_id = in_confidence(db)
        sent = {"sent_at": LAUNCH, "closes_at": LAUNCH.replace(day=26)}
        db.execute(update(schema.invitation).values(sent))
        before = pages(db, wave_id)
        first = db.execute(select(schema.invitation.c.id).order_by(schema.invitation.c.id).limit(1)).scalar_one()
        run.record_answer(db, first, complete=True, at=NOW)
        stopped = select(schema.invitation.c.stopped).where(schema.invitation.c.id == first)
        assert db.execute(stopped).scalar() == "answered"
        assert pages(db, wave_id) == before
