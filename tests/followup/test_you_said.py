"""Closing a case may leave a line for the customer; it reaches their next invitation, and can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from tests.builders import NOW
from tests.followup.test_run import DANA, OTHER, answered, invited, only, opened
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import Cause
from voc.campaigns.store.words import told_to
from voc.followup import run
from voc.followup.run import you_said
from voc.followup.store import lines
from voc.followup.you_said import draft

__all__ = ["invited"]  # the fixture: two people of Dana's account were asked

DAY = timedelta(days=1)
SENT = NOW - 10 * DAY
WE_DID = "You said tickets wait. We named a night contact."


def closed(db: Connection, *, line: str | None = WE_DID, colleagues: bool = False) -> int:
    db.execute(update(schema.invitation).values(sent_at=SENT, answered_at=SENT + DAY))
    case = opened(db)
    run.contact(db, case, viewer=DANA, now=NOW, note="Rang")
    outcome, cause = "A night contact", Cause.SUPPORT
    run.resolve(db, case, viewer=DANA, now=NOW, cause=cause, outcome=outcome, line=line, colleagues=colleagues)
    return case


def mine(db: Connection, *contacts: str) -> dict[str, list[str]]:
    found = told_to(db, {(one, "acc-1") for one in contacts}, now=NOW + DAY)
    return {contact: [line.text for line in told] for (contact, _account), told in found.items()}


def test_a_line_written_at_the_close_is_in_that_persons_next_invitation_and_nobody_elses(database: Database) -> None:
    with database.begin() as db:
        closed(db)
        assert mine(db, "con-1", "con-2") == {"con-1": [WE_DID]}


def test_without_a_line_nothing_is_told(database: Database) -> None:
    with database.begin() as db:
        closed(db, line=" ")
        assert lines.listing(db, DANA) == []
        assert mine(db, "con-1") == {}


def test_colleagues_are_told_once_enough_of_them_answered(database: Database) -> None:
    with database.begin() as db:
        closed(db, colleagues=True)
        assert mine(db, "con-1", "con-2") == {"con-1": [WE_DID]}
        asked = db.execute(select(schema.invitation).where(schema.invitation.c.id == 1)).mappings().one()
        person = db.execute(select(schema.contact).where(schema.contact.c.id == "con-1")).mappings().one()
        for more in ("con-3", "con-4"):
            db.execute(schema.contact.insert().values({**person, "id": more}))
            row = {**asked, "contact_id": more, "address": f"{more}@calder.example"}
            db.execute(schema.invitation.insert().values({k: v for k, v in row.items() if k != "id"}))
        assert mine(db, "con-2")["con-2"] == [WE_DID]


def test_a_withdrawn_line_is_told_to_nobody_and_a_reopened_case_withdraws_its_own(database: Database) -> None:
    with database.begin() as db:
        case = closed(db)
        (line,) = lines.listing(db, DANA)
        you_said.withdraw(db, line.id, viewer=DANA, now=NOW)
        assert mine(db, "con-1") == {}
        you_said.restore(db, line.id, viewer=DANA, now=NOW)
        assert mine(db, "con-1") == {"con-1": [WE_DID]}
        run.reopen(db, case, viewer=DANA, now=NOW)
        assert mine(db, "con-1") == {}


def test_a_changed_line_is_told_in_its_new_words_and_audited_with_the_old_ones(database: Database) -> None:
    with database.begin() as db:
        closed(db)
        (line,) = lines.listing(db, DANA)
        you_said.change(db, line.id, line=" We  hired\ntwo. ", colleagues=False, viewer=DANA, now=NOW)
        assert mine(db, "con-1") == {"con-1": ["We hired two."]}
        log = db.execute(select(schema.audit.c.detail).order_by(schema.audit.c.id.desc())).scalars().first()
    assert log is not None
    assert log["before"] == {"line": WE_DID, "colleagues": False}


@pytest.mark.parametrize("telling", ["Ana", "RUIZ,", "con-1@calder.example", "as tickets sit for days. Now"])
def test_a_line_that_shows_colleagues_whose_answer_it_was_is_refused(database: Database, telling: str) -> None:
    with database.begin() as db:
        db.execute(update(schema.invitation).values(sent_at=SENT, answered_at=SENT + DAY))
        answered(db, 4, verbatim="Well, as tickets sit for days. Now what?")
        run.catch_up(db, NOW)
        case = only(db).id
        run.contact(db, case, viewer=DANA, now=NOW, note="Rang")
        run.resolve(db, case, viewer=DANA, now=NOW, cause=Cause.SUPPORT, outcome="x")
        you_said.write(db, case, line=f"We heard {telling} and acted", viewer=DANA, now=NOW)
        with pytest.raises(Refused, match="whose answer it was"):
            you_said.write(db, case, line=f"We heard {telling} and acted", colleagues=True, viewer=DANA, now=NOW)


def test_a_line_of_somebody_elses_account_is_not_found(database: Database) -> None:
    with database.begin() as db:
        case = closed(db)
        (line,) = lines.listing(db, DANA)
        assert lines.listing(db, OTHER) == []
        with pytest.raises(NotFound):
            you_said.withdraw(db, line.id, viewer=OTHER, now=NOW)
        with pytest.raises(NotFound):
            you_said.change(db, line.id, line="x", colleagues=False, viewer=OTHER, now=NOW)
        with pytest.raises(NotFound):
            you_said.write(db, case, line="x", viewer=OTHER, now=NOW)


def test_an_open_case_has_nothing_to_tell_yet(database: Database) -> None:
    with database.begin() as db, pytest.raises(Refused, match="Resolve it first"):
        you_said.write(db, opened(db), line="x", viewer=DANA, now=NOW)


def test_the_draft_says_the_cause_and_what_was_done() -> None:
    assert draft(Cause.SUPPORT, "two\nnew people") == "You said support was slow to answer. We did: two new people"
    assert draft(Cause.OTHER, "two new people") == "We did: two new people"
    assert draft(Cause.SUPPORT, " ") == ""
    assert len(draft(Cause.PRICE, "word " * 200)) <= 240
