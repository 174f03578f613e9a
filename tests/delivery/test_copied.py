"""A copied database is resumed so that nobody is mailed twice, and nothing is forgotten."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.builders import NOW
from tests.delivery.world import DUE_AT, SETTINGS, add_due_wave, install, messages, queue_all, states
from voc.base import installations
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.schema import contact_quota, installation, invitation
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import MessageKind
from voc.delivery import run
from voc.delivery.model import Party
from voc.delivery.run import copied

PAUSED_AT = NOW
OVERDUE_AT = NOW + timedelta(hours=1)
RESUMED_AT = datetime(2026, 3, 4, 9, 5, tzinfo=UTC)  # the next morning, in the window


def copy_it(database: Database, vault: Vault, *, people: int = 4) -> None:
    """One mail in the outbox, one step that falls due while it is paused, the others due before."""
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
        db.execute(update(invitation).where(invitation.c.id > 1).values(due_at=NOW + timedelta(days=1)))
    assert queue_all(database, vault) == 1
    with database.begin() as db:
        db.execute(update(invitation).where(invitation.c.id > 1).values(due_at=DUE_AT))
        db.execute(update(invitation).where(invitation.c.id == people).values(due_at=OVERDUE_AT))
        installations.doubt(db, because="it was copied", since=DUE_AT, until=PAUSED_AT, epoch="another", also_past=None)


def plans(database: Database) -> list[tuple[str | None, datetime | None]]:
    with database.read() as db:
        rows = db.execute(select(invitation.c.next_step, invitation.c.due_at).order_by(invitation.c.id))
        return [(row.next_step, row.due_at) for row in rows]


def resume(database: Database, *, nothing_was_sent: bool = False) -> copied.Settled | None:
    with database.begin() as db:
        return run.resume_sending(db, by="Clara", now=RESUMED_AT, nothing_was_sent=nothing_was_sent)


def test_what_another_may_have_sent_is_unknown_and_what_nobody_can_have_is_planned_anew(
    database: Database, vault: Vault
) -> None:
    copy_it(database, vault)
    with database.read() as db:
        found = copied.doubt(db, now=RESUMED_AT)
    assert found is not None
    assert (found.perhaps_sent, found.overdue) == (3, 1)
    assert resume(database) == copied.Settled(unknown=3, planned_anew=1)
    assert states(database) == Counter(unknown=3)
    steps = plans(database)
    assert [step for step, _at in steps] == ["reminder_1", "reminder_1", "reminder_1", "invite"]
    assert all(at is not None and at > RESUMED_AT for _step, at in steps)
    assert queue_all(database, vault, now=RESUMED_AT) == 0
    assert resume(database) is None


def test_reminders_of_a_long_gap_are_passed_over_too(database: Database, vault: Vault) -> None:
    copy_it(database, vault)
    with database.begin() as db:
        db.execute(update(installation).values(doubt_until=NOW + timedelta(days=7)))
    assert resume(database) == copied.Settled(unknown=8, planned_anew=0)
    assert [step for step, _at in plans(database)] == ["reminder_2"] * 4


def test_a_person_who_knows_that_nothing_was_sent_loses_no_step(database: Database, vault: Vault) -> None:
    copy_it(database, vault)
    assert resume(database, nothing_was_sent=True) == copied.Settled(unknown=0, planned_anew=3)
    assert states(database) == Counter(queued=1)
    assert [step for step, _at in plans(database)[1:]] == ["invite"] * 3


def test_a_step_that_was_passed_over_is_sent_when_a_person_says_so(database: Database, vault: Vault) -> None:
    copy_it(database, vault)
    resume(database)
    line = messages(database)[1]
    with database.begin() as db:
        run.release(db, line.id, by="Clara", now=RESUMED_AT)
        assert db.execute(select(contact_quota).where(contact_quota.c.invitation_id == line.invitation_id)).all() == []
    step, at = plans(database)[line.invitation_id - 1]
    assert step == "invite"
    assert at is not None
    assert queue_all(database, vault, now=at) >= 1
    assert f"inv:{line.invitation_id}:invite" in {one.key for one in messages(database)}
    with database.begin() as db, pytest.raises(Refused, match="Only an unknown"):
        run.release(db, line.id, by="Clara", now=RESUMED_AT)


def test_mail_to_our_own_people_written_while_it_was_paused_goes_out(sqlite: Database, vault: Vault) -> None:
    copy_it(sqlite, vault)
    with sqlite.begin() as db:
        run.queue(
            db,
            key="digest:1",
            kind=MessageKind.DIGEST,
            to=Party("Dana", "dana@kestrel.example"),
            subject="Monday",
            body_text="Hello",
            now=OVERDUE_AT,
            vault=vault,
            tokens=RandomTokens(),
            settings=SETTINGS,
        )
    resume(sqlite)
    assert states(sqlite)["queued"] == 1
