"""The programme owner's campaigns: changed whole or not at all, with what a contact would get beside it."""

import re
from typing import Any

from sqlalchemy import select

from tests.web.company import Company
from voc.base import schema
from voc.campaigns import store
from voc.campaigns.model import CampaignSettings
from voc.web import campaign_fields

FORM: dict[str, Any] = {
    "questionnaire": "relationship",
    "priority": "3",
    "heads_up": "yes",
    "heads_up_days": "2",
    "reminder_1": "yes",
    "reminder_1_days": "4",
    "reminder_2_days": "6",
    "last_call_days": "3",
    "cadence_weeks": "26",
    "invitation_weekdays": ["1", "2"],
    "give_up_days": "28",
    "quiet_days": "2",
    "heads_up_share": "50",
    "due_days": "",
    "opens": "",
    "closes": "",
    "blackout_days": "none",
    "quarantine_days": "60",
    "messages_per_quarantine": "",
    "contacts_per_account_day": "",
    "renewal_pause_days": "",
    "country": "Germany",
    "zone": "Europe/Berlin",
}
PATH = "/campaigns/relationship"


def kept(company: Company, name: str = "relationship") -> CampaignSettings:
    with company.app.database.read() as db:
        return store.campaign(db, name).settings


def test_every_setting_has_a_field_and_no_field_is_without_one() -> None:
    groups = (campaign_fields.ASKING, campaign_fields.BY_EVENT, campaign_fields.OWN)
    fields = {one.name for group in groups for one in group.fields}
    fields |= {name for step in campaign_fields.STEPS for name in (step.name, f"{step.name}_days")}
    own = {"thanks", "confidential", "occasion"}  # controls of their own
    assert fields == set(CampaignSettings.__struct_fields__) - {"on", *own}
    assert set(campaign_fields.shown(CampaignSettings())) == fields | own


def test_a_saved_campaign_holds_for_the_next_wave_and_the_log_has_both_values(company: Company) -> None:
    clara = company.enter("clara")
    page = clara.get(PATH).text
    assert "keeps what it was launched with" in page
    assert "As for the company: 90." in page
    saved = clara.post(PATH, **FORM, do="save")
    assert "a wave under way keeps what it was launched with" in saved.text
    settings = kept(company)
    assert (settings.cadence_weeks, settings.reminder_2, settings.heads_up_share) == (26, False, 0.5)
    assert (settings.blackout_days, settings.quarantine_days, settings.due_days) == ([], 60, None)
    with company.app.database.read() as db:
        log = db.execute(select(schema.audit.c.detail).where(schema.audit.c.action == "campaign changed")).scalar_one()
    assert log["cadence_weeks"] == {"from": 24, "to": 26}


def test_mistakes_are_named_beside_their_fields_with_what_was_typed_and_nothing_is_saved(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(PATH)
    typed = {**FORM, "reminder_1_days": "soon", "heads_up_share": "140", "opens": "12:00", "closes": "11:00"}
    page = clara.post(PATH, **typed, do="save")
    assert page.status_code == 400
    assert set(re.findall(r'id="e-(\w+)"', page.text)) == {"reminder_1_days", "heads_up_share", "closes"}
    assert 'value="soon"' in page.text
    assert kept(company) == CampaignSettings()


def test_the_example_shows_what_is_typed_without_keeping_it(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(PATH)
    page = clara.post(PATH, **FORM, do="show").text
    example = re.sub(r"<[^>]+>", " ", page[page.index('id="example"') :])
    assert "Heads-up" in example
    assert "Reminder 1" in example
    assert "Reminder 2" not in example
    assert kept(company) == CampaignSettings()


def test_a_place_nobody_knows_and_a_week_without_a_day_are_said_in_the_example(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(PATH)
    for typed, said in (
        ({"country": "Atlantis"}, "No country is known"),
        ({"zone": "Europe/Nowhere"}, "No time zone has that name"),
        ({"country": "AE", "zone": "Asia/Dubai", "invitation_weekdays": ["6"]}, "there is no day in a year"),
    ):
        page = clara.post(PATH, **{**FORM, **typed}, do="show")
        assert page.status_code == 200
        assert said in page.text


def test_a_campaign_by_event_says_what_begins_it_and_what_it_asked_about(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(PATH)
    saved = clara.post(PATH, **FORM, occasion="reviewed", occasion_days="7", do="save")
    assert "Asks by itself, after a business review" in saved.text
    assert (kept(company).occasion, kept(company).occasion_days, kept(company).ahead_days) == ("reviewed", 7, 120)
    assert "after a business review" in clara.get("/campaigns").text
    page = clara.post(PATH, **FORM, occasion="full moon", do="save")
    assert (page.status_code, 'id="e-occasion"' in page.text) == (400, True)
    with company.app.database.begin() as db:
        account_id = db.execute(select(schema.account.c.id).order_by(schema.account.c.id)).scalars().first()
        row = {"campaign_id": store.campaign(db, "relationship").id, "key": "activity:1", "account_id": account_id}
        at = company.app.now()
        db.execute(schema.occasion.insert().values(**row, on=at.date(), taken_up_at=at))
    assert "nobody there could be asked" in clara.get(PATH).text


def test_a_copy_is_off_until_it_is_switched_on(company: Company) -> None:
    clara = company.enter("clara")
    clara.get("/campaigns")
    assert "small letters" in clara.post("/campaigns", name="Pulse Spring", of="relationship").text
    page = clara.post("/campaigns", name="pulse-spring", of="relationship")
    assert "Switch it on" in page.text
    assert not kept(company, "pulse-spring").on
    assert "Switch it off" in clara.post("/campaigns/pulse-spring/switch", do="on").text
    assert kept(company, "pulse-spring").on


def test_both_halves_of_the_lot_stand_on_the_waves_page_and_on_the_campaigns(company: Company) -> None:
    clara = company.enter("clara")
    for path in (f"/waves/{company.world.finished_wave}", PATH):
        page = clara.get(path).text
        assert "With heads-up" in page
        assert "Drawn by lot, whole accounts." in page
