"""Questions as fields of the page, with what is picked and typed in them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from voc.campaigns.definition import CHANGED, DOES_NOT_APPLY, YES, Kind, Language, Question, Questionnaire, Texts
from voc.campaigns.templates import render_words, variables_in
from voc.responses import rules
from voc.responses.model import Opened
from voc.web.respondent_style import shown_class, wording_class
from voc.web.respondent_words import Say, Values


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


# Most questions look the same to everybody: drawn once per questionnaire, language and what is picked in them.
_DRAWN: dict[object, Markup] = {}
_MOST_DRAWN = 4096


def drawn(
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
