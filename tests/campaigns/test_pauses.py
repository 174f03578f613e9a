"""An account under escalation, and countries where nobody is asked without recorded consent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.builders import add_account, add_contact, add_staff
from tests.campaigns.company import LAUNCH, add_company, launch, settle_in
from tests.campaigns.test_waves import launched, only, play
from voc.base import preferences, schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import NotAsked, StaffRole
from voc.campaigns import run, store
from voc.campaigns.model import Step, StopReason, Why
from voc.stakeholders import run as stakeholders

DAY = timedelta(days=1)
WHO: dict[str, Any] = {"viewer": TERMINAL, "now": LAUNCH}
FIRE: dict[str, Any] = {"account_id": "acc-000", "reason": "Two outages in a week", **WHO}


# --- escalation ---


def test_an_escalation_moves_what_was_meant_for_earlier_and_its_end_puts_it_back(database: Database) -> None:
    with database.begin() as db:
        launched(db, people=2)
        meant = only_plans(db)
        moved = run.escalate(db, until_on=date(2026, 3, 16), **FIRE)
        assert (moved.steps, moved.without_day, moved.first_on) == (2, 0, date(2026, 3, 17))  # no invitation on Mondays
        assert {why for _on, why in only_plans(db)} == {Why.ESCALATED}
        back = run.end_escalation(db, "acc-000", **WHO)
        assert back.steps == 2
        assert [on for on, _why in only_plans(db)] == [on for on, _why in meant]
        assert run.end_escalation(db, "acc-000", **WHO).steps == 0


def only_plans(db: Any) -> list[tuple[date, Why | None]]:
    columns = schema.invitation.c
    rows = db.execute(select(columns.intended_on, columns.moved_because).order_by(columns.id))
    return [(row.intended_on, Why(row.moved_because) if row.moved_because else None) for row in rows]


def test_nothing_goes_to_an_account_under_escalation_before_its_day(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        run.escalate(db, until_on=date(2026, 3, 16), **FIRE)
        assert play(db, from_=LAUNCH, until=datetime(2026, 3, 16, 23, tzinfo=UTC)) == []
        assert play(db, from_=LAUNCH, until=datetime(2026, 3, 20, tzinfo=UTC))[0][1] == Step.INVITE


def test_a_step_that_an_escalation_leaves_no_day_for_stays_where_it_is_until_then(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        meant = only_plans(db)
        moved = run.escalate(db, until_on=date(2026, 9, 1), **FIRE)
        assert (moved.steps, moved.without_day) == (0, 1)
        assert only_plans(db) == meant
        run.end_escalation(db, "acc-000", **WHO)
        assert len(play(db, from_=LAUNCH, until=LAUNCH + 30 * DAY)) == 3


def test_a_reminder_that_a_claim_moved_goes_out_soon_after_the_end(database: Database) -> None:
    """Moved by the claim itself, because only the CRM's day was set: nothing says what it was meant for."""
    with database.begin() as db:
        launched(db)
        db.execute(update(schema.account).values(escalated_until_on=date(2026, 3, 24)))
        play(db, from_=LAUNCH, until=LAUNCH + 10 * DAY)
        at = datetime(2026, 3, 16, 6, tzinfo=UTC)
        assert run.end_escalation(db, "acc-000", viewer=TERMINAL, now=at).steps == 1
        assert only(db).intended_on == date(2026, 3, 17)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": "  ", "until_on": date(2026, 3, 16)}, "reason"),
        ({"until_on": LAUNCH.date()}, "until_on"),
        ({"until_on": date(2028, 1, 1)}, "until_on"),
    ],
)
def test_an_escalation_needs_a_reason_and_an_end(sqlite: Database, wrong: dict[str, Any], field: str) -> None:
    with sqlite.begin() as db:
        launched(db)
        with pytest.raises(Refused) as refused:
            run.escalate(db, **{**FIRE, **wrong})
        assert refused.value.field == field


def test_only_who_sees_the_account_escalates_it_and_the_audit_log_has_it(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        jonas = Viewer(add_staff(db, "jonas@vendor.example"), "Jonas Lindgren", StaffRole.CSM, "csm-2")
        with pytest.raises(NotFound):
            run.escalate(db, **{**FIRE, "until_on": date(2026, 3, 16), "viewer": jonas})
        with pytest.raises(NotFound):
            run.end_escalation(db, "acc-000", viewer=jonas, now=LAUNCH)
        run.escalate(db, until_on=date(2026, 3, 16), **FIRE)
        run.escalate(db, until_on=date(2026, 3, 20), **FIRE)
        actions = db.execute(select(schema.audit.c.action, schema.audit.c.object_id)).all()
        standing = db.execute(select(schema.escalation).where(schema.escalation.c.ended_at.is_(None))).one()
    assert actions.count(("account escalated", "acc-000")) == 2
    assert standing.until_on == date(2026, 3, 20)


# --- consent ---


def wants_consent(db: Any, *countries: str) -> None:
    preferences.change(db, {"consent_countries": list(countries)}, actor="test", now=LAUNCH)


def test_nobody_in_such_a_country_is_asked_without_recorded_consent(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        wants_consent(db, "DE")
        add_account(db, "acc-1")
        add_contact(db, "con-silent", roles=("champion",))
        add_contact(db, "con-said", roles=("budget_holder",), email="Said@calder.example")
        add_contact(db, "con-crm", roles=("influencer",), consented_on=date(2025, 1, 1))
        add_contact(db, "con-away", roles=("end_user",), country="France")
        consent(db, "con-said")
        launch(db)
        rows = db.execute(select(schema.census_member).order_by(schema.census_member.c.contact_id)).all()
    assert [(row.contact_id, row.reason) for row in rows] == [
        ("con-away", None),
        ("con-crm", None),
        ("con-said", None),
        ("con-silent", NotAsked.NO_CONSENT),
    ]
    assert rows[-1].detail == "DE"


def consent(db: Any, contact_id: str) -> None:
    stakeholders.record_consent(
        db, contact_id=contact_id, given_on=date(2026, 1, 5), source="order form", viewer=TERMINAL, now=LAUNCH
    )


def test_the_claim_asks_for_consent_again(database: Database) -> None:
    with database.begin() as db:
        launched(db, people=2)
        consent(db, "con-000-01")
        wants_consent(db, "DE")
        assert {address for address, _step in play(db, from_=LAUNCH, until=LAUNCH + 7 * DAY)} == {
            "con-000-01@calder.example"
        }
        found = store.invitation(db, db.execute(select(schema.invitation.c.id).limit(1)).scalar_one())
        assert found.stopped == StopReason.NO_CONSENT


def test_withdrawn_consent_ends_the_chase_of_the_address_and_nobody_elses(database: Database) -> None:
    with database.begin() as db:
        wants_consent(db, "DE")
        settle_in(db)
        add_company(db, accounts=1, people=2)
        consent(db, "con-000-00")
        consent(db, "con-000-01")
        launch(db)
        stakeholders.withdraw_consent(db, contact_id="con-000-00", **WHO)
        stopped = run.stop_without_consent(db, "con-000-00@calder.example", now=LAUNCH)
        assert len(stopped) == 1
        assert run.stop_without_consent(db, "con-000-00@calder.example", now=LAUNCH) == []
        reasons = db.execute(select(schema.invitation.c.stopped).order_by(schema.invitation.c.id)).scalars().all()
    assert reasons == [StopReason.NO_CONSENT, None]


def test_withdrawn_consent_stops_nothing_where_none_is_wanted(database: Database) -> None:
    with database.begin() as db:
        launched(db)
        consent(db, "con-000-00")
        stakeholders.withdraw_consent(db, contact_id="con-000-00", **WHO)
        assert run.stop_without_consent(db, "con-000-00@calder.example", now=LAUNCH) == []
        with pytest.raises(Refused, match="No consent is recorded"):
            stakeholders.withdraw_consent(db, contact_id="con-000-00", **WHO)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"source": " "}, "source"), ({"source": "x" * 400}, "source"), ({"given_on": LAUNCH.date() + DAY}, "given_on")],
)
def test_consent_needs_a_source_and_a_day_that_has_been(sqlite: Database, wrong: dict[str, Any], field: str) -> None:
    with sqlite.begin() as db:
        launched(db)
        right = {"contact_id": "con-000-00", "given_on": LAUNCH.date(), "source": "mail"}
        with pytest.raises(Refused) as refused:
            stakeholders.record_consent(db, **{**right, **wrong, **WHO})
        assert refused.value.field == field
