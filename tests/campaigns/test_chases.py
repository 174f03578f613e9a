"""What an answer, a bounce, a reply, a nudge or a person does to one chase."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.builders import add_account, add_contact, add_csm, add_sign, add_staff, add_sync_run
from tests.campaigns.company import FILES, LAUNCH, add_company, add_message_counted, settle_in
from tests.campaigns.test_waves import launched, only, play
from voc.base import audit, schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import StaffRole
from voc.campaigns import run, store
from voc.campaigns.model import Disposition, Step, StopReason, Why
from voc.campaigns.store import wave_pages

DAY = timedelta(days=1)
SENT = LAUNCH + 7 * DAY  # the invitation is out


def invited(db: Connection) -> int:
    """One person, invited; the first reminder is planned."""
    launched(db)
    play(db, from_=LAUNCH, until=LAUNCH + 2 * DAY)
    found = only(db)
    assert (found.sent_at is not None, found.next_step) == (True, Step.REMINDER_1)
    return found.id


@pytest.mark.parametrize(
    ("reason", "disposition"),
    [
        (StopReason.REFUSED, Disposition.REFUSED),
        (StopReason.OPTED_OUT, Disposition.REFUSED),
        (StopReason.COMPLAINED, Disposition.REFUSED),
        (StopReason.BOUNCED, Disposition.UNKNOWN),
        (StopReason.LEFT, Disposition.NOT_ELIGIBLE),
        (StopReason.MERGED, Disposition.NOT_ELIGIBLE),
        (StopReason.REFERRED, Disposition.OTHER),
        (StopReason.REPLIED, None),
    ],
)
def test_a_stop_ends_the_chase_at_once_and_decides_what_can_be_decided(
    database: Database, reason: StopReason, disposition: Disposition | None
) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        assert run.stop(db, invitation_id, reason=reason, now=SENT) == [invitation_id]
        assert run.stop(db, invitation_id, reason=StopReason.ANSWERED, now=SENT) == []
        found = only(db)
        assert (found.stopped, found.stopped_at, found.next_step) == (reason, SENT, None)
        assert found.disposition == disposition
        assert play(db, from_=SENT, until=SENT + 15 * DAY) == []


def test_what_is_about_the_person_ends_every_chase_of_the_address(database: Database) -> None:
    with database.begin() as db:
        first = invited(db)
        second = copy_into_another_wave(db, first)
        assert run.stop(db, first, reason=StopReason.OPTED_OUT, now=SENT) == [first, second]


def without_id(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in row.items() if key != "id"}


def copy_into_another_wave(db: Connection, invitation_id: int, **values: Any) -> int:
    """The same person in a wave of another campaign with a higher priority."""
    campaign = db.execute(select(schema.campaign)).mappings().one()
    other = {**without_id(campaign), "name": "onboarding", "priority": 1}
    campaign_id = db.execute(schema.campaign.insert().values(other).returning(schema.campaign.c.id)).scalar_one()
    wave = db.execute(select(schema.wave)).mappings().one()
    row = {**without_id(wave), "campaign_id": campaign_id}
    wave_id = db.execute(schema.wave.insert().values(row).returning(schema.wave.c.id)).scalar_one()
    found = db.execute(select(schema.invitation).where(schema.invitation.c.id == invitation_id)).mappings().one()
    row = {**without_id(found), "wave_id": wave_id, **values}
    return db.execute(schema.invitation.insert().values(row).returning(schema.invitation.c.id)).scalar_one()


def test_an_answer_stops_the_chase_and_a_late_one_is_taken_without_touching_the_rate(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        closes_at = only(db).closes_at
        assert closes_at is not None
        assert run.record_answer(db, invitation_id, complete=False, at=SENT) == [invitation_id]
        assert only(db).disposition == Disposition.PARTIAL
        assert run.record_answer(db, invitation_id, complete=True, at=SENT + DAY) == []
        found = only(db)
        assert (found.disposition, found.answered_at) == (Disposition.COMPLETE, SENT)
        run.record_answer(db, invitation_id, complete=False, at=SENT + DAY)
        run.dispose(db, invitation_id, disposition=Disposition.REFUSED, at=SENT + DAY)
        assert only(db).disposition == Disposition.COMPLETE


def test_an_answer_after_the_due_date_leaves_the_invitation_silent_but_is_dated(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        play(db, from_=SENT, until=SENT + 30 * DAY)
        late = SENT + 31 * DAY
        run.record_answer(db, invitation_id, complete=True, at=late)
        found = only(db)
    assert (found.disposition, found.answered_at) == (Disposition.SILENT, late)


def test_a_bounce_stops_the_chase_unless_they_had_answered(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        assert run.record_bounce(db, invitation_id, at=SENT) == [invitation_id]
        assert (only(db).stopped, only(db).bounced_at) == (StopReason.BOUNCED, SENT)
        run.record_answer(db, invitation_id, complete=True, at=SENT + DAY)
        assert only(db).disposition == Disposition.COMPLETE
        run.record_bounce(db, invitation_id, at=SENT + 2 * DAY)
        assert only(db).bounced_at == SENT


def test_a_chase_goes_on_after_a_step_nobody_knows_the_fate_of(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        due_at = only(db).due_at
        assert due_at is not None
        (step,) = store.claim_due(db, now=due_at, limit=1)
        run.record_not_sent(db, step.invitation_id, step=step.step, at=due_at)
        assert only(db).next_step == Step.REMINDER_1
        # a delivery event tells later that it had arrived
        run.record_many_sent(db, [(step.invitation_id, step.step)], at=due_at + DAY)
        assert (only(db).sent_at, only(db).intended_on) == (due_at, date(2026, 3, 11))


def test_a_step_recorded_again_after_the_next_was_claimed_plans_nothing_twice(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        due_at = only(db).due_at
        assert due_at is not None
        (step,) = store.claim_due(db, now=due_at, limit=1)
        assert step.step == Step.REMINDER_1
        run.record_many_sent(db, [(invitation_id, Step.INVITE)], at=due_at)
        assert only(db).next_step is None
        run.record_many_sent(db, [(invitation_id, Step.REMINDER_1)], at=due_at)
        assert only(db).next_step == Step.REMINDER_2


def test_away_moves_the_next_step_to_the_working_day_after(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        run.away(db, invitation_id, until_on=date(2026, 3, 13), now=SENT)  # a Friday
        found = only(db)
        (event,) = db.execute(select(schema.chase_event)).all()
    assert (found.intended_on, found.moved_because) == (date(2026, 3, 16), Why.AWAY)
    assert (event.what, event.why, event.on) == ("moved", Why.AWAY, date(2026, 3, 16))


def test_away_past_the_last_day_drops_the_reminder_and_says_so(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        run.away(db, invitation_id, until_on=date(2026, 6, 1), now=SENT)
        (event,) = db.execute(select(schema.chase_event)).all()
        assert (only(db).next_step, only(db).stopped) == (None, None)
    assert (event.what, event.step, event.why) == ("dropped", Step.REMINDER_1, Why.AWAY)


def test_away_that_is_told_while_a_mail_is_on_its_way_holds_for_the_step_after_it(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        due_at = only(db).due_at
        assert due_at is not None
        (step,) = store.claim_due(db, now=due_at, limit=1)
        run.away(db, step.invitation_id, until_on=date(2026, 3, 20), now=due_at)
        run.record_many_sent(db, [(step.invitation_id, step.step)], at=due_at)
        planned = only(db)
        assert planned.due_at is not None
        assert store.claim_due(db, now=planned.due_at, limit=1) == []
        assert (only(db).intended_on, only(db).moved_because) == (date(2026, 3, 23), Why.AWAY)


# --- the CSM's own nudge ---


def test_a_nudge_counts_as_a_message_and_has_a_key_of_its_own(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        dana = Viewer(add_staff(db), "Dana", StaffRole.CSM, "csm-1")
        at = datetime(2026, 3, 9, 9, tzinfo=UTC)
        first = run.nudge(db, invitation_id, viewer=dana, now=at)
        assert (first.key, first.address) == (f"nudge:{invitation_id}:1", "con-000-00@calder.example")
        with pytest.raises(Refused, match=r"They got a message today. From 10 March 2026 it is possible"):
            run.nudge(db, invitation_id, viewer=dana, now=at)
        assert run.nudge(db, invitation_id, viewer=dana, now=at + DAY).key == f"nudge:{invitation_id}:2"


def test_a_nudge_is_refused_when_the_quarantine_is_full_with_the_day_it_frees(database: Database) -> None:
    with database.begin() as db:
        invitation_id = invited(db)
        for on in (date(2026, 1, 5), date(2026, 1, 15), date(2026, 2, 1), date(2026, 2, 2)):
            add_message_counted(db, "con-000-00@calder.example", on=on, step="nudge", account_id="acc-000")
        with pytest.raises(Refused, match="From 5 April 2026 it is possible"):
            run.nudge(db, invitation_id, viewer=TERMINAL, now=datetime(2026, 3, 9, 9, tzinfo=UTC))


def test_there_is_nobody_to_nudge_after_an_answer_before_an_invitation_or_at_a_foreign_account(
    database: Database,
) -> None:
    with database.begin() as db:
        launched(db)
        invitation_id = only(db).id
        with pytest.raises(Refused, match="no invitation under way"):
            run.nudge(db, invitation_id, viewer=TERMINAL, now=LAUNCH)
        play(db, from_=LAUNCH, until=LAUNCH + 2 * DAY)
        jonas = Viewer(add_staff(db), "Jonas", StaffRole.CSM, "csm-2")
        with pytest.raises(NotFound):
            run.nudge(db, invitation_id, viewer=jonas, now=SENT)
        run.record_answer(db, invitation_id, complete=True, at=SENT)
        with pytest.raises(Refused, match="They have answered"):
            run.nudge(db, invitation_id, viewer=TERMINAL, now=SENT)


def test_a_held_step_waits_for_a_person_who_releases_it_into_the_next_window(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        late = datetime(2026, 3, 16, 20, tzinfo=UTC)
        add_sync_run(db, started_at=late)  # from older data nobody would be asked at all
        assert store.claim_due(db, now=late, limit=1) == []
        held = only(db)
        assert held.held_because == "Overdue since 2026-03-05: 7 working days."
        assert store.claim_due(db, now=late + DAY, limit=1) == []
        assert wave_pages.held(db, held.wave_id, TERMINAL) == 1
        assert wave_pages.held(db, held.wave_id, Viewer(9, "Jonas Brandt", StaffRole.CSM, "csm-9")) == 0
        run.pause(db, held.wave_id, by="Clara", now=late)
        with pytest.raises(Refused, match="is paused"):
            run.release_held(db, held.wave_id, by="Clara", now=late)
        run.resume(db, held.wave_id, by="Clara", now=late)
        assert only(db).held_because is not None  # that others go on says nothing of those that are days late
        assert run.release_held(db, held.wave_id, by="Clara", now=late) == 1
        assert (only(db).held_because, only(db).intended_on) == (None, date(2026, 3, 17))
        assert run.release_held(db, held.wave_id, by="Clara", now=late) == 0
        told = [one for one in audit.listing(db, object_kind="wave") if one.action == "held steps released"]
        assert [one.actor for one in told] == ["Clara"]


# --- what the claim finds out ---


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        ("contact", {"left_at": LAUNCH}, StopReason.LEFT),
        ("contact", {"left_company": True}, StopReason.LEFT),
        ("contact", {"opted_out": True}, StopReason.OPTED_OUT),
        ("contact", {"bounced": True}, StopReason.BOUNCED),
        ("contact", {"state": "merged"}, StopReason.MERGED),
        ("contact", {"state": "deleted"}, StopReason.GONE),
        ("account", {"status": "churned"}, StopReason.GONE),
        ("account", {"state": "closed"}, StopReason.GONE),
    ],
)
def test_what_the_crm_said_since_ends_the_chase_in_the_claim(
    database: Database, table: str, values: dict[str, Any], reason: StopReason
) -> None:
    with database.begin() as db:
        invited(db)
        db.execute(update(schema.metadata.tables[table]).values(**values))
        assert play(db, from_=SENT, until=SENT + 9 * DAY) == []
        assert only(db).stopped == reason


@pytest.mark.parametrize(
    ("table", "values", "why"),
    [
        ("contact", {"away_until_on": date(2026, 3, 12)}, Why.AWAY),
        ("contact", {"state": "set_aside"}, Why.SET_ASIDE),
        ("account", {"escalated_until_on": date(2026, 3, 12)}, Why.ESCALATED),
        ("account", {"renewal_on": date(2026, 2, 26)}, Why.RENEWAL_SIGNING),
    ],
)
def test_a_pause_that_began_since_moves_the_step_in_the_claim(
    database: Database, table: str, values: dict[str, Any], why: Why
) -> None:
    with database.begin() as db:
        invited(db)
        due_at = only(db).due_at
        assert due_at is not None
        db.execute(update(schema.metadata.tables[table]).values(**values))
        assert store.claim_due(db, now=due_at, limit=1) == []
        found = only(db)
        assert found.intended_on is not None
        assert found.intended_on > date(2026, 3, 11)
        assert found.moved_because == why


def test_an_invitation_stands_for_the_owner_roles_and_revenue_of_the_moment_it_is_claimed(
    database: Database,
) -> None:
    with database.begin() as db:
        launched(db)
        due_at = only(db).due_at
        assert due_at is not None
        add_csm(db, "csm-2", name="Jonas Brandt")
        db.execute(update(schema.account).values(csm_id="csm-2", arr=Decimal(90000), segment="enterprise"))
        db.execute(update(schema.account_csm).values(to_at=LAUNCH))
        interval = {"account_id": "acc-000", "csm_id": "csm-2", "from_at": LAUNCH}
        db.execute(schema.account_csm.insert().values(interval))
        db.execute(schema.contact_role.insert().values(account_id="acc-000", contact_id="con-000-00", role="champion"))
        add_sign(db, "con-000-00", kind="confirmed", at=due_at)
        (step,) = store.claim_due(db, now=due_at, limit=1)
        found = only(db)
        freshness = db.execute(select(schema.invitation.c.freshness)).scalar_one()
    assert step.csm_name == "Jonas Brandt"
    assert (found.csm_id, found.inherited, found.segment, found.arr) == ("csm-2", True, "enterprise", Decimal(90000))
    assert set(found.roles) == {"decision_maker", "champion"}
    assert freshness == pytest.approx(0.9)


def test_the_higher_priority_goes_first_and_the_other_says_when_it_follows(database: Database) -> None:
    with database.begin() as db:
        relationship = invited(db)
        due_at = only(db).due_at
        assert due_at is not None
        onboarding = copy_into_another_wave(db, relationship, due_at=due_at + timedelta(minutes=5))
        assert store.claim_due(db, now=due_at, limit=10) == []
        found = store.invitation(db, relationship)
        assert (found.intended_on, found.moved_because) == (date(2026, 3, 12), Why.GOES_FIRST)
        (step,) = store.claim_due(db, now=due_at + timedelta(minutes=5), limit=10)
        assert step.invitation_id == onboarding


def test_a_merged_account_goes_on_as_the_one_it_was_merged_into(database: Database) -> None:
    with database.begin() as db:
        invited(db)
        due_at = only(db).due_at
        assert due_at is not None
        add_account(db, "acc-winner", name="Winner Foods")
        db.execute(update(schema.account).where(schema.account.c.id == "acc-000").values(state="merged"))
        db.execute(schema.alias.insert().values(kind="account", loser_id="acc-000", winner_id="acc-winner"))
        (step,) = store.claim_due(db, now=due_at, limit=10)
    assert (step.account_id, step.account_name) == ("acc-winner", "Winner Foods")


def test_the_quarantine_is_over_addresses_not_rows(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=2, people=1)
        add_contact(db, "con-twin", account_id="acc-001", roles=("champion",), email="con-000-00@calder.example")
    with database.read() as db:
        rehearsed = run.rehearse(db, campaign="relationship", questionnaire_files=FILES, now=LAUNCH)
    assert len({mail.address for mail in rehearsed.mails}) == 2
    assert len(rehearsed.asked) == 2
