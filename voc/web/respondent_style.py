"""The style of the respondent's pages: one sheet, and rules that show follow-up questions without a script."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from voc.campaigns.conditions import Compare, Condition, Either, Every, Not, matching
from voc.campaigns.definition import Question, Questionnaire


def wording_class(question: Question, number: int) -> str:
    """Of the words that stand while no other do, number -1."""
    return f"w-{question.key}-{number + 1}"


def shown_class(question: Question) -> str:
    return f"s-{question.key}"


@lru_cache(maxsize=64)
def style_of(questionnaire: Questionnaire | None) -> str:
    """The whole style sheet: where a browser knows `:has()`, conditions are followed as one picks."""
    rules = "" if questionnaire is None else "".join(_rules(questionnaire))
    return sheet() + (f"@supports selector(:has(a)){{{rules}}}" if rules else "")


def rules_of(questionnaire: Questionnaire) -> str:
    """Only the rules that show questions and words as others are answered."""
    return f"@supports selector(:has(a)){{{''.join(_rules(questionnaire))}}}"


@lru_cache(maxsize=1)
def sheet() -> str:
    text = files("voc.web").joinpath("templates/q/style.css").read_text("utf-8")
    return re.sub(r"\n+", "", text)


@lru_cache(maxsize=64)
def policy(style: str) -> str:
    """The page may use this one style sheet, our own script, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(allowed)


def _rules(questionnaire: Questionnaire) -> Iterator[str]:
    for question in questionnaire.questions:
        if question.show_if is not None:
            name = shown_class(question)
            yield f".{name}{{display:none}}form{selector(question.show_if, questionnaire)} .{name}{{display:block}}"
        if question.wordings:
            yield f'[class*="w-{question.key}-"].now{{display:none}}'
            before: tuple[Condition, ...] = ()
            for number, wording in enumerate(question.wordings):
                yield _wording(question, number, Every((wording.when, *map(Not, before))), questionnaire)
                before = (*before, wording.when)
            yield _wording(question, -1, Every(tuple(map(Not, before))), questionnaire)


def _wording(question: Question, number: int, when: Condition, questionnaire: Questionnaire) -> str:
    name = wording_class(question, number)
    return (
        f"form{selector(when, questionnaire)} .{name},form{selector(when, questionnaire)} .{name}.now{{display:inline}}"
    )


def selector(condition: Condition, questionnaire: Questionnaire) -> str:
    """What a form must match for the condition to hold of what is ticked in it."""
    match condition:
        case Compare(key):
            question = questionnaire.question(key)
            options = matching(condition, question.options) if question is not None else []
            ticked = ",".join(f'[name="{key}"][value="{option}"]:checked' for option in options)
            return f":has({ticked})" if ticked else ":not(*)"
        case Not(part):
            return f":not({selector(part, questionnaire)})"
        case Every(parts):
            return "".join(selector(part, questionnaire) for part in parts)
        case Either(parts):
            return f":is({','.join(selector(part, questionnaire) for part in parts)})"
