"""What the figures read of an account asked for alone is what they read of it among all, on both databases."""

from sqlalchemy import insert

from tests import builders
from tests.builders import NOW
from tests.metrics.world import DAY
from voc.base import schema
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.metrics import store
from voc.stakeholders import run as stakeholders


def test_what_a_csm_said_of_a_holder_is_known_of_the_account_alone_under_any_id_they_had(database: Database) -> None:
    with database.begin() as db:
        builders.add_csm(db)
        for account_id in ("acc-1", "acc-2"):
            builders.add_account(db, account_id, name=account_id)
        stakeholders.install_defaults(db)
        builders.add_contact(db, "ana", roles=("champion",))
        builders.add_contact(db, "jon", account_id="acc-2", roles=("champion",))
        builders.add_contact(db, "old", state="merged")
        db.execute(insert(schema.alias).values(kind="contact", loser_id="old", winner_id="ana"))
        builders.add_sign(db, "old", "confirmed", NOW - 9 * DAY)
        builders.add_sign(db, "jon", "edited", NOW - 9 * DAY)
        of_all, first, second = (
            store.facts(db, moment=NOW, window_days=180, preferences=Preferences(), account_ids=ids)
            for ids in (None, ["acc-1"], ["acc-2"])
        )
    said = [(sorted(one.confirmed), sorted(one.entered)) for one in (of_all, first, second)]
    assert said == [(["ana"], ["jon"]), (["ana"], []), ([], ["jon"])]
