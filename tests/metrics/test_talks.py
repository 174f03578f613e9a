"""What a CSM's page tells of the book: words and guesses, also those written under a record that was merged since."""

from sqlalchemy import update

from tests import builders
from tests.builders import NOW
from tests.metrics.world import DAY, World
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.words import StaffRole
from voc.metrics.store import guesses, talks

SINCE = NOW - 180 * DAY
BEN = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")


def test_what_was_said_under_a_merged_record_is_its_winners(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for account_id, csm_id in (("acc-1", "csm-1"), ("acc-old", "csm-2"), ("acc-other", "csm-2")):
            builders.add_account(db, account_id, csm_id=csm_id, name=account_id)
            builders.add_contact(db, f"con-{account_id}", account_id=account_id)
            asked = world.ask(f"con-{account_id}", account_id=account_id, csm_id=csm_id)
            said = {"score": 8, "verbatim": f"It works at {account_id}.", "submitted_at": NOW - DAY}
            builders.add_response(db, invitation_id=asked, questionnaire_version_id=world.version, **said)
        merged = {"kind": "account", "loser_id": "acc-old", "winner_id": "acc-1"}
        db.execute(schema.alias.insert().values(**merged))
        db.execute(update(schema.account).where(schema.account.c.id == "acc-old").values(state="merged"))
    with database.read() as db:
        found = talks.said(db, TERMINAL, csm_id="csm-1", since=SINCE, until=NOW, limit=4)
        assert [(one.account_id, one.words) for one in found] == [("acc-1", "It works at acc-old.")]  # the later one
        assert talks.said(db, BEN, csm_id="csm-1", since=SINCE, until=NOW, limit=4) == []
        answered = guesses.answers(db, TERMINAL, {"acc-1": 0})
        assert [(one.account_id, one.scores) for one in answered] == [("acc-1", (8, 8))]
        assert guesses.answers(db, TERMINAL, {}) == guesses.answers(db, BEN, {"acc-1": 0}) == []
