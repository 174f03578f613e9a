"""The words of a respondent's page: in its language, with the person's own values filled in and escaped."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from voc.campaigns.definition import Language, Questionnaire
from voc.campaigns.templates import render_words
from voc.responses.model import Door

Values = Mapping[str, object]
Say = Callable[..., Markup]
"""`say(key, **values)`: words of the page, filled in and escaped."""


def values_of(door: Door, questionnaire: Questionnaire, language: Language) -> Values:
    """The variables that words of this person's pages may use."""
    closes = local(door.closes_at, door)
    return {
        "first_name": door.first_name or "",
        "name": door.name,
        "account": door.account_name,
        "company": door.company,
        "csm_name": door.csm_name or door.company,
        "csm_title": door.csm_title or "",
        "closing_date": language.day(closes.date(), weekday=False) if closes else "",
        "minutes": -(-questionnaire.seconds // 60),
        "seconds": questionnaire.seconds,
        "questions": language.number(len(questionnaire.main_questions)),
        "person": Markup("<b>{}</b>").format(door.name),
        "address": door.address,
        "lead": door.lead_name or "",
    }


def sayer(language: Language, base: Values) -> Say:
    def say(key: str, **values: object) -> Markup:
        return render_words(language.page[key], {**base, **values})

    return say


def local(at: datetime | None, door: Door) -> datetime | None:
    return None if at is None else at.astimezone(ZoneInfo(door.time_zone))


def moment(at: datetime, door: Door, language: Language) -> str:
    there = at.astimezone(ZoneInfo(door.time_zone))
    return f"{language.day(there.date(), year=True)}, {there:%H:%M}"
