"""Waves as their pages show them: how far each is, what became of everybody asked, whom to nudge in person."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from voc.base.words import Disposition, NotAsked, Role, StopReason, WaveState
from voc.campaigns.store.wave_pages import Asked, LeftOut, Standing, Tally, WaveRow
from voc.campaigns.trial import Halves
from voc.web import view
from voc.web.parts import Chain, Link, Stage, address
from voc.web.rehearsal_view import Reason, reasons
from voc.web.rehearsal_words import REASONS, STEPS, STOPS
from voc.web.tables import Cell
from voc.web.trial_view import HeadsUpTest, heads_up_test

MOST_LISTED = 300  # rows of one page; the file has them all

Moment = Callable[[datetime | None], str]

_STATES: Mapping[WaveState, tuple[str, str]] = {
    WaveState.RUNNING: ("Running", "half"),
    WaveState.PAUSED: ("Paused", "none"),
    WaveState.STOPPED: ("Stopped", "done"),
    WaveState.CLOSED: ("Closed", "done"),
}

_DISPOSITIONS: Mapping[Disposition, tuple[str, str]] = {
    Disposition.COMPLETE: ("Complete", "every required question answered"),
    Disposition.PARTIAL: ("Partial", "the key question answered"),
    Disposition.REFUSED: ("Refused", "said no, or never again"),
    Disposition.SILENT: ("Silent", "delivered, no answer by the due date"),
    Disposition.OTHER: ("Other", "on leave, or named a colleague"),
    Disposition.UNKNOWN: ("Unknown", "the mail came back: nobody knows whether they are there"),
    Disposition.NOT_ELIGIBLE: ("Not eligible", "left, or no customer contact; in no rate"),
}

# Where one stands, for a list: words and glyph.
_STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.PLANNED: ("Not sent yet", "none"),
    Standing.WAITING: ("No answer yet", ""),
    Standing.ANSWERED: ("Answered", "heard"),
    Standing.BOUNCED: ("Mail came back", "half"),
    Standing.STOPPED: ("Stopped", "half"),
    Standing.SILENT: ("Silent", "silent"),
}

VIEWS: Mapping[str, tuple[str, tuple[Standing, ...]]] = {
    "waiting": ("No answer yet", (Standing.WAITING, Standing.PLANNED)),
    "answered": ("Answered", (Standing.ANSWERED,)),
    "stopped": ("Stopped or came back", (Standing.STOPPED, Standing.BOUNCED)),
    "silent": ("Silent", (Standing.SILENT,)),
}

_BY_WEIGHT = list(Role)


def first_view(row: WaveRow) -> str:
    """Whom the page lists unasked: those who can still be nudged, or those who stayed silent."""
    return "silent" if row.state in (WaveState.CLOSED, WaveState.STOPPED) else "waiting"


@dataclass(frozen=True)
class ListedWave:
    id: int
    label: str
    state: str
    glyph: str
    asked: str
    answered: str
    share: float
    share_words: str
    not_asked: str
    launched: str
    closes: str


@dataclass(frozen=True)
class CampaignWaves:
    name: str
    title: str
    next: str
    waves: Sequence[ListedWave]


@dataclass(frozen=True)
class WavesPage:
    heading: str
    lede: str
    may_launch: bool
    campaigns: Sequence[CampaignWaves]


def waves_page(rows: Sequence[WaveRow], campaigns: Sequence[str], *, may_launch: bool, whose: str) -> WavesPage:
    """`campaigns` are the names that can be asked, those without a wave too; `whose` says what is counted."""
    running = [row for row in rows if row.state == WaveState.RUNNING]
    names = sorted({*campaigns, *(row.campaign for row in rows)}, key=lambda name: (name != "relationship", name))
    heading = (
        f"{view.count(len(running), 'wave')} {'is' if len(running) == 1 else 'are'} running" if rows else "No wave yet"
    )
    return WavesPage(
        heading=heading if running or not rows else "No wave is running",
        lede=f"Everybody who matters is asked, in waves. Counts are of {whose}." if rows else _FIRST,
        may_launch=may_launch,
        campaigns=[
            CampaignWaves(name, view.word(name.replace("-", " ")), _next(mine), [_listed(row) for row in mine])
            for name in names
            for mine in [[row for row in rows if row.campaign == name]]
        ],
    )


_FIRST = "A wave asks everybody who matters, once, with a polite chase. Its rehearsal comes first and sends nothing."


def _next(rows: Sequence[WaveRow]) -> str:
    return f"last launched {view.day(rows[0].launched_at)}" if rows else "never launched"


def _listed(row: WaveRow) -> ListedWave:
    state, glyph = _STATES[row.state]
    return ListedWave(
        id=row.id,
        label=row.label,
        state=state,
        glyph=glyph,
        asked=view.number(row.asked),
        answered=view.of(row.answered, row.asked),
        share=row.answered / row.asked if row.asked else 0.0,
        share_words=_share(row.answered, row.asked),
        not_asked=view.number(row.not_asked),
        launched=view.short_day(row.launched_at),
        closes=view.short_day(row.closed_at or row.closes_at),
    )


def _share(part: int, whole: int) -> str:
    """Percent from five people on; under that the counts say it all (3-metrics 0.7)."""
    return view.percent(part / whole) if whole >= 5 else ""


@dataclass(frozen=True)
class Act:
    value: str
    words: str


@dataclass(frozen=True)
class Became:
    name: str
    of: str
    people: int
    share: float
    tone: str


@dataclass(frozen=True)
class OfCsm:
    id: str
    name: str
    asked: int
    answered: int
    share: float
    bounced: int
    waiting: int
    own: bool


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


@dataclass(frozen=True)
class WavePage:
    id: int
    label: str
    heading: str
    state: str
    glyph: str
    lede: str
    paused_because: str | None
    acts: Sequence[Act]
    links: Sequence[Link]
    chain: Chain
    sentence: str
    asked: int
    dispositions: Sequence[Became]
    not_asked_heading: str
    not_asked_links: Sequence[Link]
    reasons: Sequence[Reason]
    test: HeadsUpTest | None
    csms: Sequence[OfCsm]
    people_heading: str
    people_links: Sequence[Link]
    people_note: str
    people: Sequence[Person]
    nobody: str


def wave_page(
    row: WaveRow,
    tally: Sequence[Tally],
    left_out: Sequence[LeftOut],
    people: Sequence[Asked],
    halves: Sequence[Halves],
    *,
    chosen: str,
    csm_id: str | None,
    own_csm_id: str | None,
    may_steer: bool,
    moment: Moment,
) -> WavePage:
    """`people` are those of the `chosen` view; `own_csm_id` is the viewer's own, to mark the row."""
    state, glyph = _STATES[row.state]
    standing = Counter[Standing]()
    for one in tally:
        standing[one.standing] += one.people
    counted = Counter(one.reason for one in left_out)
    return WavePage(
        id=row.id,
        label=row.label,
        heading=_heading(row, standing),
        state=state,
        glyph=glyph,
        lede=_lede(row),
        paused_because=row.paused_because if row.state == WaveState.PAUSED else None,
        acts=_acts(row.state) if may_steer else [],
        links=_links(row),
        chain=_chain(row, tally),
        sentence=_sentence(row, tally, standing),
        asked=row.asked,
        dispositions=_became(tally),
        not_asked_heading=f"Not asked: {view.count(row.not_asked, 'person', 'people')}",
        not_asked_links=(
            [Link("CSV", f"/waves/{row.id}/not-asked.csv", "of those not asked", file=True)] if left_out else []
        ),
        reasons=reasons(dict(_most_first(counted))),
        test=heads_up_test(halves),
        csms=_by_csm(tally, own_csm_id) if len({one.csm_id for one in tally}) > 1 else [],
        people_heading=_people_heading(chosen, standing, csm_id, people),
        people_links=_people_links(row.id, chosen, csm_id),
        people_note=_people_note(chosen, people),
        people=[_person(one, moment) for one in _sorted(people, chosen)],
        nobody="Nobody.",
    )


_OPEN = (WaveState.RUNNING, WaveState.PAUSED)


def _links(row: WaveRow) -> list[Link]:
    links = [Link("Every mail to come", f"/waves/{row.id}/mails")] if row.state in _OPEN else []
    if row.state in _OPEN:
        links.append(Link("Heads-ups", address("/heads-ups", wave=row.id), "of the wave"))
    if row.asked:
        links.append(Link("CSV", f"/waves/{row.id}/people.csv", "of everybody asked", file=True))
    return links


def _most_first(counted: Counter[NotAsked]) -> list[tuple[NotAsked, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _heading(row: WaveRow, standing: Counter[Standing]) -> str:
    answered = f"{view.of(row.answered, row.asked)} answered"
    if row.state in (WaveState.CLOSED, WaveState.STOPPED):
        share = _share(row.answered, row.asked)
        return f"{answered}, {share}" if share else answered
    return f"{answered} so far, {view.number(standing[Standing.WAITING])} still can"


def _lede(row: WaveRow) -> str:
    launched = f"Launched {view.day(row.launched_at)} by {row.launched_by}."
    if row.closed_at is not None:
        return f"{launched} Closed {view.day(row.closed_at)}."
    if row.closes_at is not None:
        return f"{launched} Closes {view.day(row.closes_at)}; late answers are taken."
    return f"{launched} It closes three weeks after its last invitation."


def _acts(state: WaveState) -> list[Act]:
    if state == WaveState.RUNNING:
        return [Act("pause", "Pause"), Act("stop", "Stop for good"), Act("close", "Close now")]
    if state == WaveState.PAUSED:
        return [Act("resume", "Resume"), Act("stop", "Stop for good")]
    return []


def _sum(tally: Iterable[Tally]) -> int:
    return sum(one.people for one in tally)


def _chain(row: WaveRow, tally: Sequence[Tally]) -> Chain:
    census = row.asked + row.not_asked
    sent = _sum(one for one in tally if one.sent)
    delivered = _sum(one for one in tally if one.sent and not one.bounced)
    planned = row.asked - sent
    lost = f"{view.number(row.not_asked)} not asked" + (f", {view.number(planned)} not sent yet" if planned else "")
    counts = (
        ("in the census", census, "everybody who matters"),
        ("invited", sent, lost),
        ("delivered", delivered, f"{view.number(sent - delivered)} came back"),
        ("answered", row.answered, f"{view.number(delivered - row.answered)} without an answer"),
    )
    stages = [Stage(name, view.number(n), n / census if census else 0.0, words) for name, n, words in counts]
    return Chain(stages, label="How far the wave is, in people", ghost=census == 0)


def _sentence(row: WaveRow, tally: Sequence[Tally], standing: Counter[Standing]) -> str:
    delivered = _sum(one for one in tally if one.sent and not one.bounced)
    if not delivered:
        return "Nothing was delivered yet."
    share = _share(row.answered, delivered)
    told = f"{view.of(row.answered, delivered)} people whom the mail reached answered{f': {share}' if share else ''}."
    stops = Counter[StopReason]()
    for one in tally:
        if one.stopped is not None and one.standing == Standing.STOPPED:
            stops[one.stopped] += one.people
    why = [f"{count} {STOPS[reason]}" for reason, count in sorted(stops.items(), key=lambda i: (-i[1], i[0]))]
    return f"{told} {view.number(standing[Standing.STOPPED])} stopped: {view.listed(why)}." if why else told


def _became(tally: Sequence[Tally]) -> list[Became]:
    """One disposition per invitation; those in flight have none yet and say so."""
    counts = Counter[tuple[str, str, str]]()
    for one in tally:
        if one.disposition is not None:
            tone = "f-acc" if one.disposition in (Disposition.COMPLETE, Disposition.PARTIAL) else "f-ink"
            counts[(*_DISPOSITIONS[one.disposition], tone)] += one.people
        elif one.standing == Standing.ANSWERED:
            counts[("Answered", "before the due date", "f-acc")] += one.people
        elif one.standing == Standing.STOPPED and one.stopped is not None:
            counts[(f"Stopped: {STOPS[one.stopped]}", "", "f-ink")] += one.people
        elif one.standing == Standing.BOUNCED:
            counts[("Mail came back", "", "f-ink")] += one.people
        else:
            counts[(_STANDINGS[one.standing][0], "", "f-faint")] += one.people
    whole = _sum(tally) or 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Became(name, of, people, people / whole, tone) for (name, of, tone), people in ranked]


def _by_csm(tally: Iterable[Tally], own: str | None) -> list[OfCsm]:
    """In alphabetical order; people without a CSM last."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for one in tally:
        counts = rows.setdefault(
            (one.csm_name or ("a CSM the CRM does not know" if one.csm_id else "no CSM"), one.csm_id or ""), Counter()
        )
        counts["asked"] += one.people
        counts[one.standing] += one.people
    return [
        OfCsm(
            id=id,
            name=name,
            asked=counts["asked"],
            answered=counts[Standing.ANSWERED],
            share=counts[Standing.ANSWERED] / counts["asked"],
            bounced=counts[Standing.BOUNCED],
            waiting=counts[Standing.WAITING] + counts[Standing.PLANNED],
            own=id == own,
        )
        for (name, id), counts in sorted(rows.items(), key=lambda item: (not item[0][1], item[0][0].casefold()))
    ]


def _people_heading(chosen: str, standing: Counter[Standing], csm_id: str | None, people: Sequence[Asked]) -> str:
    name = VIEWS[chosen][0]
    count = len(people) if csm_id is not None else sum(standing[one] for one in VIEWS[chosen][1])
    who = f", {people[0].csm_name}" if csm_id is not None and people and people[0].csm_name else ""
    return f"{name}: {view.count(count, 'person', 'people')}{who}"


def _people_links(wave_id: int, chosen: str, csm_id: str | None) -> list[Link]:
    links = [
        Link(name, address(f"/waves/{wave_id}", show=key, csm=csm_id) + "#people", current=key == chosen)
        for key, (name, _standings) in VIEWS.items()
    ]
    return [*links, Link("All CSMs", address(f"/waves/{wave_id}", show=chosen) + "#people")] if csm_id else links


def _people_note(chosen: str, people: Sequence[Asked]) -> str:
    told = (
        "Nudge these in person: decision makers first. The service goes on by itself and stops at once on an answer."
        if chosen == "waiting"
        else "By account."
    )
    return f"{told} The first {MOST_LISTED}; the file has all." if len(people) >= MOST_LISTED else told


def _weight(asked: Asked) -> int:
    return min((_BY_WEIGHT.index(role) for role in asked.roles), default=len(_BY_WEIGHT))


def _sorted(people: Sequence[Asked], chosen: str) -> list[Asked]:
    return sorted(people, key=_weight) if chosen == "waiting" else list(people)


def _person(one: Asked, moment: Moment) -> Person:
    last = f"{STEPS[one.last_step]}, {view.short_day(one.last_sent_at)}" if one.last_step else view.DASH
    return Person(
        name=one.name,
        roles=view.listed([view.low_word(role) for role in one.roles]) or "no role",
        account=one.account_name,
        account_id=one.account_id,
        state=_state_words(one),
        glyph=_STANDINGS[one.standing][1],
        last=last,
        next=_coming(one, moment),
        csm=one.csm_name or view.DASH,
    )


def _state_words(one: Asked) -> str:
    if one.standing == Standing.STOPPED and one.stopped is not None:
        return view.word(STOPS[one.stopped])
    return _STANDINGS[one.standing][0]


def _coming(one: Asked, moment: Moment) -> str:
    if one.held_because:
        return f"held: {one.held_because}"
    if one.standing == Standing.ANSWERED:
        return f"answered {view.short_day(one.answered_at)}"
    return f"{STEPS[one.next_step]}, {moment(one.due_at)}" if one.next_step else view.DASH


PEOPLE_HEADS = ("Account", "Person", "Roles", "CSM", "State", "Last mail", "Last mail on", "Answered on", "Next mail")


def people_rows(people: Iterable[Asked]) -> list[Sequence[Cell]]:
    return [
        (
            one.account_name,
            one.name,
            view.listed([view.low_word(role) for role in one.roles]),
            one.csm_name,
            _STANDINGS[one.standing][0]
            + (f": {STOPS[one.stopped]}" if one.standing == Standing.STOPPED and one.stopped else ""),
            STEPS[one.last_step] if one.last_step else "",
            _day(one.last_sent_at),
            _day(one.answered_at),
            STEPS[one.next_step] if one.next_step else "",
        )
        for one in people
    ]


LEFT_OUT_HEADS = ("Account", "Person", "Roles", "CSM", "Reason", "Until or by")


def left_out_rows(left_out: Iterable[LeftOut]) -> list[Sequence[Cell]]:
    return [
        (
            one.account_name,
            one.name,
            view.listed([view.low_word(role) for role in one.roles]),
            one.csm_name,
            REASONS[one.reason][0],
            one.detail,
        )
        for one in left_out
    ]


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
