"""Old data goes by night, group by group; what a figure counts stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.builders import (
    NOW,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_invitation,
    add_message,
    add_questionnaire,
    add_response,
    add_wave,
)
from voc.base import audit, preferences, retention, schema
from voc.base.db import Database
from voc.base.tokens import RandomTokens

DAY = timedelta(days=1)


def keep(database: Database, days: float = 0) -> dict[str, int]:
    return retention.keep(database, now=NOW + days * DAY, tokens=RandomTokens())


@pytest.fixture
def filled(database: Database) -> Database:
    """One person invited today who answered; one row of every group."""
    with database.begin() as db:
        add_csm(db)
        add_account(db)
        add_contact(db)
        version = add_questionnaire(db)
        wave = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=version)
        closes = NOW + 21 * DAY
        invitation = add_invitation(db, wave_id=wave, sent_at=NOW, closes_at=closes, disposition="complete")
        add_response(db, invitation_id=invitation, questionnaire_version_id=version, verbatim="Ana says", score=9)
        message = add_message(db, "inv:1:invite", invitation_id=invitation, contact_id="con-1", body=b"text")

        def add(table: Any, **values: Any) -> int:
            return int((db.execute(insert(table).values(**values)).inserted_primary_key or (0,))[0])

        link = add(
            schema.link, token_hash="t", purpose="answer", invitation_id=invitation, message_id=message, created_at=NOW
        )
        at = {"link_id": link, "invitation_id": invitation, "at": NOW, "source": "mark"}
        add(schema.hit, method="GET", **at)
        add(schema.rendering, nonce_hash="n", **at)
        add(schema.visitor, cookie_hash="c", invitation_id=invitation, at=NOW)
        add(schema.knock, kind="link", source="s", at=NOW)
        about = {"kind": "left", "successor_name": "Jon Vik", "successor_address": "jon@x.example", "raw": b"mail"}
        add(schema.inbound, key="k", contact_id="con-1", at=NOW, quote="I left", **about)
        add(schema.provider_event, provider="ses", event="e", received_at=NOW, raw=b"r")
        named = {
            "account_id": "acc-1",
            "contact_id": "con-1",
            "kind": "successor",
            "name": "Jon",
            "address": "jon@x.example",
        }
        add(schema.suggestion, key="open", state="open", created_at=NOW, **named)
        add(schema.suggestion, key="used", state="accepted", created_at=NOW, **named)
        add(schema.sign_of_life, key="s", contact_id="con-1", kind="replied", at=NOW, source="mail", quote="Hello")
    return database


def test_each_group_goes_at_its_own_age_and_not_before(filled: Database) -> None:
    assert keep(filled, 6.9) == {}
    assert keep(filled, 7.1) == {"marks of visits": 1, "marks of pages": 1, "failed sign-ins": 1}
    assert keep(filled, 30.1) == {
        "visits": 1,
        "pages": 1,
        "mail that came back": 1,
        "successors named in mail": 1,
        "people named by others": 1,
        "provider events": 1,
    }
    assert keep(filled, 90.1) == {"mail texts": 1, "browsers": 1}
    assert keep(filled, 91) == {}
    with filled.read() as db:
        assert list(db.execute(select(schema.suggestion.c.name).order_by(schema.suggestion.c.id)).scalars()) == [
            None,
            "Jon",
        ]
        assert db.execute(select(schema.inbound.c.quote)).scalar_one() == "I left"
        assert [line.action for line in audit.listing(db)] == ["old data let go"] * 3


def test_a_stencil_stays_as_long_as_a_mail_needs_it(filled: Database) -> None:
    with filled.begin() as db:
        for number in (1, 2):
            until = NOW + number * DAY
            db.execute(insert(schema.stencil).values(id=f"cut {number}", pieces=b"p", used_until=until))
    keep(filled, 90)
    assert keep(filled, 90.5) == {"mail texts": 1, "browsers": 1}
    assert keep(filled, 91.5) == {"stencils of mails": 1}
    with filled.begin() as db:
        add_message(db, "inv:1:reminder_1", invitation_id=1, state="queued", body=b"text")
    assert "stencils of mails" not in keep(filled, 93)


def test_answers_lose_their_name_after_three_years_and_no_score(filled: Database) -> None:
    assert "named answers" not in keep(filled, 36 * 30.4)
    assert keep(filled, 36 * 30.5 + 21)["named answers"] == 1
    with filled.read() as db:
        invited = db.execute(select(schema.invitation)).one()
        assert invited.contact_id.startswith("anonymous:")
        assert (invited.account_id, invited.roles, invited.disposition) == ("acc-1", ["champion"], "complete")
        assert "calder" not in invited.address
        assert db.execute(select(schema.response.c.score)).scalar_one() == 9
        assert set(db.execute(select(schema.answer.c.text)).scalars()) == {None}
        assert db.execute(select(schema.contact.c.state).where(schema.contact.c.id == "con-1")).scalar_one() == "live"
    assert keep(filled, 36 * 30.5 + 22) == {}


def test_many_rows_go_in_batches_and_a_stop_midway_goes_on(sqlite: Database) -> None:
    rows = [
        {"kind": "link", "source": str(number), "at": NOW + number * timedelta(seconds=1)} for number in range(2_500)
    ]
    with sqlite.begin() as db:
        db.execute(insert(schema.knock), rows)
        preferences.change(db, {"keep_sources_days": 1}, actor="Clara", now=NOW)
    looks = iter(range(8))

    def stop() -> None:
        if next(looks) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.keep(sqlite, now=NOW + DAY + timedelta(seconds=2_200), tokens=RandomTokens(), check_ending=stop)
    with sqlite.read() as db:
        assert len(db.execute(select(schema.knock.c.id)).all()) == 1_500
    assert retention.keep(sqlite, now=NOW + DAY + timedelta(seconds=2_200), tokens=RandomTokens()) == {
        "failed sign-ins": 1_200
    }
