"""Scanners that open, crawl and submit: nothing of theirs counts, and the person's own answer always does (F20)."""

from datetime import timedelta

import pytest

from tests.responses.world import CLOSES, Browser, ask_ana, one, rows
from voc.base import schema
from voc.base.db import Database
from voc.responses import run
from voc.responses.model import Acted, Again, Decline, Doubted, Opened, Posted, Saved


@pytest.fixture
def scanner(database: Database) -> Browser:
    with database.begin() as db:
        ask_ana(db)
    return Browser(database, source="gateway")


def nothing_happened(database: Database) -> None:
    assert rows(database, schema.suppression, "id") == []
    assert rows(database, schema.suggestion, "id") == []
    assert [state for (state,) in rows(database, schema.response, "state") if state == "submitted"] == []
    row = one(database, schema.invitation, "answered_at", "stopped", "disposition", "next_step")
    assert row == (None, None, None, "reminder_1")


def the_person_answers(scanner: Browser, *, after: float = 5) -> None:
    person = Browser(scanner.database, source="ana-phone", now=scanner.now + timedelta(seconds=after))
    assert isinstance(person.open("9"), Opened)
    assert isinstance(person.wait(8).submit(recommend="9"), Saved)
    assert one(scanner.database, schema.invitation, "disposition") == "complete"


def test_opening_every_link_answers_nothing_and_the_person_five_seconds_later_is_believed(scanner: Browser) -> None:
    for score in range(11):
        scanner.wait(0.1).open(str(score))
        scanner.open(str(score), method="HEAD")
    scanner.do(
        run.open_unsubscribe,
        token="unsubscribe-token-of-ana-ruiz-000",
        method="GET",
        visit=scanner.visit,
        now=scanner.now,
        tokens=scanner.tokens,
    )
    nothing_happened(scanner.database)
    the_person_answers(scanner)


def test_an_answer_within_a_second_is_kept_and_asks_for_the_person(scanner: Browser) -> None:
    scanner.open("3")
    doubted = scanner.wait(1).submit(recommend="3", why="Typed by a machine")
    assert isinstance(doubted, Doubted)
    nothing_happened(scanner.database)
    assert one(scanner.database, schema.response, "state", "score") == ("suspect", 3)
    the_person_answers(scanner)


def test_a_fast_person_presses_once_more_and_it_counts(scanner: Browser) -> None:
    scanner.open("3")
    doubted = scanner.wait(1).submit(recommend="3", why="In a hurry")
    assert isinstance(doubted, Doubted)
    assert isinstance(scanner.wait(4).confirm(doubted), Saved)
    assert one(scanner.database, schema.response, "state", "score") == ("submitted", 3)
    assert one(scanner.database, schema.invitation, "disposition", "stopped") == ("complete", "answered")


def test_confirming_works_where_cookies_are_off_and_pressing_twice_is_once(scanner: Browser) -> None:
    scanner.open("3")
    doubted = scanner.wait(1).submit(recommend="3")
    assert isinstance(doubted, Doubted)
    scanner.cookies.clear()
    assert isinstance(scanner.wait(4).confirm(doubted), Saved)
    scanner.cookies.clear()
    assert isinstance(scanner.wait(1).confirm(doubted), Saved)
    assert rows(scanner.database, schema.response, "state") == [("submitted",)]


def test_a_machine_that_confirms_at_once_is_asked_again(scanner: Browser) -> None:
    scanner.open("3")
    doubted = scanner.wait(1).submit(recommend="3")
    for _ in range(5):
        assert isinstance(doubted, Doubted)
        scanner.wait(1)
        doubted = scanner.confirm(doubted)
    nothing_happened(scanner.database)


def test_nothing_is_confirmed_that_was_never_sent(scanner: Browser) -> None:
    page = scanner.open("3")
    assert isinstance(page, Opened)
    assert isinstance(scanner.wait(9).confirm(Doubted(page, of=page.nonce)), Again)
    nothing_happened(scanner.database)


def test_filling_in_every_field_is_found_out_however_long_it_waits(scanner: Browser) -> None:
    scanner.open("3")
    assert isinstance(scanner.wait(30).submit(True, recommend="3"), Doubted)
    scanner.open()
    assert isinstance(scanner.wait(30).decline(Decline.NEVER, trap=True), Doubted)
    nothing_happened(scanner.database)
    the_person_answers(scanner)


def test_following_the_hidden_link_is_found_out_and_concerns_that_page_only(scanner: Browser) -> None:
    scanner.open("3")
    scanner.do(run.trap, token=scanner.token, nonce=scanner.nonce, now=scanner.now)
    assert isinstance(scanner.wait(30).submit(recommend="3"), Doubted)
    scanner.open()
    scanner.do(run.trap, token=scanner.token, nonce="of another page", now=scanner.now)
    nothing_happened(scanner.database)
    the_person_answers(scanner)


def test_a_crawl_of_the_scores_that_submits_half_a_minute_later_is_found_out(scanner: Browser) -> None:
    nonces = []
    for score in range(11):
        scanner.wait(0.2).open(str(score))
        nonces.append(scanner.nonce)
    scanner.wait(30)
    for score, nonce in enumerate(nonces):
        scanner.nonce = nonce
        assert isinstance(scanner.submit(recommend=str(score)), Doubted)
    nothing_happened(scanner.database)
    the_person_answers(scanner)


@pytest.mark.parametrize("what", list(Decline))
def test_no_button_acts_within_a_second(scanner: Browser, what: Decline) -> None:
    scanner.open()
    assert isinstance(scanner.wait(1).decline(what), Doubted)
    nothing_happened(scanner.database)
    the_person_answers(scanner)


def test_a_script_that_types_leaves_no_draft_within_a_second(scanner: Browser) -> None:
    scanner.open("3")
    assert not scanner.wait(1).save(recommend="3")
    with scanner.database.begin() as db:
        assert run.catch_up(db, CLOSES + timedelta(days=1)) == 0
    assert rows(scanner.database, schema.response, "id") == []


def test_the_unsubscribe_page_is_opened_and_pressed_at_once_without_effect(scanner: Browser) -> None:
    page = scanner.do(
        run.open_unsubscribe,
        token="unsubscribe-token-of-ana-ruiz-000",
        method="GET",
        visit=scanner.visit,
        now=scanner.now,
        tokens=scanner.tokens,
    )
    assert page is not None
    scanner.nonce = page.nonce
    assert isinstance(scanner.wait(1).unsubscribe(), Doubted)
    nothing_happened(scanner.database)
    assert isinstance(scanner.wait(10).unsubscribe(), Acted)
    assert one(scanner.database, schema.suppression, "address", "reason") == ("con-1@calder.example", "opt_out")


def test_a_mail_programs_one_click_acts_at_once_and_again_changes_nothing(scanner: Browser) -> None:
    assert isinstance(scanner.unsubscribe(one_click=True), Acted)
    assert isinstance(scanner.unsubscribe(one_click=True), Acted)
    assert one(scanner.database, schema.suppression, "address", "reason") == ("con-1@calder.example", "opt_out")
    row = one(scanner.database, schema.invitation, "stopped", "disposition", "next_step")
    assert row == ("opted_out", "refused", None)


def test_a_token_of_one_purpose_opens_nothing_else(scanner: Browser) -> None:
    scanner.token = "unsubscribe-token-of-ana-ruiz-000"
    assert scanner.open() is None
    assert scanner.submit(recommend="3") is None


# --- the second look ----------------------------------------------------------------------------


def a_minute_later(scanner: Browser) -> int:
    with scanner.database.begin() as db:
        return run.judge_again(db, scanner.wait(60).now)


def submit_link_after_link(scanner: Browser, *scores: int) -> list[object]:
    """Open one, wait like a person, send it, and only then open the next."""
    outcomes: list[object] = []
    for score in scores:
        scanner.cookies.clear()
        scanner.open(str(score))
        outcomes.append(scanner.wait(2).submit(recommend=str(score)))
    return outcomes


def test_a_gateway_that_submits_link_after_link_is_found_out_a_minute_later(scanner: Browser) -> None:
    first, second, third, *_rest = submit_link_after_link(scanner, 0, 1, 2, 3)
    assert isinstance(first, Saved)
    assert isinstance(second, Saved)
    assert isinstance(third, Doubted)
    assert a_minute_later(scanner) == 2
    nothing_happened(scanner.database)
    assert rows(scanner.database, schema.sign_of_life, "key") == []
    assert a_minute_later(scanner) == 0
    the_person_answers(scanner)


def test_the_persons_answer_counts_again_when_a_gateway_had_replaced_it(scanner: Browser) -> None:
    the_person_answers(scanner)
    scanner.wait(120)
    submit_link_after_link(scanner, 3, 4, 5)
    assert a_minute_later(scanner) == 2
    states = dict(rows(scanner.database, schema.response, "score", "state"))
    assert states == {9: "submitted", 3: "suspect", 4: "suspect", 5: "suspect"}
    assert one(scanner.database, schema.invitation, "disposition", "stopped") == ("complete", "answered")


def test_an_answer_is_looked_at_again_once_and_a_confirmed_one_never(scanner: Browser) -> None:
    scanner.open("3")
    doubted = scanner.wait(1).submit(recommend="3")
    assert isinstance(doubted, Doubted)
    assert isinstance(scanner.wait(5).confirm(doubted), Saved)
    for score in range(11):
        scanner.open(str(score))
    assert a_minute_later(scanner) == 0
    assert one(scanner.database, schema.response, "state") == "submitted"


def test_nobody_is_doubted_before_the_minute_is_over(scanner: Browser) -> None:
    submit_link_after_link(scanner, 0, 1, 2)
    with scanner.database.begin() as db:
        assert run.judge_again(db, scanner.wait(50).now) == 0


def test_a_chase_that_ended_for_another_reason_is_not_taken_up_again(scanner: Browser) -> None:
    submit_link_after_link(scanner, 0, 1, 2)
    scanner.do(
        run.unsubscribe,
        posted=Posted("unsubscribe-token-of-ana-ruiz-000", "", trap_filled=False, visit=scanner.visit),
        one_click=True,
        now=scanner.now,
        tokens=scanner.tokens,
    )
    a_minute_later(scanner)
    assert one(scanner.database, schema.invitation, "next_step", "stopped") == (None, "opted_out")
    assert len(rows(scanner.database, schema.suppression, "id")) == 1
