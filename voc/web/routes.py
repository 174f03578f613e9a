"""Which handlers there are. A module of pages lists its own in `HANDLERS`.

STAFF stand behind the guard of `voc.web.visit` (signed in, role named, CSRF checked); OPEN need no
session: signing in, and what respondents and machines call.
"""

from litestar import Router
from litestar.types import ControllerRouterHandler

from voc.web import (
    acts,
    campaigns,
    cards,
    cards_edit,
    code_book,
    copied_pages,
    crm_pages,
    csm,
    delivery_pages,
    followups,
    forest,
    heads_ups,
    hook_pages,
    hooks,
    improvements,
    leader,
    me,
    nudges,
    pauses,
    people,
    phone_answers,
    programme,
    rehearsal_mails,
    respondent,
    retention,
    reviews,
    second_step,
    settings_pages,
    signin,
    silence,
    single_sign_on,
    steering,
    sync,
    write_back,
    you_said,
)
from voc.web.slow_guessers import SlowGuessers

STAFF: list[ControllerRouterHandler] = [
    *signin.STAFF_HANDLERS,
    *single_sign_on.STAFF_HANDLERS,
    *me.HANDLERS,
    *csm.HANDLERS,
    *acts.HANDLERS,
    *leader.HANDLERS,
    *silence.HANDLERS,
    *retention.HANDLERS,
    *cards.HANDLERS,
    *cards_edit.HANDLERS,
    *forest.HANDLERS,
    *code_book.HANDLERS,
    *improvements.HANDLERS,
    *reviews.HANDLERS,
    *followups.HANDLERS,
    *you_said.HANDLERS,
    *heads_ups.HANDLERS,
    *nudges.HANDLERS,
    *phone_answers.HANDLERS,
    *pauses.HANDLERS,
    *programme.HANDLERS,
    *rehearsal_mails.HANDLERS,
    *steering.HANDLERS,
    *copied_pages.HANDLERS,
    *delivery_pages.HANDLERS,
    *people.HANDLERS,
    *settings_pages.HANDLERS,
    *campaigns.HANDLERS,
    *crm_pages.HANDLERS,
    *hook_pages.HANDLERS,
    *sync.HANDLERS,
    *write_back.HANDLERS,
]
OPEN: list[ControllerRouterHandler] = [
    *signin.HANDLERS,
    *second_step.HANDLERS,
    *single_sign_on.HANDLERS,
    Router(path="/", route_handlers=respondent.HANDLERS, middleware=[SlowGuessers]),
    *hooks.HANDLERS,
]
