"""Hits, renderings, visitors, responses and answers; this stage writes them. What a token opens is read here too."""

from voc.responses.store.again import abandoned, keep_partial, mark_judged, restore_latest, unjudged
from voc.responses.store.doors import account_addresses, door, door_and_rendering, door_for_phone, questionnaire
from voc.responses.store.pages import (
    add_hit,
    add_rendering,
    add_visitor,
    rendering_of,
    scores_around,
    spring_trap,
    visitor_of,
)
from voc.responses.store.rows import (
    answers_of,
    answers_of_all,
    flag_twice,
    lock,
    referrals,
    responses_of,
    supersede,
    write_response,
)

__all__ = [
    "abandoned",
    "account_addresses",
    "add_hit",
    "add_rendering",
    "add_visitor",
    "answers_of",
    "answers_of_all",
    "door",
    "door_and_rendering",
    "door_for_phone",
    "flag_twice",
    "keep_partial",
    "lock",
    "mark_judged",
    "questionnaire",
    "referrals",
    "rendering_of",
    "responses_of",
    "restore_latest",
    "scores_around",
    "spring_trap",
    "supersede",
    "unjudged",
    "visitor_of",
    "write_response",
]
