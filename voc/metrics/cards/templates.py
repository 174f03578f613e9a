"""What colleagues are asked about a call or a hand-over: a template that the CSMs write, 1 to 5 each. Pure."""

import re
from collections.abc import Mapping

import msgspec

from voc.base.errors import Refused
from voc.base.words import ReviewKind
from voc.campaigns.reading import Table
from voc.metrics.cards.files import CardMistakes, opened

LOWEST, HIGHEST = 1, 5
_MOST_QUESTIONS = 12
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")

FILE_OF: Mapping[ReviewKind, str] = {ReviewKind.CALL: "call-review", ReviewKind.HAND_OVER: "peer-review"}


class Asked(msgspec.Struct, frozen=True):
    """One question; `low` and `high` are the words at 1 and at 5."""

    key: str
    text: str
    low: str
    high: str


class Template(msgspec.Struct, frozen=True):
    title: str
    about: str
    questions: tuple[Asked, ...]


def load(name: str, text: str) -> Template:
    """CardMistakes lists everything that is wrong with the file."""
    values, notes = opened(f"{name}.toml", text)
    root = Table(values, (), notes)
    root.only(("title", "about", "question"))
    tables = root.tables("question")
    questions = [_question(one) for one in tables]
    if not 1 <= len(questions) <= _MOST_QUESTIONS:
        mend = f"Write [[question]] with key, text, low and high, 1 to {_MOST_QUESTIONS} of them"
        notes.add(("question",), f"there are {len(questions)} questions", mend)
    for number, question in enumerate(questions):
        if question.key in {one.key for one in questions[:number]}:
            mend = "Give each question a key of its own, and never change it"
            notes.add(tables[number].at("key"), f"{question.key!r} is taken by an earlier question", mend)
    found = Template(root.text("title"), root.text("about"), tuple(questions))
    if notes.mistakes:
        raise CardMistakes(notes.mistakes)
    return found


def _question(table: Table) -> Asked:
    table.only(("key", "text", "low", "high"))
    key = table.text("key")
    if key and not _KEY.fullmatch(key):
        table.notes.add(table.at("key"), f"{key!r} cannot be a key", "Write small letters, digits and _")
    return Asked(key, table.text("text"), table.text("low"), table.text("high"))


def answers_of(template: Template, typed: Mapping[str, str]) -> dict[str, int]:
    """Every question answered from 1 to 5; Refused names the first that is not."""
    found: dict[str, int] = {}
    for question in template.questions:
        value = typed.get(question.key, "")
        if value not in {str(number) for number in range(LOWEST, HIGHEST + 1)}:
            raise Refused("Choose a number from 1 to 5", field=question.key)
        found[question.key] = int(value)
    return found


def mean(answers: Mapping[str, int]) -> float:
    """Of one review: each question counts alike."""
    return sum(answers.values()) / len(answers)
