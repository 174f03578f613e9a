"""What is asked: a questionnaire as read from its folder. Pure values; `questionnaire.load` makes them.

Answers are kept by the question's `key` and the choice's `key`, never by a text, so that wording
and language can change without breaking a trend.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from voc.base.words import Role, Step
from voc.campaigns.conditions import Condition, Picked, holds

Texts = Mapping[str, str]
"""A text by language code. Texts are templates: `{{ company }}` and the other variables of `templates`."""

DOES_NOT_APPLY = "na"
YES = "yes"
CHANGED = "changed"


class Kind(StrEnum):
    SCALE = "scale"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    CONTACT = "contact"  # ask a colleague: name and address
    CONFIRM = "confirm"  # still the right person
    CONSENT = "consent"  # may we call, may we quote


class Measure(StrEnum):
    RECOMMEND = "recommend"
    CSAT = "csat"
    EFFORT = "effort"
    OUTCOME = "outcome"
    CSM = "csm"


class Part(StrEnum):
    FIRST = "first"  # above Send: with these the answer is complete
    MORE = "more"  # folded away below it: optional


class Mail(StrEnum):
    """The mails of a questionnaire; each is a file `<language>/<word>.md`."""

    HEADS_UP = "heads-up"
    INVITE = "invite"
    REMINDER = "reminder"
    REMINDER_2 = "reminder-2"
    LAST = "last"
    NUDGE = "nudge"  # what a CSM begins with who writes in person
    THANKS = "thanks"


OPTIONAL_MAILS = frozenset({Mail.REMINDER_2, Mail.NUDGE})


@dataclass(frozen=True)
class Choice:
    key: str
    text: Texts


@dataclass(frozen=True)
class Wording:
    """Other words for the same question, when earlier answers say so."""

    when: Condition
    text: Texts


@dataclass(frozen=True)
class Question:
    key: str
    kind: Kind
    text: Texts
    help: Texts
    part: Part
    required: bool
    wordings: tuple[Wording, ...]
    show_if: Condition | None
    roles: tuple[Role, ...]  # asked only of these; empty is everybody
    measures: Measure | None
    theme: str | None
    lowest: int  # scale
    highest: int
    low: Texts
    high: Texts
    does_not_apply: bool
    choices: tuple[Choice, ...]
    most: int  # choices: at most so many
    longest: int  # text: characters

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Everything that can be picked, as a form posts it; empty for texts and contacts."""
        match self.kind:
            case Kind.SCALE:
                points = tuple(str(point) for point in range(self.lowest, self.highest + 1))
                return (*points, DOES_NOT_APPLY) if self.does_not_apply else points
            case Kind.CHOICE | Kind.CHOICES:
                return tuple(choice.key for choice in self.choices)
            case Kind.CONFIRM:
                return (YES, CHANGED)
            case Kind.CONSENT:
                return (YES,)
            case _:
                return ()

    def wording(self, picked: Picked) -> Texts:
        """The text that fits what was picked so far."""
        return next((wording.text for wording in self.wordings if holds(wording.when, picked)), self.text)


@dataclass(frozen=True)
class MailText:
    """Both are templates; the body is Markdown. `{{ scale }}` stands alone where the first question goes."""

    subject: str
    body: str


@dataclass(frozen=True)
class Language:
    """Everything that is said in one language besides the questions."""

    code: str
    name: str  # in that language itself: English, Deutsch
    direction: str  # ltr or rtl
    reviewed_by: str | None  # a wave refuses a language nobody has reviewed
    page: Mapping[str, str]  # words of the respondent's pages
    mail: Mapping[str, str]  # words of the frame around each mail
    numbers: tuple[str, ...]  # nought, one, two ...
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    date_format: str  # such as {weekday} {day} {month}
    mails: Mapping[Mail, MailText]

    def number(self, count: int) -> str:
        """The count as a word where the language has one listed, else in figures."""
        return self.numbers[count] if 0 <= count < len(self.numbers) else str(count)

    def day(self, on: date, *, weekday: bool = True, year: bool = False) -> str:
        """Tuesday 22 December, as this language writes it."""
        named = self.date_format.format(
            weekday=self.weekdays[on.weekday()] if weekday else "", day=on.day, month=self.months[on.month - 1]
        ).strip()
        return f"{named} {on.year}" if year else named

    def mail_of(self, step: Step) -> MailText:
        """The mail of a step. The second reminder is the last one unless it has a file of its own."""
        return self.mails.get(_MAIL_OF[step], self.mails[Mail.LAST])


_MAIL_OF = {
    Step.HEADS_UP: Mail.HEADS_UP,
    Step.INVITE: Mail.INVITE,
    Step.REMINDER_1: Mail.REMINDER,
    Step.REMINDER_2: Mail.REMINDER_2,
    Step.LAST_CALL: Mail.LAST,
}


@dataclass(frozen=True)
class FollowUps:
    """When an answer opens a follow-up; None is never."""

    detractor: Condition | None
    passive_request: Condition | None
    promoter_offer: Condition | None


@dataclass(frozen=True)
class Questionnaire:
    name: str
    hash: str
    title: Texts
    seconds: int  # how long it takes; said in the mail and on the page
    priority: int  # lower goes first when two campaigns want the same person
    every_days: int
    roles: tuple[Role, ...]  # who may be asked; empty is everybody in the census
    questions: tuple[Question, ...]
    languages: Mapping[str, Language]
    follow_ups: FollowUps

    def __hash__(self) -> int:
        return hash(self.hash)  # what is compiled from a questionnaire is kept by it

    @property
    def key_question(self) -> Question:
        """The one without which there is no answer: the recommend question, else the first required one."""
        for question in self.questions:
            if question.measures is Measure.RECOMMEND:
                return question
        return next(question for question in self.questions if question.required)

    @property
    def main_questions(self) -> tuple[Question, ...]:
        """Those the mail counts: asked of everybody, and not a consent, confirmation or referral."""
        counted = (Kind.SCALE, Kind.CHOICE, Kind.CHOICES, Kind.TEXT)
        return tuple(q for q in self.questions if q.show_if is None and q.kind in counted and not q.roles)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def language(self, code: str | None) -> Language:
        """That language, its general form (`de` for `de-AT`), or the first one the questionnaire has."""
        code = (code or "").replace("_", "-").lower()
        for wanted in (code, code.split("-")[0]):
            if wanted in self.languages:
                return self.languages[wanted]
        return next(iter(self.languages.values()))
