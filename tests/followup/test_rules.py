"""Which answer opens which case, by when, what may follow what, and who is told: without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.words import FollowUpKind, FollowUpState, Role
from voc.campaigns.conditions import parse
from voc.campaigns.definition import FollowUps
from voc.followup import rules, wording
from voc.followup.hours import Hours, of_owner
from voc.followup.model import Act, Answer, Clock, Colleague, FollowUp, NoticeKind, Promise

BERLIN = Hours("Europe/Berlin")
PREFERENCES = Preferences(business_country="")
RELATIONSHIP = FollowUps(
    detractor=parse("recommend <= 6"),
    passive_request=parse("recommend >= 7 and recommend <= 8 and call = yes"),
    promoter_offer=parse("recommend >= 9 and (reference = yes or story = yes)"),
)


def answer(score: int | None, **yes: bool) -> Answer:
    picked = {key: frozenset({"yes"}) for key, said in yes.items() if said}
    if score is not None:
        picked["recommend"] = frozenset({str(score)})
    return Answer(1, 7, 1, 1, "acc-1", "con-1", NOW, score, picked)


@pytest.mark.parametrize(
    ("given_answer", "kind"),
    [
        (answer(0), FollowUpKind.DETRACTOR),
        (answer(6), FollowUpKind.DETRACTOR),
        (answer(7), None),
        (answer(8, call=True), FollowUpKind.PASSIVE_REQUEST),
        (answer(9, call=True), None),
        (answer(9), None),
        (answer(9, reference=True), FollowUpKind.PROMOTER_OFFER),
        (answer(10, story=True), FollowUpKind.PROMOTER_OFFER),
        (answer(None), None),
    ],
)
def test_the_questionnaire_says_which_answer_wants_somebody_to_call(
    given_answer: Answer, kind: FollowUpKind | None
) -> None:
    assert rules.follow_up_kind(given_answer, RELATIONSHIP) == kind


@pytest.mark.parametrize(("score", "kind"), [(6, FollowUpKind.DETRACTOR), (7, None), (None, None)])
def test_without_a_readable_definition_the_score_still_tells_a_detractor(
    score: int | None, kind: FollowUpKind | None
) -> None:
    assert rules.follow_up_kind(answer(score), None) == kind


def test_a_questionnaire_that_opens_nothing_opens_nothing() -> None:
    assert rules.follow_up_kind(answer(2), FollowUps(None, None, None)) is None


@pytest.mark.parametrize("score", [*range(11), None])
def test_whoever_asks_for_a_word_in_confidence_is_one_kind_of_case_whatever_they_scored(score: int | None) -> None:
    for said in ("call", "reference", "story"):
        asked = replace(answer(score, **{said: True}), confidential=True)
        kind = rules.follow_up_kind(asked, RELATIONSHIP, ("call", "reference", "story"))
        assert kind is FollowUpKind.PASSIVE_REQUEST
    silent_about_it = replace(answer(score), confidential=True)
    assert rules.follow_up_kind(silent_about_it, RELATIONSHIP, ("call", "reference", "story")) is None


def test_one_case_per_kind_and_invitation() -> None:
    assert rules.opening(answer(3), FollowUpKind.DETRACTOR).key == "detractor:7"
    silent = rules.silent_opening("acc-1", None, spell_on=date(2026, 3, 1), now=NOW)
    assert silent.key == "silent_account:acc-1:2026-03-01"


def test_a_detractor_on_friday_afternoon_is_due_on_monday_and_tuesday() -> None:
    friday = datetime(2026, 3, 6, 14, tzinfo=UTC)  # 15:00 in Berlin: two hours are left
    due = rules.deadlines(friday, rules.clock(FollowUpKind.DETRACTOR, PREFERENCES), BERLIN)
    assert due.acknowledge_by == datetime(2026, 3, 9, 10, tzinfo=UTC)
    assert due.contact_by == datetime(2026, 3, 10, 14, tzinfo=UTC)
    assert due.resolve_by == datetime(2026, 3, 20, 14, tzinfo=UTC)


def test_a_limit_crosses_the_change_of_clocks_in_the_owners_own_time() -> None:
    friday = datetime(2026, 3, 27, 15, tzinfo=UTC)  # 16:00 in Berlin; on Sunday clocks go forward
    assert BERLIN.due_after(friday, 2) == datetime(2026, 3, 30, 8, tzinfo=UTC)  # 10:00 in Berlin


def test_a_public_holiday_of_the_company_does_not_count() -> None:
    hours = of_owner("America/New_York", Preferences(business_country="US"))
    before = datetime(2026, 7, 2, 20, tzinfo=UTC)  # 16:00; 3 July is the observed holiday
    assert hours.due_after(before, 2) == datetime(2026, 7, 6, 14, tzinfo=UTC)


def test_an_owner_without_a_known_zone_works_in_the_companys() -> None:
    preferences = Preferences(default_time_zone="Europe/Madrid")
    assert of_owner(None, preferences).zone == of_owner("Mars/Olympus", preferences).zone == "Europe/Madrid"


def test_requests_and_silence_have_limits_of_their_own() -> None:
    assert rules.clock(FollowUpKind.PROMOTER_OFFER, PREFERENCES) == Clock(None, 40, 80)
    assert rules.clock(FollowUpKind.PASSIVE_REQUEST, PREFERENCES) == Clock(None, 40, 80)
    assert rules.clock(FollowUpKind.SILENT_ACCOUNT, PREFERENCES) == Clock(None, 80, None)


calendars = st.builds(
    Hours,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"]),
    opens=st.sampled_from([time(8), time(9, 30)]),
    closes=st.sampled_from([time(13), time(17)]),
    weekend=st.sampled_from([frozenset({5, 6}), frozenset({4, 5}), frozenset[int]()]),
    country=st.sampled_from([None, "US", "DE"]),
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(calendars, moments, st.integers(1, 400).map(lambda quarters: quarters / 4))
def test_the_limit_is_the_moment_at_which_so_many_business_hours_have_passed(
    calendar: Hours, start: datetime, hours: float
) -> None:
    due = calendar.due_after(start, hours)
    assert calendar.elapsed(start, due) == pytest.approx(hours)
    assert calendar.elapsed(start, due - timedelta(minutes=1)) < hours


@given(calendars, moments, st.integers(0, 5_000), st.integers(0, 5_000))
def test_business_hours_never_run_backwards(calendar: Hours, start: datetime, first: int, more: int) -> None:
    earlier, later = start + timedelta(hours=first), start + timedelta(hours=first + more)
    assert calendar.elapsed(start, earlier) <= calendar.elapsed(start, later)


def case(state: FollowUpState = FollowUpState.NEW, kind: FollowUpKind = FollowUpKind.DETRACTOR) -> FollowUp:
    """A detractor's of Tuesday 3 March, 10:00 in Berlin."""
    due = rules.deadlines(NOW, rules.clock(kind, PREFERENCES), BERLIN)
    return FollowUp(
        id=12,
        kind=kind,
        state=state,
        account_id="acc-1",
        account_name="Ardent Rail Group",
        arr=None,
        currency=None,
        contact_id="con-1",
        contact_name="Luca Ferri",
        contact_title=None,
        contact_address="luca@ardent.example",
        roles=(Role.END_USER,),
        wave_id=1,
        response_id=1,
        score=4,
        words="Tickets sit for days.",
        asked=(),
        owner_csm_id="csm-1",
        owner_name="Dana Whitlock",
        owner_address="dana@vendor.example",
        time_zone="Europe/Berlin",
        lead_csm_id="lead-1",
        opened_at=NOW,
        acknowledge_by=due.acknowledge_by,
        contact_by=due.contact_by,
        resolve_by=due.resolve_by,
        acknowledged_at=None,
        contacted_at=None,
        resolved_at=None,
        confirmed_at=None,
        cause=None,
        outcome=None,
        lead_told_at=None,
        leader_told_at=None,
    )


def at(hours: float) -> datetime:
    """So many business hours after the case was opened."""
    return BERLIN.due_after(NOW, hours)


def bar(one: FollowUp, now: datetime) -> FollowUp:
    return rules.with_bar(one, hours=BERLIN, preferences=PREFERENCES, now=now)


def test_the_bar_shows_the_limit_that_counts_now() -> None:
    seen = bar(case(), at(1))
    assert seen.bar is not None
    assert (seen.bar.promise, seen.bar.elapsed_hours, seen.bar.limit_hours) == (Promise.ACKNOWLEDGE, 1, 4)
    assert (seen.bar.left_hours, seen.late) == (3, False)
    called = bar(case(FollowUpState.CONTACTED), at(20)).bar
    assert called is not None
    assert (called.promise, called.limit_hours) == (Promise.RESOLVE, 80)


def test_nineteen_hours_of_sixteen_is_late_also_if_nobody_acknowledged() -> None:
    for state in (FollowUpState.NEW, FollowUpState.ACKNOWLEDGED):
        seen = bar(case(state), at(19))
        assert seen.bar is not None
        assert (seen.bar.promise, round(seen.bar.elapsed_hours), seen.late) == (Promise.CONTACT, 19, True)


def test_a_closed_case_has_nothing_due() -> None:
    for state in (FollowUpState.RESOLVED, FollowUpState.CONFIRMED):
        assert bar(case(state), at(200)) == case(state)


def test_the_lead_is_told_at_the_limit_and_the_leader_at_twice_the_limit_once() -> None:
    waiting = case(FollowUpState.ACKNOWLEDGED)
    just_before, limit = at(16) - timedelta(seconds=1), at(16)
    assert not rules.tells_lead(waiting, now=just_before)
    assert rules.tells_lead(waiting, now=limit)
    assert not rules.tells_lead(replace(waiting, lead_told_at=limit), now=at(30))
    told = partial(rules.tells_leader, hours=BERLIN, preferences=PREFERENCES)
    assert not told(waiting, now=at(31))
    assert told(waiting, now=at(32))
    assert not told(replace(waiting, leader_told_at=limit), now=at(99))


def test_what_was_kept_in_time_escalates_nothing() -> None:
    assert not rules.tells_lead(case(FollowUpState.CONTACTED), now=at(79))
    assert rules.tells_lead(case(FollowUpState.CONTACTED), now=at(80))
    assert not rules.tells_lead(case(FollowUpState.RESOLVED), now=at(500))


def test_a_case_goes_its_way_step_by_step() -> None:
    state = FollowUpState.NEW
    for act in (Act.ACKNOWLEDGE, Act.CONTACT, Act.CONTACT, Act.RESOLVE, Act.CONFIRM, Act.REOPEN, Act.RESOLVE):
        assert act in rules.allowed_acts(state)
        state = rules.next_state(act, state)
    assert state == FollowUpState.RESOLVED


@pytest.mark.parametrize(
    ("act", "state", "words"),
    [
        (Act.RESOLVE, FollowUpState.NEW, "Log the first contact"),
        (Act.CONFIRM, FollowUpState.CONTACTED, "Resolve it before"),
        (Act.REOPEN, FollowUpState.NEW, "still open"),
        (Act.ACKNOWLEDGE, FollowUpState.CONTACTED, "contacted already"),
        (Act.CONTACT, FollowUpState.CONFIRMED, "confirmed already"),
    ],
)
def test_an_act_that_does_not_fit_is_refused_in_words(act: Act, state: FollowUpState, words: str) -> None:
    assert act not in rules.allowed_acts(state)
    with pytest.raises(Refused, match=words):
        rules.next_state(act, state)


DANA = Colleague("opened:csm-1", "Dana Whitlock", "dana@vendor.example")


def mail(one: FollowUp, kind: NoticeKind = NoticeKind.OPENED) -> tuple[str, str]:
    found = wording.notice(kind, one, key="k", to=DANA, hours=BERLIN, base_url="https://voc.example/")
    return found.subject, found.body


def test_a_request_made_in_confidence_is_told_without_a_score() -> None:
    asked = replace(case(), kind=FollowUpKind.PASSIVE_REQUEST, score=None, words=None, asked=(), response_id=None)
    subject, body = mail(asked)
    assert subject == "Follow-up: Luca Ferri at Ardent Rail Group asks for a word with you"
    assert "asks for a word with you. They were asked in confidence" in body
    assert "None" not in body


def test_the_owner_reads_who_said_what_and_by_when_in_their_own_time() -> None:
    subject, body = mail(case())
    assert subject == "Follow-up: Luca Ferri at Ardent Rail Group scored 4"
    assert body == (
        "Dana,\n\n"
        "Luca Ferri, end user at Ardent Rail Group, scored 4 of 10.\n\n"
        "“Tickets sit for days.”\n\n"
        "Acknowledge it by Tuesday 3 March, 14:00 and get in touch by Thursday 5 March, 10:00 (Europe/Berlin).\n\n"
        "Open it: https://voc.example/follow-ups/12"
    )


def test_the_lead_reads_how_late_it_is_and_whose_it_is() -> None:
    late = bar(case(FollowUpState.ACKNOWLEDGED), at(19))
    subject, body = mail(late, NoticeKind.LEAD)
    assert subject == "Late: Luca Ferri at Ardent Rail Group scored 4"
    assert "19 business hours have passed; the limit to contact was 16." in body
    assert "Dana Whitlock owns it; it is acknowledged." in body


def test_the_leader_reads_when_the_lead_was_told() -> None:
    late = bar(replace(case(FollowUpState.ACKNOWLEDGED), lead_told_at=at(16)), at(33))
    assert "The lead was told on Thursday 5 March, 10:00 (Europe/Berlin)." in mail(late, NoticeKind.LEADER)[1]


def test_an_offer_says_what_is_offered_and_silence_with_whom_to_begin() -> None:
    offer = replace(case(kind=FollowUpKind.PROMOTER_OFFER), score=10, asked=("reference", "right_person"), words=None)
    assert ", scored 10 of 10 and offers to be named as a reference." in mail(offer)[1]
    silent = replace(case(kind=FollowUpKind.SILENT_ACCOUNT), score=None, words=None)
    subject, body = mail(silent)
    assert subject == "Follow-up: Ardent Rail Group is silent"
    assert "nobody there has answered. Begin with Luca Ferri." in body
