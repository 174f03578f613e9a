"""From an answer to a confirmed case, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

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
    add_staff,
    add_wave,
)
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.base.words import Cause, FollowUpKind, FollowUpState, StaffRole
from voc.campaigns import questionnaire
from voc.followup import run, store
from voc.followup.model import CauseCount, Escalated, FollowUp, Notice, NoticeKind, Promise
from voc.stakeholders import store as stakeholders

PREFERENCES = Preferences()
DANA = Viewer(1, "Dana Whitlock", StaffRole.CSM, "csm-1")
OTHER = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")
LEAD = Viewer(3, "Ingrid Solheim", StaffRole.LEAD, "lead-1")
HOUR = timedelta(hours=1)
BASE_URL = "https://voc.example"
FILES = questionnaire.read_folder(Path(__file__).parents[2] / "questionnaires", "relationship")


@pytest.fixture(autouse=True)
def invited(database: Database) -> None:
    """con-1 and con-2 of Dana's account were asked in one wave."""
    with database.begin() as db:
        add_csm(db, "lead-1", name="Ingrid Solheim", email="ingrid@vendor.example")
        add_csm(db, manager_id="lead-1")
        add_csm(db, "csm-2", name="Ben Carver", manager_id="lead-2")
        add_account(db)
        version = add_questionnaire(db, files=FILES)
        wave = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=version)
        for contact_id in ("con-1", "con-2"):
            add_contact(db, contact_id)
            add_invitation(db, wave_id=wave, contact_id=contact_id)


def answered(db: Connection, score: int, *, invitation: int = 1, yes: tuple[str, ...] = (), **values: object) -> int:
    response_id = add_response(db, invitation_id=invitation, questionnaire_version_id=1, score=score, **values)
    for question in yes:
        row = {"response_id": response_id, "question": question, "choices": ["yes"]}
        db.execute(insert(schema.answer).values(**row))
    return response_id


def cases(db: Connection, viewer: Viewer = TERMINAL, now: datetime = NOW, **filters: Any) -> list[FollowUp]:
    return store.listing(db, viewer, now=now, preferences=PREFERENCES, **filters)


def only(db: Connection, now: datetime = NOW) -> FollowUp:
    (found,) = cases(db, now=now)
    return store.follow_up(db, found.id, TERMINAL, now=now, preferences=PREFERENCES)


def opened(db: Connection, score: int = 4) -> int:
    answered(db, score, verbatim="Tickets sit for days.")
    run.catch_up(db, NOW)
    return only(db).id


def test_a_detractors_answer_opens_one_case_with_owner_clock_and_their_words(database: Database) -> None:
    with database.begin() as db:
        answered(db, 4, verbatim="Tickets sit for days.", yes=("call",))
        assert run.catch_up(db, NOW) == 1
        assert run.catch_up(db, NOW) == 0
        case = only(db)
    assert (case.kind, case.state, case.score) == (FollowUpKind.DETRACTOR, FollowUpState.NEW, 4)
    assert (case.owner_name, case.account_name, case.contact_name) == (
        "Dana Whitlock",
        "Calder & Moss Foods",
        "Ana Ruiz",
    )
    assert (case.words, case.asked, case.roles) == ("Tickets sit for days.", ("call",), ("champion",))
    assert case.acknowledge_by == NOW + 4 * HOUR  # 10:00 to 14:00 in Berlin
    assert case.contact_by == datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert case.bar is not None
    assert [(event.what, event.by) for event in case.events] == [("opened", "the service")]


def test_requests_and_offers_open_cases_and_content_people_do_not(database: Database) -> None:
    with database.begin() as db:
        answered(db, 8)
        answered(db, 10, invitation=2, yes=("reference",))
        run.catch_up(db, NOW)
        assert only(db).kind == FollowUpKind.PROMOTER_OFFER


def test_a_suspect_answer_opens_nothing_until_it_is_confirmed(database: Database) -> None:
    with database.begin() as db:
        answered(db, 2, state="suspect")
        answered(db, 2, invitation=2, state="draft", submitted_at=None)
        assert run.catch_up(db, NOW) == 0
        db.execute(update(schema.response).where(schema.response.c.id == 1).values(state="submitted"))
        assert run.catch_up(db, NOW) == 1


def test_a_correction_is_looked_at_again_and_never_opens_a_second_case(database: Database) -> None:
    with database.begin() as db:
        answered(db, 9)
        assert run.catch_up(db, NOW) == 0
        later = NOW + HOUR
        db.execute(update(schema.response).values(score=3, submitted_at=later))
        number = schema.answer.c.question == "recommend"
        db.execute(update(schema.answer).where(number).values(number=3))
        assert run.catch_up(db, later) == 1
        answered(db, 1, submitted_at=later + HOUR)
        assert run.catch_up(db, later + HOUR) == 0
        assert only(db).opened_at == later


def test_two_processes_that_look_at_once_open_one_case(database: Database) -> None:
    with database.begin() as db:
        answered(db, 2)
        answered(db, 9, invitation=2)
    together = Barrier(2)

    def look() -> int:
        together.wait(timeout=10)
        with database.begin() as db:
            return run.catch_up(db, NOW)

    with ThreadPoolExecutor(2) as both:
        opened_by_each = [one.result() for one in (both.submit(look), both.submit(look))]
    assert sorted(opened_by_each) == [0, 1]
    with database.read() as db:
        assert [event.what for event in only(db).events] == ["opened"]


def test_a_definition_that_cannot_be_read_any_more_still_tells_a_detractor(database: Database) -> None:
    with database.begin() as db:
        db.execute(update(schema.questionnaire_version).values(files={}))
        answered(db, 3)
        answered(db, 10, invitation=2, yes=("story",))
        assert run.catch_up(db, NOW) == 1


def test_an_account_of_an_inactive_csm_has_an_unowned_case_that_the_lead_sees(database: Database) -> None:
    with database.begin() as db:
        db.execute(update(schema.csm).where(schema.csm.c.id == "csm-1").values(active=False))
        opened(db)
        (case,) = cases(db, LEAD)
        assert (case.owner_csm_id, case.lead_csm_id) == (None, "lead-1")
        assert cases(db, OTHER) == []


def test_an_open_case_follows_the_account_to_its_new_csm_and_a_closed_one_stays(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        db.execute(update(schema.account).values(csm_id="csm-2"))
        run.catch_up(db, NOW + HOUR)
        case = only(db)
        assert (case.owner_csm_id, case.events[-1].note) == ("csm-2", "to Ben Carver")
        run.contact(db, id, viewer=OTHER, now=NOW, note="Rang")
        run.resolve(db, id, viewer=OTHER, now=NOW, cause=Cause.SUPPORT, outcome="Named night contact")
        db.execute(update(schema.account).values(csm_id="csm-1"))
        run.catch_up(db, NOW + HOUR)
        assert only(db).owner_csm_id == "csm-2"


def test_the_way_of_a_case_is_logged_and_audited_step_by_step(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        run.acknowledge(db, id, viewer=DANA, now=NOW + HOUR)
        run.contact(db, id, viewer=DANA, now=NOW + 2 * HOUR, note=" Rang, ten minutes ")
        run.contact(db, id, viewer=DANA, now=NOW + 3 * HOUR, note="Rang again")
        run.resolve(db, id, viewer=DANA, now=NOW + 4 * HOUR, cause="support", outcome="Named night contact")
        run.confirm(db, id, viewer=DANA, now=NOW + 5 * HOUR)
        case = only(db)
        actions = list(db.scalars(select(schema.audit.c.action).order_by(schema.audit.c.id)))
    assert case.state == FollowUpState.CONFIRMED
    assert (case.acknowledged_at, case.contacted_at) == (NOW + HOUR, NOW + 2 * HOUR)
    assert (case.cause, case.outcome, case.bar) == (Cause.SUPPORT, "Named night contact", None)
    steps = ["opened", "acknowledged", "contacted", "contacted", "resolved", "confirmed"]
    assert [event.what for event in case.events] == steps
    assert case.events[2].note == "Rang, ten minutes"
    assert actions == [f"follow-up {step}" for step in steps]


def test_a_customer_who_confirms_is_alive(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        run.contact(db, id, viewer=DANA, now=NOW, note="Rang")
        run.resolve(db, id, viewer=DANA, now=NOW, cause="support", outcome="Done")
        run.confirm(db, id, viewer=DANA, now=NOW)
        assert [sign.kind for sign in stakeholders.signs(db, "con-1")] == ["replied"]


def test_a_reopened_case_keeps_its_clock_and_its_first_contact(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        before = only(db)
        run.contact(db, id, viewer=DANA, now=NOW + HOUR, note="Rang")
        run.resolve(db, id, viewer=DANA, now=NOW + HOUR, cause="price", outcome="Quarterly bills")
        run.reopen(db, id, viewer=DANA, now=NOW + 2 * HOUR, note="Bills are wrong")
        case = only(db)
    assert (case.state, case.contacted_at, case.resolved_at) == (FollowUpState.CONTACTED, NOW + HOUR, None)
    assert (case.resolve_by, case.cause) == (before.resolve_by, None)
    assert case.events[-2].note == "price: Quarterly bills"


def test_a_contact_needs_a_note_and_a_resolution_a_cause_and_what_was_done(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        with pytest.raises(Refused) as refused:
            run.contact(db, id, viewer=DANA, now=NOW, note="  ")
        assert refused.value.field == "note"
        run.contact(db, id, viewer=DANA, now=NOW, note="Rang")
        with pytest.raises(Refused) as refused:
            run.resolve(db, id, viewer=DANA, now=NOW, cause="weather", outcome="Done")
        assert refused.value.field == "cause"
        with pytest.raises(Refused) as refused:
            run.resolve(db, id, viewer=DANA, now=NOW, cause="support", outcome="")
        assert refused.value.field == "outcome"
        assert only(db).state == FollowUpState.CONTACTED


def test_somebody_elses_case_is_not_found(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        for act in (run.acknowledge, run.reopen):
            with pytest.raises(NotFound):
                act(db, id, viewer=OTHER, now=NOW)
        run.acknowledge(db, id, viewer=LEAD, now=NOW)


def test_what_is_late_goes_to_the_lead_then_the_leader_once_each(database: Database) -> None:
    four, eight = NOW + 4 * HOUR, datetime(2026, 3, 4, 9, tzinfo=UTC)  # 8 business hours after
    with database.begin() as db:
        opened(db)
        assert run.escalate(db, four - timedelta(seconds=1)) == Escalated()
        assert run.escalate(db, four) == Escalated(to_lead=1)
        assert run.escalate(db, four) == Escalated()
        assert run.escalate(db, eight) == Escalated(to_leader=1)
        assert run.escalate(db, eight) == Escalated()
        case = only(db)
    assert (case.lead_told_at, case.leader_told_at) == (four, eight)
    assert [event.note for event in case.events[1:]] == ["to the lead: 4 h of 4", "to the leader: 8 h of 4"]


def queued(db: Connection, mails: list[Notice]) -> None:
    for mail in mails:
        add_message(db, mail.key, kind="alert", address=mail.address)


def test_the_owner_the_lead_and_the_leaders_get_one_mail_each(database: Database) -> None:
    with database.begin() as db:
        add_staff(db, "clara@vendor.example", name="Clara Wendt", role="leader")
        add_staff(db, "adam@vendor.example", name="Adam Root", role="admin")
        opened(db)
        first = run.notices(db, NOW, base_url=BASE_URL)
        assert [(mail.kind, mail.address) for mail in first] == [(NoticeKind.OPENED, "csm-1@vendor.example")]
        queued(db, first)
        late = NOW + timedelta(days=3)
        run.escalate(db, late)
        second = run.notices(db, late, base_url=BASE_URL)
        assert [(mail.kind, mail.address) for mail in second] == [
            (NoticeKind.LEAD, "ingrid@vendor.example"),
            (NoticeKind.LEADER, "clara@vendor.example"),
        ]
        queued(db, second)
        assert run.notices(db, late, base_url=BASE_URL) == []


def test_the_mails_go_into_the_outbox_once(database: Database, vault: Vault, tokens: RandomTokens) -> None:
    office: dict[str, Any] = {"vault": vault, "tokens": tokens, "settings": Settings()}
    with database.begin() as db:
        opened(db)
        assert run.tell(db, NOW, **office) == 1
        assert run.tell(db, NOW, **office) == 0
        row = db.execute(select(schema.message)).one()
    assert (row.key, row.kind, row.address) == ("followup:1:opened:csm-1", "alert", "csm-1@vendor.example")
    assert b"Tickets sit for days." in vault.decrypt(row.body)


def test_a_lead_who_signs_in_is_told_at_that_address_and_leaders_stand_in_for_an_unknown_one(
    database: Database,
) -> None:
    with database.begin() as db:
        add_staff(db, "i.solheim@vendor.example", name="Ingrid Solheim", role="lead", csm_id="lead-1")
        add_staff(db, "adam@vendor.example", name="Adam Root", role="admin")
        opened(db)
        run.escalate(db, NOW + 4 * HOUR)
        (lead,) = [mail for mail in run.notices(db, NOW, base_url=BASE_URL) if mail.kind == NoticeKind.LEAD]
        assert lead.address == "i.solheim@vendor.example"
        db.execute(update(schema.csm).where(schema.csm.c.id == "csm-1").values(manager_id=None))
        (lead,) = [mail for mail in run.notices(db, NOW, base_url=BASE_URL) if mail.kind == NoticeKind.LEAD]
        assert lead.address == "adam@vendor.example"


def test_whoever_takes_over_an_open_case_gets_the_mail_too(database: Database) -> None:
    with database.begin() as db:
        opened(db)
        queued(db, run.notices(db, NOW, base_url=BASE_URL))
        db.execute(update(schema.account).values(csm_id="csm-2"))
        run.catch_up(db, NOW)
        assert [mail.address for mail in run.notices(db, NOW, base_url=BASE_URL)] == ["csm-2@vendor.example"]


def test_a_silent_account_is_one_case_per_spell(database: Database) -> None:
    spell: dict[str, Any] = {"account_id": "acc-1", "spell_on": date(2026, 2, 1)}
    with database.begin() as db:
        assert run.open_silent(db, **spell, now=NOW, contact_id="con-1")
        assert not run.open_silent(db, **spell, now=NOW)
        case = only(db)
    assert (case.kind, case.acknowledge_by, case.resolve_by) == (FollowUpKind.SILENT_ACCOUNT, None, None)
    assert case.bar is not None
    assert (case.bar.promise, case.bar.limit_hours) == (Promise.CONTACT, 80)


def test_lists_put_the_most_urgent_first_and_know_mine_and_late(database: Database) -> None:
    with database.begin() as db:
        answered(db, 8, yes=("call",))
        answered(db, 3, invitation=2)
        run.catch_up(db, NOW)
        late = NOW + 5 * HOUR
        assert [case.score for case in cases(db, DANA)] == [3, 8]
        assert [case.score for case in cases(db, LEAD, now=late, late=True)] == [3]
        assert cases(db, LEAD, mine=True) == []
        assert len(cases(db, DANA, mine=True)) == 2
        assert len(store.of_account(db, "acc-1", DANA, now=NOW, preferences=PREFERENCES)) == 2
        assert store.of_account(db, "acc-1", OTHER, now=NOW, preferences=PREFERENCES) == []


def test_a_case_of_a_merged_account_counts_for_the_winner(database: Database) -> None:
    with database.begin() as db:
        add_account(db, "acc-2", name="Globex", csm_id="csm-2")
        opened(db)
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(state="merged"))
        db.execute(insert(schema.alias).values(kind="account", loser_id="acc-1", winner_id="acc-2"))
        run.catch_up(db, NOW)
        (case,) = cases(db, OTHER)
        assert (case.account_id, case.account_name, case.owner_csm_id) == ("acc-2", "Globex", "csm-2")


def test_causes_are_counted_by_cases_and_accounts(database: Database) -> None:
    with database.begin() as db:
        id = opened(db)
        run.contact(db, id, viewer=DANA, now=NOW, note="Rang")
        run.resolve(db, id, viewer=DANA, now=NOW, cause="training", outcome="Two sessions")
        run.confirm(db, id, viewer=DANA, now=NOW)
        assert store.causes(db, DANA, since=NOW) == [CauseCount(Cause.TRAINING, 1, 1)]
        assert store.causes(db, OTHER, since=NOW) == []
