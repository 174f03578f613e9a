"""From records to what the respondent's templates need: words in the page's language, fields with what was typed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.campaigns.calendar import Calendar
from voc.campaigns.definition import CHANGED, DOES_NOT_APPLY, YES, Kind, Language, Part, Question, Questionnaire, Texts
from voc.campaigns.templates import render_words, variables_in
from voc.responses import rules
from voc.responses.model import Decline, Door, Opened, Thanks, Wrong
from voc.statistics.businesshours import after_business_hours
from voc.web.respondent_style import shown_class, wording_class

Values = Mapping[str, object]
Say = Callable[..., Markup]
"""`say(key, **values)`: words of the page, filled in and escaped."""


@dataclass(frozen=True)
class Option:
    value: str
    label: Markup | str
    checked: bool
    long: Markup | None = None  # read aloud instead of the label


@dataclass(frozen=True)
class Text:
    css: str
    text: Markup
    now: bool


@dataclass(frozen=True)
class Field:
    key: str
    kind: Kind
    text: Markup
    wordings: tuple[Text, ...]
    help: Markup | None
    options: tuple[Option, ...]
    value: str
    required: bool
    low: Markup | None
    high: Markup | None
    longest: int
    grid: str
    css: str
    wrong: Markup | None

    @property
    def described(self) -> str:
        """What else is read aloud with the field: the mistake first."""
        return " ".join([*([f"e-{self.key}"] if self.wrong else []), *([f"h-{self.key}"] if self.help else [])])


Draw = Callable[[Field], Markup]
"""A question as HTML."""


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
    progress: Markup
    main: tuple[str, ...]


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


def values_of(door: Door, questionnaire: Questionnaire, language: Language, preferences: Preferences) -> Values:
    """The variables that words of this person's pages may use."""
    closes = local(door.closes_at, door)
    return {
        "first_name": door.first_name or "",
        "name": door.name,
        "account": door.account_name,
        "company": preferences.company,
        "csm_name": door.csm_name or preferences.company,
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


def form_page(
    page: Opened,
    *,
    token: str,
    query: str,
    language: Language,
    preferences: Preferences,
    now: datetime,
    draw: Draw,
    wrong: Sequence[Wrong] = (),
) -> tuple[FormPage, Say]:
    """The questions, with what is filled in and what is wrong with it."""
    door, questionnaire = page.door, page.questionnaire
    base = {**values_of(door, questionnaire, language, preferences), "domains": _domains(page.domains)}
    say = sayer(language, base)
    messages = {one.field: _message(say, language, one) for one in reversed(wrong)}
    asked = [one for one in questionnaire.questions if not one.roles or set(one.roles) & set(door.roles)]
    plain = [one for one in asked if one.kind is not Kind.CONTACT]
    contact = next((one for one in asked if one.kind is Kind.CONTACT), None)
    make = partial(_drawn, page=page, language=language, say=say, base=base, messages=messages, draw=draw)
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
        reads=say("reads" if door.lead_name else "reads_no_lead"),
        progress=say("progress", count="{count}", limit="{limit}"),
        main=tuple(question.key for question in questionnaire.main_questions),
    )
    return built, say


def _intro(say: Say, door: Door, now: datetime) -> Markup:
    if door.closes_at is None:
        return say("from_open")
    return say("closed" if now > door.closes_at else "from")


def _before(say: Say, language: Language, door: Door) -> Markup | None:
    return say("answered_before", answered_on=_moment(door.answered_at, door, language)) if door.answered_at else None


def _moment(at: datetime, door: Door, language: Language) -> str:
    there = at.astimezone(ZoneInfo(door.time_zone))
    return f"{language.day(there.date(), year=True)}, {there:%H:%M}"


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


def _message(say: Say, language: Language, wrong: Wrong) -> Markup:
    values = dict(wrong.values)
    if isinstance(count := values.get("count"), int):
        values["count"] = language.number(count)
    return say(wrong.words, **values)


def _domains(domains: Collection[str]) -> str:
    return ", ".join(list(domains)[:3])


# Most questions look the same to everybody: drawn once per questionnaire, language and what is picked in them.
_DRAWN: dict[object, Markup] = {}
_MOST_DRAWN = 4096


def _drawn(
    question: Question,
    *,
    page: Opened,
    language: Language,
    say: Say,
    base: Values,
    messages: Mapping[str, Markup],
    draw: Draw,
) -> Markup:
    typed = tuple(str(value) for value in page.filled.get(question.key, ()))
    wrong = messages.get(question.key)
    if wrong is not None or (typed and question.kind is Kind.TEXT):
        return draw(_field(question, typed, wrong, page=page, language=language, say=say, base=base))
    said = tuple(base.get(name) for name in _mentioned(page.questionnaire, question.key, language.code))
    ticked = frozenset(typed) & frozenset(question.options)
    key = (page.questionnaire.hash, language.code, question.key, _worded(question, page), ticked, said)
    if key not in _DRAWN:
        if len(_DRAWN) >= _MOST_DRAWN:
            _DRAWN.clear()
        _DRAWN[key] = draw(_field(question, typed, wrong, page=page, language=language, say=say, base=base))
    return _DRAWN[key]


def _worded(question: Question, page: Opened) -> int:
    """Which of its words fit, -1 for the usual ones."""
    if not question.wordings:
        return -1
    chosen = question.wording(rules.picked(page.questionnaire, page.filled))
    return next((number for number, one in enumerate(question.wordings) if one.text is chosen), -1)


@lru_cache(maxsize=1024)
def _mentioned(questionnaire: Questionnaire, key: str, code: str) -> tuple[str, ...]:
    """The variables that the words of a question use."""
    question = questionnaire.question(key)
    assert question is not None
    texts = [question.text, question.help, question.low, question.high]
    texts += [*(wording.text for wording in question.wordings), *(choice.text for choice in question.choices)]
    sources = [text[code] for text in texts if code in text]
    words = ("text_help", "at_most", "confirm_yes", "confirm_changed", "does_not_apply", "does_not_apply_long")
    sources += [questionnaire.languages[code].page[word] for word in words]
    return tuple(sorted(set().union(*map(variables_in, sources))))


def _field(
    question: Question,
    typed: Sequence[str],
    wrong: Markup | None,
    *,
    page: Opened,
    language: Language,
    say: Say,
    base: Values,
) -> Field:
    def text(texts: Texts) -> Markup:
        return render_words(texts[language.code], base)

    help_text = text(question.help) if question.help else _own_help(question, say, language)
    is_scale = question.kind is Kind.SCALE
    return Field(
        key=question.key,
        kind=question.kind,
        text=text(question.text),
        wordings=tuple(_wordings(question, page, text)),
        help=help_text,
        options=tuple(_options(question, typed, language, say, base)),
        value="\n".join(typed),
        required=question.required and is_scale,
        low=_end(question.lowest, text(question.low)) if is_scale else None,
        high=Markup("{} {}").format(text(question.high), question.highest) if is_scale else None,
        longest=question.longest,
        grid=_grid(question, language),
        css=" ".join([*([shown_class(question)] if question.show_if else []), *(["wrong"] if wrong else [])]),
        wrong=wrong,
    )


def _grid(question: Question, language: Language) -> str:
    if question.kind is Kind.SCALE:
        return f"c{len(question.options)}"
    short = len(question.choices) == 3 and all(len(one.text[language.code]) <= 12 for one in question.choices)
    return "words three" if short else "words"


def _end(point: int, text: Markup) -> Markup:
    return Markup("{} {}").format(point, text)


def _own_help(question: Question, say: Say, language: Language) -> Markup | None:
    if question.kind is Kind.TEXT:
        return say("text_help", limit=f"{question.longest:,}")
    if question.kind is Kind.CHOICES and question.most < len(question.choices):
        return say("at_most", count=language.number(question.most))
    return None


def _wordings(question: Question, page: Opened, text: Callable[[Texts], Markup]) -> list[Text]:
    if not question.wordings:
        return []
    chosen = question.wording(rules.picked(page.questionnaire, page.filled))
    everyone = [(-1, question.text), *((number, one.text) for number, one in enumerate(question.wordings))]
    return [Text(wording_class(question, number), text(texts), texts is chosen) for number, texts in everyone]


def _options(question: Question, typed: Collection[str], language: Language, say: Say, base: Values) -> list[Option]:
    texts = {choice.key: render_words(choice.text[language.code], base) for choice in question.choices}
    if question.kind is Kind.CONFIRM:
        texts = {YES: say("confirm_yes"), CHANGED: say("confirm_changed")}
    found = []
    for value in question.options:
        label: Markup | str = texts.get(value, value)
        long = None
        if question.kind is Kind.SCALE and value == DOES_NOT_APPLY:
            label, long = say("does_not_apply"), say("does_not_apply_long")
        found.append(Option(value, label, value in typed, long))
    return found


def _colleague(question: Question, page: Opened, say: Say, messages: Mapping[str, Markup]) -> Colleague:
    name_key, address_key = f"{question.key}_name", f"{question.key}_address"
    name, address = (" ".join(str(value) for value in page.filled.get(key, ())) for key in (name_key, address_key))
    return Colleague(
        key=question.key,
        name_label=say("colleague_name"),
        address_label=say("colleague_address"),
        note=say("colleague_note") if page.domains else None,
        name=name,
        address=address,
        name_wrong=messages.get(name_key),
        wrong=messages.get(address_key),
        open=bool(name or address or messages.get(name_key) or messages.get(address_key)),
    )


def thanks_page(
    thanks: Thanks, *, token: str, query: str, language: Language, preferences: Preferences, now: datetime
) -> tuple[ThanksPage, Say]:
    """What was given, for the browser that gave it; what happens next and by when, for everybody."""
    door = thanks.door
    say = sayer(language, values_of(door, thanks.questionnaire, language, preferences))
    answered_on = _moment(thanks.at, door, language)
    gave = say("thanks_no_score", answered_on=answered_on)
    if thanks.score is not None:
        gave = say("thanks_gave", answered_on=answered_on, score=thanks.score)
    next_lines = [say("thanks_read")]
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
        csm_title=", ".join(part for part in (door.csm_title, preferences.company) if part),
        csm_email=door.csm_email,
        correct=correct,
        reads=say("reads" if door.lead_name else "reads_no_lead"),
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
