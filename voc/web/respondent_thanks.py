"""The thanks: what was given, what happens next and by when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.campaigns.calendar import Calendar
from voc.campaigns.definition import Language
from voc.responses.model import Door, Thanks
from voc.statistics.businesshours import after_business_hours
from voc.web.respondent_view import who_reads
from voc.web.respondent_words import Say, moment, sayer, values_of


@dataclass(frozen=True)
class ThanksPage:
    token: str
    query: str
    title: Markup
    gave: Markup
    next: tuple[Markup, ...]
    csm_name: str | None
    csm_title: str | None
    csm_email: str | None
    correct: Markup | None
    reads: Markup


def thanks_page(
    thanks: Thanks, *, token: str, query: str, language: Language, preferences: Preferences, now: datetime
) -> tuple[ThanksPage, Say]:
    """What was given, for the browser that gave it; what happens next and by when, for everybody."""
    door = thanks.door
    say = sayer(language, values_of(door, thanks.questionnaire, language))
    answered_on = moment(thanks.at, door, language)
    gave = say("thanks_no_score", answered_on=answered_on)
    if thanks.score is not None:
        gave = say("thanks_gave", answered_on=answered_on, score=thanks.score)
    next_lines = [say("thanks_read_confidential" if door.confidential else "thanks_read")]
    if thanks.call:
        by = next_by(thanks.at, preferences.contact_hours, door, preferences)
        next_lines = [say("thanks_call", next_by=language.day(by.date())), *next_lines]
    elif thanks.hear:
        by = next_by(thanks.at, preferences.request_hours, door, preferences)
        next_lines.append(say("thanks_hear", next_by=language.day(by.date())))
    correct = None
    if not door.wave_closed:
        still_open = door.closes_at is not None and now <= door.closes_at
        correct = say("thanks_correct_until" if still_open else "thanks_correct")
    built = ThanksPage(
        token=token,
        query=query,
        title=say("thanks_title" if door.first_name else "thanks_title_nameless"),
        gave=gave,
        next=(*next_lines, say("thanks_mail")),
        csm_name=door.csm_name,
        csm_title=", ".join(part for part in (door.csm_title, door.company) if part),
        csm_email=door.csm_email,
        correct=correct,
        reads=say(who_reads(door)),
    )
    return built, say


def next_by(at: datetime, hours: float, door: Door, preferences: Preferences) -> datetime:
    """The end of that many business hours of our own people, in the CSM's zone: what a follow-up promises."""
    zone = ZoneInfo(door.csm_time_zone or preferences.default_time_zone)
    start = at.astimezone(zone)
    calendar = Calendar(blackout=frozenset(preferences.blackout_days))
    days = (start.date() + timedelta(days=number) for number in range(90))
    closed = [day for day in days if not calendar.is_working(day, preferences.business_country)]
    return after_business_hours(
        start=start,
        hours=hours,
        open=preferences.business_opens,
        close=preferences.business_closes,
        weekend=preferences.business_weekend,
        holidays=closed,
    )
