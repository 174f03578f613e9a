"""What narrows a page: the filters out of its address, and the teams and CSMs one may choose from."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Segment
from voc.metrics import store as metrics
from voc.metrics.run import trend as trends
from voc.metrics.run.narrowing import Within, within
from voc.web.engagement_view import Wanted
from voc.web.tables import Asked

_WINDOW = re.compile(r"[1-9][0-9]{0,2}|1000")  # days
_FIRST_DAY = date(2000, 1, 1)  # nothing is older, and a window before it must not leave the calendar


def wanted_of(
    *,
    days: str,
    as_of: str,
    segment: str,
    today: date,
    team: str = "",
    csm: str = "",
    against: str = "",
    region: str = "",
    from_on: str = "",
    live: str = "",
    beside: str = "",
    beside_to: str = "",
    trend: str = "",
) -> Wanted:
    """The filters as they were asked for; what makes no sense falls back, a day to come is today.

    `from_on` is the first day of the period, whatever `days` says; `beside_to` the last day of an earlier one.
    """
    on = day_in(as_of) or today
    until, since, earlier = min(on, today), day_in(from_on), day_in(beside_to or beside)
    if since is not None and since <= until < since + timedelta(days=1000):
        days = str((until - since).days + 1)
        live = "1" if until == today else live  # last night's figures end a day before
    return Wanted(
        team=team,
        segment=segment if segment in {one.value for one in Segment} else "",
        days=int(days) if _WINDOW.fullmatch(days) else 180,
        as_of=on if _FIRST_DAY <= on < today else None,
        csm=csm,
        team_line=against == "team",
        region=region[:64],
        live=live == "1",
        beside=_earlier(beside, earlier, until),
        trend=trend if trend in trends.NAMES else "",
    )


def _earlier(beside: str, earlier: date | None, until: date) -> str:
    """A chosen day must be earlier than the end of the period; it goes before the period just before."""
    if earlier is not None:
        return earlier.isoformat() if earlier < until else ""
    return beside if beside == "previous" else ""


def day_in(text: str) -> date | None:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if on >= _FIRST_DAY else None


def part_wanted(
    *, team: str, csm: str, segment: str, region: str, csms: Mapping[str, str], today: date, days: str = ""
) -> Wanted:
    """What narrows a list. A CSM of another team than the chosen one is left out: the team was chosen anew."""
    wanted = wanted_of(days=days, as_of="", segment=segment, team=team, csm=csm, region=region, today=today)
    return wanted if not team or csm in csms else replace(wanted, csm="")


def part_asked_for(db: Connection, asked: Asked) -> Wanted:
    """The same out of the query of a file."""
    names = ("team", "csm", "segment", "region")
    csms = csms_of(db, asked.viewer, asked.get("team"))
    return part_wanted(
        **{name: asked.get(name) for name in names}, csms=csms, today=asked.today, days=asked.get("days")
    )


def teams_of(db: Connection) -> dict[str, str]:
    """Leads with somebody in their team, by id, in alphabetical order."""
    people = metrics.people(db)
    leads = {one.manager_id for one in people.values() if one.manager_id and one.active} & set(people)
    return {
        one.id: one.name for one in sorted((people[id] for id in leads), key=lambda one: (one.name.casefold(), one.id))
    }


def csms_of(db: Connection, viewer: Viewer, team: str = "") -> dict[str, str]:
    """Whoever owns an account that the viewer may see, of a team if one is chosen: by id, in alphabetical order."""
    people = metrics.people(db)
    found = (people[id] for id in metrics.owner_ids(db, viewer) & set(people) if team in ("", people[id].manager_id))
    return {one.id: one.name for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))}


def names_of(db: Connection) -> dict[str, str]:
    """Our people by CSM id."""
    return {id: one.name for id, one in metrics.people(db).items()}


def within_of(db: Connection, viewer: Viewer, part: Wanted, known: Preferences) -> Within:
    """What a list of follow-ups is narrowed to."""
    return within(
        db,
        viewer,
        team_id=part.team or None,
        csm_id=part.csm or None,
        segment=part.segment or None,
        region=part.region or None,
        preferences=known,
    )
