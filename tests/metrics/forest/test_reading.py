"""Comments are read once, again when the code book or they change; people's words are kept apart. Both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update

from tests.builders import NOW
from tests.metrics.forest.world import BEN, DANA, DAY, LEAD, LEADER, QUEUE, TAUGHT, World
from voc.base import audit, schema
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.metrics.forest.book import Draft, Theme
from voc.metrics.forest.people import BELOW, Cut
from voc.metrics.run import board_causes
from voc.metrics.run.forest import book as run
from voc.metrics.run.forest import nights, reading, sorting, views
from voc.metrics.run.forest.views import EVERYTHING, NO_THEME, Asked
from voc.metrics.store.forest import book, comments
from voc.responses.run import themes as verbatims
from voc.responses.store import themes as store


def named(database: Database, key: str) -> Theme:
    with database.read() as db:
        return next(one for one in book.themes(db, retired=True) if one.key == key)


def about(database: Database, response_id: int) -> set[str]:
    """What counts for a comment."""
    with database.read() as db:
        keys = {one.id: one.key for one in book.themes(db)}
        held = comments.themes_of(db, [response_id], after=NOW - 900 * DAY, until=NOW)
    return {keys[theme_id] for theme_id in held.get((response_id, "why"), ())}


def wrote(database: Database, make: Callable[[World], int]) -> int:
    with database.begin() as db:
        response_id = make(World(db))
    reading.catch_up(database, NOW)
    return response_id


def test_the_shipped_book_is_taken_in_and_every_comment_read_once(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes(QUEUE))
    assert about(database, response_id) == {"support_speed"}
    assert not reading.is_waiting(database)
    assert reading.catch_up(database, NOW) == 0
    with database.read() as db:
        assert book.version(db) == 1
        assert [line.action for line in audit.listing(db)] == ["code book taken in"]


def test_a_changed_book_is_a_new_version_and_reads_everything_again(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes("The parking lot is full."))
    assert about(database, response_id) == set()
    with database.begin() as db:
        draft = Draft("", "Parking", "Facilities", {"en": ("parking", " parking ", "car park")})
        theme_id = run.add(db, draft, viewer=LEADER, now=NOW)
        assert book.one(db, theme_id).words == {"en": ["parking", "car park"]}
        assert book.version(db) == 2
    assert reading.is_waiting(database)
    assert reading.catch_up(database, NOW) == 1
    assert about(database, response_id) == {"parking"}
    with database.begin() as db:
        run.set_retired(db, theme_id, retired=True, viewer=LEADER, now=NOW)
    reading.catch_up(database, NOW)
    assert about(database, response_id) == set()
    with database.read() as db:
        assert [(one.version, one.retired, one.by) for one in book.history(db, theme_id)] == [
            (3, True, "Marcus Oyelaran"),
            (2, False, "Marcus Oyelaran"),
        ]


def test_two_who_change_a_theme_at_once_do_not_overwrite_each_other(database: Database) -> None:
    wrote(database, lambda world: world.writes(QUEUE))
    price = named(database, "price")
    with database.begin() as db:
        run.change(db, price.id, Draft("", "Prices", "Sales", price.words), seen=1, viewer=LEADER, now=NOW)
    with pytest.raises(Refused, match="meanwhile"), database.begin() as db:
        run.change(db, price.id, Draft("", "Cost", "Sales", price.words), seen=1, viewer=LEADER, now=NOW)
    with pytest.raises(Refused, match="already"), database.begin() as db:
        run.change(db, price.id, Draft("", "training", "Sales", price.words), seen=2, viewer=LEADER, now=NOW)
    assert named(database, "price").name == "Prices"


def test_a_person_adds_and_takes_off_a_theme_and_the_rule_stays_on_record(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes(QUEUE))
    speed, price = named(database, "support_speed"), named(database, "price")
    with database.begin() as db:
        verbatims.correct(db, response_id, "why", speed.id, holds=False, viewer=DANA, now=NOW)
        verbatims.correct(db, response_id, "why", price.id, holds=True, viewer=DANA, now=NOW)
    assert about(database, response_id) == {"price"}
    with database.begin() as db:
        run.add_word(db, price.id, language="en", word="nonsense", viewer=LEADER, now=NOW)
    reading.catch_up(database, NOW)  # another version of the book changes no person's word
    assert about(database, response_id) == {"price"}
    with database.begin() as db:
        marks = store.marks(db, [response_id])[response_id, "why"]
        assert {(one.theme_id, str(one.source), one.holds) for one in marks} == {
            (speed.id, "person", False),
            (speed.id, "rule", True),
            (price.id, "person", True),
        }
        verbatims.correct(db, response_id, "why", speed.id, holds=None, viewer=DANA, now=NOW)
    assert about(database, response_id) == {"price", "support_speed"}


def test_a_comment_that_was_written_anew_is_read_anew_and_old_words_of_people_go(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes(QUEUE))
    with database.begin() as db:
        verbatims.correct(db, response_id, "why", named(database, "price").id, holds=True, viewer=DANA, now=NOW)
        db.execute(delete(schema.answer).where(schema.answer.c.response_id == response_id))  # as a resent form does
        row = {"response_id": response_id, "question": "why", "choices": [], "text": TAUGHT}
        db.execute(schema.answer.insert().values(**row))
        db.execute(update(schema.response).where(schema.response.c.id == response_id).values(submitted_at=NOW))
    assert reading.catch_up(database, NOW) == 1
    assert about(database, response_id) == {"training"}


def test_a_comment_whose_words_are_gone_keeps_its_themes_and_cannot_be_corrected(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes(QUEUE))
    with database.begin() as db:
        db.execute(update(schema.answer).values(text=None))
        run.add_word(db, named(database, "price").id, language="en", word="queue", viewer=LEADER, now=NOW)
    reading.catch_up(database, NOW)
    assert about(database, response_id) == {"support_speed"}
    with pytest.raises(NotFound), database.begin() as db:
        verbatims.correct(db, response_id, "why", named(database, "price").id, holds=True, viewer=DANA, now=NOW)


def test_what_was_written_in_confidence_is_read_shown_and_sorted_by_nobody(database: Database) -> None:
    response_id = wrote(database, lambda world: world.writes(QUEUE, confidential=True))
    assert about(database, response_id) == set()
    with database.read() as db:
        assert views.forest(db, LEADER, Asked(365), cut=None, now=NOW).comments == 0
        assert sorting.next_task(db, LEADER, now=NOW) is None
        assert nights.behind(db, LEADER, Asked(365), theme_id=EVERYTHING, now=NOW).said == ()
    with pytest.raises(NotFound), database.begin() as db:
        verbatims.correct(db, response_id, "why", 1, holds=True, viewer=LEADER, now=NOW)


def test_a_csm_sees_and_corrects_comments_of_own_accounts_only(database: Database) -> None:
    def both(world: World) -> int:
        world.writes(TAUGHT, account=2, csm="csm-2")
        return world.writes(QUEUE)

    response_id = wrote(database, both)
    for viewer, seen in ((DANA, 1), (BEN, 1), (LEAD, 2), (LEADER, 2)):
        with database.read() as db:
            assert views.forest(db, viewer, Asked(365), cut=None, now=NOW).comments == seen
            assert nights.behind(db, viewer, Asked(365), theme_id=EVERYTHING, now=NOW).comments == seen
    with pytest.raises(NotFound), database.begin() as db:
        verbatims.correct(db, response_id, "why", 1, holds=True, viewer=BEN, now=NOW)
    with pytest.raises(NotFound), database.begin() as db:
        verbatims.code(db, response_id, "why", themes=[], offered=[], book=1, viewer=BEN, now=NOW)


def test_a_csm_sees_small_numbers_that_a_leader_does_not_and_hidden_ones_open_to_nothing(database: Database) -> None:
    wrote(database, lambda world: world.writes(QUEUE))
    speed = named(database, "support_speed").id
    with database.read() as db:
        own = views.forest(db, DANA, Asked(365), cut=None, now=NOW).forest
        whole = views.forest(db, LEADER, Asked(365), cut=Cut.SEGMENT, now=NOW)
        assert own is not None
        assert whole.forest is not None
        assert [one.hidden for one in own.lines if one.theme_id == speed] == [False]
        assert [one.hidden for one in whole.forest.lines if one.theme_id == speed] == [True]
        assert nights.behind(db, DANA, Asked(365), theme_id=speed, now=NOW).comments == 1
        for cut, part in ((None, ""), (Cut.SEGMENT, "mid-market")):
            with pytest.raises(Refused, match="too few"):
                nights.behind(db, LEADER, Asked(365), theme_id=speed, cut=cut, part=part, now=NOW)


def test_every_count_opens_to_as_many_comments(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 8):
            world.writes(QUEUE, account=number)
            world.writes(TAUGHT, account=number, person=f"other-{number}", score=9)
        world.writes("Blue.", account=9)
    reading.catch_up(database, NOW)
    with database.read() as db:
        page = views.forest(db, LEADER, Asked(365), cut=Cut.SCORE, now=NOW)
        assert page.forest is not None
        assert page.table is not None
        for line in page.forest.lines:
            if not line.hidden:
                found = nights.behind(db, LEADER, Asked(365), theme_id=line.theme_id, now=NOW)
                assert found.count == line.count
                assert len(found.said) == found.comments
                below = nights.behind(
                    db, LEADER, Asked(365), theme_id=line.theme_id, cut=Cut.SCORE, part=BELOW, now=NOW
                )
                assert below.count == line.below
        for theme_id, cells in page.table.rows.items():
            for part, cell in cells.items():
                if cell.count is not None and theme_id in page.themes:
                    found = nights.behind(db, LEADER, Asked(365), theme_id=theme_id, cut=Cut.SCORE, part=part, now=NOW)
                    assert found.count == cell.count
        assert nights.behind(db, LEADER, Asked(365), theme_id=NO_THEME, now=NOW).comments == page.forest.themeless == 1


def test_the_causes_on_the_board_are_what_the_unhappy_wrote_of(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 6):
            world.writes(QUEUE, account=number, score=7 if number < 3 else 4)
            world.writes(TAUGHT, account=number + 10, score=9)
            world.writes(TAUGHT, account=number + 20, score=10)
    reading.catch_up(database, NOW)
    with database.read() as db:
        causes = board_causes.now_of(db, LEADER, since=NOW - 180 * DAY, until=NOW, team_id=None, today=True, revenue={})
        assert [(one.name, one.accounts, one.arr) for one in causes.found] == [("Waiting for support", 5, 5000.0)]


def test_a_cause_that_would_tell_of_one_promoter_is_neither_shown_nor_opened(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 7):
            world.writes(QUEUE, account=number, score=4)
        world.writes(QUEUE, account=8, score=9)
    reading.catch_up(database, NOW)
    speed = named(database, "support_speed").id
    with database.read() as db:
        causes = board_causes.now_of(db, LEADER, since=NOW - 180 * DAY, until=NOW, team_id=None, today=True, revenue={})
        assert (causes.found, causes.comments) == ([], 7)
        with pytest.raises(Refused, match="too few"):
            nights.behind(db, LEADER, Asked(180), theme_id=speed, cut=Cut.SCORE, part=BELOW, now=NOW)
        assert nights.behind(db, DANA, Asked(180), theme_id=speed, cut=Cut.SCORE, part=BELOW, now=NOW).count.people == 6


def test_a_period_that_parts_three_people_from_another_is_not_shown(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 9):
            world.writes(QUEUE, account=number, at=NOW - (10 if number > 3 else 120) * DAY)
    reading.catch_up(database, NOW)
    with database.read() as db:
        assert views.forest(db, LEADER, Asked(180), cut=None, now=NOW).near is None
        assert views.forest(db, LEADER, Asked(365), cut=None, now=NOW).near is None  # the very same people
        refused = views.forest(db, LEADER, Asked(90), cut=None, now=NOW)
        assert (refused.near, refused.forest) == (Asked(180), None)
        assert views.forest(db, DANA, Asked(90), cut=None, now=NOW).near is None  # own accounts, known by name
        with pytest.raises(Refused):
            nights.behind(db, LEADER, Asked(90), theme_id=EVERYTHING, now=NOW)


def test_a_merged_account_and_person_are_counted_once(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.writes(QUEUE, account=1)
        world.writes(QUEUE, account=2, person="twin")
        for kind, loser, winner in (("account", "acc-2", "acc-1"), ("contact", "twin", "con-1")):
            db.execute(schema.alias.insert().values(kind=kind, loser_id=loser, winner_id=winner))
    reading.catch_up(database, NOW)
    with database.read() as db:
        found = nights.behind(db, DANA, Asked(365), theme_id=named(database, "support_speed").id, now=NOW)
    assert (found.count.people, found.count.accounts, found.comments) == (1, 1, 2)


# --- sorting blindly ----------------------------------------------------------------------------


def test_the_task_shows_neither_writer_nor_find_and_a_comment_is_sorted_once(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 4):
            world.writes(QUEUE, account=number)
    reading.catch_up(database, NOW)
    speed = named(database, "support_speed")
    with database.begin() as db:
        task = sorting.next_task(db, LEADER, now=NOW)
        assert task is not None
        assert {*vars(task)} == {"response_id", "question", "language", "text", "left"}
        offered = [one.id for one in book.themes(db)]
        asked = {"offered": offered, "book": 1, "viewer": LEADER, "now": NOW}
        assert verbatims.code(db, task.response_id, task.question, themes=[speed.id], **asked)  # type: ignore[arg-type]  # mixed values
        assert not verbatims.code(db, task.response_id, task.question, themes=[], **asked)  # type: ignore[arg-type]  # as above
        after = sorting.next_task(db, LEADER, now=NOW)
        assert after is not None
        assert (after.left, after.response_id != task.response_id) == (2, True)
        with pytest.raises(Refused, match="not in the code book"):
            verbatims.code(db, after.response_id, after.question, themes=[99_999], **asked)  # type: ignore[arg-type]  # as above


def test_agreement_is_of_the_rule_as_it_stands_and_forgets_what_was_sorted_before_a_change(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        responses = [world.writes(QUEUE if number % 2 else TAUGHT, account=number) for number in range(60)]
    reading.catch_up(database, NOW)
    speed = named(database, "support_speed")
    with database.begin() as db:
        offered = [one.id for one in book.themes(db)]
        for number, response_id in enumerate(responses):
            chosen = [speed.id] if number % 2 and number > 10 else []  # five that the person did not see so
            verbatims.code(db, response_id, "why", themes=chosen, offered=offered, book=1, viewer=LEADER, now=NOW)
    with database.read() as db:
        found = {theme.key: agreed for theme, agreed in sorting.agreements(db).by_theme}
        # Both 25, only the rule 5, neither 30: agreed 55/60; by chance (25·30 + 35·30)/3600 = .5; kappa (.9167−.5)/.5
        assert (found["support_speed"].both, found["support_speed"].only_rule) == (25, 5)
        assert found["support_speed"].kappa == pytest.approx(0.8333, abs=5e-5)
        assert found["price"].kappa is None
        assert sorting.agreements(db).total.comments == 60
    with database.begin() as db:
        run.add_word(db, speed.id, language="en", word="anew", viewer=LEADER, now=NOW)
    with database.read() as db:
        agreed = {theme.key: one for theme, one in sorting.agreements(db).by_theme}["support_speed"]
        assert (agreed.comments, agreed.stale, agreed.kappa) == (0, 60, None)


def test_nothing_of_the_forest_keeps_a_form_from_being_sent_again(database: Database) -> None:
    """Rows of a suspect answer are replaced: what the forest knows of it must not stand in the way."""
    response_id = wrote(database, lambda world: world.writes(QUEUE))
    with database.begin() as db:
        db.execute(delete(schema.answer).where(schema.answer.c.response_id == response_id))
        assert db.execute(select(schema.verbatim_theme.c.id)).first() is not None
