"""What the Delivery page counts and lists, on both databases: states, hours, waits, what came back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from tests.builders import (
    NOW,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_invitation,
    add_message,
    add_questionnaire,
    add_wave,
)
from tests.delivery.test_health import DANA, OTHER
from tests.delivery.world import install
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import InboundKind, MessageState
from voc.delivery import waits
from voc.delivery.store import letters, tally
from voc.delivery.store.tally import Chosen

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def outbox(database: Database) -> Database:
    """Six sent, an hour apart, each 40 s after it was due; one waits, one failed, one is unknown; one came back."""
    with database.begin() as db:
        install(db)
        add_csm(db)
        add_account(db)
        add_contact(db)
        for number in range(6):
            at = NOW - number * HOUR
            to = f"p{number}@{'calder' if number < 4 else 'globex'}.example"
            times = {"sent_at": at, "due_at": at - timedelta(seconds=40 + number)}
            id = add_message(db, f"inv:{number}:invite", contact_id="con-1", address=to, **times)
            tried = {"message_id": id, "at": at, "worker": "w", "outcome": "sent", "relay": f"r{number % 2}"}
            db.execute(insert(schema.attempt).values(**tried))
            if number == 5:
                back = {"key": "k", "kind": "hard_bounce", "message_id": id, "at": at, "code": "5.1.1", "quote": "gone"}
                db.execute(insert(schema.inbound).values(**back))
        add_message(db, "inv:6:invite", state="queued", next_attempt_at=NOW - DAY)
        add_message(db, "inv:7:invite", state="queued", next_attempt_at=NOW + 2 * HOUR)
        failed = add_message(db, "inv:8:invite", state="failed", address="x@GLOBEX.example")
        refused = {"message_id": failed, "at": NOW - HOUR, "worker": "w", "outcome": "failed", "code": 550}
        db.execute(insert(schema.attempt).values(**refused))
        add_message(db, "inv:9:invite", state="unknown", contact_id="con-1")
    return database


def test_states_are_counted_and_narrowed_to_a_recipient_domain(outbox: Database) -> None:
    with outbox.read() as db:
        everything = tally.by_state(db, Chosen(), since=NOW - DAY)
        globex = tally.by_state(db, Chosen(domain="globex.example"), since=NOW - DAY)
        lately = tally.by_state(db, Chosen(), since=NOW - HOUR)
    assert everything[MessageState.SENT] == 6
    assert {one: number for one, number in everything.items() if one is not MessageState.SENT} == {
        MessageState.QUEUED: 2,
        MessageState.FAILED: 1,
        MessageState.UNKNOWN: 1,
    }
    assert globex == {MessageState.SENT: 2, MessageState.FAILED: 1}
    assert lately[MessageState.SENT] == 2


def test_each_hour_has_what_was_sent_failed_and_is_due(outbox: Database) -> None:
    with outbox.begin() as db:
        wave_id = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=add_questionnaire(db))
        add_invitation(db, wave_id=wave_id, next_step="invite", due_at=NOW - HOUR, intended_on=NOW.date())
    with outbox.read() as db:
        hours = {one.at: one for one in tally.hours(db, Chosen(), now=NOW)}
    assert len(hours) == 96
    assert [(hours[NOW - number * HOUR].sent, hours[NOW - number * HOUR].failed) for number in range(3)] == [
        (1, 0),
        (1, 1),
        (1, 0),
    ]
    # Overdue ones stand in the present hour: a mail of yesterday, and a step that was due before NOW.
    assert (hours[NOW].due, hours[NOW + 2 * HOUR].due) == (2, 1)


def test_waits_are_told_exactly_and_by_mail_server(outbox: Database) -> None:
    with outbox.read() as db:
        found = waits.wait(tally.waits(db, Chosen(), since=NOW - DAY))
        by_relay = tally.waits_by_relay(db, since=NOW - DAY)
        today = tally.sent_by_relay(db, since=NOW - DAY)
    assert found == waits.Wait(count=6, median=42, most_waited=45, longest=45)
    assert {name: sorted(counts) for name, counts in by_relay.items()} == {
        "r0": [(40, 1), (42, 1), (44, 1)],
        "r1": [(41, 1), (43, 1), (45, 1)],
    }
    assert today == {"r0": 3, "r1": 3}


def test_what_came_back_is_told_by_domain_with_what_was_sent_there(outbox: Database) -> None:
    with outbox.read() as db:
        (globex,) = tally.came_back(db, Chosen(), since=NOW - DAY)
    assert (globex.domain, globex.sent, globex.refused) == ("globex.example", 2, 1)
    assert globex.kinds == {InboundKind.HARD_BOUNCE: 1}


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.QUEUED, MessageState.UNKNOWN])
def test_a_list_goes_on_from_its_last_row_and_shows_each_once(outbox: Database, state: MessageState) -> None:
    with outbox.read() as db:
        whole = letters.in_state(db, TERMINAL, state, Chosen(), since=NOW - DAY)
        seen, after = [], None
        while page := letters.in_state(db, TERMINAL, state, Chosen(), since=NOW - DAY, after=after, limit=2):
            seen += page
            after = letters.place_of(page[-1])
    assert [one.id for one in seen] == [one.id for one in whole]
    assert len({one.id for one in whole}) == {"sent": 6, "queued": 2, "unknown": 1}[state]


def test_lists_and_stories_are_those_of_ones_own_accounts(outbox: Database) -> None:
    with outbox.read() as db:
        own = letters.in_state(db, DANA, MessageState.SENT, Chosen(), since=NOW - DAY)
        assert len(own) == 6
        assert letters.in_state(db, OTHER, MessageState.SENT, Chosen(), since=NOW - DAY) == []
        (back,) = letters.came_back(db, DANA, Chosen(), kind=None, since=NOW - DAY)
        assert letters.came_back(db, OTHER, Chosen(), kind=None, since=NOW - DAY) == []
        assert back.letter is not None
        story = letters.story(db, back.letter.id, DANA)
        assert ([one.outcome for one in story.tries], [one.quote for one in story.back]) == (["sent"], ["gone"])
        with pytest.raises(NotFound):
            letters.story(db, back.letter.id, OTHER)


def test_nothing_sent_is_no_wait_of_zero() -> None:
    assert waits.wait([]) is None


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 50)), min_size=1, max_size=60))
def test_waits_from_counts_are_those_of_the_single_messages(counts: list[tuple[int, int]]) -> None:
    single = sorted(seconds for seconds, number in counts for _ in range(number))
    found = waits.wait(counts)
    assert found is not None
    assert (found.count, found.longest) == (len(single), single[-1])
    assert found.median == single[(len(single) + 1) // 2 - 1]
    assert sum(one <= found.most_waited for one in single) >= 0.9 * len(single)
