"""The read-models of the pages on both databases: lists that go on from a row, timelines, answers, standing."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.web import world
from voc.accounts.store import book, run_page
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import AccountStatus, Segment, StaffRole
from voc.responses.store import heard
from voc.web import store

DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-dana")


@pytest.fixture
def built(database: Database) -> Database:
    with database.begin() as db:
        world.build(db)
    return database


@pytest.mark.parametrize("order", list(book.Order))
def test_pages_of_accounts_join_to_the_whole_list_in_every_order(built: Database, order: book.Order) -> None:
    with built.read() as db:
        whole = [row.id for row in book.accounts(db, TERMINAL, book.Filter(), order=order, limit=100)]
        joined: list[str] = []
        while page := book.accounts(
            db, TERMINAL, book.Filter(), order=order, after=joined[-1] if joined else None, limit=4
        ):
            joined += [row.id for row in page]
    assert joined == whole
    assert len(whole) == 23


def test_totals_and_rows_agree_on_what_a_filter_finds(built: Database) -> None:
    small = book.Filter(segment=Segment.SMALL)
    with built.read() as db:
        rows = book.accounts(db, DANA, small, limit=100)
        totals = book.totals(db, DANA, small)
        nobody = book.totals(db, DANA, book.Filter(status=AccountStatus.CHURNED))
    assert totals.accounts == len(rows) == 2
    assert totals.revenue == {"USD": sum(row.arr for row in rows if row.arr)}
    assert (nobody.accounts, nobody.revenue) == (0, {})


def test_wildcards_in_a_name_are_letters(built: Database) -> None:
    with built.read() as db:
        assert book.accounts(db, DANA, book.Filter(words="%"), limit=10) == []
        assert [row.id for row in book.accounts(db, DANA, book.Filter(words="DANA works 3"), limit=10)] == [
            "acc-dana-3"
        ]


def test_a_foreign_account_or_contact_is_not_there(built: Database) -> None:
    with built.read() as db:
        assert book.account_facts(db, "acc-dana-1", DANA).csm_name == "Dana Whitlock"
        for read in (
            lambda: book.account_facts(db, "acc-mei-1", DANA),
            lambda: book.contact_facts(db, "con-mei-1-0", DANA),
        ):
            with pytest.raises(NotFound):
                read()
        assert heard.heard(db, DANA, account_id="acc-mei-1", company="x", until=NOW) == []


def test_answers_carry_score_words_and_who_said_them(built: Database) -> None:
    with built.read() as db:
        found = heard.heard(db, DANA, account_id="acc-dana-3", company="Kestrel Works", until=NOW)
    assert [one.score for one in found] == [8, 9, 4]
    assert "Night shifts" in found[-1].said[0].words
    assert found[-1].said[0].verbatim


def test_a_timeline_is_the_latest_first_and_knows_nothing_of_later(built: Database) -> None:
    with built.read() as db:
        whole = store.timeline(db, account_id="acc-dana-3", until=NOW)
        before = store.timeline(db, account_id="acc-dana-3", until=world.SENT_AT + timedelta(minutes=1))
        short = store.timeline(db, account_id="acc-dana-3", until=NOW, limit=2)
        alone = store.timeline(db, contact_id="con-dana-3-0", until=NOW)
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    assert {"asked", "answered", "owner", "follow_up"} <= {one.kind for one in whole}
    assert "answered" not in {one.kind for one in before}
    assert short == whole[:2]
    assert {one.kind for one in alone} == {"asked", "answered", "follow_up"}


def test_what_became_of_each_invitation_is_said_in_a_word(built: Database) -> None:
    with built.read() as db:
        asked = store.asked_of(db, "acc-dana-6", until=NOW)
    outcomes = {contact: mails[0].outcome for contact, mails in asked.items()}
    assert outcomes == {
        "con-dana-6-0": "answered 3",
        "con-dana-6-1": "answered 8",
        "con-dana-6-2": "bounced",
    }


def test_a_run_without_problems_or_changes_reads_empty(built: Database) -> None:
    with built.read() as db:
        assert run_page.problem_counts(db, 1, DANA) == []
        assert run_page.changes(db, 1) == []


def test_sessions_knocks_and_standing_hold_on_both_databases(built: Database) -> None:
    with built.begin() as db:
        store.open_session(db, token_hash="t", csrf="c", staff_id=1, now=NOW)
        store.set_flash(db, "t", {"said": "Done"})
        found = store.standing_session(db, "t", now=NOW)
        assert found is not None
        assert (found.viewer.name, found.flash) == ("Dana Whitlock", {"said": "Done"})
        store.set_flash(db, "t", None)
        for tried in ({"a": 9, "b": 9}, {"a": 9}):
            assert store.try_once(db, "signin", tried, now=NOW, window=timedelta(minutes=15))
        assert store.knocks(db, "signin", ["a", "b"], since=NOW - timedelta(minutes=1)) == 2
        assert store.standing(db).crm_read_at == world.CRM_READ_AT
        store.close_sessions_of(db, 1)
        assert store.standing_session(db, "t", now=NOW) is None
