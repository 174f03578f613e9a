"""A launch freezes who is asked and who is not, with the reason; a rehearsal tells it beforehand."""

import time
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.builders import TODAY, add_account, add_contact, add_suppression
from tests.campaigns.company import (
    FILES,
    LAUNCH,
    add_company,
    add_exclusion,
    add_message_counted,
    launch,
    reads_on,
    settle_in,
)
from voc.base import audit, schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.campaigns import run, store
from voc.campaigns.model import NotAsked, Step
from voc.campaigns.rehearsal import Rehearsal
from voc.campaigns.store import wave_pages


def rehearse(database: Database) -> Rehearsal:
    with database.read() as db:
        return run.rehearse(db, campaign="relationship", questionnaire_files=FILES, now=LAUNCH)


def test_the_rehearsal_is_what_then_happens(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=12, people=7)
    rehearsed = rehearse(database)
    happened = []
    with database.begin() as db:
        launch(db)
        now = LAUNCH
        while True:
            due = select(schema.invitation.c.due_at).where(schema.invitation.c.due_at.is_not(None))
            upcoming = db.execute(due.order_by(schema.invitation.c.due_at).limit(1)).scalar()
            if upcoming is None:
                break
            now = max(now, upcoming)
            reads_on(db, now=now)
            for step in store.claim_due(db, now=now, limit=50):
                happened.append((step.address, step.step, now))
                run.record_many_sent(db, [(step.invitation_id, step.step)], at=now)
    assert Counter(happened) == Counter((mail.address, mail.step, mail.at) for mail in rehearsed.mails)
    assert len(happened) == 12 * 7 * 4


def test_400_people_are_rehearsed_and_launched_in_well_under_a_second(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=57, people=7)
    started = time.monotonic()
    rehearsed = rehearse(database)
    between = time.monotonic()
    with database.begin() as db:
        launch(db)
    print(f"rehearsed in {between - started:.2f} s, launched in {time.monotonic() - between:.2f} s")
    assert len(rehearsed.asked) == 399
    assert rehearsed.refusals == ()


def test_a_rehearsal_writes_nothing_and_names_what_a_launch_would_be_refused_for(database: Database) -> None:
    with database.begin() as db:
        settle_in(db, read_at=LAUNCH - timedelta(hours=30))
        add_company(db, accounts=1, people=2)
    rehearsed = rehearse(database)  # a reader cannot write
    assert len(list(rehearsed.mails)) == 8
    assert "more than 24 hours ago" in rehearsed.refusals[0]
    with pytest.raises(Refused, match="more than 24 hours ago"), database.begin() as db:
        launch(db)
    with database.read() as db:
        assert wave_pages.rows(db, TERMINAL) == []


def test_data_that_was_never_read_in_full_is_refused_too(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        db.execute(update(schema.sync_run).values(state="held"))
        add_company(db, accounts=1, people=2)
    with pytest.raises(Refused, match="never read in full"), database.begin() as db:
        launch(db)


def test_a_campaign_has_one_wave_at_a_time(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=2)
        wave_id = launch(db, label="First")
    with pytest.raises(Refused, match="The wave First is not over"), database.begin() as db:
        launch(db, label="Second")
    with database.begin() as db:
        run.stop_wave(db, wave_id, by="Clara Wendt", now=LAUNCH)
        launch(db, label="Second")


def test_a_launch_needs_a_name_somebody_to_ask_and_a_questionnaire_without_mistakes(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
    with pytest.raises(Refused, match="nobody to ask"), database.begin() as db:
        launch(db)
    with pytest.raises(Refused, match="Give the wave a name"), database.begin() as db:
        launch(db, label=" ")
    broken = {path: text.replace("[[question]]", "[[questoin]]") for path, text in FILES.items()}
    with pytest.raises(Refused, match=r"relationship/questionnaire\.toml"), database.begin() as db:
        run.launch(db, campaign="relationship", questionnaire_files=broken, label="X", by="Clara", now=LAUNCH)
    with pytest.raises(NotFound, match="There are: relationship"), database.begin() as db:
        run.launch(db, campaign="pulse", questionnaire_files=FILES, label="X", by="Clara", now=LAUNCH)


def test_everybody_who_is_not_asked_stands_in_the_frozen_census_with_the_first_reason(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_account(db, renewal_on=date(2027, 1, 1))
        add_account(db, "acc-2", renewal_on=date(2027, 1, 1))
        add_account(db, "acc-signing", renewal_on=date(2026, 3, 20))
        add_account(db, "acc-escalated", escalated_until_on=date(2026, 4, 1))
        add_account(db, "acc-prospect", status="prospect")
        add_contact(db, "con-asked", roles=("champion",))
        add_contact(db, "con-without-role")
        add_contact(db, "con-left", roles=("champion",), left_company=True)
        add_contact(db, "con-no-address", roles=("champion",), email=None)
        add_contact(db, "con-opted-out", roles=("champion",))
        add_suppression(db, "con-opted-out@calder.example")
        add_contact(db, "con-excluded", roles=("champion",))
        add_exclusion(db, "acc-1", contact_id="con-excluded", expires_on=date(2026, 4, 1))
        add_contact(db, "con-recent", roles=("champion",))
        add_message_counted(db, "con-recent@calder.example", on=date(2026, 2, 1))
        add_contact(db, "con-signing", account_id="acc-signing", roles=("champion",))
        add_contact(db, "con-escalated", account_id="acc-escalated", roles=("champion",))
        add_contact(db, "con-prospect", account_id="acc-prospect", roles=("champion",))
        add_contact(db, "con-twin", account_id="acc-2", roles=("end_user",), email="con-asked@calder.example")
        add_contact(db, "con-twin-1", roles=("end_user",), email="CON-ASKED@calder.example ", created_on=TODAY)
        wave_id = launch(db)
    with database.read() as db:
        census = schema.census_member.c
        rows = db.execute(select(census.contact_id, census.reason, census.detail)).all()
        reasons = {row.contact_id: row.reason for row in rows}
        details = {row.contact_id: row.detail for row in rows}
        assert wave_pages.row(db, wave_id, TERMINAL).campaign == "relationship"
    assert reasons == {
        "con-asked": NotAsked.SAME_ADDRESS,
        "con-twin": NotAsked.SAME_ADDRESS,
        "con-twin-1": None,
        "con-left": NotAsked.LEFT,
        "con-no-address": NotAsked.NO_ADDRESS,
        "con-opted-out": NotAsked.OPTED_OUT,
        "con-excluded": NotAsked.EXCLUDED,
        "con-recent": NotAsked.ASKED_RECENTLY,
        "con-signing": NotAsked.RENEWAL_SIGNING,
        "con-escalated": NotAsked.ESCALATED,
    }
    assert details["con-excluded"] == "until 1 April 2026, Dana Whitlock"
    assert details["con-recent"] == "until 2 May 2026"
    assert details["con-escalated"] == "until 1 April 2026"


def test_an_invitation_freezes_zone_country_and_language_with_sensible_fallbacks(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_account(db, country="Brazil")
        add_contact(db, "con-1", roles=("champion",), time_zone=None, country=None, language="pt_BR")
        add_contact(db, "con-2", roles=("champion",), time_zone="Mars/Olympus", country="Japan")
        launch(db)
        columns = schema.invitation.c
        rows = db.execute(select(columns.time_zone, columns.country, columns.language).order_by(columns.id)).all()
    assert [tuple(row) for row in rows] == [("America/Sao_Paulo", "BR", "en"), ("Asia/Tokyo", "JP", "en")]


def test_half_of_the_accounts_get_a_heads_up_and_colleagues_are_treated_alike(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        run.change_settings(db, "relationship", {"heads_up_share": 0.5}, by="Clara Wendt", now=LAUNCH)
        add_company(db, accounts=10, people=4)
        launch(db)
        columns = schema.invitation.c
        rows = db.execute(select(columns.account_id, columns.heads_up, columns.next_step).distinct()).all()
        people = Counter(db.execute(select(columns.heads_up)).scalars())
    assert len(rows) == 10
    assert {(row.heads_up, row.next_step) for row in rows} == {(True, "heads_up"), (False, "invite")}
    assert Counter(row.heads_up for row in rows) == {True: 5, False: 5}
    assert people == {True: 20, False: 20}


@pytest.mark.parametrize("people", [7, 14])
def test_colleagues_are_spread_so_that_no_account_gets_mail_for_more_than_three_a_day(
    sqlite: Database, people: int
) -> None:
    with sqlite.begin() as db:
        settle_in(db)
        add_company(db, accounts=3, people=people)
    rehearsed = rehearse(sqlite)
    per_day = Counter((mail.account_id, mail.on) for mail in rehearsed.mails)
    assert max(per_day.values()) == 3
    assert {mail.on.weekday() for mail in rehearsed.mails if mail.step == Step.INVITE} == {1, 2, 3}
    first_week = {mail.step for mail in rehearsed.mails if mail.why and mail.on < date(2026, 3, 13)}
    assert first_week == set()  # planned apart from the start, not moved


def test_the_same_questionnaire_is_kept_once_and_a_changed_one_beside_it(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=1)
        run.stop_wave(db, launch(db, label="First"), by="Clara Wendt", now=LAUNCH)
        run.stop_wave(db, launch(db, label="Second"), by="Clara Wendt", now=LAUNCH)
        path = "relationship/en/invite.md"
        changed = {**FILES, path: FILES[path] + "\nThank you.\n"}
        run.launch(db, campaign="relationship", questionnaire_files=changed, label="Third", by="Clara", now=LAUNCH)
        versions = list(
            db.execute(select(schema.wave.c.questionnaire_version_id).order_by(schema.wave.c.id.desc())).scalars()
        )
    assert versions[1] == versions[2] != versions[0]


def test_a_launch_is_in_the_audit_log(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=2)
        launch(db)
    with database.read() as db:
        row = db.execute(select(schema.audit).order_by(schema.audit.c.id.desc()).limit(1)).one()
        assert audit.first_broken(db) is None
    assert (row.action, row.actor) == ("wave launched", "Clara Wendt")
    assert row.detail["asked"] == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"heads_up_share": 1.5}, "heads_up_share"),
        ({"invitation_weekdays": [7]}, "invitation_weekdays"),
        ({"reminder_1_days": 0}, "reminder_1_days"),
        ({"due_days": 0}, "due_days"),
        ({"reminder_1": "perhaps"}, "reminder_1"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_of_a_campaign_names_its_field(sqlite: Database, values: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused, sqlite.begin() as db:
        settle_in(db)
        run.change_settings(db, "relationship", values, by="Clara Wendt", now=LAUNCH)
    assert refused.value.field == field


DEFINITION = "relationship/questionnaire.toml"


def test_a_language_nobody_has_reviewed_is_used_only_when_somebody_accepts_it_by_name(database: Database) -> None:
    files = {**FILES, DEFINITION: FILES[DEFINITION].replace("reviewed_by =", "reviewed_by = '' #")}
    how: dict[str, Any] = {"campaign": "relationship", "questionnaire_files": files, "label": "A", "by": "Clara Wendt"}
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=1)
        rehearsal = run.rehearse(db, campaign="relationship", questionnaire_files=files, now=LAUNCH)
        assert (rehearsal.refusals, rehearsal.unreviewed) == ((), {"en": "English"})
        with pytest.raises(Refused, match="Nobody has reviewed English"):
            run.launch(db, **how, now=LAUNCH)
        run.launch(db, **how, now=LAUNCH, accept_languages=["en", "xx"])
        log = db.execute(select(schema.audit.c.detail).where(schema.audit.c.action == "wave launched")).scalar_one()
    assert log["languages accepted unreviewed"] == ["en"]
