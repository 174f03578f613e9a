"""Too few says what is missing, and when it is likely there."""

from dataclasses import replace
from datetime import date, timedelta

from tests import builders
from tests.builders import NOW
from tests.metrics.test_figures import LEADER
from tests.metrics.world import DAY, World
from voc.base.db import Database
from voc.metrics import run, wording
from voc.metrics.enough import NOTHING, Coming, Missing, Outlook, words
from voc.metrics.store.outlook import under_way

SIX_OF_TWO = Missing("invitations", 6, 10, accounts=2, least_accounts=3)
UNDER_WAY = Coming(date(2026, 3, 24), 5, frozenset({"acc-3"}))


def test_what_is_under_way_is_enough_on_the_day_it_is_due() -> None:
    assert words(SIX_OF_TWO, Outlook((UNDER_WAY,)), days=180) == (
        "enough from 10 invitations of 3 accounts: 4 more and 1 more account, likely on 24 March, when 5 under way "
        "are due"
    )


def test_what_is_under_way_and_too_little_waits_for_the_next_wave() -> None:
    few = Coming(date(2026, 3, 24), 1, frozenset({"acc-3"}))
    outlook = Outlook((few,), wave_on=date(2026, 8, 20), wave_rows=6, wave_accounts=frozenset({"acc-4"}))
    assert words(SIX_OF_TWO, outlook, days=180).endswith("likely after the next wave, in August 2026")


def test_an_account_that_counts_already_is_not_one_more() -> None:
    again = Outlook((Coming(date(2026, 3, 24), 5, frozenset({"acc-1"})),), known=frozenset({"acc-1", "acc-2"}))
    assert "24 March" not in words(SIX_OF_TWO, again, days=None)
    wave = replace(again, wave_on=date(2026, 8, 20), wave_rows=6, wave_accounts=frozenset({"acc-1", "acc-2"}))
    assert "next wave" not in words(SIX_OF_TWO, wave, days=None)
    assert "next wave" in words(SIX_OF_TWO, replace(wave, wave_accounts=frozenset({"acc-3"})), days=None)


def test_a_score_is_not_promised_from_invitations_that_nobody_has_answered(sqlite: Database) -> None:
    with sqlite.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1")
        for number in range(30):
            builders.add_contact(db, f"p-{number}", account_id="acc-1")
            if number < 3:
                world.ask(f"p-{number}", account_id="acc-1", answer=9)
            else:
                world.ask(f"p-{number}", account_id="acc-1", days_ago=7, disposition=None)
    with sqlite.read() as db:
        told = run.engagement(db, LEADER, now=NOW, live=True).whole.figures["nps_people"].reason
    assert told is not None
    assert "7 more" in told
    assert "under way" not in told


def test_a_score_of_few_people_is_told_as_people_and_their_groups_are_counted_beside(sqlite: Database) -> None:
    with sqlite.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1")
        for number, score in enumerate((10, 9, 8, 3)):
            builders.add_contact(db, f"p-{number}", account_id="acc-1")
            world.ask(f"p-{number}", account_id="acc-1", answer=score)
    with sqlite.read() as db:
        nps = run.engagement(db, LEADER, now=NOW, live=True).whole.figures["nps_people"]
    assert (wording.value(nps), wording.counts(nps)) == ("4 people", "2 promoters, 1 passive, 1 detractor")


def test_a_cell_of_a_table_says_no_more_than_how_many_are_missing(sqlite: Database) -> None:
    with sqlite.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1")
        for number in range(3):
            builders.add_contact(db, f"p-{number}", account_id="acc-1")
            world.ask(f"p-{number}", account_id="acc-1", answer=9)
    with sqlite.read() as db:
        response = run.engagement(db, LEADER, now=NOW, live=True).whole.figures["response_rate"]
    assert wording.more(response).startswith("enough from 5 invitations: 2 more")
    assert wording.more(response, short=True) == "needs 2 more"


def test_what_was_handed_over_too_late_is_forecast_for_the_team_alone(database: Database) -> None:
    """And an account of the book that is asked again is not one more."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1")
        for number in range(13):
            builders.add_contact(db, f"p-{number}", account_id="acc-1")
        world.ask("p-0", account_id="acc-1", answer=9)
        for number in range(1, 13):
            world.ask(f"p-{number}", account_id="acc-1", days_ago=7, disposition=None, inherited=number < 10)
    with database.read() as db:
        page = run.engagement(db, LEADER, now=NOW, live=True)
    line = next(one for one in page.lines if one.id == "csm-1")
    assert "12 under way" in (page.whole.figures["response_rate"].reason or "")
    assert "under way" not in (line.figures["response_rate"].reason or "")
    assert line.comparison is not None
    assert "9 more and 2 more accounts" in line.comparison.enough
    assert "likely" not in line.comparison.enough


def test_what_is_under_way_is_counted_by_the_database(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for account in ("acc-1", "acc-2"):
            builders.add_account(db, account)
            for number in range(6):
                builders.add_contact(db, f"{account}-{number}", account_id=account)
                world.ask(f"{account}-{number}", account_id=account, days_ago=7, disposition=None)
    with database.read() as db:
        found = under_way(db, csm_ids=None, now=NOW)
    assert [(one.on, one.rows) for one in found] == [((NOW + 14 * DAY).date(), 12)]


def test_where_nothing_is_on_its_way_a_longer_period_is_named_or_only_what_is_missing() -> None:
    assert words(Missing("renewals", 4, 10), NOTHING, days=180) == (
        "enough from 10 renewals: 6 more, a period of about 450 days has as many"
    )
    assert words(Missing("renewals", 1, 10), NOTHING, days=365) == "enough from 10 renewals: 9 more"
    assert words(Missing("places", 4, 5), NOTHING, days=None) == "enough from 5 places: 1 more"


def test_a_book_with_few_answers_is_told_when_its_running_invitations_are_due(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for account in ("acc-1", "acc-2", "acc-3"):
            builders.add_account(db, account)
            for number in range(4):
                builders.add_contact(db, f"{account}-{number}", account_id=account)
        for account in ("acc-1", "acc-2"):
            world.ask(f"{account}-0", account_id=account, answer=9)
        for account in ("acc-1", "acc-2", "acc-3"):
            for number in (1, 2, 3):
                world.ask(f"{account}-{number}", account_id=account, days_ago=7, wave="two", disposition=None)
    due = (NOW + 14 * DAY).date()
    with database.read() as db:
        page = run.engagement(db, LEADER, now=NOW, live=True)
    line = next(one for one in page.lines if one.id == "csm-1")
    day = f"{due.day} {due:%B}"
    assert line.figures["response_rate"].reason == (
        f"Too few for a percentage: 2 invitations; enough from 5: 3 more, likely on {day}, when 9 under way are due."
    ).replace("from 5:", "from 5 invitations:")
    assert line.comparison is not None
    assert wording.too_few(line.comparison) == (
        "Too few to say: 2 invitations, 2 accounts; enough from 10 invitations of 3 accounts: 8 more and 1 more "
        f"account, likely on {day}, when 9 under way are due."
    )
    assert due - NOW.date() == timedelta(days=14)
