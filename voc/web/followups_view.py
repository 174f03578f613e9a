"""Follow-ups as their pages show them: what is late first, one next step each, the words of the person."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.base.words import Cause, FollowUpKind, FollowUpState
from voc.followup.model import Act, CauseCount, Event, FollowUp, Promise
from voc.followup.rules import allowed_acts
from voc.web import view
from voc.web.parts import Card, Link, address
from voc.web.survival_view import Lasted, SurvivalChart, chart, median

Moment = Callable[[datetime | None], str]

KINDS: Mapping[FollowUpKind, str] = {
    FollowUpKind.DETRACTOR: "Detractor",
    FollowUpKind.PASSIVE_REQUEST: "Passive’s request",
    FollowUpKind.PROMOTER_OFFER: "Promoter’s offer",
    FollowUpKind.SILENT_ACCOUNT: "Silent account",
}

LANES: Mapping[FollowUpState, str] = {
    FollowUpState.NEW: "New",
    FollowUpState.ACKNOWLEDGED: "Acknowledged",
    FollowUpState.CONTACTED: "Contacted",
    FollowUpState.RESOLVED: "Resolved, not yet confirmed",
}

_GLYPHS: Mapping[FollowUpState, str] = {
    FollowUpState.NEW: "",
    FollowUpState.ACKNOWLEDGED: "half",
    FollowUpState.CONTACTED: "half",
    FollowUpState.RESOLVED: "done",
    FollowUpState.CONFIRMED: "ok",
}

CAUSES: Mapping[Cause, str] = {
    Cause.SUPPORT: "Support slow to answer",
    Cause.RELIABILITY: "Reliability",
    Cause.PRODUCT: "Missing in the product",
    Cause.TRAINING: "People not trained",
    Cause.PRICE: "Price and terms",
    Cause.ACCOUNT_TEAM: "Our own people",
    Cause.OTHER: "Other",
}

_ASKED: Mapping[str, str] = {
    "call": "Would like a call",
    "reference": "Would be a reference",
    "story": "Would tell their story",
}

_EVENTS: Mapping[str, str] = {
    "opened": "Opened",
    "acknowledged": "Acknowledged",
    "contacted": "Call logged",
    "resolved": "Resolved",
    "confirmed": "Confirmed by the customer",
    "reopened": "Reopened",
    "reassigned": "New owner",
    "escalated": "Escalated",
}


@dataclass(frozen=True)
class Step:
    """The next thing to do: a button that does it at once (`path`), or a link to the form for it (`anchor`)."""

    words: str
    path: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class CaseCard:
    id: int
    kind: str
    who: str
    account: str
    account_id: str
    owner: str
    state: str
    glyph: str
    used: float | None
    late: bool
    clock: str
    next: Step | None
    open: Step | None
    opened: str
    back: str


@dataclass(frozen=True)
class Lane:
    name: str
    cards: Sequence[CaseCard]


@dataclass(frozen=True)
class CauseRow:
    name: str
    cases: int
    accounts: int
    share: float


@dataclass(frozen=True)
class Done:
    """One line of the last confirmed."""

    id: int
    who: str
    account: str
    answer: str
    cause: str
    outcome: str
    contacted: str
    late: bool
    resolved: str
    confirmed: str


@dataclass(frozen=True)
class BoardPage:
    heading: str
    lede: str
    figures: Sequence[Card]
    board_heading: str
    views: Sequence[Link]
    as_list: bool
    lanes: Sequence[Lane]
    list: Sequence[CaseCard]
    none: str
    curve: SurvivalChart | None
    no_curve: str
    causes: Sequence[CauseRow]
    causes_heading: str
    causes_total: int
    last: Sequence[Done]
    last_links: Sequence[Link]


@dataclass(frozen=True)
class Chosen:
    """How the page was asked for."""

    as_list: bool = False
    mine: bool = False
    late: bool = False
    done: bool = False

    def address(self, **change: bool) -> str:
        wanted = {**self.__dict__, **change}
        return address(
            "/follow-ups",
            show="list" if wanted["as_list"] else None,
            mine="yes" if wanted["mine"] else None,
            only="late" if wanted["late"] else ("done" if wanted["done"] else None),
        )


def board_page(
    cases: Sequence[FollowUp],
    last: Sequence[FollowUp],
    causes: Sequence[CauseCount],
    times: Sequence[Lasted],
    *,
    in_time: Card,
    chosen: Chosen,
    scope: str,
    owns_cases: bool,
    hours_a_day: float,
    resolve_hours: float,
) -> BoardPage:
    """`cases` are those the chosen view shows; `times` of every case of the last 180 days the viewer sees."""
    open_ones = [case for case in cases if case.state != FollowUpState.CONFIRMED]
    late = [case for case in open_ones if case.late]
    limit_days = resolve_hours / hours_a_day
    total = sum(one.cases for one in causes)
    return BoardPage(
        heading=_heading(cases, chosen),
        lede=f"{scope}. Clocks run in the owner’s business hours and do not stop.",
        figures=[in_time, _median_card(times), _late_card(open_ones, late), _confirmed_card(cases, times, last)],
        board_heading="Confirmed" if chosen.done else ("Late" if chosen.late else "Open, by what has been done"),
        views=_views(chosen, owns_cases=owns_cases),
        as_list=chosen.as_list or chosen.done,
        lanes=[
            Lane(name, [card(case, back=chosen.address()) for case in cases if case.state == state])
            for state, name in LANES.items()
        ],
        list=[card(case, back=chosen.address()) for case in cases],
        none="None. Every answer that asks for a call opens one here at once.",
        curve=chart(times, limit_days=limit_days),
        no_curve=f"A curve needs ten follow-ups; there are {len(times)} in 180 days.",
        causes=_cause_rows(causes),
        causes_heading=f"Why: causes of the {view.number(total)} confirmed" if total else "Why",
        causes_total=total,
        last=[_done(case) for case in last],
        last_links=[
            Link("All", address("/follow-ups", show="list", only="done"), "confirmed follow-ups"),
            Link("CSV", "/follow-ups/all.csv", "of all follow-ups", file=True),
        ],
    )


def _heading(cases: Sequence[FollowUp], chosen: Chosen) -> str:
    if chosen.done:
        return f"{view.count(len(cases), 'follow-up is', 'follow-ups are')} confirmed by the customer"
    open_ones = [case for case in cases if case.state != FollowUpState.CONFIRMED]
    late = sum(case.late for case in open_ones)
    mine = " of yours" if chosen.mine else ""
    if not open_ones:
        return f"No follow-up{mine} is open"
    told = f"{view.count(len(open_ones), 'follow-up')}{mine} {'is' if len(open_ones) == 1 else 'are'} open"
    return f"{told}, {late} of them late" if late else f"{told}, none late"


def _views(chosen: Chosen, *, owns_cases: bool) -> list[Link]:
    open_board = not chosen.as_list and not chosen.done
    links = [
        Link("Board", chosen.address(as_list=False, done=False), current=open_board),
        Link("List", chosen.address(as_list=True, done=False), current=chosen.as_list and not chosen.done),
        Link("Only late", chosen.address(late=not chosen.late, done=False), current=chosen.late),
    ]
    if owns_cases:
        links.append(Link("Only mine", chosen.address(mine=not chosen.mine), current=chosen.mine))
    return links


def _median_card(times: Sequence[Lasted]) -> Card:
    still = sum(not one.resolved for one in times)
    of = f"{view.number(len(times) - still)} resolved, {view.number(still)} open counted at their age"
    if not times:
        return Card("Resolved, half of them within", view.DASH, "no follow-up in 180 days")
    if len(times) < 10:
        return Card("Resolved, half of them within", view.DASH, of, note="too few to say: ten are needed")
    middle, limits = median(times)
    links = [Link("Definition", "/definitions#time_to_resolve", "of the time until resolved")]
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


def _late_card(open_ones: Sequence[FollowUp], late: Sequence[FollowUp]) -> Card:
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


def _confirmed_card(cases: Sequence[FollowUp], times: Sequence[Lasted], last: Sequence[FollowUp]) -> Card:
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


def card(case: FollowUp, *, back: str = "/follow-ups") -> CaseCard:
    act = _NEXT.get(case.state)
    return CaseCard(
        id=case.id,
        kind=_kind(case),
        who=who(case),
        account=case.account_name,
        account_id=case.account_id,
        owner=case.owner_name or "nobody",
        state=view.word(case.state),
        glyph="late" if case.late else _GLYPHS[case.state],
        used=None if case.bar is None else min(case.bar.share, 1.0),
        late=case.late,
        clock=clock_words(case),
        next=Step("Acknowledge", path="acknowledge") if act == Act.ACKNOWLEDGE else None,
        open=_BY_FORM.get(act) if act is not None else None,
        opened=view.short_day(case.opened_at),
        back=back,
    )


_NEXT: Mapping[FollowUpState, Act] = {
    FollowUpState.NEW: Act.ACKNOWLEDGE,
    FollowUpState.ACKNOWLEDGED: Act.CONTACT,
    FollowUpState.CONTACTED: Act.RESOLVE,
    FollowUpState.RESOLVED: Act.CONFIRM,
}

_BY_FORM: Mapping[Act, Step] = {
    Act.CONTACT: Step("Log call", anchor="contact"),
    Act.RESOLVE: Step("Resolve", anchor="resolve"),
    Act.CONFIRM: Step("Confirm", anchor="confirm"),
}


def _kind(case: FollowUp) -> str:
    return KINDS[case.kind] if case.score is None else f"{KINDS[case.kind]}, {case.score}"


def who(case: FollowUp) -> str:
    if case.contact_name is None:
        return "The whole account"
    role = view.low_word(case.roles[0]) if case.roles else case.contact_title
    return f"{case.contact_name}, {role}" if role else case.contact_name


_PROMISES: Mapping[Promise, str] = {
    Promise.ACKNOWLEDGE: "acknowledge",
    Promise.CONTACT: "contact",
    Promise.RESOLVE: "resolve",
}


def clock_words(case: FollowUp) -> str:
    """19 h of 16: the lead was told. Or: acknowledge within 4 h: 1 h 20 left."""
    bar = case.bar
    if case.state == FollowUpState.CONFIRMED:
        return f"confirmed {view.short_day(case.confirmed_at)}"
    if bar is None:
        return f"resolved {view.short_day(case.resolved_at)}" if case.resolved_at else "no limit"
    if case.late:
        told = "the leader was told" if case.leader_told_at else ("the lead was told" if case.lead_told_at else "")
        used = f"{bar.elapsed_hours:.0f} h of {bar.limit_hours:g}"
        return f"{used}: {told}" if told else used
    return f"{_PROMISES[bar.promise]} within {bar.limit_hours:g} h: {hours_words(bar.left_hours)} left"


def hours_words(hours: float) -> str:
    """1 h 20 under a working day, whole hours above."""
    if hours >= 8:
        return f"{hours:.0f} h"
    whole, minutes = divmod(round(hours * 60), 60)
    return f"{whole} h {minutes:02d}" if whole and minutes else (f"{whole} h" if whole else f"{minutes} min")


def _cause_rows(causes: Sequence[CauseCount]) -> list[CauseRow]:
    most = max((one.cases for one in causes), default=1)
    return [CauseRow(CAUSES[one.cause], one.cases, one.accounts, one.cases / most) for one in causes]


def _done(case: FollowUp) -> Done:
    kind = view.low_word(KINDS[case.kind])
    return Done(
        id=case.id,
        who=case.contact_name or "The whole account",
        account=case.account_name,
        answer=kind if case.score is None else f"{case.score}, {kind}",
        cause=CAUSES[case.cause] if case.cause else view.DASH,
        outcome=case.outcome or view.DASH,
        contacted=view.short_day(case.contacted_at),
        late=case.contacted_at is not None and case.contacted_at > case.contact_by,
        resolved=view.short_day(case.resolved_at),
        confirmed=view.short_day(case.confirmed_at),
    )


@dataclass(frozen=True)
class Said:
    question: str
    value: str = ""
    words: str = ""


@dataclass(frozen=True)
class Form:
    """What can be done with a case: `note` labels the text, `cause` asks for the root cause."""

    path: str
    words: str
    why: str = ""
    note: str = ""
    required: bool = False
    cause: bool = False
    line: bool = False


@dataclass(frozen=True)
class Limit:
    name: str
    hours: str
    by: str
    done: str
    late: bool


@dataclass(frozen=True)
class History:
    when: str
    at: str
    iso: str
    what: str
    by: str
    note: str


@dataclass(frozen=True)
class CasePage:
    id: int
    kind: str
    who: str
    account: str
    account_id: str
    revenue: str
    owner: str
    state: str
    glyph: str
    card: CaseCard
    words_heading: str
    said: Sequence[Said]
    nothing_said: str
    next_heading: str
    acts: Sequence[Form]
    no_acts: str
    cause_choices: Sequence[tuple[str, str]]
    typed: Mapping[str, str]
    error: str | None
    limits: Sequence[Limit]
    events: Sequence[History]
    may_tell: bool  # somebody answered, so somebody can be told what came of it


_FORMS: Mapping[Act, Form] = {
    Act.ACKNOWLEDGE: Form("acknowledge", "Acknowledge", "Says that you have it. The customer hears nothing from this."),
    Act.CONTACT: Form(
        "contact", "Log call", "A call, a meeting or a mail of your own stops the clock for the first contact.",
        note="How you got in touch, and what was said", required=True,
    ),
    Act.RESOLVE: Form(
        "resolve", "Resolve", "With its cause and what was done. Only the line for the customer leaves us.",
        note="What was done", required=True, cause=True, line=True,
    ),
    Act.CONFIRM: Form(
        "confirm", "Confirm", "The customer agrees that it is resolved.", note="Who confirmed, and how (optional)"
    ),
    Act.REOPEN: Form("reopen", "Reopen", "It was not resolved: the same clock runs on.", note="Why (optional)"),
}  # fmt: skip


def case_page(
    case: FollowUp,
    *,
    limits: Mapping[Promise, float | None],
    moment: Moment,
    typed: Mapping[str, str] | None = None,
    error: str | None = None,
) -> CasePage:
    """`limits` in business hours; `typed` and `error` when what was posted could not be taken."""
    acts = sorted(allowed_acts(case.state), key=lambda act: act != _NEXT.get(case.state))
    return CasePage(
        id=case.id,
        kind=_kind(case),
        who=who(case),
        account=case.account_name,
        account_id=case.account_id,
        revenue=view.money(case.arr, case.currency) if case.arr is not None else "",
        owner=case.owner_name or "nobody yet",
        state=view.word(case.state),
        glyph=_GLYPHS[case.state],
        card=card(case),
        words_heading="What they told us" if case.kind != FollowUpKind.SILENT_ACCOUNT else "Nobody answered",
        said=_said(case),
        nothing_said=_nothing_said(case),
        next_heading="Next" if case.state != FollowUpState.CONFIRMED else "Done",
        acts=[_FORMS[act] for act in acts],
        no_acts="Nothing is left to do.",
        cause_choices=[(cause.value, words) for cause, words in CAUSES.items()],
        typed={"act": "", "note": "", "cause": "", "line": "", **(typed or {})},
        error=error,
        limits=_limits(case, limits, moment),
        events=[_event(event, moment) for event in reversed(case.events)],
        may_tell=case.kind != FollowUpKind.SILENT_ACCOUNT,
    )


def _said(case: FollowUp) -> list[Said]:
    said = []
    if case.score is not None:
        said.append(Said("How likely to recommend us, 0 to 10", value=str(case.score)))
    if case.words:
        said.append(Said("In their own words", words=case.words))
    said += [Said(_ASKED.get(key, view.word(key)), value="yes") for key in case.asked]
    return said


def _nothing_said(case: FollowUp) -> str:
    if case.kind == FollowUpKind.SILENT_ACCOUNT:
        first = f" Begin with {case.contact_name}." if case.contact_name else ""
        return f"People here were asked, and nobody answered.{first}"
    return "A score without words."


def _limits(case: FollowUp, limits: Mapping[Promise, float | None], moment: Moment) -> list[Limit]:
    rows = (
        ("First seen", Promise.ACKNOWLEDGE, case.acknowledge_by, case.acknowledged_at),
        ("First contact", Promise.CONTACT, case.contact_by, case.contacted_at),
        ("Resolved", Promise.RESOLVE, case.resolve_by, case.resolved_at),
    )
    found = []
    for name, promise, by, done in rows:
        hours = limits.get(promise)
        if by is None or hours is None:
            continue
        late = done is not None and done > by
        words = view.DASH if done is None else f"{moment(done)}{', late' if late else ''}"
        found.append(Limit(name, f"{hours:g} h", moment(by), words, late))
    return found


def _event(event: Event, moment: Moment) -> History:
    return History(
        when=view.short_day(event.at),
        at=moment(event.at).rsplit(", ", 1)[-1],
        iso=event.at.isoformat(),
        what=_EVENTS.get(event.what, view.word(event.what)),
        by=event.by,
        note=event.note or "",
    )


FILE_HEADS = (
    "Account", "Person", "Kind", "Score", "State", "Owner", "Opened", "First contact by", "Contacted", "Resolve by",
    "Resolved", "Confirmed", "Late now", "Cause", "What was done", "In their own words",
)  # fmt: skip


def file_row(case: FollowUp) -> tuple[str | int | datetime | bool | None, ...]:
    return (
        case.account_name,
        case.contact_name,
        KINDS[case.kind],
        case.score,
        case.state.value,
        case.owner_name,
        case.opened_at,
        case.contact_by,
        case.contacted_at,
        case.resolve_by,
        case.resolved_at,
        case.confirmed_at,
        case.late,
        CAUSES[case.cause] if case.cause else None,
        case.outcome,
        case.words,
    )
