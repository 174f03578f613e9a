"""The definition itself: questions, order, branching, who is asked, what opens a follow-up. Pure."""

import re
from collections.abc import Collection, Mapping

from voc.base.words import Role
from voc.campaigns.branching import reachable, wrong_with
from voc.campaigns.conditions import Condition
from voc.campaigns.definition import (
    DOES_NOT_APPLY,
    Choice,
    FollowUps,
    Kind,
    Language,
    Measure,
    Part,
    Question,
    Questionnaire,
    Wording,
)
from voc.campaigns.mistakes import Place
from voc.campaigns.reading import Check, Table

_TOP = ("title", "seconds", "priority", "every_days", "roles", "languages", "follow_up", "question")
_COMMON = ("key", "kind", "text", "help", "part", "required", "wording", "show_if", "roles", "theme")
_OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.SCALE: ("measures", "lowest", "highest", "low", "high", "does_not_apply"),
    Kind.CHOICE: ("choices",),
    Kind.CHOICES: ("choices", "most"),
    Kind.TEXT: ("longest",),
    Kind.CONTACT: (),
    Kind.CONFIRM: (),
    Kind.CONSENT: (),
}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Names a form uses for itself; a question of that name would be taken for it.
_TAKEN = frozenset({"nonce", "do", "score", "and", "or", "not", "has"})
SCALES = ((0, 10), (1, 5), (1, 7))
_ASKED_ONCE = (Measure.RECOMMEND, Measure.OUTCOME)
"""Each is one number of one answer; what is said of a CSM, a contact or an effort is the mean over its questions."""


def read_definition(
    root: Table, *, name: str, content: str, codes: Collection[str], languages: Mapping[str, Language], check: Check
) -> Questionnaire | None:
    """The questionnaire; whole only if the notes of `root` have no mistake, None without a question that counts."""
    root.only(_TOP)
    if not codes:
        root.notes.add(("languages",), "there is no language", 'Write [languages.en] with reviewed_by = ""')
    for code in codes:
        root.table("languages").table(code).only(("reviewed_by",))
    questions = _questions(root, codes, check)
    if not any(question.required for question in questions):
        root.notes.add(
            ("question",), "no question is required", "Write required = true at the one that makes an answer"
        )
        return None
    return Questionnaire(
        name=name,
        hash=content,
        title=root.texts("title", codes, check, must=True),
        seconds=root.number("seconds", 90, least=10, most=1800),
        priority=root.number("priority", 3, least=1, most=9),
        every_days=root.number("every_days", 182, least=1, most=1100),
        roles=root.words("roles", Role),
        questions=questions,
        languages=languages,
        follow_ups=_follow_ups(root.table("follow_up"), questions),
    )


def _questions(root: Table, codes: Collection[str], check: Check) -> tuple[Question, ...]:
    tables = root.tables("question")
    questions = [_question(table, codes, check) for table in tables]
    seen: set[str] = set()
    for number, (table, question) in enumerate(zip(tables, questions, strict=True)):
        if question.key in seen:
            mend = "Give each question a key of its own, and never change it"
            root.notes.add(table.at("key"), f"{question.key!r} is taken by an earlier question", mend)
        seen.add(question.key)
        _check_conditions(table, questions, number)
    for measure in _ASKED_ONCE:
        if sum(question.measures is measure for question in questions) > 1:
            root.notes.add(("question",), f"two questions measure {measure}", "Keep one of them")
    return tuple(questions)


def _question(table: Table, codes: Collection[str], check: Check) -> Question:
    kind = table.word("kind", Kind, None)
    if kind is None:
        if "kind" not in table.values:
            table.notes.add(table.at("kind"), "the kind is missing", f"Write one of {', '.join(Kind)}")
        kind = Kind.TEXT
        table.only({*_COMMON, *(key for keys in _OF_KIND.values() for key in keys)})
    else:
        table.only((*_COMMON, *_OF_KIND[kind]))
    is_scale = kind is Kind.SCALE
    choices = _choices(table, codes, check) if kind in (Kind.CHOICE, Kind.CHOICES) else ()
    lowest, highest = _ends(table) if is_scale else (0, 0)
    return Question(
        key=_key(table),
        kind=kind,
        text=table.texts("text", codes, check, must=True),
        help=table.texts("help", codes, check, must=False),
        part=table.word("part", Part, None) or Part.FIRST,
        required=table.flag("required"),
        wordings=tuple(_wordings(table, codes, check)),
        show_if=table.condition("show_if"),
        roles=table.words("roles", Role),
        measures=table.word("measures", Measure, None),
        theme=table.text("theme") if "theme" in table.values else None,
        lowest=lowest,
        highest=highest,
        low=table.texts("low", codes, check, must=is_scale),
        high=table.texts("high", codes, check, must=is_scale),
        does_not_apply=table.flag("does_not_apply"),
        choices=choices,
        most=table.number("most", max(1, len(choices)), least=1, most=max(1, len(choices))),
        longest=table.number("longest", 2000, least=1, most=10_000),
    )


def _key(table: Table) -> str:
    key = table.text("key")
    if key and (not _KEY.fullmatch(key) or key in _TAKEN):
        table.notes.add(
            table.at("key"), f"{key!r} cannot be a key", "Write small letters, digits and _, such as renewal_confidence"
        )
    return key


def _ends(table: Table) -> tuple[int, int]:
    ends = table.number("lowest", 0, least=0, most=1), table.number("highest", 10, least=5, most=10)
    if ends not in SCALES:
        table.notes.add(
            table.at("highest"), f"a scale from {ends[0]} to {ends[1]} is not known", "Use 0 to 10, 1 to 5 or 1 to 7"
        )
    if table.values.get("measures") == Measure.RECOMMEND and ends != (0, 10):
        table.notes.add(
            table.at("measures"), "the recommend question is asked from 0 to 10", "Write lowest = 0, highest = 10"
        )
    return ends


def _choices(table: Table, codes: Collection[str], check: Check) -> tuple[Choice, ...]:
    choices = table.table("choices")
    if len(choices.values) < 2:
        table.notes.add(
            table.at("choices"), "there are fewer than two choices", "Write [question.choices] with a line for each"
        )
    for key in choices.values:
        if not _KEY.fullmatch(key) or key == DOES_NOT_APPLY:
            choices.notes.add(choices.at(key), f"{key!r} cannot be a key", "Write small letters, digits and _")
    return tuple(Choice(key, choices.texts(key, codes, check, must=True)) for key in choices.values)


def _wordings(table: Table, codes: Collection[str], check: Check) -> list[Wording]:
    found = []
    for wording in table.tables("wording"):
        wording.only(("when", "text"))
        when = wording.condition("when")
        texts = wording.texts("text", codes, check, must=True)
        if "when" not in wording.values:
            wording.notes.add(wording.place, "it does not say when", 'Write when = "recommend >= 9"')
        if when is not None:
            found.append(Wording(when, texts))
    return found


def _check_conditions(table: Table, questions: list[Question], number: int) -> None:
    question, earlier = questions[number], questions[:number]
    if question.show_if is not None:
        _check(table, table.at("show_if"), question.show_if, earlier, questions[number:])
        if question.required:
            mend = "Leave out required, or show it always"
            table.notes.add(table.at("required"), "a question that is not always shown cannot be required", mend)
    for index, wording in enumerate(question.wordings):
        place = (*table.at("wording"), index, "when")
        _check(table, place, wording.when, earlier, questions[number:])


def _check(table: Table, place: Place, condition: Condition, earlier: list[Question], later: list[Question]) -> None:
    wrong = list(wrong_with(condition, earlier, later))
    for problem, mend in wrong:
        table.notes.add(place, problem, mend)
    if not wrong and not reachable(condition, earlier):
        table.notes.add(place, "no answers make this true: the question is never reached", "Correct the condition")


def _follow_ups(table: Table, questions: tuple[Question, ...]) -> FollowUps:
    table.only(("detractor", "passive_request", "promoter_offer"))
    read: dict[str, Condition | None] = {}
    for key in ("detractor", "passive_request", "promoter_offer"):
        read[key] = condition = table.condition(key)
        if condition is not None:
            _check(table, table.at(key), condition, list(questions), [])
    return FollowUps(**read)
