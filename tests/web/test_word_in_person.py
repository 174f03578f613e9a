"""A CSM writes in person, says that an account is under escalation, and records consent: the pages of it."""

from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select, update

from tests.builders import NOW
from tests.campaigns.company import FILES
from tests.web.company import Company
from voc.base import preferences, schema


@pytest.fixture
def silent(company: Company) -> int:
    """Somebody of Jonas' whom the running wave asked a week ago, with words to write to them in."""
    with company.app.database.begin() as db:
        db.execute(update(schema.questionnaire_version).values(files=FILES))
        preferences.change(db, {"test_mode": False}, actor="test", now=NOW)
        columns = schema.invitation.c
        query = select(columns.id).where(columns.wave_id == company.world.running_wave, columns.answered_at.is_(None))
        return (
            db.execute(query.where(columns.account_id.like("acc-jonas%")).order_by(columns.id)).scalars().first() or 0
        )


def rows(company: Company, table: Any) -> list[Any]:
    with company.app.database.read() as db:
        return list(db.execute(select(table)).all())


def test_a_csm_finds_whom_to_nudge_on_the_wave_on_the_contact_and_in_my_week(company: Company, silent: int) -> None:
    jonas = company.enter("jonas")
    contact_id = next(row.contact_id for row in rows(company, schema.invitation) if row.id == silent)
    link = f'href="/nudges/{silent}"'
    assert link in jonas.get(f"/waves/{company.world.running_wave}").text
    assert link in jonas.get(f"/contacts/{contact_id}").text
    assert link in jonas.get("/accounts").text


def test_a_nudge_is_read_edited_and_sent(company: Company, silent: int) -> None:
    jonas, path = company.enter("jonas"), f"/nudges/{silent}"
    page = jonas.get(path).text
    assert "may I ask you once in person?" in page
    assert "mailto:" in page
    words: dict[str, Any] = {"subject": "One word?", "body": "What should I mend first?"}
    shown = jonas.post(path, do="show", **words).text
    assert "Subject: One word?" in shown
    assert not any(row.kind == "nudge" for row in rows(company, schema.message))
    said = jonas.post(path, do="send", **words)
    assert "goes out with the next sending" in said.text
    (mail,) = [row for row in rows(company, schema.message) if row.kind == "nudge"]
    assert (mail.key, mail.subject, mail.state) == (f"nudge:{silent}:1", "One word?", "queued")
    assert "was nudged in person by Jonas Brandt" in said.text  # the contact's timeline
    assert f"/delivery/messages/{mail.id}" in said.text
    assert jonas.get(f"/delivery/messages/{mail.id}").status_code == 200
    assert "on its way already" in jonas.get(path).text or "They got a message today" in jonas.get(path).text


def test_a_refused_text_comes_back_with_what_was_typed(company: Company, silent: int) -> None:
    jonas = company.enter("jonas")
    jonas.get(f"/nudges/{silent}")
    page = jonas.post(f"/nudges/{silent}", do="send", subject="One word?", body="Dear {{ name }}")
    assert page.status_code == 400
    assert "Your own words are plain text" in page.text
    assert "Dear {{ name }}" in page.text


def test_a_mail_of_ones_own_is_recorded(company: Company, silent: int) -> None:
    jonas = company.enter("jonas")
    jonas.get(f"/nudges/{silent}")
    said = jonas.post(f"/nudges/{silent}", do="by_hand").text
    assert "from your own mail" in said
    assert [row.by_hand for row in rows(company, schema.nudge)] == [True]


def test_the_own_mail_program_gets_the_words_whole(company: Company, silent: int) -> None:
    page = company.enter("jonas").get(f"/nudges/{silent}").text
    link = unquote(page.split('data-opens="', 1)[1].split('"', 1)[0])
    assert link.startswith("mailto:")
    assert "reply with a time that suits you" in link


def test_an_account_under_escalation_says_until_when_and_why_and_ends_it(company: Company) -> None:
    dana, path = company.enter("dana"), "/accounts/acc-dana-1"
    back: dict[str, Any] = {"back": path}
    dana.get(path)
    wrong = dana.post(f"{path}/escalation", reason="Outage", until_on="2026-02-01", **back)
    assert (wrong.status_code, "Choose a day after today" in wrong.text) == (400, True)
    said = dana.post(f"{path}/escalation", reason="Two outages", until_on="2026-04-01", **back).text
    assert "Under escalation until" in said
    assert "Two outages" in said
    ended = dana.post(f"{path}/escalation/end", **back).text
    assert "Under escalation until" not in ended


def test_consent_is_recorded_on_the_contacts_page_where_their_country_wants_it(company: Company) -> None:
    dana, path = company.enter("dana"), "/contacts/con-dana-1-0"
    assert "consent" not in dana.get(path).text.lower()
    with company.app.database.begin() as db:
        preferences.change(db, {"consent_countries": ["DE"]}, actor="test", now=NOW)
    assert "Not asked: no consent recorded" in dana.get(path).text
    given: dict[str, Any] = {"do": "record", "given_on": "2026-01-05", "source": "Order form of January", "back": path}
    told = dana.post(f"{path}/consent", **given).text
    assert "Order form of January" in told
    assert "Agreed to be asked by mail" in told
    assert "Withdrawn" in dana.post(f"{path}/consent", do="withdraw", back=path).text


def test_the_settings_take_countries_by_name_and_keep_their_codes(company: Company) -> None:
    clara = company.enter("clara")
    with company.app.database.read() as db:
        before = preferences.load(db)
    page = clara.get("/settings").text
    assert "Countries that want consent" in page
    values: dict[str, Any] = {
        "consent_countries": "Germany, at",
        "opens": "09:30",
        "closes": "11:30",
        "late_until": "17:00",
        "blackout_days": "",
    }
    whole = ("due_days", "quarantine_days", "messages_per_quarantine", "contacts_per_account_day")
    more = ("renewal_pause_days", "stale_after_hours")
    numbers: dict[str, Any] = {name: str(getattr(before, name)) for name in (*whole, *more)}
    clara.post("/settings/group/chase", **values, **numbers)
    with company.app.database.read() as db:
        assert preferences.load(db).consent_countries == ["AT", "DE"]
    wrong = clara.post("/settings/group/chase", **{**values, **numbers, "consent_countries": "Atlantis"})
    assert "is no country we know" in wrong.text
