"""What narrows a page: the filters out of its address, and the teams and CSMs one may choose from."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Segment
from voc.metrics import store as metrics
from voc.metrics.run import trend as trends
from voc.metrics.run.narrowing import Within, within
from voc.web.engagement_view import Wanted
from voc.web.tables import Asked
from voc.web.unread import Reading, Unread, refuse

_WINDOW = re.compile(r"[1-9][0-9]{0,2}|1000")  # days
MOST_DAYS = 1000


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
    otherwise: int = Wanted.days,
) -> Wanted:
    """The filters as they were asked for; what makes no sense falls back and is noted, a day to come is today.

    `from_on` is the first day of the period, whatever `days` says; `beside_to` the last day of an earlier one.
    `otherwise` is how many days it is if none are asked for.
    """
    read = Reading()
    until = read.day("as_of", as_of, "the newest figures are shown", until=today) or today
    since = _since(read, from_on, until)
    if since is not None:
        length = (until - since).days + 1
        live = "1" if until == today else live  # last night's figures end a day before
    else:
        length = _length(read, days, otherwise)
    return Wanted(
        team=team,
        segment=read.one_of("segment", segment, tuple(Segment), "all segments are shown"),
        days=length,
        as_of=until if until < today else None,
        csm=csm,
        team_line=read.one_of("against", against, ("team",), "the line is the standard’s") == "team",
        region=region,
        live=read.one_of("live", live, ("1",), "last night’s figures are shown") == "1",
        beside=_earlier(read, beside, beside_to, until),
        trend=read.one_of("trend", trend, trends.NAMES, "the first of them is drawn"),
        unread=tuple(read.unread),
    )


def _length(read: Reading, days: str, otherwise: int) -> int:
    if _WINDOW.fullmatch(days):
        return int(days)
    if days:
        read.odd("days", days, f"is no number of days from 1 to {MOST_DAYS}", f"{otherwise} days are shown")
    return otherwise


def _since(read: Reading, from_on: str, until: date) -> date | None:
    """The first day of a period that ends `until`."""
    shown = "the period goes by its number of days"
    since = read.day("from", from_on, shown, until=until, last="the period ends on")
    if since is not None and until >= since + timedelta(days=MOST_DAYS):
        read.odd("from", from_on, f"makes a period of more than {MOST_DAYS} days", shown)
        return None
    return since


def _earlier(read: Reading, beside: str, beside_to: str, until: date) -> str:
    """A chosen day must be earlier than the end of the period; it goes before the period just before."""
    name, text = ("beside_to", beside_to) if beside_to else ("beside", beside)
    if text == "previous":
        return text
    before, shown = until - timedelta(days=1), "no other period stands beside"
    earlier = read.day(name, text, shown, until=before, last="the other period must end by")
    return "" if earlier is None else earlier.isoformat()


def placed(db: Connection, wanted: Wanted) -> Wanted:
    """The same, without a region that no account lies in."""
    if not wanted.region or metrics.countries_of(db, wanted.region, preferences.load(db)):
        return wanted
    odd = Unread("region", wanted.region, "is the region of no account", "all regions are shown")
    return replace(wanted, region="", unread=(*wanted.unread, odd))


def strictly(wanted: Wanted) -> Wanted:
    """The same for a file, which must not hold something else than was asked for."""
    refuse(wanted.unread)
    return wanted


def part_wanted(
    db: Connection,
    *,
    team: str,
    csm: str,
    segment: str,
    region: str,
    csms: Mapping[str, str],
    today: date,
    days: str = "",
) -> Wanted:
    """What narrows a list. A CSM of another team than the chosen one is left out: the team was chosen anew."""
    wanted = wanted_of(days=days, as_of="", segment=segment, team=team, csm=csm, region=region, today=today)
    wanted = placed(db, wanted)
    if not (team and csm) or csm in csms:
        return wanted
    odd = Unread("csm", csm, "is no CSM of the chosen team", "all of the team is shown")
    return replace(wanted, csm="", unread=(*wanted.unread, odd))


def part_asked_for(db: Connection, asked: Asked) -> Wanted:
    """The same out of the query of a file, or of a page whose query is one."""
    names = ("team", "csm", "segment", "region")
    csms = csms_of(db, asked.viewer, asked.get("team"))
    return part_wanted(
        db, **{name: asked.get(name) for name in names}, csms=csms, today=asked.today, days=asked.get("days")
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
    return within(db, viewer, csm_id=part.csm or None, preferences=known, **part.part)
