"""Scorecards in the database: versions that never change, months frozen once, corrections, approval by another."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from tests import builders
from tests.metrics.test_figures import DANA, LEADER, two_books
from tests.metrics.world import World, hand_over
from voc.base import audit, preferences, schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, Scope, StaffRole
from voc.metrics.cards import files, months
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Gap
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store

FEBRUARY, MARCH = months.parse("2026-02"), months.parse("2026-03")
IN_FEBRUARY = datetime(2026, 2, 20, 9, tzinfo=UTC)
FIRST_OF_MARCH = datetime(2026, 3, 1, 1, tzinfo=UTC)
IN_MARCH = datetime(2026, 3, 3, 9, tzinfo=UTC)
BEN = Viewer(None, "Ben Carver", StaffRole.CSM, "csm-2")
LEAD = Viewer(None, "Marcus Oyelaran", StaffRole.LEAD, "lead-1")
CLARA = Viewer(None, "Clara Wendt", StaffRole.ADMIN)
VERA = Viewer(None, "Vera Stein", StaffRole.LEADER)

CARD = """
title = "Response"
about = "People answer."

[[line]]
figure = "response_rate"
standard = "50%"
weight = 60
period = "180 days"
least = 1

[[line]]
figure = "follow_up_attainment"
standard = "90%"
weight = 40
"""


def _measured(database: Database) -> Database:
    """Two books, and a scorecard in use since February."""
    with database.begin() as db:
        two_books(World(db))
        run.save(db, "response", CARD, by="Clara Wendt", now=IN_FEBRUARY)
        run.use(db, "response", by="Clara Wendt", now=IN_FEBRUARY)
    return database


@pytest.fixture
def company(database: Database) -> Database:
    return _measured(database)


@pytest.fixture
def decided(sqlite: Database) -> Database:
    """For what is decided in Python, with the queries that the other tests ask of both databases."""
    return _measured(sqlite)


def actions(database: Database) -> list[tuple[str, str]]:
    with database.read() as db:
        return [(line.action, line.actor) for line in audit.listing(db, object_kind="scorecard")][::-1]


def test_saving_makes_a_version_and_the_same_text_none(company: Database) -> None:
    with company.begin() as db:
        same, _ = run.save(db, "response", CARD.replace("\n", "\r\n"), by="Marcus", now=IN_MARCH)
        other, _ = run.save(db, "response", CARD.replace("50%", "60%"), by="Marcus", now=IN_MARCH, note="More")
        assert (same.number, other.number) == (1, 2)
        assert [one.number for one in store.versions(db, MeasureFile.SCORECARD, "response")] == [2, 1]
        assert "50%" in store.versions(db, MeasureFile.SCORECARD, "response")[1].text
        assert store.in_use(db, MeasureFile.SCORECARD)["response"].file.number == 1  # until somebody says so
        assert store.newest(db, MeasureFile.SCORECARD) == [other]
    assert actions(company) == [
        ("scorecard saved", "Clara Wendt"),
        ("scorecard in use", "Clara Wendt"),
        ("scorecard saved", "Marcus"),
    ]


def test_a_file_with_mistakes_is_not_saved(decided: Database) -> None:
    with pytest.raises(CardMistakes, match="the weights add up to 70"), decided.begin() as db:
        run.save(db, "response", CARD.replace("40", "10"), by="Clara", now=IN_MARCH)
    with decided.read() as db:
        assert len(store.versions(db, MeasureFile.SCORECARD, "response")) == 1


def test_a_copy_is_ones_own_and_its_name_is_free(decided: Database) -> None:
    with decided.begin() as db:
        copied = run.copy(db, "engagement", name="our-engagement", by="Clara", now=IN_MARCH)
        assert (copied.number, copied.note) == (1, "Copied from engagement")
        with pytest.raises(Refused, match="already"):
            run.copy(db, "engagement", name="response", by="Clara", now=IN_MARCH)
        with pytest.raises(Refused, match="cannot be a name"):
            run.copy(db, "engagement", name="Our Card", by="Clara", now=IN_MARCH)
        with pytest.raises(NotFound):
            run.copy(db, "nothing", name="mine", by="Clara", now=IN_MARCH)


def test_a_month_is_frozen_once_when_it_is_over(company: Database) -> None:
    assert run.catch_up(company, IN_FEBRUARY + timedelta(days=8)) == 0  # the last day of February
    assert run.catch_up(company, FIRST_OF_MARCH) == 1
    assert run.catch_up(company, IN_MARCH) == 0
    with company.read() as db:
        (month,) = store.frozen(db)
        assert (month.month, month.revision, month.frozen_by, month.number) == (FEBRUARY, 1, run.NIGHT, 1)
        results = store.results(db, month.id, LEADER)
        assert [(one.scope, one.name) for one in results] == [
            (Scope.CSM, "Ben Carver"),
            (Scope.CSM, "Dana Whitlock"),
            (Scope.TEAM, "Marcus Oyelaran"),
            (Scope.TOTAL, "All"),
        ]
        dana = results[1].lines[0]
        assert (dana.numerator, dana.denominator, dana.attainment) == (2, 2, 1.0)
        assert results[1].lines[1].gap is not None  # no follow-up was due: said, not nought
        assert results[1].points == pytest.approx(100)


LAUNCH = """
title = "Launch"
about = "Customers get going."

[[line]]
figure = "onboarding_time"
standard = "30 days"
weight = 100
period = "180 days"
"""


def test_a_time_whose_range_has_no_end_is_frozen_like_any_other(database: Database) -> None:
    """Three of twelve are live: nobody knows the median nor the end of its range, and JSON has no endless number."""
    with database.begin() as db:
        World(db)
        for number in range(12):
            account_id = f"acc-{number}"
            builders.add_account(db, account_id, name=f"Account {number}")
            days = [("onboarding_started", 60)] + ([("went_live", 40)] if number < 3 else [])
            for kind, ago in days:
                at = {"on": FIRST_OF_MARCH.date() - timedelta(days=ago), "state": "live", "hash": ""}
                db.execute(
                    insert(schema.milestone).values(id=f"{kind}-{number}", account_id=account_id, kind=kind, **at)
                )
        run.save(db, "launch", LAUNCH, by="Clara Wendt", now=IN_FEBRUARY)
        run.use(db, "launch", by="Clara Wendt", now=IN_FEBRUARY)
    assert run.catch_up(database, FIRST_OF_MARCH) == 1
    with database.read() as db:
        line = store.results(db, store.frozen(db)[0].id, LEADER)[0].lines[0]
    assert (line.value, line.low, line.high, line.reason) == (None, 20.0, None, "More than half are still open.")
    assert (line.numerator, line.denominator, line.attainment) == (3, 12, 0.0)


def test_a_scorecard_of_some_teams_says_nothing_of_all(database: Database) -> None:
    """Under Ines a fifth invitation was answered: a line "All" of the whole company would be nobody's here."""
    with database.begin() as db:
        world = World(db)
        two_books(world)
        builders.add_csm(db, "lead-2", name="Ines Moreau")
        builders.add_csm(db, "csm-9", name="Noor Haddad", manager_id="lead-2")
        builders.add_account(db, "acc-9", name="Elsewhere", csm_id="csm-9")
        builders.add_contact(db, "ch-9", account_id="acc-9")
        world.ask("ch-9", account_id="acc-9", csm_id="csm-9", answer=9)
        text = CARD.replace("[[line]]", 'teams = ["lead-1"]\n\n[[line]]', 1)
        run.save(db, "response", text, by="Clara Wendt", now=IN_FEBRUARY)
        run.use(db, "response", by="Clara Wendt", now=IN_FEBRUARY)
    run.catch_up(database, FIRST_OF_MARCH)
    with database.begin() as db:
        results = store.results(db, store.frozen(db)[0].id, LEADER)
        run.approve(db, "response", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)
    assert [(one.scope, one.name, one.lines[0].denominator) for one in results] == [
        (Scope.CSM, "Ben Carver", 2),
        (Scope.CSM, "Dana Whitlock", 2),
        (Scope.TEAM, "Marcus Oyelaran", 4),
    ]


def test_a_frozen_month_does_not_change_with_what_comes_later(company: Database) -> None:
    run.catch_up(company, FIRST_OF_MARCH)
    with company.begin() as db:
        before = store.results(db, store.frozen(db)[0].id, LEADER)
        db.exec_driver_sql("UPDATE invitation SET disposition = 'silent', answered_at = NULL")
        run.save(db, "response", CARD.replace("50%", "10%"), by="Clara Wendt", now=IN_MARCH)
        run.use(db, "response", by="Clara Wendt", now=IN_MARCH)
    with company.read() as db:
        found = run.look(db, "response", FEBRUARY, LEADER, now=IN_MARCH)
        assert found.results == before
        assert found.card.lines[0].standard == 0.5


def test_a_correction_is_a_revision_with_its_reason_and_the_old_one_stays(company: Database) -> None:
    run.catch_up(company, FIRST_OF_MARCH)
    with pytest.raises(Refused, match="Say why"):
        run.correct(company, "response", FEBRUARY, revision=1, reason="oops", by="Clara Wendt", now=IN_MARCH)
    with company.begin() as db:
        run.save(db, "response", CARD.replace('"50%"', '"100%"'), by="Clara Wendt", now=IN_MARCH)
        run.approve(db, "response", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)
    why = "The standard of the year is 100%"
    assert run.correct(company, "response", FEBRUARY, revision=1, reason=why, by="Clara Wendt", now=IN_MARCH) == 2
    with pytest.raises(Refused, match="Revision 2 came after"):  # a button that is pressed twice
        run.correct(company, "response", FEBRUARY, revision=1, reason=why, by="Clara Wendt", now=IN_MARCH)
    with company.read() as db:
        new, old = store.frozen(db, "response", FEBRUARY)
        assert (new.revision, new.number, new.reason, new.approved_at) == (2, 2, why, None)
        assert (old.revision, old.number, old.approved_by) == (1, 1, "Vera Stein")
        # until somebody approves the new one, what may leave is the old one
        assert run.approved(db, "response", FEBRUARY, LEADER).month == old
        assert run.look(db, "response", FEBRUARY, LEADER, now=IN_MARCH).frozen == new
        assert run.look(db, "response", FEBRUARY, LEADER, now=IN_MARCH, revision=1).frozen == old
    with pytest.raises(NotFound):
        run.correct(company, "response", MARCH, revision=1, reason=why, by="Clara Wendt", now=IN_MARCH)


def test_whoever_saved_the_file_does_not_approve_while_another_can(decided: Database) -> None:
    run.catch_up(decided, FIRST_OF_MARCH)
    with decided.begin() as db:
        builders.add_staff(db, "clara@vendor.example", name="Clara Wendt", role="admin")
        builders.add_staff(db, "vera@vendor.example", name="Vera Stein", role="leader")
        builders.add_staff(db, "gone@vendor.example", name="Gone Long", role="leader", active=False)
    said = r"You saved version 1 of its file: somebody else approves it\. Vera Stein can"
    with pytest.raises(Refused, match=said), decided.begin() as db:
        run.approve(db, "response", FEBRUARY, revision=1, viewer=CLARA, now=IN_MARCH)
    with decided.begin() as db:
        found = run.approve(db, "response", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)
    assert (found.approved_by, found.approved_at) == ("Vera Stein", IN_MARCH)
    with pytest.raises(Refused, match="Vera Stein has approved it already"), decided.begin() as db:
        run.approve(db, "response", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)
    assert actions(decided)[-1] == ("scorecard month approved", "Vera Stein")


def test_whoever_is_alone_approves_and_the_log_says_so(decided: Database) -> None:
    run.catch_up(decided, FIRST_OF_MARCH)
    with decided.begin() as db:
        builders.add_staff(db, "clara@vendor.example", name="Clara Wendt", role="admin")
        run.approve(db, "response", FEBRUARY, revision=1, viewer=CLARA, now=IN_MARCH)
        (line,) = [one for one in audit.listing(db) if one.action == "scorecard month approved"]
    assert line.detail["alone"] is True
    assert line.detail["facts missing for"] == ["Ben Carver", "Dana Whitlock"]  # nobody had a follow-up


def test_a_revision_that_was_not_looked_at_is_not_approved(decided: Database) -> None:
    run.catch_up(decided, FIRST_OF_MARCH)
    run.correct(decided, "response", FEBRUARY, revision=1, reason="The CRM came late", by="Clara Wendt", now=IN_MARCH)
    with pytest.raises(Refused, match="Revision 2 came after"), decided.begin() as db:
        run.approve(db, "response", FEBRUARY, revision=1, viewer=LEADER, now=IN_MARCH)


LONG_AGO = """
title = "Of long ago"
about = "Saved before the check knew better."
amount = 1000

[[line]]
figure = "a_figure_of_old"
standard = "50%"
weight = 40
pays = 40

[[line]]
figure = "identified_promoters"
standard = "10%"
weight = 60
pays = 60
"""


def test_a_version_that_would_be_refused_today_opens_its_months_and_pays_nobody(company: Database) -> None:
    with company.begin() as db:
        digest = files.digest(LONG_AGO)
        kind = MeasureFile.SCORECARD
        old = store.add_file(db, kind, "old", text=LONG_AGO, digest=digest, note=None, by="Clara", now=IN_FEBRUARY)
        store.use(db, kind, "old", file_id=old.id, since_on=FEBRUARY.first_on, by="Clara", now=IN_FEBRUARY)
    assert run.catch_up(company, FIRST_OF_MARCH) == 2  # one old file keeps no other from being counted
    with company.read() as db:
        for month in (FEBRUARY, MARCH):
            found = run.look(db, "old", month, LEADER, now=IN_MARCH)
            assert {one.money for one in found.results} == {None}
            assert {one.lines[0].gap for one in found.results} == {Gap.NO_FACTS}
    with company.begin() as db:
        run.approve(db, "old", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)
        assert run.approved(db, "old", FEBRUARY, LEADER).card.title == "Of long ago"
    with pytest.raises(CardMistakes, match="identified_promoters is a sentiment figure"), company.begin() as db:
        run.use(db, "old", by="Clara", now=IN_MARCH)


def test_nothing_leaves_before_it_is_approved(decided: Database) -> None:
    run.catch_up(decided, FIRST_OF_MARCH)
    with decided.read() as db:
        with pytest.raises(Refused, match="2026-02 is not approved yet"):
            run.approved(db, "response", FEBRUARY, LEADER)
        with pytest.raises(NotFound):
            run.approved(db, "response", MARCH, LEADER)


def test_a_csm_sees_the_own_result_as_the_leader_does_and_nobody_elses(company: Database) -> None:
    run.catch_up(company, FIRST_OF_MARCH)
    with company.read() as db:
        every = {one.id: one for one in run.look(db, "response", FEBRUARY, LEADER, now=IN_MARCH).results}
        for month in (FEBRUARY, MARCH):  # frozen, and as far as it has come
            dana = run.look(db, "response", month, DANA, now=IN_MARCH)
            assert [one.id for one in dana.results] == ["csm-1"]
            with pytest.raises(NotFound):
                dana.of("csm-2")
            team = run.look(db, "response", month, LEAD, now=IN_MARCH)
            assert [one.id for one in team.results] == ["csm-2", "csm-1", "lead-1"]
        assert run.look(db, "response", FEBRUARY, DANA, now=IN_MARCH).results == [every["csm-1"]]
        assert [one.result for one in store.of_csm(db, "csm-2", DANA)] == []
        assert [one.result for one in store.of_csm(db, "csm-2", BEN)] == [every["csm-2"]]


def test_a_draft_is_not_for_those_who_would_be_measured(decided: Database) -> None:
    with decided.begin() as db:
        run.copy(db, "engagement", name="draft", by="Clara", now=IN_MARCH)
        for asked in (lambda: run.held(db, "draft", DANA), lambda: run.look(db, "draft", MARCH, DANA, now=IN_MARCH)):
            with pytest.raises(NotFound):
                asked()
        assert run.held(db, "draft", LEADER).name == "draft"
        run.use(db, "draft", by="Clara", now=IN_MARCH)
        assert run.held(db, "draft", DANA).name == "draft"
        run.stop_using(db, "draft", by="Clara", now=IN_MARCH)
        with pytest.raises(NotFound):
            run.held(db, "draft", DANA)


def test_months_missed_in_an_outage_are_frozen_one_by_one(decided: Database) -> None:
    late = datetime(2026, 5, 2, 3, tzinfo=UTC)
    assert run.catch_up(decided, late) == 3
    with decided.read() as db:
        assert [months.written(one.month) for one in store.frozen(db)] == ["2026-04", "2026-03", "2026-02"]


def test_it_counts_from_this_month_or_the_last(decided: Database) -> None:
    with decided.begin() as db:
        assert run.use(db, "engagement", by="Clara", now=IN_MARCH) == MARCH
        assert run.use(db, "engagement", by="Clara", now=IN_MARCH, since=FEBRUARY) == FEBRUARY
        for wrong in ("2026-01", "2026-04"):
            with pytest.raises(Refused, match="this month or from the last"):
                run.use(db, "engagement", by="Clara", now=IN_MARCH, since=months.parse(wrong))


def test_a_hand_over_divides_the_month_between_two(company: Database) -> None:
    with company.begin() as db:
        for account in ("acc-1", "acc-2"):
            hand_over(db, account, "csm-2", at=datetime(2026, 2, 15, tzinfo=UTC))
        books = {one.id: one for one in store.books(db, FEBRUARY, preferences=preferences.load(db))}
    assert (books["csm-1"].days_held, books["csm-1"].accounts) == (14, 0)
    assert (books["csm-2"].days_held, books["csm-2"].accounts) == (28, 4)


@pytest.mark.parametrize("name", sorted(run.shipped()))
def test_every_scorecard_that_ships_is_right_and_has_its_lines(name: str) -> None:
    card = files.load(name, run.shipped()[name])
    assert sum(one.weight for one in card.lines) == 100
    assert bool(card.amount) == (name == "monthly-plan")
    assert "#" in run.shipped()[name]


def test_ten_scorecards_ship() -> None:
    assert len(run.shipped()) == 10
