"""An answer: only a POST records, nothing typed is lost, everything that follows is one commit with it."""

from datetime import timedelta

import pytest

from tests.builders import add_message
from tests.responses.world import CLOSES, Browser, ask_ana, one, rows
from voc.base import schema
from voc.base.db import Database
from voc.responses import run
from voc.responses.model import Again, Opened, Saved, Thanks


@pytest.fixture
def ana(database: Database) -> Browser:
    with database.begin() as db:
        ask_ana(db)
    return Browser(database)


def opened(browser: Browser, score: str | None = None) -> Opened:
    page = browser.open(score)
    assert isinstance(page, Opened)
    return page


def saved(browser: Browser, **typed: str | list[str]) -> Saved:
    outcome = browser.wait(10).submit(**typed)
    assert isinstance(outcome, Saved), outcome
    return outcome


def refused(browser: Browser, **typed: str | list[str]) -> dict[str, str]:
    outcome = browser.wait(10).submit(**typed)
    assert isinstance(outcome, Again), outcome
    browser.nonce = outcome.page.nonce
    assert outcome.page.filled == {key: value if isinstance(value, list) else [value] for key, value in typed.items()}
    return {wrong.field: wrong.words for wrong in outcome.wrong}


def test_opening_a_score_link_selects_it_and_records_nothing(ana: Browser) -> None:
    assert opened(ana, "8").filled == {"recommend": ["8"]}
    assert one(ana.database, schema.hit, "method", "score") == ("GET", 8)
    assert rows(ana.database, schema.response, "id") == []
    assert one(ana.database, schema.invitation, "answered_at", "stopped") == (None, None)


def test_a_head_leaves_a_hit_and_no_rendering(ana: Browser) -> None:
    assert isinstance(ana.open("8", method="HEAD"), Opened)
    assert one(ana.database, schema.hit, "method") == "HEAD"
    assert rows(ana.database, schema.rendering, "id") == []


@pytest.mark.parametrize("score", ["11", "-1", "eight", "8.0", "٣", "", "na"])
def test_a_score_that_is_none_selects_nothing(ana: Browser, score: str) -> None:
    assert opened(ana, score).filled == {}


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "ünï", "\ud800", "answer-token-of-ana-ruiz-00000001"])
def test_a_link_that_opens_nothing_is_none_whatever_it_is(ana: Browser, token: str) -> None:
    ana.token = token
    assert ana.open() is None
    assert ana.submit(recommend="3") is None


def test_a_link_opens_nothing_after_its_time(ana: Browser) -> None:
    ana.now += timedelta(days=401)
    assert ana.open() is None


def test_a_score_is_a_complete_answer_and_stops_the_chase_at_once(ana: Browser) -> None:
    with ana.database.begin() as db:
        add_message(db, "inv:1:reminder_1", invitation_id=1, state="queued", step="reminder_1")
    opened(ana, "4")
    saved(ana, recommend="4", why="The export.\r\nEvery month.")
    row = one(ana.database, schema.response, "state", "complete", "score", "channel", "language", "submitted_at")
    assert row == ("submitted", True, 4, "page", "en", ana.now)
    answers = rows(ana.database, schema.answer, "question", "number", "text")
    assert answers == [("recommend", 4, None), ("why", None, "The export.\nEvery month.")]
    invitation = one(ana.database, schema.invitation, "disposition", "stopped", "answered_at", "next_step")
    assert invitation == ("complete", "answered", ana.now, None)
    assert one(ana.database, schema.message, "state") == "cancelled"
    assert one(ana.database, schema.sign_of_life, "kind", "contact_id", "at") == ("answered", "con-1", ana.now)


def test_without_a_score_everything_typed_comes_back(ana: Browser) -> None:
    opened(ana)
    assert refused(ana, why="No time for numbers", colleague_address="jon@elsewhere.example") == {
        "recommend": "wrong_score",
        "colleague_address": "wrong_domain",
    }
    assert rows(ana.database, schema.response, "id") == []
    saved(ana, recommend="7", why="No time for numbers")


def test_a_page_we_do_not_know_asks_to_press_send_once_more(ana: Browser) -> None:
    opened(ana)
    ana.nonce = "made up"
    assert refused(ana, recommend="9") == {"": "wrong_stale"}
    saved(ana, recommend="9")


def test_a_double_click_is_one_answer(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="9")
    ana.cookies.clear()  # the second click left before the first answer came back
    saved(ana, recommend="9")
    assert rows(ana.database, schema.response, "state", "twice") == [("superseded", False), ("submitted", False)]


def test_the_link_alone_shows_nothing_of_an_answer_and_its_browser_does(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="4", why="Secret")
    forwarded = Browser(ana.database, source="jon", now=ana.now)
    page = opened(forwarded)
    assert page.filled == {}
    assert page.door.answered_at == ana.now
    assert opened(ana).filled == {"recommend": ["4"], "why": ["Secret"]}


def test_a_new_answer_replaces_the_first_until_the_wave_closes(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="4")
    opened(ana)
    saved(ana, recommend="9")
    states = rows(ana.database, schema.response, "state", "score", "twice")
    assert states == [("superseded", 4, False), ("submitted", 9, False)]
    with ana.database.begin() as db:
        db.execute(schema.wave.update().values(state="closed"))
    assert isinstance(ana.open(), Thanks)
    assert refused(ana, recommend="0") == {"": "wrong_closed"}


def test_an_answer_from_another_browser_keeps_both_and_flags_the_pair(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="4")
    jon = Browser(ana.database, source="jon", now=ana.now)
    opened(jon)
    saved(jon, recommend="10")
    states = rows(ana.database, schema.response, "state", "score", "twice")
    assert states == [("superseded", 4, True), ("submitted", 10, True)]


def test_a_late_answer_is_taken_and_leaves_the_disposition(ana: Browser) -> None:
    with ana.database.begin() as db:
        db.execute(schema.invitation.update().values(disposition="silent", stopped="wave_closed", next_step=None))
        db.execute(schema.wave.update().values(state="closed"))
    ana.now = CLOSES + timedelta(days=3)
    opened(ana)
    saved(ana, recommend="8")
    assert one(ana.database, schema.invitation, "disposition", "answered_at") == ("silent", ana.now)


def test_what_is_typed_is_kept_and_only_its_browser_sees_it(ana: Browser) -> None:
    opened(ana)
    assert ana.wait(10).save(recommend="6", why="The exp")
    assert ana.wait(3).save(recommend="6", why="The export")
    assert one(ana.database, schema.response, "state", "submitted_at") == ("draft", None)
    assert one(ana.database, schema.invitation, "answered_at") is None
    assert opened(ana).filled == {"recommend": ["6"], "why": ["The export"]}
    assert opened(Browser(ana.database, now=ana.now)).filled == {}
    saved(ana, recommend="6", why="The export costs days")
    assert one(ana.database, schema.response, "state", "score") == ("submitted", 6)


def test_a_half_finished_page_counts_as_partial_when_its_time_is_over(ana: Browser) -> None:
    opened(ana)
    ana.wait(10).save(recommend="6", why="The export")
    with ana.database.begin() as db:
        assert run.catch_up(db, CLOSES - timedelta(hours=1)) == 0
        db.execute(schema.invitation.update().values(disposition="silent"))
        assert run.catch_up(db, CLOSES + timedelta(hours=2)) == 1
        assert run.catch_up(db, CLOSES + timedelta(hours=3)) == 0
    assert one(ana.database, schema.response, "state", "complete", "submitted_at") == ("submitted", False, ana.now)
    assert one(ana.database, schema.invitation, "disposition", "stopped") == ("partial", "answered")


def test_words_without_the_key_question_are_no_answer(ana: Browser) -> None:
    opened(ana)
    ana.wait(10).save(why="Hm")
    with ana.database.begin() as db:
        assert run.catch_up(db, CLOSES + timedelta(hours=2)) == 0


def test_the_score_of_a_later_mail_wins_over_the_draft(ana: Browser) -> None:
    opened(ana, "6")
    ana.wait(10).save(recommend="6", why="The export")
    assert opened(ana, "9").filled == {"recommend": ["9"], "why": ["The export"]}


def test_a_changed_role_is_put_before_the_csm(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="8", right_person="changed")
    assert one(ana.database, schema.suggestion, "kind", "contact_id", "state") == ("changed_role", "con-1", "open")


def test_a_colleague_named_with_an_answer_is_put_before_the_csm_and_the_answer_counts(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="8", colleague_name="Jon Vik", colleague_address="Jon.Vik@Calder.example")
    assert one(ana.database, schema.suggestion, "kind", "name", "address") == (
        "referral",
        "Jon Vik",
        "jon.vik@calder.example",
    )
    assert one(ana.database, schema.invitation, "disposition") == "complete"
    assert [row for row in rows(ana.database, schema.answer, "question") if "colleague" in row[0]] == []


def test_the_thanks_show_the_score_only_where_it_was_given(ana: Browser) -> None:
    opened(ana)
    saved(ana, recommend="4")
    mine = ana.do(run.thanks, token=ana.token, visit=ana.visit, now=ana.now)
    assert mine is not None
    assert (mine.score, mine.call) == (4, True)
    forwarded = ana.do(run.thanks, token=ana.token, visit=Browser(ana.database).visit, now=ana.now)
    assert forwarded is not None
    assert (forwarded.score, forwarded.call, forwarded.at) == (None, False, ana.now)
