"""Answers -> the score and a value for every driver: what can be set beside it. Pure.

A driver is a scale other than the key question, or one choice of a themed question: better than a year ago +1,
worse −1, not picked or the same 0; +1 for picked where nobody asks better or worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.campaigns.definition import Kind, Question, Questionnaire, Texts
from voc.metrics.forest.drivers import Full

_DIRECTION = {"better": 1.0, "same": 0.0, "worse": -1.0}


@dataclass(frozen=True, slots=True)
class Value:
    """What was answered to one question."""

    number: int | None
    choices: tuple[str, ...]


Given = Mapping[str, Value]
"""Question -> its answer."""


@dataclass(frozen=True)
class Measured:
    """A driver: the question, and the choice if it is one of several."""

    key: str
    text: Texts
    question: str
    choice: str | None = None
    trend: str | None = None  # the question that asks better or worse


def measured(asked: Questionnaire) -> list[Measured]:
    """The drivers of a questionnaire, in its order."""
    keys = {question.key for question in asked.questions}
    found = []
    for question in asked.questions:
        if question.kind is Kind.SCALE and question.key != asked.key_question.key:
            found.append(Measured(question.key, question.text, question.key))
        elif question.kind is Kind.CHOICES and question.theme is not None:
            found += [_choice(question, choice.key, choice.text, keys) for choice in question.choices]
    return found


def _choice(question: Question, choice: str, text: Texts, keys: set[str]) -> Measured:
    trend = f"{choice}_trend"
    return Measured(f"{question.key}:{choice}", text, question.key, choice, trend if trend in keys else None)


def full(drivers: Sequence[Measured], account_id: str, score: int, given: Given) -> Full | None:
    """None unless every question behind a driver was answered."""
    values = [_value(one, given) for one in drivers]
    known = [one for one in values if one is not None]
    return Full(account_id, float(score), tuple(known)) if len(known) == len(drivers) else None


def _value(driver: Measured, given: Given) -> float | None:
    answer = given.get(driver.question)
    if answer is None:
        return None
    if driver.choice is None:
        return None if answer.number is None else float(answer.number)
    if driver.choice not in answer.choices:
        return 0.0
    if driver.trend is None:
        return 1.0
    said = given.get(driver.trend)
    return _DIRECTION.get(said.choices[0], 0.0) if said is not None and said.choices else 0.0
