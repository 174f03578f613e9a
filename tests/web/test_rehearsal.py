"""A rehearsal writes nothing; a launch freezes what it showed; a wave is steered with reasons."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from tests.builders import NOW
from tests.web.company import Company
from voc.base import audit, schema
from voc.base.schema import message, wave
from voc.base.words import NotAsked, Step
from voc.campaigns.model import Why
from voc.delivery.dns_check import DnsFinding, Verdict
from voc.delivery.store import checks
from voc.web.rehearsal_words import REASONS, STEPS, WHYS


@pytest.fixture
def ready(company: Company) -> Company:
    """The relationship campaign may be launched: its waves are over and long ago."""
    with company.app.database.begin() as db:
        db.execute(update(wave).values(state="closed", closed_at=NOW))
        db.execute(update(schema.invitation).values(sent_at=NOW - timedelta(days=200), next_step=None, due_at=None))
    return company


def waves(company: Company) -> int:
    with company.app.database.read() as db:
        return db.execute(select(func.count()).select_from(wave)).scalar_one()


def test_a_rehearsal_shows_who_would_be_asked_and_who_not_and_writes_nothing(ready: Company) -> None:
    page = ready.enter("marcus").get("/waves/rehearse?campaign=relationship")
    assert page.status_code == 200
    assert "would be asked" in page.text
    assert "Own wish: never again" in page.text
    assert "Address gone" in page.text
    assert "Merger, contacts change" in page.text
    assert "Empty chairs" in page.text
    assert waves(ready) == 2


def test_what_a_launch_would_be_refused_for_stands_on_top(company: Company) -> None:
    page = company.enter("marcus").get("/waves/rehearse").text
    assert "A launch now would be refused" in page
    assert "is not over" in page
    assert "Launch: ask" not in page


def test_a_launch_opens_the_new_wave(ready: Company) -> None:
    marcus = ready.enter("marcus")
    marcus.get("/waves/rehearse")
    page = marcus.post("/waves/launch", campaign="relationship", label="Relationship, March 2026")
    assert "Relationship, March 2026 is launched" in page.text
    assert waves(ready) == 3


def test_a_csm_neither_rehearses_nor_launches(ready: Company) -> None:
    dana = ready.enter("dana")
    assert dana.get("/waves/rehearse").status_code == 403
    dana.get("/waves")
    assert dana.post("/waves/launch", campaign="relationship", label="Mine").status_code == 403
    assert waves(ready) == 2


def test_a_wave_is_paused_resumed_and_stopped_with_a_reason(company: Company) -> None:
    marcus, path = company.enter("marcus"), f"/waves/{company.world.running_wave}"
    marcus.get(path)
    paused = marcus.post(f"{path}/act", act="pause", reason="Outage at our side")
    assert "Outage at our side" in paused.text
    assert "Pause</button>" in marcus.post(f"{path}/act", act="resume").text
    refused = marcus.post(f"{path}/act", act="stop")
    assert refused.status_code == 409
    marcus.get(path)
    stopped = marcus.post(f"{path}/act", act="stop", reason="Wrong list")
    assert "stopped for good" in stopped.text
    assert "Stop for good</button>" not in stopped.text


def test_stopping_a_wave_calls_back_its_queued_mail(company: Company) -> None:
    with company.app.database.begin() as db:
        asked = select(schema.invitation.c.id).where(schema.invitation.c.next_step.is_not(None)).limit(1)
        invitation_id = db.execute(asked).scalar_one()
        key = f"inv:{invitation_id}:reminder_1"
        row = {"key": key, "kind": "chase", "invitation_id": invitation_id, "address": "a@b.example"}
        more = {"recipient": "a@b.example", "return_path": "r@b.example", "subject": "s", "message_id": "<r@b.example>"}
        moments = {"created_at": NOW, "due_at": NOW, "state": "queued", "next_attempt_at": NOW}
        db.execute(insert(message).values(**row, **more, **moments))
    marcus, path = company.enter("marcus"), f"/waves/{company.world.running_wave}"
    marcus.get(path)
    marcus.post(f"{path}/act", act="stop", reason="Wrong list")
    with company.app.database.read() as db:
        assert db.execute(select(message.c.state).where(message.c.key == key)).scalar_one() == "cancelled"


def test_every_mail_of_the_rehearsal_is_a_file(ready: Company) -> None:
    text = ready.enter("clara").get("/waves/rehearse/mails.csv").text
    assert "invitation" in text
    assert "reminder 2" in text
    assert "'=HYPERLINK(1)" in text


def test_those_it_would_not_ask_are_a_file(ready: Company) -> None:
    assert "Own wish: never again" in ready.enter("clara").get("/waves/rehearse/not-asked.csv").text


def test_a_campaign_that_is_not_there_is_not_found(company: Company) -> None:
    assert company.enter("marcus").get("/waves/rehearse?campaign=nothing").status_code == 404


def test_every_reason_step_and_delay_has_words() -> None:
    assert set(REASONS) == set(NotAsked)
    assert set(STEPS) == set(Step)
    assert set(WHYS) == set(Why)


def test_a_wave_whose_mail_would_not_be_trusted_needs_a_tick(ready: Company) -> None:
    wrong = DnsFinding(Verdict.WRONG, "SPF", "vendor.example", "vendor.example has no SPF record", "It matters.")
    with ready.app.database.begin() as db:
        checks.keep(db, "dns", [asdict(wrong)], now=NOW)
    marcus = ready.enter("marcus")
    page = marcus.get("/waves/rehearse").text
    assert "I know: SPF of our mail needs mending" in page
    assert "vendor.example has no SPF record" in page
    label = "Relationship, March 2026"
    assert (
        "tick that the wave goes out nonetheless"
        in marcus.post("/waves/launch", campaign="relationship", label=label).text
    )
    marcus.get("/waves/rehearse")
    assert "is launched" in marcus.post("/waves/launch", campaign="relationship", label=label, dns="yes").text
    with ready.app.database.read() as db:
        assert [line.action for line in audit.listing(db, object_kind="campaign")] == ["launched with DNS amiss"]
