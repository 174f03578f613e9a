"""The figures above the board."""

import math
from collections.abc import Mapping, Sequence

from voc.base.words import FollowUpState
from voc.followup.model import FollowUp, Stand
from voc.web import view
from voc.web.parts import Card, Link, Mark, address
from voc.web.survival_view import Lasted, median

TIMES = "/follow-ups/times"
LEAST = 10  # follow-ups: a curve of fewer says more about each of them than about the work


def median_card(times: Sequence[Lasted], days: int, query: Mapping[str, str]) -> Card:
    """`query` is what the page was narrowed to; the rows are too."""
    still, rows = sum(not one.resolved for one in times), address(TIMES, **query)
    of = f"{view.number(len(times) - still)} resolved, {view.number(still)} open counted at their age"
    mark = Mark("time_to_resolve", len(times) - still, len(times), rows)
    links = [
        Link("Definition", "/definitions#time_to_resolve", "of the time until resolved"),
        Link(view.count(len(times), "row"), rows, "behind the time until resolved"),
    ]
    name = "Resolved, half of them within"
    if not times:
        return Card(name, view.DASH, f"no follow-up in {days} days", links=links, mark=mark)
    if len(times) < LEAST:
        more = f"too few to say: enough from {LEAST}, {view.number(LEAST - len(times))} more"
        return Card(name, view.DASH, of, note=more, links=links, mark=mark)
    middle, limits = median(times)
    if middle is None or limits is None:
        oldest = max(one.days for one in times)
        note = f"more than half are still open after {oldest:.0f} days"
        return Card(name, view.DASH, of, note=note, links=links, mark=mark)
    high = "no end yet" if math.isinf(limits[1]) else f"{limits[1]:.0f}"
    unit = "working day" if round(middle) == 1 else "working days"
    note = f"{limits[0]:.0f} to {high}"
    return Card(name, f"{middle:.0f}", of, unit=unit, note=note, links=links, mark=mark)


def late_card(open_ones: Sequence[Stand], late: Sequence[Stand], *, rows: str) -> Card:
    """`rows` is where the open ones are listed."""
    leader = sum(case.leader_told for case in late)
    lead = sum(case.lead_told and not case.leader_told for case in late)
    told = [f"{count} with the {whom}" for count, whom in ((lead, "lead"), (leader, "leader")) if count]
    return Card(
        "Late now",
        view.number(len(late)),
        f"of {view.number(len(open_ones))} open, whenever they were opened",
        note=", ".join(told),
        links=[
            Link("Definition", "/definitions#late_now", "of late now"),
            Link(view.count(len(open_ones), "row"), rows, "behind late now"),
        ],
        mark=Mark("late_now", len(late), len(open_ones), rows),
    )


def confirmed_card(
    waiting: Sequence[Stand], times: Sequence[Lasted], last: Sequence[FollowUp], days: int, query: Mapping[str, str]
) -> Card:
    to_ask = sum(case.state == FollowUpState.RESOLVED for case in waiting)
    resolved = sum(one.resolved for one in times)
    confirmed = sum(one.confirmed for one in times)
    rows = address(TIMES, **query, state="resolved")
    mark = Mark("confirmed", confirmed, resolved, rows)
    links = [Link(view.count(resolved, "row"), rows, "behind confirmed by the customer")]
    if not resolved:
        name = "Confirmed by the customer"
        return Card(name, view.DASH, f"none resolved in {days} days", links=links, mark=mark)
    if last:
        links.append(Link("List", address("/follow-ups", **query, show="list", only="done"), "of confirmed ones"))
    return Card(
        "Confirmed by the customer",
        view.number(confirmed),
        f"of {view.number(resolved)} resolved, of those opened in {days} days",
        note=f"{view.number(to_ask)} to ask, whenever they were opened" if to_ask else "",
        links=links,
        mark=mark,
    )
