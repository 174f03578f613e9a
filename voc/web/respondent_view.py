"""From an opened link to what the template of the questions needs: words in the page's language, what was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from markupsafe import Markup

from voc.campaigns.definition import Kind, Language, Part, Question
from voc.campaigns.templates import render_words
from voc.responses.model import Decline, Door, Opened, Wrong
from voc.web.respondent_fields import Draw, drawn
from voc.web.respondent_words import Say, Values, moment, sayer, values_of


@dataclass(frozen=True)
class Colleague:
    key: str
    name_label: Markup
    address_label: Markup
    note: Markup | None  # None: the account has no mail domain of its own, so no address is asked
    name: str
    address: str
    name_wrong: Markup | None
    wrong: Markup | None
    open: bool


@dataclass(frozen=True)
class Problem:
    field: str
    text: Markup


@dataclass(frozen=True)
class Way:
    id: str
    value: Decline
    text: Markup


@dataclass(frozen=True)
class FormPage:
    token: str
    nonce: str
    query: str
    title: Markup
    intro: Markup
    answering_as: Markup
    before: Markup | None
    before_hidden: Markup | None
    problems: tuple[Problem, ...]
    problems_title: Markup | None
    first: tuple[Markup, ...]
    more: tuple[Markup, ...]
    more_title: Markup
    more_open: bool
    colleague: Colleague | None
    ways: tuple[Way, ...]
    send_note: Markup
    reads: Markup
    promise: Markup | None
    waive: Markup | None
    progress: Markup
    main: tuple[str, ...]


def form_page(
    page: Opened,
    *,
    token: str,
    query: str,
    language: Language,
    now: datetime,
    draw: Draw,
    wrong: Sequence[Wrong] = (),
    values: Values | None = None,
) -> tuple[FormPage, Say]:
    """The questions, with what is filled in and what is wrong with it; `values` stand for the person's own."""
    door, questionnaire = page.door, page.questionnaire
    base = values or values_on(page, language)
    say = sayer(language, base)
    messages = {one.field: message(say, language, one) for one in reversed(wrong)}
    asked = [one for one in questionnaire.questions if not one.roles or set(one.roles) & set(door.roles)]
    plain = [one for one in asked if one.kind is not Kind.CONTACT]
    contact = next((one for one in asked if one.kind is Kind.CONTACT), None)
    make = partial(drawn, page=page, language=language, say=say, base=base, messages=messages, draw=draw)
    more = [question for question in plain if question.part is Part.MORE]
    main_more = [question for question in more if question in questionnaire.main_questions]
    built = FormPage(
        token=token,
        nonce=page.nonce,
        query=query,
        title=render_words(questionnaire.title[language.code], base),
        intro=_intro(say, door, now),
        answering_as=say("answering_as" if door.name else "answering_as_nameless"),
        before=_before(say, language, door),
        before_hidden=say("answered_hidden") if door.answered_at and not page.own and not wrong else None,
        problems=tuple(Problem(one.field, messages[one.field]) for one in wrong),
        problems_title=_problems_title(say, language, len(wrong)) if wrong else None,
        first=tuple(
            make(question) for question in asked if question.part is Part.FIRST and question.kind is not Kind.CONTACT
        ),
        more=tuple(make(question) for question in more),
        more_title=_more_title(say, language, len(main_more)),
        more_open=any(page.filled.get(question.key) or question.key in messages for question in more),
        colleague=_colleague(contact, page, say, messages) if contact else None,
        ways=_ways(say),
        send_note=say("kept" if wrong else "send_note"),
        reads=say(who_reads(door)),
        promise=say("reads_confidential") if door.confidential else None,
        waive=say("waive") if door.confidential and any(one.kind is Kind.CONSENT for one in more) else None,
        progress=say("progress", count="{count}", limit="{limit}"),
        main=tuple(question.key for question in questionnaire.main_questions),
    )
    return built, say


def who_reads(door: Door) -> str:
    if door.confidential:
        return "reads_confidential"
    return "reads" if door.lead_name else "reads_no_lead"


def _intro(say: Say, door: Door, now: datetime) -> Markup:
    if door.closes_at is None:
        return say("from_open")
    return say("closed" if now > door.closes_at else "from")


def _before(say: Say, language: Language, door: Door) -> Markup | None:
    return say("answered_before", answered_on=moment(door.answered_at, door, language)) if door.answered_at else None


def _problems_title(say: Say, language: Language, count: int) -> Markup:
    return say("wrong_one") if count == 1 else say("wrong_title", count=language.number(count))


def _more_title(say: Say, language: Language, count: int) -> Markup:
    return say("more_one") if count == 1 else say("more", count=language.number(count))


def _ways(say: Say) -> tuple[Way, ...]:
    return (
        Way("moved", Decline.MOVED, say("moved")),
        Way("left", Decline.LEFT, say("left")),
        Way("not-me", Decline.NOT_ME, say("not_me")),
        Way("not-now", Decline.NOT_NOW, say("not_now")),
        Way("never", Decline.NEVER, say("never")),
    )


def message(say: Say, language: Language, wrong: Wrong) -> Markup:
    """What stands beside the field."""
    values = dict(wrong.values)
    if isinstance(count := values.get("count"), int):
        values["count"] = language.number(count)
    return say(wrong.words, **values)


def values_on(page: Opened, language: Language) -> Values:
    """The variables of a page of questions."""
    domains = ", ".join(page.domains[:3])
    return {**values_of(page.door, page.questionnaire, language), "domains": domains}


def _colleague(question: Question, page: Opened, say: Say, messages: Mapping[str, Markup]) -> Colleague:
    name_key, address_key = f"{question.key}_name", f"{question.key}_address"
    name, address = (" ".join(str(value) for value in page.filled.get(key, ())) for key in (name_key, address_key))
    return Colleague(
        key=question.key,
        name_label=say("colleague_name"),
        address_label=say("colleague_address"),
        note=say(f"colleague_note{'_confidential' if page.door.confidential else ''}") if page.domains else None,
        name=name,
        address=address,
        name_wrong=messages.get(name_key),
        wrong=messages.get(address_key),
        open=bool(name or address or messages.get(name_key) or messages.get(address_key)),
    )
