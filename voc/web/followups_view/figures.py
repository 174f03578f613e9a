"""The figures above the board."""

import math
from collections.abc import Sequence

from voc.base.words import FollowUpState
from voc.followup.model import FollowUp
from voc.web import view
from voc.web.parts import Card, Link, address
from voc.web.survival_view import Lasted, median


def median_card(times: Sequence[Lasted]) -> Card:
    still = sum(not one.resolved for one in times)
    of = f"{view.number(len(times) - still)} resolved, {view.number(still)} open counted at their age"
    if not times:
        return Card("Resolved, half of them within", view.DASH, "no follow-up in 180 days")
    if len(times) < 10:
        return Card("Resolved, half of them within", view.DASH, of, note="too few to say: ten are needed")
    middle, limits = median(times)
    links = [
        Link("Definition", "/definitions#time_to_resolve", "of the time until resolved"),
        Link(view.count(len(times), "row"), "/follow-ups/times", "behind the time until resolved"),
    ]
    if middle is None or limits is None:
        oldest = max(one.days for one in times)
        return Card(
            "Resolved, half of them within",
            view.DASH,
            of,
            note=f"more than half are still open after {oldest:.0f} days",
            links=links,
        )
    high = "no end yet" if math.isinf(limits[1]) else f"{limits[1]:.0f}"
    unit = "working day" if round(middle) == 1 else "working days"
    return Card(
        "Resolved, half of them within", f"{middle:.0f}", of, unit=unit, note=f"{limits[0]:.0f} to {high}", links=links
    )


def late_card(open_ones: Sequence[FollowUp], late: Sequence[FollowUp]) -> Card:
    leader = sum(case.leader_told_at is not None for case in late)
    lead = sum(case.lead_told_at is not None and case.leader_told_at is None for case in late)
    told = [f"{count} with the {whom}" for count, whom in ((lead, "lead"), (leader, "leader")) if count]
    return Card(
        "Late now",
        view.number(len(late)),
        f"of {view.number(len(open_ones))} open",
        note=", ".join(told),
        links=[Link(f"The {len(late)}", address("/follow-ups", show="list", only="late"), "late ones")] if late else [],
    )


def confirmed_card(cases: Sequence[FollowUp], times: Sequence[Lasted], last: Sequence[FollowUp]) -> Card:
    waiting = sum(case.state == FollowUpState.RESOLVED for case in cases)
    resolved = sum(one.resolved for one in times)
    confirmed = sum(one.confirmed for one in times)
    if not resolved:
        return Card("Confirmed by the customer", view.DASH, "none resolved in 180 days")
    links = [Link("List", address("/follow-ups", show="list", only="done"), "of confirmed ones")] if last else []
    return Card(
        "Confirmed by the customer",
        view.number(confirmed),
        f"of {view.number(resolved)} resolved in 180 days",
        note=f"{view.number(waiting)} to ask" if waiting else "",
        links=links,
    )
