"""Chapter three: the loop is closed, or the lead hears of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.flow.story import COMPLAINT, LEADER, UNTOUCHED, Story
from voc.accounts import store as accounts
from voc.base.access import TERMINAL
from voc.base.words import Cause, FollowUpKind, FollowUpState
from voc.followup.model import FollowUp

pytestmark = pytest.mark.slow


def business_hours(start: datetime, end: datetime, zone: str) -> float:
    """Minutes from nine to five on weekdays, counted one by one; the story's weeks have no holiday."""
    now, minutes = start, 0
    while now < end:
        local = now.astimezone(ZoneInfo(zone))
        minutes += local.weekday() < 5 and 9 <= local.hour < 17
        now += timedelta(minutes=1)
    return minutes / 60


def case(told: Story, words: str) -> FollowUp:
    return next(one for one in told.cases() if one.words == words)


def test_each_answer_that_asks_for_it_opens_one_case_of_the_csm(told: Story) -> None:
    opened = {one.words: one for one in told.opened.values()}
    assert opened[COMPLAINT].kind == opened[UNTOUCHED].kind == FollowUpKind.DETRACTOR
    assert opened["Your people."].kind == FollowUpKind.PROMOTER_OFFER
    assert opened["Your people."].asked == ("reference",)
    assert {one.owner_csm_id for one in opened.values()} == {told.owner.csm_id}
    assert len([one for one in told.cases() if one.kind != FollowUpKind.SILENT_ACCOUNT]) == 3


def test_its_clock_runs_in_the_business_hours_of_the_csm(told: Story) -> None:
    with told.app.database.read() as db:
        zone = next(one.time_zone for one in accounts.csms(db, TERMINAL) if one.id == told.owner.csm_id) or ""
    found = told.opened[COMPLAINT]
    assert found.opened_at == told.acted_at["phone"]
    for limit, due_at in ((4, found.acknowledge_by), (16, found.contact_by), (80, found.resolve_by)):
        assert due_at is not None
        assert business_hours(found.opened_at, due_at, zone) == limit


def test_the_csm_is_told_by_mail_at_once(told: Story) -> None:
    (mail,) = [
        one for one in told.post.to(told.owner_address) if f"/follow-ups/{told.opened[COMPLAINT].id}" in one.text
    ]
    assert mail.at - told.acted_at["phone"] < timedelta(hours=1)
    assert COMPLAINT in mail.text
    assert str(mail.letter["Auto-Submitted"]) == "auto-generated"


def test_the_csm_moves_it_from_new_to_confirmed(told: Story) -> None:
    assert "the clock for the first contact runs" in told.steps["acknowledge"]
    assert "The call is logged" in told.steps["contact"]
    assert "Resolved." in told.steps["resolve"]
    assert "Confirmed" in told.steps["confirm"]
    found = case(told, COMPLAINT)
    assert (found.state, found.cause, found.outcome) == (
        FollowUpState.CONFIRMED,
        Cause.PRODUCT,
        "The export is mended in 4.2.",
    )
    assert found.acknowledged_at is not None
    assert found.contacted_at is not None
    assert found.acknowledged_at < found.contacted_at <= found.contact_by
    assert found.lead_told_at is None


def test_a_case_that_nobody_touches_goes_to_the_lead_and_then_to_the_leader(told: Story) -> None:
    found = case(told, UNTOUCHED)
    assert (found.state, found.late) == (FollowUpState.NEW, True)
    assert found.acknowledge_by is not None
    assert found.lead_told_at is not None
    assert found.leader_told_at is not None
    assert found.acknowledge_by <= found.lead_told_at < found.leader_told_at < datetime(2026, 3, 20, tzinfo=UTC)
    for address in ("miriam.talvik@vendor.example", LEADER):
        about = [mail for mail in told.post.to(address) if f"/follow-ups/{found.id}" in mail.text]
        assert len(about) == 1, address
