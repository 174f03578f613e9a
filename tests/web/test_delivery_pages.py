"""Delivery: what is stuck is said first, and only an admin pauses or settles."""

from collections.abc import Mapping

import pytest
from sqlalchemy import insert, select

from tests.builders import NOW
from tests.web.company import Company
from voc.base.schema import installation, message
from voc.base.words import InboundKind, MessageKind
from voc.web.delivery_view import _BOUNCES, _KINDS


@pytest.fixture
def running(company: Company) -> Company:
    with company.app.database.begin() as db:
        db.execute(insert(installation).values(id=1, epoch="ours", created_at=NOW))
    return company


def state_of(company: Company, key: str) -> str:
    with company.app.database.read() as db:
        return db.execute(select(message.c.state).where(message.c.id == company.world.messages[key])).scalar_one()


def test_what_nobody_can_know_stands_in_the_heading(running: Company) -> None:
    page = running.enter("marcus").get("/delivery").text
    assert "1 message to settle: nobody can know whether it arrived" in page
    assert "5.1.1 no such user" in page


def test_a_leader_looks_and_an_admin_acts(running: Company) -> None:
    marcus = running.enter("marcus")
    assert "Pause all sending" not in marcus.get("/delivery").text
    assert marcus.post("/delivery/pause", reason="Mine").status_code == 403
    assert "Pause all sending" in running.enter("clara").get("/delivery").text


def test_a_csm_does_not_see_the_page(running: Company) -> None:
    assert running.enter("dana").get("/delivery").status_code == 403


def test_a_pause_needs_a_reason_which_every_page_then_shows(running: Company) -> None:
    clara = running.enter("clara")
    clara.get("/delivery")
    assert clara.post("/delivery/pause").status_code == 409
    clara.get("/delivery")
    paused = clara.post("/delivery/pause", reason="the relay changes over")
    assert "Sending is paused" in paused.text
    assert "the relay changes over" in running.enter("dana").get("/waves").text
    assert "Mail goes out again" in clara.post("/delivery/resume").text


@pytest.mark.parametrize(("act", "state"), [("arrived", "sent"), ("lost", "failed")])
def test_an_unknown_message_is_settled_by_a_person(running: Company, act: str, state: str) -> None:
    clara, id = running.enter("clara"), running.world.messages["unknown"]
    clara.get("/delivery")
    clara.post(f"/delivery/{id}/settle", act=act)
    assert state_of(running, "unknown") == state


def test_a_message_without_a_text_cannot_be_sent_again(running: Company) -> None:
    clara, id = running.enter("clara"), running.world.messages["held"]
    clara.get("/delivery")
    assert clara.post(f"/delivery/{id}/settle", act="release").status_code == 409


def test_every_kind_has_its_words() -> None:
    words: Mapping[MessageKind, str] = _KINDS
    assert set(words) == set(MessageKind)
    assert {kind for kind in InboundKind if "bounce" in kind} <= set(_BOUNCES)
