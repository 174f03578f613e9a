"""Why a page does not say what people said, and which view to take instead."""

from collections.abc import Mapping
from dataclasses import replace

from voc.metrics.near_views import View
from voc.metrics.pages import NotTold
from voc.web.engagement_view.parts import Wanted
from voc.web.parts import Link


def words(found: NotTold | None, teams: Mapping[str, str]) -> str:
    if found is None:
        return ""
    near = found.why.near
    if found.why.free:
        why = (
            "Two periods of any length may differ by what one person said, so of a part of the company they are told "
            "for the usual periods alone."
        )
    elif near is None:
        why = "Fewer than five people said something here."
    elif found.why.beside:
        why = (
            f"Somebody small is not shown beside it: what is left of {name(near, teams)} would be what fewer than five "
            "said."
        )
    else:
        why = (
            f"Its people differ from those of {name(near, teams)} by fewer than five: side by side the two would tell "
            "what those few said."
        )
    return f"Scores and promoters are not shown in this view. {why} Everything else here counts as usual."


def instead(found: NotTold | None, teams: Mapping[str, str], wanted: Wanted) -> Link | None:
    if found is None:
        return None
    view = found.instead
    there = replace(
        wanted, days=view.days, team=view.team or "", segment=view.segment or "", region=view.region or "", trend=""
    )
    return Link(f"Show {name(view, teams)}", there.address())


def name(view: View, teams: Mapping[str, str]) -> str:
    everybody = "all teams" if teams else "your team"  # a lead has none to choose from
    parts = [f"team of {teams.get(view.team, view.team)}" if view.team else everybody, view.segment, view.region]
    return ", ".join([*(one for one in parts if one), f"{view.days} days"])
