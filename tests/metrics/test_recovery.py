"""Recovery at the next wave: both denominators, what comes back by itself, who is compared with whom."""

from datetime import timedelta

import numpy as np
import pytest

from tests import builders
from tests.builders import NOW
from tests.metrics.test_figures import DANA, LEADER
from tests.metrics.world import DAY, World
from voc import statistics
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.narrowed import Narrowed
from voc.base.words import Scope, StaffRole
from voc.metrics import run as figures
from voc.metrics.recovery import ASSUMED_R, Answer, Contact, Recovery, recovery, retest
from voc.metrics.run import kept_pages
from voc.metrics.run import recovery as run
from voc.web import recovery_view
from voc.web.recovery_view import ELSEWHERE


def told(
    who: int, first: int, then: int | None, *, contact: Contact = Contact.NONE, asked_again: bool = True
) -> list[Answer]:
    """A person's answer in one wave and what they said in the next."""
    before = {"contact_id": f"p{who}", "account_id": "acc", "wave_id": 1, "invitation_id": who * 2}
    after = {**before, "wave_id": 2, "invitation_id": who * 2 + 1}
    mails = [
        Answer(**before, sent_at=NOW - 200 * DAY, settled=True, score=first, contact=contact, followed_up=first <= 6)  # type: ignore[arg-type]  # a row of a test
    ]
    if asked_again:
        mails.append(Answer(**after, sent_at=NOW - 30 * DAY, settled=True, score=then))  # type: ignore[arg-type]  # a row of a test
    return mails


def test_silence_is_no_recovery_and_both_denominators_are_shown() -> None:
    """Of five detractors asked again two scored 7 or more, one stayed low, two were silent; two wait."""
    rows = [(1, 3, 8), (2, 6, 9), (3, 2, 5), (4, 4, None), (5, 5, None)]
    answers = [one for who, first, then in rows for one in told(who, first, then)] + told(6, 1, None, asked_again=False)
    found = recovery(answers)
    assert ((found.again.part, found.again.all), (found.all.part, found.all.all)) == ((2, 3), (2, 5))
    assert found.waiting == 2
    assert len(found.rows) == found.all.all


def test_what_comes_back_by_itself_is_that_of_the_definitions_until_thirty_untouched_pairs_are_there() -> None:
    found = recovery([one for who in range(20) for one in told(who, 5 + who % 6, 8)])
    assert found.assumed
    assert found.r == ASSUMED_R
    assert statistics.recovery_expected(mean=7.5, sd=2, retest_r=0.6) == pytest.approx(0.42, abs=0.005)


def test_how_alike_two_answers_are_is_found_from_promoters_and_passives_alone() -> None:
    """True r is .6; a plain correlation among those who scored 7 or more first would read about half of it."""
    draws = np.random.default_rng(7)
    first = draws.normal(7.5, 2, 6000)
    then = 7.5 + 0.6 * (first - 7.5) + draws.normal(0, 1.6, 6000)
    pairs = [(round(a), round(b)) for a, b in zip(first, then, strict=True) if round(a) > 6]
    rows = recovery([one for who, (a, b) in enumerate(pairs) for one in told(who, a, b)])
    assert not rows.assumed
    assert rows.r == pytest.approx(0.6, abs=0.06)
    assert np.corrcoef(*np.array(pairs).T)[0, 1] < 0.5


def test_a_pair_that_somebody_contacted_says_nothing_about_nature() -> None:
    touched = [
        Answer("p", "acc", 1, 1, NOW - 200 * DAY, settled=True, score=8, contact=Contact.IN_TIME, followed_up=True),
        Answer("p", "acc", 2, 2, NOW - 20 * DAY, settled=True, score=9),
    ]
    assert recovery(touched).pairs == 0
    assert retest([]) is None


def test_credit_is_given_by_contacted_in_time_against_not_contacted_and_only_from_ten_each() -> None:
    def group(start: int, size: int, recovered: int, contact: Contact) -> list[Answer]:
        return [
            one for who in range(size) for one in told(start + who, 4, 8 if who < recovered else 4, contact=contact)
        ]

    few = recovery([*group(0, 9, 6, Contact.IN_TIME), *group(50, 20, 5, Contact.NONE)])
    assert few.gap is None
    enough = recovery([*group(0, 20, 16, Contact.IN_TIME), *group(50, 20, 5, Contact.NONE)])
    assert enough.gap is not None
    assert enough.gap[0] == pytest.approx(0.55)
    section = recovery_view.section(enough, {})
    assert any("+55 points" in note and "more than chance would give" in note for note in section.notes)


def test_promoters_who_fell_are_always_shown() -> None:
    answers = [one for who, then in enumerate((10, 8, 5, 9)) for one in told(who, 9, then)]
    found = recovery(answers)
    assert ((found.promoters.part, found.promoters.all), found.promoters_to_detractor) == ((2, 4), 1)
    assert "Of 4 promoters who answered again 2 fell, 1 of them to 6 or less." in recovery_view.section(found, {}).notes


def test_in_the_database_a_person_is_one_across_waves_and_the_follow_up_tells_the_contact(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        first = world.wave("first", launched_days_ago=210)
        world.wave("second", launched_days_ago=40)
        builders.add_account(db)
        builders.add_account(db, "foreign", csm_id="csm-2")
        for id, account_id, before, after in (
            ("ana", "acc-1", 3, 8),
            ("jon", "acc-1", 5, None),
            ("far", "foreign", 2, 9),
        ):
            builders.add_contact(db, id, account_id=account_id)
            world.ask(id, account_id=account_id, days_ago=200, answer=before, wave="first")
            world.ask(id, account_id=account_id, days_ago=30, answer=after, wave="second")
        opened = NOW - 198 * DAY
        times = {"opened_at": opened, "contact_by": opened + 2 * DAY, "contacted_at": opened + timedelta(hours=5)}
        builders.add_follow_up(db, "detractor:ana", contact_id="ana", wave_id=first, score=3, **times)
    with database.read() as db:
        hers, everybody = run.page(db, DANA, now=NOW), run.page(db, LEADER, now=NOW)
    assert [(one.contact_id, one.first, one.then, one.contact) for one in hers.recovery.rows] == [
        ("ana", 3, 8, Contact.IN_TIME),
        ("jon", 5, None, Contact.NONE),
    ]
    assert (everybody.recovery.all.part, everybody.recovery.all.all) == (2, 3)
    assert len(recovery_view.page(everybody, query={}).rows) == everybody.recovery.all.all


BEN = Viewer(4, "Ben Carver", StaffRole.CSM, "csm-2")


def test_the_next_wave_is_the_same_whoever_looks_and_a_pair_counts_where_its_first_answer_was_given(
    database: Database,
) -> None:
    """Ana answered 3 at Dana's account, 9 at Ben's under an address merged since, 4 at Dana's, nothing at Ben's.

    Dana: of two detractors asked again the one of 3 recovered (not 3 and then 4). Ben: his promoter of 9 fell to 4.
    """
    with database.begin() as db:
        world = World(db)
        for id, csm_id in (("a", "csm-1"), ("b", "csm-2")):
            builders.add_account(db, id, csm_id=csm_id, name=f"Account {id}")
        for id, account_id in (("ana", "a"), ("ana-at-b", "b")):
            builders.add_contact(db, id, account_id=account_id)
        at_a, at_b = ("ana", "a", "csm-1"), ("ana-at-b", "b", "csm-2")
        asked = ((at_a, 3, 400), (at_b, 9, 300), (at_a, 4, 200), (at_b, None, 60))
        for (who, account_id, csm_id), score, days_ago in asked:
            wave = f"{days_ago} days ago"
            world.wave(wave, launched_days_ago=days_ago)
            world.ask(who, account_id=account_id, csm_id=csm_id, answer=score, days_ago=days_ago, wave=wave)
        db.execute(schema.alias.insert().values(kind="contact", loser_id="ana-at-b", winner_id="ana"))
    figures.snapshot(database, NOW)
    night = kept_pages.keep(database, NOW)
    expected = {DANA: ((1, 2), (0, 0)), BEN: ((0, 0), (1, 1)), LEADER: ((1, 2), (1, 1))}
    with database.read() as db:
        for viewer, counts in expected.items():
            live = run.page(db, viewer, now=NOW)
            assert _counts(live.recovery) == counts
            assert _counts(kept_pages.recovery_of(db, viewer, night, now=NOW)) == counts
            rows = [(row.account, row.first, row.then) for row in recovery_view.page(live).rows]
            then = ("9", "silent") if viewer is LEADER else (ELSEWHERE, ELSEWHERE)
            assert rows == ([("Account a", "3", then[0]), ("Account a", "4", then[1])] if counts[0][1] else [])
        for csm_id, viewer in (("csm-1", DANA), ("csm-2", BEN)):
            of_one = run.page(db, LEADER, now=NOW, part=Narrowed(csm_id=csm_id))
            assert of_one.recovery == run.page(db, viewer, now=NOW).recovery


def test_what_a_person_scored_at_an_account_of_another_book_is_counted_and_not_told(database: Database) -> None:
    """Ana: 3 at Dana's account, 9 at Ben's, merged since. Jon: 3, then 9, both at Dana's."""
    with database.begin() as db:
        world = World(db)
        for id, csm_id in (("a", "csm-1"), ("b", "csm-2")):
            builders.add_account(db, id, csm_id=csm_id, name=f"Account {id}")
        for id, account_id in (("ana", "a"), ("ana-at-b", "b"), ("jon", "a")):
            builders.add_contact(db, id, account_id=account_id)
        world.wave("first", launched_days_ago=200)
        world.wave("second", launched_days_ago=60)
        for who in ("ana", "jon"):
            world.ask(who, account_id="a", answer=3, days_ago=200, wave="first")
        world.ask("ana-at-b", account_id="b", csm_id="csm-2", answer=9, days_ago=60, wave="second")
        world.ask("jon", account_id="a", answer=9, days_ago=60, wave="second")
        db.execute(schema.alias.insert().values(kind="contact", loser_id="ana-at-b", winner_id="ana"))
    with database.read() as db:
        hers, everybody = run.page(db, DANA, now=NOW), run.page(db, LEADER, now=NOW)
    assert recovery_view.page(hers).heading == recovery_view.page(everybody).heading
    assert recovery_view.page(hers).heading == "2 detractors asked again, 2 recovered"
    for found, told_of_ana, note in ((hers, (ELSEWHERE, "counted"), "1 of these rows"), (everybody, ("9", "yes"), "")):
        page = recovery_view.page(found)
        assert sorted((row.then, row.recovered) for row in page.rows) == sorted([told_of_ana, ("9", "yes")])
        assert sorted((str(row[3]), str(row[5])) for row in recovery_view.file_rows(found)) == sorted(
            [told_of_ana, ("9", "yes")]
        )
        assert page.elsewhere.startswith(note)
        assert bool(page.elsewhere) == bool(note)


def _counts(found: Recovery) -> tuple[tuple[int, int], tuple[int, int]]:
    assert found.waiting == 0
    return (found.all.part, found.all.all), (found.promoters.part, found.promoters.all)


def test_whoever_left_or_was_never_reached_by_the_next_wave_was_not_asked_again(database: Database) -> None:
    """Of three detractors Jon is silent; Ana left before she answered, and no mail to Far ever arrived."""
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=210)
        world.wave("second", launched_days_ago=60)
        builders.add_account(db)
        for id in ("ana", "jon", "far"):
            builders.add_contact(db, id)
            world.ask(id, days_ago=200, answer=3, wave="first")
        world.ask("ana", days_ago=50, wave="second", disposition="not_eligible", stopped="left")
        world.ask("jon", days_ago=50, wave="second")
        world.ask("far", days_ago=50, wave="second", disposition="unknown", bounced_at=None)
    figures.snapshot(database, NOW)
    night = kept_pages.keep(database, NOW)
    with database.read() as db:
        live = run.page(db, LEADER, now=NOW).recovery
        kept = kept_pages.recovery_of(db, LEADER, night, now=NOW)
        ((figure,),) = [
            found.figures.values()
            for found in figures.figures(db, scope=Scope.CSM, ids=["csm-1"], now=NOW, names=("recovery_of_all",))
        ]
    assert (live.all.part, live.all.all, live.waiting) == (kept.all.part, kept.all.all, kept.waiting) == (0, 1, 2)
    assert (figure.numerator, figure.denominator) == (0, 1)


def test_as_a_figure_it_stands_under_whoever_owned_the_account_at_the_next_wave(database: Database) -> None:
    """Of Dana's three detractors Ana came back after the hand-over to Ben, Jon answered 5, Far was silent.

    Ana gave her first answer under an address that was merged since, and corrected the second one from 6 to 8.
    """
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=210)
        world.wave("second", launched_days_ago=60)
        for id in ("a", "b"):
            builders.add_account(db, id)
        for id, account_id in (("ana", "a"), ("old-ana", "a"), ("jon", "b"), ("far", "b")):
            builders.add_contact(db, id, account_id=account_id)
        world.ask("old-ana", account_id="a", days_ago=200, answer=3, wave="first")
        world.ask("jon", account_id="b", days_ago=200, answer=6, wave="first")
        world.ask("far", account_id="b", days_ago=200, answer=0, wave="first")
        world.hand_over("a", "csm-2", at=NOW - 120 * DAY)
        asked = world.ask("ana", account_id="a", days_ago=50, answer=6, wave="second", csm_id="csm-2")
        later = NOW - 40 * DAY
        version = world.version
        builders.add_response(
            db, invitation_id=asked, questionnaire_version_id=version, score=8, submitted_at=later, saved_at=later
        )
        world.ask("jon", account_id="b", days_ago=50, answer=5, after_days=30, wave="second")
        world.ask("far", account_id="b", days_ago=50, wave="second")
        db.execute(schema.alias.insert().values(kind="contact", loser_id="old-ana", winner_id="ana"))
        names = ("recovery_of_all", "recovery_of_answered")
        found = {
            id: [
                (one.numerator, one.denominator)
                for one in figures.figures(db, scope=scope, ids=[id], now=NOW, names=names)[0].figures.values()
            ]
            for scope, id in ((Scope.CSM, "csm-1"), (Scope.CSM, "csm-2"), (Scope.TEAM, "lead-1"))
        }
    assert found == {"csm-1": [(0, 2), (0, 1)], "csm-2": [(1, 1), (1, 1)], "lead-1": [(1, 3), (1, 2)]}
