"""What the CRM’s own words for roles, segments and states mean to us."""

from typing import Any

import msgspec
from litestar import Response, get, post

from voc.accounts.checking import OUR_WORDS
from voc.accounts.clean import default_spellings, spelling_key
from voc.accounts.connection import Connection
from voc.accounts.model import Kind
from voc.accounts.store import connections
from voc.base.errors import Refused
from voc.web import crm_view, pages
from voc.web.context import App
from voc.web.crm_pages.standing import PATH, connected, crm_page, save_connection
from voc.web.crm_view import Standing
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles

_NEW_SPELLINGS = 2

_WORDS = {
    "roles": (Kind.RELATION, "roles"),
    "segments": (Kind.ACCOUNT, "segment"),
    "statuses": (Kind.ACCOUNT, "status"),
}


def spellings_in_use(standing: Standing) -> dict[str, list[crm_view.Spelling]]:
    """Of roles, segments and states: every spelling in use, and what it means to us."""
    assert standing.connection is not None
    shipped = default_spellings()
    found = {}
    for name, (kind, field) in _WORDS.items():
        in_use = standing.checked.spelled.get(kind, {}).get(field, []) if standing.checked else []
        own = {text: str(word) for text, word in getattr(standing.connection, name).items()}
        found[name] = crm_view.spellings(in_use, own, getattr(shipped, name))
    return found


@get(f"{PATH}/words", sync_to_thread=True, opt=roles(*ADMINS))
def words_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, _ = connected(app)
    return _words_page(app, visit, standing)


def _words_page(app: App, visit: Visit, standing: Standing, *, refusal: Refused | None = None) -> Response[str]:
    return crm_page(
        app,
        visit,
        "words",
        standing,
        status=400 if refusal else 200,
        words=spellings_in_use(standing),
        ours={name: OUR_WORDS[field] for name, (_, field) in _WORDS.items()},
        more=_NEW_SPELLINGS,
        refusal=refusal,
    )


@post(f"{PATH}/words", sync_to_thread=True, opt=roles(*ADMINS))
def map_words(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """A spelling that means what it usually means is not kept: the shipped table says so already."""
    standing, connection = connected(app)
    shipped = default_spellings()
    changed: dict[str, dict[str, str]] = {}
    for name, (_, field) in _WORDS.items():
        table = crm_view.usual(getattr(shipped, name))
        changed[name] = _meant(form, name, OUR_WORDS[field], table)
    try:
        saved = msgspec.convert({**connections.plain(connection), **changed}, Connection)
        save_connection(app, visit, saved)
    except Refused as refused:
        return _words_page(app, visit, standing, refusal=refused)
    return pages.back(app, visit, f"{PATH}/map", "The spellings are saved and hold from the next reading.")


def _meant(form: Form, name: str, ours: tuple[str, ...], table: dict[str, str]) -> dict[str, str]:
    found = {}
    for place in range(len(form.names())):
        text, word = form.text(f"{name}:{place}"), form.text(f"{name}-word:{place}")
        if text and word in ours and table.get(spelling_key(text)) != word:
            found[text] = word
    return found
