"""Templates, and what every page has in common: the menu, the banners, the message of the last act."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType
from litestar.response import Redirect

from voc.base import preferences
from voc.base.preferences import Preferences
from voc.base.words import RunState, StaffRole
from voc.web import charts, store, view
from voc.web.context import App
from voc.web.visit import ADMINS, EVERYBODY, LEADERS, Visit

ENVIRONMENT = Environment(
    loader=PackageLoader("voc.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters.update(view.FILTERS)
ENVIRONMENT.globals.update(charts=charts, view=view, ways=quote)


@dataclass(frozen=True)
class Place:
    """An entry of the menu; one with `parts` leads to the first of them, and shows them in a second row there."""

    name: str
    path: str
    roles: tuple[StaffRole, ...] = EVERYBODY
    parts: tuple["Place", ...] = ()

    def has(self, path: str) -> bool:
        """Whether that page is this place or lies under it."""
        own = path == self.path or path.startswith(f"{self.path}/")
        return any(part.has(path) for part in self.parts) if self.parts else own


FIGURES = (
    Place("Engagement", "/engagement"),
    Place("CSMs", "/csms"),
    Place("Retention", "/retention"),
    Place("Forest", "/forest"),
    Place("Improvements", "/improvements"),
    Place("Scorecards", "/scorecards"),
    Place("Reviews", "/reviews"),
    Place("Board", "/board"),
    Place("Export", "/export", LEADERS),
)
SETTINGS = (
    Place("Settings", "/settings", ADMINS),
    Place("People", "/staff", ADMINS),
    Place("Audit", "/audit", ADMINS),
)
MENU = (
    Place("Accounts", "/accounts"),
    Place("Waves", "/waves"),
    Place("Follow-ups", "/follow-ups"),
    Place("Silent", "/silent"),
    Place("Figures", "/engagement", parts=FIGURES),
    Place("CRM", "/sync"),
    Place("Delivery", "/delivery", LEADERS),
    Place("Settings", "/settings", ADMINS, parts=SETTINGS),
)


def page(app: App, visit: Visit, template: str, /, *, status: int = 200, **context: Any) -> Response[str]:
    """A staff page. `context` adds to: app's company, visit, menu, banners, flash, now, today, moment, currency.

    `unread` is what the page could not read of its address (`voc.web.unread`); it stands at the top.
    """
    now = app.now()
    with app.database.read() as db:
        values = preferences.load(db)
        standing = store.standing(db)
    if visit.flash:
        with app.database.begin() as db:
            store.set_flash(db, visit.token_hash, None)
    zone = ZoneInfo(values.default_time_zone)
    common: dict[str, Any] = {
        "company": values.company,
        "currency": values.reporting_currency,
        "preferences": values,
        "visit": visit,
        "menu": _menu(visit),
        "banners": banners(values, standing, visit, now=now),
        "service": standing,
        "flash": visit.flash,
        "now": now,
        "today": now.astimezone(zone).date(),
        "moment": partial(view.moment, zone=zone),
        "demo": app.demo,
        "unread": (),
    }
    return html(ENVIRONMENT.get_template(template).render({**common, **context}), status=status)


def bare_page(app: App, template: str, /, *, status: int = 200, **context: Any) -> Response[str]:
    """A page for somebody who is not signed in."""
    return html(ENVIRONMENT.get_template(template).render({**for_nobody(app), **context}), status=status)


def for_nobody(app: App) -> dict[str, Any]:
    """What every page shows, for somebody who is not signed in."""
    with app.database.read() as db:
        company = preferences.load(db).company
    return {
        "company": company,
        "visit": None,
        "menu": [],
        "banners": [],
        "flash": None,
        "demo": app.demo,
        "unread": (),
    }


def html(text: str, *, status: int = 200) -> Response[str]:
    return Response(text, media_type=MediaType.HTML, status_code=status)


def back(app: App, visit: Visit, path: str, said: str, *, undo: tuple[str, dict[str, str]] | None = None) -> Redirect:
    """After a POST: show `path`, with what was done on top, and a button that undoes it if there is a way."""
    flash = {"said": said, "undo": None if undo is None else {"path": undo[0], "fields": undo[1]}}
    with app.database.begin() as db:
        store.set_flash(db, visit.token_hash, flash)
    return Redirect(path, status_code=303)


def _menu(visit: Visit) -> list[Place]:
    """The places that this person may enter."""
    allowed = [place for place in MENU if visit.may(*place.roles)]
    return [replace(one, parts=tuple(part for part in one.parts if visit.may(*part.roles))) for one in allowed]


def own_path(path: str, otherwise: str = "/") -> str:
    """A path of this site that a form or address named; anything that could lead elsewhere becomes `otherwise`."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else otherwise


@dataclass(frozen=True)
class Banner:
    text: str
    path: str | None = None  # where one can act on it
    act: str = ""
    grave: bool = False


def banners(values: Preferences, standing: store.Standing, visit: Visit, *, now: datetime) -> list[Banner]:
    """What everybody must know before they read on: test mode, paused sending, old CRM data, a held run."""
    admin = visit.may(*ADMINS)
    found = []
    because = standing.paused_because or "somebody paused it"
    if standing.in_doubt:
        text = f"No mail leaves: {because}. Another installation may have gone on sending; nobody is mailed twice."
        found.append(Banner(text, "/delivery/copied", "What resuming does" if admin else "Why", grave=True))
    elif standing.sending_paused:
        found.append(Banner(f"No mail leaves: sending is paused, because {because}.", grave=True))
    if values.test_mode:
        where = f"goes to {values.test_address}" if values.test_address else "stays here"
        path = "/settings#test-mode" if admin else None
        found.append(Banner(f"Test mode: every mail {where} until it is switched off.", path, "Settings"))
    if standing.run_held is not None:
        text = "The last reading of the CRM is held: somebody must decide. The data before it stands."
        found.append(Banner(text, f"/sync/{standing.run_held}", "Decide", grave=True))
    stale_after = timedelta(hours=values.stale_after_hours)
    if standing.crm_read_at is None:
        found.append(Banner("The CRM has not been read yet.", "/sync" if admin else None, "CRM"))
    elif now - standing.crm_read_at > stale_after:
        hours = int((now - standing.crm_read_at).total_seconds() // 3600)
        age = view.count(hours, "hour") if hours < 72 else view.count(hours // 24, "day")
        text = f"The CRM was last read {age} ago: no new invitations go out from data this old."
        found.append(_old_data(text, standing, admin=admin))
    return found


def _old_data(text: str, standing: store.Standing, *, admin: bool) -> Banner:
    """Why nothing newer came, and where it is mended."""
    if standing.run_stopped is None:
        return Banner(text, "/sync", "Read it now" if admin else "CRM", grave=True)
    run_id, state, message = standing.run_stopped
    said = f"{text} The last reading {'is paused' if state == RunState.PAUSED else 'failed'}: {message.rstrip('.')}."
    return Banner(said if message else text, f"/sync/{run_id}", "Mend it" if admin else "See why", grave=True)
