"""Campaigns as their pages show them: the list, and what one contact would get when."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from voc.campaigns.choices import PRIORITIES, Course, working_days_after
from voc.campaigns.model import CampaignSettings, Occasion, RehearsedMail, Step, Why
from voc.campaigns.store.programmes import Campaign
from voc.campaigns.store.wave_pages import WaveRow
from voc.web import view
from voc.web.rehearsal_words import STEPS, WHYS


@dataclass(frozen=True)
class Listed:
    name: str
    title: str
    on: bool
    questionnaire: str
    first: str
    steps: str
    cadence: str
    waves: str


def listed(campaigns: Sequence[Campaign], waves: Sequence[WaveRow]) -> list[Listed]:
    return [
        Listed(
            name=one.name,
            title=title(one.name),
            on=one.settings.on,
            questionnaire=one.questionnaire,
            first=priority(one.priority),
            steps=steps(one.settings),
            cadence=cadence(one.settings),
            waves=_waves([row for row in waves if row.campaign == one.name]),
        )
        for one in campaigns
    ]


def cadence(settings: CampaignSettings) -> str:
    """every 24 weeks; when an onboarding finished"""
    match settings.occasion:
        case None:
            return f"every {view.count(settings.cadence_weeks, 'week')}"
        case Occasion.ONBOARDED:
            return "when an onboarding finished"
        case Occasion.REVIEWED:
            return "after a business review"
        case Occasion.RENEWAL_AHEAD:
            return f"{view.count(settings.ahead_days, 'day')} before a renewal"


def title(name: str) -> str:
    return view.word(name.replace("-", " "))


def priority(number: int) -> str:
    return f"{number}, {PRIORITIES[number]}" if number in PRIORITIES else str(number)


def steps(settings: CampaignSettings) -> str:
    """heads-up, invitation, 2 reminders"""
    reminders = settings.reminder_1 + settings.reminder_2
    parts = ["heads-up"] if settings.heads_up else []
    parts.append("invitation")
    if reminders:
        parts.append(view.count(reminders, "reminder"))
    return ", ".join([*parts, "last call"] if settings.last_call else parts)


def _waves(rows: Sequence[WaveRow]) -> str:
    return (
        f"{view.count(len(rows), 'wave')}, the last on {view.short_day(rows[0].launched_at)}" if rows else "no wave yet"
    )


@dataclass(frozen=True)
class Entry:
    """One line of the example: the local moment, what goes, and why then; a step that does not has no moment."""

    day: str
    at: str
    what: str
    why: str
    dropped: bool = False


@dataclass(frozen=True)
class Example:
    zone: str
    country: str
    entries: Sequence[Entry]
    closes: str
    problem: str = ""


def example(course: Course, settings: CampaignSettings, *, zone: str, country: str | None) -> Example:
    """What somebody there would get if a wave was launched now and they never answered."""
    mails = sorted([*course.mails, *course.dropped], key=lambda mail: (mail.on, mail.at is None))
    return Example(
        zone=zone,
        country=country or "no country",
        entries=[_entry(mail, settings, zone) for mail in mails],
        closes=f"{course.closes_on:%a} {course.closes_on.day} {course.closes_on:%b}" if course.closes_on else "",
    )


def _entry(mail: RehearsedMail, settings: CampaignSettings, zone: str) -> Entry:
    day = f"{mail.on:%a} {mail.on.day} {mail.on:%b}"
    if mail.at is None:
        return Entry(day, "", f"no {STEPS[mail.step]}", WHYS[mail.why or Why.TOO_LATE], dropped=True)
    local = mail.at.astimezone(ZoneInfo(zone))
    return Entry(day, f"{local:%H:%M}", STEPS[mail.step], because(mail.step, settings, mail.why))


def because(step: Step, settings: CampaignSettings, why: Why | None) -> str:
    """Why that day: the rule of its step, or what moved it."""
    if why is not None:
        return f"moved: {WHYS[why]}"
    days, what = working_days_after(settings, step)
    return f"{view.count(days, 'working day')} {what}" if days else what
