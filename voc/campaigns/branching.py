"""Whether each question can be reached: conditions name earlier questions, known choices, and can come true. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, product

from voc.campaigns.conditions import Compare, Condition, Picked, comparisons, holds, matching
from voc.campaigns.definition import Kind, Question

_MOST_TRIED = 50_000  # pictures of earlier answers looked at for one condition; beyond it is believed


def wrong_with(
    condition: Condition, earlier: Sequence[Question], later: Sequence[Question]
) -> Iterator[tuple[str, str]]:
    """Problem and mend of each comparison that cannot be meant. `later` starts with the question itself."""
    known = {question.key: question for question in earlier}
    for compare in comparisons(condition):
        question = known.get(compare.key)
        if question is None:
            yield _not_earlier(compare, later)
        elif not question.options:
            yield (
                f"{compare.key!r} is a {question.kind}: there is nothing to compare",
                "Name a scale, a choice or a consent",
            )
        elif not matching(compare, question.options):
            yield (
                f"no answer to {compare.key!r} makes `{compare.key} {compare.sign} {compare.value}` true",
                f"Its answers are {', '.join(question.options)}",
            )


def _not_earlier(compare: Compare, later: Sequence[Question]) -> tuple[str, str]:
    if later and later[0].key == compare.key:
        return f"{compare.key!r} waits for itself", "Name an earlier question"
    waiting = next((question for question in later if question.key == compare.key), None)
    if waiting is None:
        return f"there is no question {compare.key!r} before it", "Name the key of an earlier question"
    if waiting.show_if and any(c.key == later[0].key for c in comparisons(waiting.show_if)):
        return (
            f"{later[0].key!r} and {compare.key!r} wait for each other in a circle",
            "Let one of them always be shown",
        )
    return f"{compare.key!r} comes later", "Move this question below it"


def reachable(condition: Condition, earlier: Sequence[Question]) -> bool:
    """Whether some answers to the earlier questions show it, each of them shown itself."""
    by_key = {question.key: question for question in earlier}
    involved = _involved(condition, by_key)
    mentioned = {(c.key, c.value) for key in involved for c in _of(by_key[key])} | {
        (c.key, c.value) for c in comparisons(condition)
    }
    domains = [_pictures(by_key[key], mentioned) for key in involved]
    tried = 0
    for combination in islice(product(*domains), _MOST_TRIED):
        tried += 1
        picked = dict(zip(involved, combination, strict=True))
        if holds(condition, _shown(picked, by_key)):
            return True
    return tried >= _MOST_TRIED


def _involved(condition: Condition, by_key: Mapping[str, Question]) -> list[str]:
    wanted = [compare.key for compare in comparisons(condition)]
    found: set[str] = set()
    while wanted:
        key = wanted.pop()
        if key in by_key and key not in found:
            found.add(key)
            wanted += [compare.key for compare in _of(by_key[key])]
    return [key for key in by_key if key in found]  # in the order of the questionnaire


def _of(question: Question) -> list[Compare]:
    return list(comparisons(question.show_if)) if question.show_if else []


def _pictures(question: Question, mentioned: set[tuple[str, str]]) -> list[frozenset[str]]:
    if question.kind is not Kind.CHOICES:
        return [frozenset(), *(frozenset({option}) for option in question.options)]
    named = [option for option in question.options if (question.key, option) in mentioned]
    return [frozenset(some) for size in range(min(question.most, len(named)) + 1) for some in combinations(named, size)]


def _shown(picked: Picked, by_key: Mapping[str, Question]) -> Picked:
    """Without the answers of questions that these answers do not show."""
    kept: dict[str, frozenset[str]] = {}
    for key, values in picked.items():
        shown = by_key[key].show_if
        if shown is None or holds(shown, kept):
            kept[key] = values
    return kept
