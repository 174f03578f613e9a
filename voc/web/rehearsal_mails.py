"""Every mail that would be sent: of a wave not launched yet, and what is left of one under way. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.preferences import Preferences
from voc.base.words import WaveState
from voc.campaigns import run as campaigns
from voc.campaigns.calendar import Calendar
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.campaigns.rehearsal import Course, Totals
from voc.campaigns.run import Rest
from voc.campaigns.store import programmes, wave_pages
from voc.campaigns.store.rows import rules_with
from voc.web import pages, rehearsal_mails_view, view
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.parts import Link
from voc.web.programme import wave_of
from voc.web.rehearsal_mails_view import Filter, Line
from voc.web.steering import AskedCampaign, rehearsal_of
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, LEADERS, roles


def _filter(query: Mapping[str, str]) -> Filter:
    return Filter(*(query.get(name, "")[:64] for name in ("account", "csm", "step", "reason")))


@dataclass(frozen=True)
class _Played:
    """`lines` are made while they are gone through, and `due_on` is known then."""

    lines: Iterator[Line]
    due_on: Mapping[date, int]
    calendar: Calendar


def _rehearsed(app: App, db: Connection, campaign: str, wanted: Preferences) -> _Played:
    rehearsal = rehearsal_of(app, db, campaign)
    rules = rules_with(programmes.campaign_by_name(db, campaign).settings, wanted)
    csms, totals = wave_pages.csm_names(db), Totals()
    courses = _counted(rehearsal.courses, totals)
    lines = rehearsal_mails_view.of_courses(courses, rules.settings, csms)
    not_asked = rehearsal_mails_view.of_members(rehearsal.members, csms)
    return _Played(chain(lines, not_asked), totals.due_on, rules.calendar)


def _counted(courses: Iterable[Course], totals: Totals) -> Iterator[Course]:
    for course in courses:
        totals.add(course)
        yield course


@get("/waves/rehearse/mails", sync_to_thread=True, opt=roles(*LEADERS))
def rehearsed_mails_page(
    app: GivenApp, visit: GivenVisit, request: AnyRequest, campaign: AskedCampaign = "relationship"
) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        try:
            played = _rehearsed(app, db, campaign, wanted)
        except QuestionnaireMistakes as mistakes:
            return pages.page(app, visit, "programme/mistakes.html", campaign=campaign, mistakes=mistakes.mistakes)
    page = rehearsal_mails_view.page(
        played.lines,
        _filter(request.query_params),
        due_on=played.due_on,
        calendar=played.calendar,
        crumbs=[Link("Waves", "/waves"), Link("Rehearsal", f"/waves/rehearse?campaign={campaign}")],
        path="/waves/rehearse/mails",
        hidden={"campaign": campaign},
        lede=(
            "Every mail from now to the close if the wave was launched now and nobody answered, with the reason for "
            "its day, and the reason wherever there is none. Nothing is written."
        ),
        zone=ZoneInfo(wanted.default_time_zone),
    )
    return pages.page(app, visit, "programme/mails.html", page=page)


def _rehearsed_rows(db: Connection, asked: Asked) -> Found:
    played = _rehearsed(asked.app, db, asked.get("campaign") or "relationship", preferences.load(db))
    return Found(rehearsal_mails_view.rows(played.lines, _filter(asked.query)))


REHEARSED = PageTable(
    "rehearsal-mails",
    "Every mail if the wave was launched now",
    "/waves/rehearse/mails",
    rehearsal_mails_view.FILE_COLUMNS,
    _rehearsed_rows,
    roles=LEADERS,
)


def _left(db: Connection, rest: Rest) -> _Played:
    csms, totals = wave_pages.csm_names(db), Totals(due_on=Counter(rest.due))
    courses = _counted(chain([Course(rest.waiting, ())], rest.courses), totals)
    lines = rehearsal_mails_view.of_courses(courses, rest.settings, csms)
    return _Played(chain(lines, rehearsal_mails_view.of_people(rest.over, csms)), totals.due_on, rest.calendar)


@get("/waves/{wave_id:int}/mails", sync_to_thread=True, opt=roles(*EVERYBODY))
def rest_page(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int], request: AnyRequest) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        row = wave_pages.row(db, wave_id, visit.viewer)
        rest = campaigns.rest(db, wave_id, viewer=visit.viewer, now=app.now())
        played = _left(db, rest)
    page = rehearsal_mails_view.page(
        played.lines,
        _filter(request.query_params),
        due_on=played.due_on,
        calendar=played.calendar,
        crumbs=[Link("Waves", "/waves"), Link(row.label, f"/waves/{wave_id}")],
        path=f"/waves/{wave_id}/mails",
        hidden={},
        lede=_lede(row.state, row.confidential),
        zone=ZoneInfo(wanted.default_time_zone),
    )
    return pages.page(app, visit, "programme/mails.html", page=page)


def _lede(state: WaveState, confidential: bool) -> str:
    if confidential and state in (WaveState.PAUSED, WaveState.RUNNING):
        return (
            "Mails to those who are not invited yet. To whom a reminder goes is listed nowhere: "
            "in confidence, that would say who has not answered."
        )
    if state is WaveState.PAUSED:
        return "The wave is paused: nothing goes out. This is what would if it was resumed now and nobody answered."
    if state is WaveState.RUNNING:
        return "What is still to come if nobody answers from now on. The chase stops at once on an answer."
    return f"The wave is {view.low_word(state)}: nothing more of it goes out."


def _rest_rows(db: Connection, asked: Asked) -> Found:
    wave_id = wave_of(asked)
    wave_pages.row(db, wave_id, asked.viewer)
    played = _left(db, campaigns.rest(db, wave_id, viewer=asked.viewer, now=asked.now))
    return Found(rehearsal_mails_view.rows(played.lines, _filter(asked.query)), name=f"wave-{wave_id}-mails")


REST = PageTable(
    "wave-mails",
    "Every mail of a wave still to come",
    "/waves/{wave_id:int}/mails",
    rehearsal_mails_view.FILE_COLUMNS,
    _rest_rows,
)


TABLES = (REHEARSED, REST)
HANDLERS: list[Any] = [rehearsed_mails_page, rest_page, *file_handlers(*TABLES)]
