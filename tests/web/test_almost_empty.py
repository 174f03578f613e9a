"""The leader's pages on the first days: nothing there, or one account and one contact. No 0% where nobody was asked."""

from collections.abc import Callable
from decimal import Decimal
from html import unescape

import pytest
from sqlalchemy import insert

from tests import builders as add
from tests.builders import NOW
from tests.web.people import Visitor
from voc.base import schema
from voc.base.words import StaffRole
from voc.metrics import run
from voc.metrics.run import cost
from voc.metrics.run.forest import reading
from voc.web.context import App

SignedIn = Callable[[StaffRole], Visitor]
PAGES = [
    "/",
    "/engagement",
    "/csms",
    "/silent",
    "/follow-ups",
    "/follow-ups/times",
    "/forest",
    "/forest/drivers",
    "/forest/sorting",
    "/improvements",
    "/retention",
    "/scorecards",
    "/board",
    "/guesses",
    "/waves",
    "/accounts",
    "/export",
    "/delivery",
]
FILES = [
    "/engagement/by-csm",
    "/engagement/trend",
    "/csms",
    "/forest",
    "/forest/drivers",
    "/improvements",
    "/board",
    "/board/revenue",
    "/retention/by-csm",
    "/export/kept-figures",
]


def night(app: App) -> None:
    reading.catch_up(app.database, NOW)
    cost.catch_up(app.database, NOW)
    run.snapshot(app.database, NOW)


def one_account(app: App) -> None:
    """Of nobody, in a currency without a rate; one person there who wrote once."""
    with app.database.begin() as db:
        add.add_account(db, csm_id=None, currency="XYZ", arr=Decimal(0))
        add.add_contact(db, roles=("champion",))
        version, campaign = add.add_questionnaire(db), add.add_campaign(db)
        wave = add.add_wave(db, campaign_id=campaign, questionnaire_version_id=version)
        sent = add.add_invitation(db, wave_id=wave, csm_id=None)
        add.add_response(
            db, invitation_id=sent, questionnaire_version_id=version, score=3, verbatim="The ticket waited."
        )


@pytest.mark.parametrize("of", [lambda _app: None, one_account])
def test_every_page_and_file_opens_and_shows_no_figure_of_nobody(
    app: App, signed_in: SignedIn, of: Callable[[App], None]
) -> None:
    of(app)
    night(app)
    leader = signed_in(StaffRole.LEADER)
    for path in PAGES:
        answer = leader.get(path)
        assert answer.status_code == 200, path
        said = unescape(answer.text)
        for wrong in (">0%<", " 0% ", ">100%<", "NaN", "None,", "days asked", "reach 0 of"):
            assert wrong not in said, (path, wrong)
    for path in FILES:
        for ending in ("csv", "xlsx", "parquet"):
            assert leader.client.get(f"{path}.{ending}").status_code == 200, (path, ending)
    assert leader.client.get("/board.pdf").content.startswith(b"%PDF")


def test_a_leader_of_one_csm_is_not_told_of_an_own_book(app: App, signed_in: SignedIn) -> None:
    with app.database.begin() as db:
        add.add_account(db, csm_id="csm-1")
    assert "Dana Whitlock: nobody asked" in signed_in(StaffRole.LEADER).get("/csms").text
    assert "Your book: nobody asked" in signed_in(StaffRole.CSM).get("/csms").text


def test_a_reading_that_brought_no_accounts_has_a_page(app: App, signed_in: SignedIn) -> None:
    """An export of three files of eight: what was not read is no note about the address."""
    with app.database.begin() as db:
        run_of = {"source": "csv:export", "as_of": NOW.date(), "state": "complete", "counts": {}, "files": []}
        db.execute(insert(schema.sync_run).values(**run_of, started_at=NOW, finished_at=NOW))
    for role in (StaffRole.LEADER, StaffRole.CSM):
        assert signed_in(role).get("/sync/1").status_code == 200
