"""Silent accounts in order of work, with the score in seven visible parts; and where the other accounts stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup

from voc.base.words import AccountState, Scope
from voc.followup.model import Event, FollowUp
from voc.metrics import wording
from voc.metrics.model import Shown, Standing
from voc.metrics.pages import SilentPage
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.statistics.silence import MOST_POINTS, SilentScore
from voc.web import figure_view, view
from voc.web.charts_score import Part, seven, seven_heads
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.parts import Choice, Link, Mark, address, files

STATES: Mapping[AccountState, tuple[str, str]] = {
    AccountState.HEARD: ("Heard", "somebody answered in 180 days"),
    AccountState.QUIET: ("Quiet", "asked, no answer yet, not asked enough to call it silence: wait for the chase"),
    AccountState.IN_FLIGHT: ("In flight", "nothing is due yet"),
    AccountState.IN_CONFIDENCE: ("In confidence", "asked so: whether anybody answered is shown to nobody"),
    AccountState.TOO_NEW: ("Too new", "customer for under 90 days"),
    AccountState.NOT_ASKED: ("Not asked", "nobody was invited in 180 days: find the people, then ask them"),
    AccountState.UNREACHABLE: ("Unreachable", "every mail came back: find new addresses"),
    AccountState.ALL_OPTED_OUT: ("All opted out", "everybody reached asked never to be asked again: talk in person"),
    AccountState.NO_CENSUS: ("No one to ask", "no role is required, or the contract has ended"),
}
PAGE = 100  # silent accounts of one page


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    href: str
    of: str
    surprise: str
    parts: Markup | str
    score: str
    band: str
    critical: bool
    renewal: str
    play: str
    planned: str
    follow_up: Link | None


@dataclass(frozen=True)
class State:
    name: str
    href: str
    count: str
    share: float
    revenue: str
    means: str
    mark: Mark | None


@dataclass(frozen=True)
class Account:
    name: str
    href: str
    of: str


@dataclass(frozen=True)
class Gap:
    key: str
    summary: str
    accounts: Sequence[Account]
    rest: Link | None


@dataclass(frozen=True)
class Page:
    crumb: str
    heading: str
    lede: str
    heads: Markup
    rows: Sequence[Row]
    total: str
    summary: str
    links: Sequence[Link]
    filters: Sequence[Choice]
    states_heading: str
    state_links: Sequence[Link]
    marks: Sequence[Mark]
    states: Sequence[State]
    all_count: str
    all_revenue: str
    gaps: Sequence[Gap]


def page(
    found: SilentPage,
    *,
    csms: Mapping[str, str],
    cases: Mapping[str, FollowUp],
    plays: Mapping[int, Event],
    today: date,
    wanted: Wanted,
    filters: Sequence[Choice],
    names: Mapping[str, str],
) -> Page:
    """`csms` are names by id, `cases` the open follow-ups by silent account, `plays` what they plan, by case.

    `names` are those of the team and the CSM that it may be narrowed to.
    """
    currency, asking = found.currency, _asking(found, wanted)
    money = found.all.arr
    return Page(
        crumb=_crumb(found, wanted, names),
        heading=_heading(found, money),
        lede=_lede(found),
        heads=seven_heads([Part(_name(key), 0, most) for key, most in MOST_POINTS.items()]),
        rows=[
            _row(
                one,
                currency,
                csms,
                case := cases.get(one.account_id),
                planned=_planned(plays.get(case.id)) if case else "",
                today=today,
            )
            for one in found.silent
        ],
        total=f"{view.count(found.all.accounts, 'account')}, {view.money(money, currency)}",
        summary=_summary(found),
        links=_links(found, wanted),
        filters=filters,
        states_heading=_states_heading(found),
        state_links=figure_view.links(found.accounts, asking),
        marks=[figure_view.mark(one, asking) for one in (found.accounts, found.revenue)],
        states=_states(found, currency, asking),
        all_count=view.number(sum(one.accounts for one in found.states.values())),
        all_revenue=view.money(sum(one.arr for one in found.states.values()), currency),
        gaps=[_gap(state, found.states[state].accounts, many, currency, csms) for state, many in found.gaps.items()],
    )


def _asking(found: SilentPage, wanted: Wanted) -> Asking:
    """A night's figure of a segment or a region is a scope of its own."""
    if found.scope in (Scope.SEGMENT, Scope.REGION):
        return Asking(found.kept_on)
    return replace(wanted, as_of=found.kept_on).list_asking


def _crumb(found: SilentPage, wanted: Wanted, names: Mapping[str, str]) -> str:
    told = f"{found.window.days} days to {view.day(found.window.to_on)}"
    return ", ".join([told if found.kept_on is None else f"{told}, as of last night", *wanted.told(names)])


def _links(found: SilentPage, wanted: Wanted) -> list[Link]:
    whole = files(address("/silent", **wanted.query), "of silent accounts")
    if found.more is None:
        return [*whole]
    following = address("/silent", **wanted.query, after=found.more)
    return [Link(f"The next {PAGE}", following, "silent accounts"), *whole]


def since(found: SilentPage) -> str:
    """Why Engagement and CSMs tell another number, with what makes the difference."""
    that = found.since
    if that is None or (that.same and _same_counts(found)):
        return ""
    moved = [
        (that.answered, "answered", "answered"),
        (that.fell_silent, "fell silent", "fell silent"),
        (that.joined, "more was asked", "more were asked"),
        (that.left, "is no customer any more, or nobody is to be asked there", "are no customers any more"),
        (that.out, "was last asked longer ago than that", "were last asked longer ago than that"),
    ]
    told = [f"{view.number(count)} {one if count == 1 else many}" for count, one, many in moved if count]
    counted = f"{view.of(that.silent, that.asked)} in the night after {view.day(that.on)}"
    why = f"since then {view.listed(told)}" if told else "the difference is how far back 180 days reach"
    return f"Engagement and CSMs count {counted}; {why}."


def _same_counts(found: SilentPage) -> bool:
    that, figure = found.since, found.accounts
    return that is not None and (that.silent, that.asked) == (figure.numerator or 0, figure.denominator or 0)


def _heading(found: SilentPage, money: float) -> str:
    figure = found.accounts
    if figure.shown == Shown.REASON:
        return "No account can be silent yet: nobody was asked"
    if not found.all.accounts:
        return f"None of {view.number(figure.denominator)} accounts asked is silent"
    silent = found.all.accounts
    told = f"{view.of(silent, figure.denominator)} accounts asked {'is' if silent == 1 else 'are'} silent"
    return f"{told}, with {view.money(money, found.currency)}" if money else told


def _lede(found: SilentPage) -> str:
    told = []
    if found.all.accounts and found.revenue.shown not in (Shown.REASON, Shown.COUNTS):
        told.append(f"That is {wording.value(found.revenue)} of the revenue asked. In order of work: score × revenue.")
    gaps = [
        f"{view.count(found.states[state].accounts, 'account')} {words}"
        for state, words in ((AccountState.NOT_ASKED, "nobody asked"), (AccountState.UNREACHABLE, "nobody could reach"))
        if state in found.states
    ]
    if gaps:
        told.append(f"Not silent but gaps in coverage: {view.listed(gaps)}.")
    told += [one for one in [since(found)] if one]
    if found.without_rate:
        told.append(f"No exchange rate for {view.listed(found.without_rate)}: left out of the revenue.")
    return " ".join(told) or "Silence is read once people were asked, and it is long past their due date."


def _name(key: str) -> str:
    return key.replace("_", " ")


def _row(
    one: Standing, currency: str, csms: Mapping[str, str], case: FollowUp | None, *, planned: str, today: date
) -> Row:
    revenue = view.money(one.arr, currency) if one.arr is not None else "no revenue known"
    owner = csms.get(one.csm_id or "", "no CSM")
    return Row(
        id=one.account_id,
        name=one.name,
        href=f"/accounts/{one.account_id}",
        of=", ".join(part for part in (revenue, one.segment, owner) if part),
        surprise=_surprise(one),
        parts=seven(parts(one.score)) if one.score else view.DASH,
        score=view.score(one.score["total"]) if one.score else view.DASH,
        band=one.band or "",
        critical=one.band == "critical",
        renewal=view.days_from(one.renewal_on, today) if one.renewal_on else "no date in the CRM",
        play=play(one, case),
        planned=planned,
        follow_up=None if case is None else Link("Follow-up is open", f"/follow-ups/{case.id}"),
    )


def parts(score: SilentScore) -> list[Part]:
    return [Part(_name(key), float(score[key]), most) for key, most in MOST_POINTS.items()]  # type: ignore[literal-required]  # the seven keys


def _surprise(one: Standing) -> str:
    told = wording.surprise(one)
    return (
        told.removeprefix("Silent: ") if told else f"{view.count(one.people, 'person', 'people')} asked, none answered."
    )


def play(one: Standing, case: FollowUp | None = None) -> str:
    """Who should do what, by the parts of the score and whom the follow-up begins with."""
    if one.band == "critical":
        return "Leader calls"
    name = case.contact_name if case else None
    points = one.score["decision_maker"] if one.score else 0.0
    if points == MOST_POINTS["decision_maker"]:
        return f"Call {name}" if name else "Call the decision maker"
    return "Find a decision maker" if points else (f"Write to {name}" if name else "Write in person")


def _planned(event: Event | None) -> str:
    return f"{event.note}: {event.by}, {view.short_day(event.at)}" if event else ""


def _summary(found: SilentPage) -> str:
    told = [f"{view.number(found.soon)} of {view.number(found.all.accounts)} renew within 100 days."]
    if found.median_days is not None:
        told.insert(0, f"Median {found.median_days:.0f} days since anyone’s last answer.")
    return " ".join(told)


def _states_heading(found: SilentPage) -> str:
    everybody, asked = sum(one.accounts for one in found.states.values()), found.accounts.denominator or 0
    return f"Where all {view.count(everybody, 'account')} stand: {view.number(asked)} asked"


def _states(found: SilentPage, currency: str, asking: Asking) -> list[State]:
    rows = {state: found.states[state] for state in (AccountState.SILENT, *AccountState) if state in found.states}
    most = max((one.accounts for one in rows.values()), default=1) or 1
    named = {AccountState.SILENT: ("Silent", "asked enough, and nobody answered: above"), **STATES}
    return [
        State(
            name=named[state][0],
            href=f"#{state.value}" if state in found.gaps else "",
            count=view.number(one.accounts),
            share=one.accounts / most,
            revenue=view.money(one.arr, currency),
            means=named[state][1],
            mark=Mark(
                f"silent_accounts:{state.value}",
                one.accounts,
                one.accounts,
                asking.rows(found.accounts, label=state.value),
            ),
        )
        for state, one in rows.items()
    ]


def _gap(state: AccountState, count: int, largest: Sequence[Standing], currency: str, csms: Mapping[str, str]) -> Gap:
    accounts = [
        Account(
            one.name,
            f"/accounts/{one.account_id}",
            f"{view.money(one.arr, currency)}, {csms.get(one.csm_id or '', 'no CSM')}",
        )
        for one in largest
    ]
    told = f"{STATES[state][0]}: {view.count(count, 'account')}"
    rest = None
    if count > len(largest):
        told += f", the {len(largest)} with the most revenue"
        rest = Link("All of them", address("/accounts", state=state.value), f"accounts: {STATES[state][0].lower()}")
    return Gap(state.value, told, accounts, rest)


FILE_COLUMNS = (
    Column("Account"),
    Column("CSM"),
    Column("Segment"),
    Column("Revenue", Kind.MONEY, "A year, in the currency beside it"),
    Column("Currency"),
    Column("People asked", Kind.WHOLE),
    Column("Ordinary 1 time in", Kind.NUMBER, "How rarely an ordinary account of this size stays silent"),
    Column("Score", Kind.NUMBER, "0 to 100: a rule of judgement, not a probability"),
    Column("Band"),
    *(Column(_name(key).capitalize(), Kind.NUMBER, f"Points of {most}") for key, most in MOST_POINTS.items()),
    Column("Renewal date", Kind.DAY),
    Column("Last answer", Kind.DAY),
    Column("Silent since", Kind.DAY),
)


def file_row(one: Standing, csms: Mapping[str, str]) -> list[Cell]:
    points: list[Cell] = (
        [round(part.points, 2) for part in parts(one.score)] if one.score else [None] * len(MOST_POINTS)
    )
    return [
        one.name,
        csms.get(one.csm_id or ""),
        one.segment,
        one.amount,
        one.currency,
        one.people,
        round(1 / one.p_silent, 1) if one.p_silent else None,
        round(one.score["total"], 1) if one.score else None,
        one.band,
        *points,
        one.renewal_on,
        one.last_answered_at.date() if one.last_answered_at else None,
        one.spell_on,
    ]
