"""Not for me, or not now: each button has its own disposition, its own sign of life and its own suggestion."""

import pytest

from tests.builders import add_contact
from tests.responses.world import Browser, ask_ana, one, rows
from voc.base import schema
from voc.base.db import Database
from voc.responses.model import Acted, Again, Decline, Saved


@pytest.fixture
def ana(database: Database) -> Browser:
    with database.begin() as db:
        ask_ana(db)
        add_contact(db, "con-2", first_name="Jon", email="jon@calder.example")
    browser = Browser(database)
    browser.open()
    return browser.wait(8)


@pytest.mark.parametrize(
    ("what", "stopped", "disposition", "sign", "suggestion"),
    [
        (Decline.NOT_NOW, "refused", "refused", "replied", None),
        (Decline.NEVER, "opted_out", "refused", "opted_out", None),
        (Decline.LEFT, "left", "not_eligible", "left", "left"),
        (Decline.MOVED, "moved", "not_eligible", "replied", "changed_role"),
        (Decline.NOT_ME, "left", "unknown", None, "left"),
    ],
)
def test_each_button_ends_it_in_its_own_way(
    ana: Browser, what: Decline, stopped: str, disposition: str, sign: str | None, suggestion: str | None
) -> None:
    assert isinstance(ana.decline(what), Acted)
    assert isinstance(ana.decline(what), Acted)  # pressed twice
    assert one(ana.database, schema.invitation, "stopped", "disposition", "next_step") == (stopped, disposition, None)
    assert rows(ana.database, schema.sign_of_life, "kind") == ([(sign,)] if sign else [])
    assert rows(ana.database, schema.suggestion, "kind") == ([(suggestion,)] if suggestion else [])
    suppressed = [("con-1@calder.example",)] if what is Decline.NEVER else []
    assert rows(ana.database, schema.suppression, "address") == suppressed


def test_an_answer_given_before_stays_when_one_never_wants_to_be_asked_again(ana: Browser) -> None:
    assert isinstance(ana.submit(recommend="9"), Saved)
    ana.open()
    assert isinstance(ana.wait(8).decline(Decline.NEVER), Acted)
    assert one(ana.database, schema.invitation, "disposition", "answered_at")[0] == "complete"
    assert one(ana.database, schema.suppression, "reason") == "opt_out"


def test_a_person_who_declined_may_still_answer(ana: Browser) -> None:
    ana.decline(Decline.NOT_NOW)
    ana.open()
    assert isinstance(ana.wait(8).submit(recommend="9"), Saved)
    assert one(ana.database, schema.invitation, "disposition") == "complete"


def test_a_button_of_a_page_we_do_not_know_changes_nothing(ana: Browser) -> None:
    ana.nonce = "made up"
    assert isinstance(ana.decline(Decline.NEVER), Again)
    assert rows(ana.database, schema.suppression, "id") == []


def test_a_colleague_instead_ends_the_chase_and_mails_nobody(ana: Browser) -> None:
    acted = ana.refer(colleague_name="Eve Moss", colleague_address="eve@calder.example")
    assert isinstance(acted, Acted)
    row = one(ana.database, schema.suggestion, "kind", "account_id", "contact_id", "name", "address")
    assert row == ("referral", "acc-1", "con-1", "Eve Moss", "eve@calder.example")
    assert one(ana.database, schema.invitation, "stopped", "disposition") == ("referred", "other")
    assert rows(ana.database, schema.message, "id") == []


def test_the_same_colleague_is_named_once_and_a_fourth_is_refused(ana: Browser) -> None:
    for name in ("a", "a", "b", "c"):
        assert isinstance(ana.refer(colleague_address=f"{name}@calder.example"), Acted)
    refused = ana.refer(colleague_address="d@calder.example")
    assert isinstance(refused, Again)
    assert refused.wrong[0].words == "wrong_three"
    assert len(rows(ana.database, schema.suggestion, "id")) == 3


def test_naming_nobody_comes_back_with_everything_typed(ana: Browser) -> None:
    refused = ana.refer(why="Ask Jon", colleague_name="", colleague_address="")
    assert isinstance(refused, Again)
    assert refused.page.filled["why"] == ["Ask Jon"]
    assert [one.field for one in refused.wrong] == ["colleague_name"]
