"""Delivery: what is stuck is said first, and only an admin pauses or settles."""

from collections.abc import Mapping

import pytest
from sqlalchemy import insert, select

from tests.builders import NOW, add_message
from tests.web.company import Company
from voc.base.schema import installation, message
from voc.base.words import InboundKind, MessageKind, MessageState
from voc.web.delivery_view import BOUNCES, KINDS


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


def test_a_pause_and_a_resumption_can_be_undone_and_say_who_and_why(running: Company) -> None:
    clara = running.enter("clara")
    clara.get("/delivery")
    paused = clara.post("/delivery/pause", reason="the relay changes over")
    assert "Undo" in paused.text
    assert "Paused by Clara Wendt" in paused.text
    clara.post("/delivery/resume")
    clara.post("/delivery/pause", reason="the relay changes over")
    assert "Paused by Clara Wendt" in clara.get("/delivery").text


def test_the_page_is_narrowed_and_every_figure_opens_to_its_rows(running: Company) -> None:
    marcus = running.enter("marcus")
    for query in ("?wave=1", "?domain=calder.example", "?days=30", "?wave=x&domain=%00&days=1e9"):
        assert marcus.get(f"/delivery{query}").status_code == 200, query
    for show in (*MessageState, "back", "nonsense"):
        assert marcus.get(f"/delivery/messages?show={show}&after=9999999~x").status_code == 200, show


def test_a_message_shows_its_whole_mail_with_its_links_struck_out(running: Company) -> None:
    mail = (
        b"From: a@vendor.example\r\nSubject: Four questions\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nOpen https://x.example/q/" + b"s" * 32 + b"\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><b>Hello</b>\r\n--b--\r\n"
    )
    with running.app.database.begin() as db:
        id = add_message(db, "seen:1", contact_id="con-dana-1-0", state="unknown", body=running.app.vault.encrypt(mail))
    dana = running.enter("dana")
    page = dana.get(f"/delivery/messages/{id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "s" * 32 not in page
    assert "https://x.example/q/..." in page
    assert "It arrived" not in page  # an admin settles it
    assert "It arrived" in running.enter("clara").get(f"/delivery/messages/{id}").text
    shown = dana.client.get(f"/delivery/messages/{id}/html")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "script-src" not in shown.headers["content-security-policy"]
    with running.app.database.begin() as db:
        foreign = add_message(db, "seen:2", contact_id="con-mei-1-0", body=running.app.vault.encrypt(mail))
    for path in (f"/delivery/messages/{foreign}", f"/delivery/messages/{foreign}/html"):
        assert dana.get(path).status_code == 404


def test_the_dns_of_a_domain_that_only_this_machine_knows_is_not_asked(running: Company) -> None:
    marcus = running.enter("marcus")
    marcus.get("/delivery")
    assert "Nothing could be looked up" in marcus.post("/delivery/dns").text


def test_every_kind_has_its_words() -> None:
    words: Mapping[MessageKind, str] = KINDS
    assert set(words) == set(MessageKind)
    assert {kind for kind in InboundKind if "bounce" in kind} <= set(BOUNCES)
