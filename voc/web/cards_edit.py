"""A scorecard's text in the browser: live check, what last month would have come to, save, copy, in use or not."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile
from voc.campaigns.mistakes import Mistake
from voc.metrics.cards import files, months
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import PAYING
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store
from voc.web import cards_view, pages, view
from voc.web.cards_view import Amounts, MonthPage
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import LEADERS, Visit, roles

CARD = MeasureFile.SCORECARD


@dataclass(frozen=True)
class Checked:
    """What the check says of a text."""

    mistakes: tuple[Mistake, ...]
    words: str  # where it is right: how many lines, what they pay


def checked(card: str, text: str, amounts: Amounts) -> Checked:
    try:
        found = files.load(card, text)
    except CardMistakes as wrong:
        return Checked(wrong.mistakes, "")
    pays = (
        f", {amounts.exact(found.amount)} a month when every line is reached" if found.amount else ", it pays nothing"
    )
    return Checked((), f"{view.count(len(found.lines), 'line')}, the weights make 100{pays}.")


@get("/scorecards/{card:str}/edit", sync_to_thread=True, opt=roles(*LEADERS))
def edit_page(app: GivenApp, visit: GivenVisit, card: FromPath[str]) -> Response[str]:
    with app.database.read() as db:
        own = store.versions(db, CARD, card)
        if not own:
            raise NotFound("There is no such scorecard of yours. Copy one that ships first.")
    return _page(app, visit, card, own[0].text)


@post("/scorecards/{card:str}/edit", sync_to_thread=True, opt=roles(*LEADERS))
def edit(app: GivenApp, visit: GivenVisit, card: FromPath[str], form: GivenForm) -> Response[Any]:
    """`do` is check (as one types), show (last month with this text) or save."""
    text, do = form.file("text"), form.text("do")  # as typed: a mistake names its line
    with app.database.read() as db:
        if not store.versions(db, CARD, card):
            raise NotFound("There is no such scorecard.")
    if do != "save":
        return _page(app, visit, card, text, show=do == "show", note=form.text("note"), seen=seen_of(form))
    try:
        with app.database.begin() as db:
            before = store.versions(db, CARD, card)[0]
            kept, _card = run.save(
                db, card, text, by=visit.viewer.name, now=app.now(), note=form.maybe("note"), seen=seen_of(form)
            )
            in_use = store.in_use(db, CARD).get(card)
    except CardMistakes:
        return _page(app, visit, card, text, note=form.text("note"), seen=seen_of(form), status=400)
    except Refused as meanwhile:
        return _page(app, visit, card, text, note=form.text("note"), meanwhile=meanwhile.reason, status=409)
    if kept.id == before.id:
        return pages.back(app, visit, f"{cards_view.card_path(card)}/edit", "Nothing was changed, so nothing is saved.")
    said = f"Version {kept.number} is saved."
    if in_use is not None:
        said += f" Version {in_use.file.number} still counts: say from which month the new one does."
    return pages.back(app, visit, cards_view.card_path(card), said)


def seen_of(form: Form) -> int:
    """The version that the form was made of; 0 if it does not say."""
    number = form.text("version")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 0


def _page(
    app: App,
    visit: Visit,
    card: str,
    text: str,
    *,
    show: bool = False,
    note: str = "",
    seen: int | None = None,
    meanwhile: str = "",
    status: int = 200,
) -> Response[str]:
    """`seen` is the version that the text was made of, the newest if not told; `meanwhile` why it was not saved."""
    now = app.now()
    with app.database.read() as db:
        amounts = Amounts(preferences.load(db).reporting_currency)
        said = checked(card, text, amounts)
        newest = store.versions(db, CARD, card)[0]
        title = files.load(card, newest.text).title  # what was saved has no mistakes
        shown = _last_month(app, db, card, text, amounts) if show and not said.mistakes else None
    return pages.page(
        app,
        visit,
        "cards/edit.html",
        status=status,
        card=card,
        title=title,
        path=cards_view.card_path(card),
        text=text,
        note=note,
        newest=newest,
        seen=newest.number if seen is None else seen,
        meanwhile=meanwhile,
        checked=said,
        shown=shown,
        month=cards_view.month_words(months.last_whole(now.date())),
        groups=figures_by_kind(),
        paying=sorted(kind.value for kind in PAYING),
    )


def _last_month(app: App, db: Connection, card: str, text: str, amounts: Amounts) -> MonthPage:
    """The whole month before this one, by this text and what is known now. Nothing is kept."""
    now = app.now()
    month, found = months.last_whole(now.date()), files.load(card, text)
    results = run.reckon(db, found, month, now=now)
    return cards_view.month_page(found, month, None, results, today=now.date(), amounts=amounts)


def figures_by_kind() -> dict[str, list[tuple[str, str]]]:
    """Every figure a line may name, with its label: for whoever writes one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in CATALOGUE:
        found.setdefault(one.kind.value, []).append((one.name, one.label))
    return found


@post("/scorecards/{card:str}/copy", sync_to_thread=True, opt=roles(*LEADERS))
def copy(app: GivenApp, visit: GivenVisit, card: FromPath[str], form: GivenForm) -> Redirect:
    with app.database.begin() as db:
        name = form.text("name") or card
        run.copy(db, card, name=name, by=visit.viewer.name, now=app.now())
    said = f"{name} is yours to edit. Nobody is measured by it before you say so."
    return pages.back(app, visit, f"{cards_view.card_path(name)}/edit", said)


@post("/scorecards/{card:str}/use", sync_to_thread=True, opt=roles(*LEADERS))
def use(app: GivenApp, visit: GivenVisit, card: FromPath[str], form: GivenForm) -> Redirect:
    """The newest version counts from a month on, or none does."""
    now, by = app.now(), visit.viewer.name
    with app.database.begin() as db:
        if form.text("do") == "off":
            run.stop_using(db, card, by=by, now=now)
            said = "Nobody is measured by it from now on. Its frozen months stay as they are."
        else:
            since = form.text("since")
            wanted = months.parse(since) if since else None
            month = run.use(db, card, by=by, now=now, since=wanted, seen=seen_of(form))
            said = f"It counts from {cards_view.month_words(month)} on."
    return pages.back(app, visit, cards_view.card_path(card), said)


HANDLERS: list[Any] = [edit_page, edit, copy, use]
