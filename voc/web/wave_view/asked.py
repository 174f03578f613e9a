"""The people of a wave, those to nudge first."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.base.words import Role, WaveState
from voc.campaigns.store.wave_pages import Asked, Standing, WaveRow
from voc.web import view
from voc.web.parts import Link, address
from voc.web.rehearsal_words import STEPS, STOPS
from voc.web.wave_view.words import STANDINGS

MOST_LISTED = 300  # rows of one page; the file has them all
Moment = Callable[[datetime | None], str]

VIEWS: Mapping[str, tuple[str, tuple[Standing, ...]]] = {
    "waiting": ("No answer yet", (Standing.WAITING, Standing.PLANNED)),
    "answered": ("Answered", (Standing.ANSWERED,)),
    "stopped": ("Stopped or came back", (Standing.STOPPED, Standing.BOUNCED)),
    "silent": ("Silent", (Standing.SILENT,)),
}
IN_CONFIDENCE: Mapping[str, tuple[str, tuple[Standing, ...]]] = {
    "asked": ("Asked in confidence", (Standing.IN_CONFIDENCE, Standing.PLANNED)),
    "stopped": VIEWS["stopped"],
}


def views(row: WaveRow) -> Mapping[str, tuple[str, tuple[Standing, ...]]]:
    """The lists of people that a wave has; a confidential one has none by what they answered."""
    return IN_CONFIDENCE if row.confidential else VIEWS


_BY_WEIGHT = list(Role)
_UNHEARD = (Standing.WAITING, Standing.SILENT)


def first_view(row: WaveRow) -> str:
    """Whom the page lists unasked: those who can still be nudged, or those who stayed silent."""
    if row.confidential:
        return "asked"
    return "silent" if row.state in (WaveState.CLOSED, WaveState.STOPPED) else "waiting"


@dataclass(frozen=True)
class Person:
    name: str
    roles: str
    account: str
    account_id: str
    state: str
    glyph: str
    last: str
    next: str
    csm: str
    nudge: str | None  # where one writes to them in person
    phone: str | None  # where an answer given on the phone is typed in


def people_heading(
    row: WaveRow, chosen: str, standing: Counter[Standing], csm_id: str | None, people: Sequence[Asked]
) -> str:
    name, standings = views(row)[chosen]
    count = len(people) if csm_id is not None else sum(standing[one] for one in standings)
    who = f", {people[0].csm_name}" if csm_id is not None and people and people[0].csm_name else ""
    return f"{name}: {view.count(count, 'person', 'people')}{who}"


def people_links(row: WaveRow, chosen: str, csm_id: str | None) -> list[Link]:
    links = [
        Link(name, address(f"/waves/{row.id}", show=key, csm=csm_id) + "#people", current=key == chosen)
        for key, (name, _standings) in views(row).items()
    ]
    return [*links, Link("All CSMs", address(f"/waves/{row.id}", show=chosen) + "#people")] if csm_id else links


def people_note(chosen: str, people: Sequence[Asked], standing: Counter[Standing] | None) -> str:
    """`standing` counts everybody on the page, None when it shows one CSM's."""
    told = "By account."
    if chosen == "asked":
        told = "Nobody is shown which of them answered. The service reminds those who have not."
    if chosen == "waiting":
        told = "Nudge these in person: decision makers first. The chase goes on, and stops at once on an answer."
        if standing is not None and standing[Standing.PLANNED]:
            invited, to_come = (view.number(standing[one]) for one in (Standing.WAITING, Standing.PLANNED))
            told = f"{invited} were invited, {to_come} are still to be. {told}"
    return f"{told} The first {MOST_LISTED}; the file has all." if len(people) >= MOST_LISTED else told


def _weight(asked: Asked) -> int:
    return min((_BY_WEIGHT.index(role) for role in asked.roles), default=len(_BY_WEIGHT))


def in_order(people: Sequence[Asked], chosen: str) -> list[Asked]:
    return sorted(people, key=_weight) if chosen == "waiting" else list(people)


def person_row(one: Asked, moment: Moment, *, may_nudge: bool) -> Person:
    last = f"{STEPS[one.last_step]}, {view.short_day(one.last_sent_at)}" if one.last_step else view.DASH
    return Person(
        name=one.name,
        roles=view.listed([view.low_word(role) for role in one.roles]) or "no role",
        account=one.account_name,
        account_id=one.account_id,
        state=_state_words(one),
        glyph=STANDINGS[one.standing][1],
        last=last,
        next=_coming(one, moment),
        csm=one.csm_name or view.DASH,
        nudge=f"/nudges/{one.invitation_id}" if may_nudge and one.standing == Standing.WAITING else None,
        phone=f"/phone-answers/{one.invitation_id}" if one.standing in _UNHEARD else None,
    )


def _state_words(one: Asked) -> str:
    if one.standing == Standing.STOPPED and one.stopped is not None:
        return view.word(STOPS[one.stopped])
    if one.standing == Standing.ANSWERED and one.by_phone:
        return "answered on the phone"
    return STANDINGS[one.standing][0]


def _coming(one: Asked, moment: Moment) -> str:
    if one.held_because:
        return f"held: {one.held_because}"
    if one.standing == Standing.ANSWERED:
        return f"answered {view.short_day(one.answered_at)}"
    return f"{STEPS[one.next_step]}, {moment(one.due_at)}" if one.next_step else view.DASH
