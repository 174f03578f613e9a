"""Which handlers there are. A module of pages lists its own in `HANDLERS`.

STAFF stand behind the guard of `voc.web.visit` (signed in, role named, CSRF checked); OPEN need no
session: signing in, and what respondents and machines call.
"""

from litestar.types import ControllerRouterHandler

from voc.web import people, programme, signin, steering

STAFF: list[ControllerRouterHandler] = [
    *signin.STAFF_HANDLERS,
    *people.HANDLERS,
    *programme.HANDLERS,
    *steering.HANDLERS,
]
OPEN: list[ControllerRouterHandler] = [*signin.HANDLERS]
