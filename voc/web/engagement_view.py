"""Engagement by CSM as its page shows it: a standard first, chance second, in alphabetical order, never a rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.base.words import Scope, Segment
from voc.metrics import wording
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.model import Figure, Shown
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.run import WINDOWS
from voc.statistics import n_needed
from voc.web import charts, figure_view, view
from voc.web.charts_funnel import DRAWN_FROM, Book, funnel
from voc.web.figure_view import Asking, Cell
from voc.web.parts import Card, Chain, Choice, Link, Stage, address, choice
from voc.web.tables import Cell as FileCell

TREND_POINTS = 6
TREND_STEP = timedelta(days=30)


@dataclass(frozen=True)
class Wanted:
    """What the filters say, as the address carries it."""

    team: str = ""
    segment: str = ""
    days: int = 180
    as_of: date | None = None
    csm: str = ""  # whose chain stands beside the whole
    team_line: bool = False  # the funnel around the team's rate instead of the standard

    def address(self, path: str = "/engagement", **change: object) -> str:
        wanted = replace(self, **change)  # type: ignore[arg-type]  # our own field names
        return address(
            path,
            team=wanted.team,
            segment=wanted.segment,
            days=wanted.days,
            as_of=None if wanted.as_of is None else wanted.as_of.isoformat(),
            csm=wanted.csm,
            against="team" if wanted.team_line else None,
        )

    @property
    def asking(self) -> Asking:
        return Asking(self.as_of, self.days, self.segment or None)


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    accounts: str
    own: bool
    chain: Sequence[str]
    delivered: float
    answered: float
    response: Cell
    standing: str  # meets, below, or empty
    against_standard: str
    against_team: str
    beyond: bool
    trend: Markup | None
    no_trend: str
    coverage: Cell
    fresh: Cell
    promoters: Cell
    silent: Cell
    in_time: Cell


@dataclass(frozen=True)
class Says:
    who: str
    words: str


@dataclass(frozen=True)
class Funnel:
    heading: str
    links: Sequence[Link]
    drawing: Markup
    caption: str
    rows: Sequence[tuple[str, str, str, str]]
    says: Sequence[Says]
    rest: str
    power: str


@dataclass(frozen=True)
class EngagementPage:
    heading: str
    book: str
    revenue: str
    window: str
    filters: Sequence[Choice]
    as_of: str
    today: str
    chain_links: Sequence[Link]
    chains: Sequence[Chain]
    figures: Sequence[Card]
    in_flight: str
    recommend: str
    table_heading: str
    table_links: Sequence[Link]
    standard: str
    rows: Sequence[Row]
    total: Row
    footer: str
    funnel: Funnel | None


def page(
    found: Engagement,
    *,
    total: ScopeFigures,
    wanted: Wanted,
    teams: Mapping[str, str],
    preferences: Preferences,
    own_csm_id: str | None,
    today: date,
) -> EngagementPage:
    """`total` is the last line of the table: the viewer's whole, or for a CSM everybody's, without its rows.

    `teams` are those one may choose from, empty for whoever sees one.
    """
    whole, asking = found.whole, wanted.asking
    beside = [one for one in found.lines if one.id == (wanted.csm or own_csm_id) and one.id != whole.id]
    shared = total is not whole
    return EngagementPage(
        heading=_heading(whole, teams, wanted),
        book=_book_words(found),
        revenue=view.money(whole.arr, found.currency) if whole.arr else "",
        window=f"Invitations due in the {found.window.days} days to {view.day(found.window.to_on)}.",
        filters=_filters(wanted, teams),
        as_of=found.window.to_on.isoformat(),
        today=today.isoformat(),
        chain_links=_chain_links(whole.figures["participation"], asking),
        chains=[_chain(one, asking, is_whole=one is whole) for one in (whole, *beside)],
        figures=_cards(whole, asking, found.currency),
        in_flight=_in_flight(whole),
        recommend=_recommend(whole.figures["nps_people"]),
        table_heading="By CSM, in alphabetical order" if len(found.lines) > 1 else "Your book",
        table_links=[Link("CSV", wanted.address("/engagement/by-csm.csv"), "of the table", file=True)],
        standard=view.percent(preferences.response_standard),
        rows=[_row(one, found, wanted, own=one.id in (own_csm_id, wanted.csm)) for one in found.lines],
        total=_total(total, found, replace(asking, mine=not shared)),
        footer=f"{wording.footer(found.comparisons)} {_FOOTER}",
        funnel=_funnel(found, wanted, preferences),
    )


_FOOTER = (
    "Rows under 10 invitations or 3 accounts show counts and no comparison. "
    "The same figures are on each CSM’s own page."
)


def _heading(whole: ScopeFigures, teams: Mapping[str, str], wanted: Wanted) -> str:
    segment = f", {wanted.segment}" if wanted.segment else ""
    if whole.scope == Scope.CSM:
        return f"Engagement, your book{segment}"
    if whole.scope == Scope.TEAM:
        return f"Engagement, team of {teams.get(whole.id, whole.name)}{segment}"
    return f"Engagement, all teams{segment}"


def _book_words(found: Engagement) -> str:
    accounts = view.count(found.whole.accounts, "account")
    return accounts if found.whole.scope == Scope.CSM else f"{view.count(len(found.lines), 'CSM')}, {accounts}"


def _filters(wanted: Wanted, teams: Mapping[str, str]) -> list[Choice]:
    segments = [("", "All segments"), *((one.value, one.value.capitalize()) for one in Segment)]
    periods = [(str(days), f"{days} days") for days in sorted({*WINDOWS, wanted.days})]
    filters = [
        choice("segment", "Segment", segments, wanted.segment),
        choice("days", "Period", periods, str(wanted.days)),
    ]
    if teams:
        named = [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())]
        filters.insert(0, choice("team", "Team", named, wanted.team))
    return filters


def _chain_links(participation: Figure, asking: Asking) -> list[Link]:
    found = [Link("Definition", figure_view.definition("participation"), "of participation")]
    if participation.counted:
        found.append(Link(f"The {view.count(participation.counted, 'place')}", asking.rows(participation)))
    return found


def _counts(figures: Mapping[str, Figure]) -> tuple[int, int, int, int]:
    """Census, invited, delivered, answered: places, each the numerator of its own figure."""
    return (
        round(figures["participation"].denominator or 0),
        round(figures["places_invited"].numerator or 0),
        round(figures["places_delivered"].numerator or 0),
        round(figures["participation"].numerator or 0),
    )


def _chain(one: ScopeFigures, asking: Asking, *, is_whole: bool) -> Chain:
    census, invited, delivered, answered = counts = _counts(one.figures)
    parts = one.figures["participation"].parts
    no_contact = parts.get("no_contact", 0)
    if census == 0:
        return _empty_chain(one.name)
    missing = census - invited
    not_invited = "has no contact" if missing == 1 else "have no contact"
    lost = (
        "places, the census",
        f"{view.number(missing)} {not_invited if missing == no_contact else 'not invited'}",
        f"{view.count(invited - delivered, 'mail')} bounced",
        f"{view.number(delivered - answered)} gave no answer",
    )
    names = ("should be heard", "invited", "delivered", "answered")
    stages = [
        Stage(name, view.number(count), count / census, words)
        for name, count, words in zip(names, counts, lost, strict=True)
    ]
    heading = one.name if not is_whole or one.scope == Scope.CSM else f"All, {view.count(one.accounts, 'account')}"
    return Chain(stages, f"Participation in places, {heading}", heading, _sentence(one, counts))


def _empty_chain(name: str) -> Chain:
    waits = ("no places yet", "no wave yet", "nothing sent", "none asked")
    names = ("should be heard", "invited", "delivered", "answered")
    stages = [Stage(one, view.DASH, 0.0, words) for one, words in zip(names, waits, strict=True)]
    return Chain(
        stages, "Participation, nothing counted yet", name, "A dash is not a zero: nobody was asked.", ghost=True
    )


def _sentence(one: ScopeFigures, counts: tuple[int, int, int, int]) -> str:
    figure = one.figures["participation"]
    told = wording.chain(figure, who="we")
    census, invited, delivered, answered = counts
    if figure.shown in (Shown.COUNTS, Shown.REASON) or not delivered:
        return told
    steps = " × ".join(
        f"{view.percent(part / whole)} {name}"
        for part, whole, name in (
            (invited, census, "invited"),
            (delivered, invited, "delivered"),
            (answered, delivered, "answered"),
        )
    )
    return f"{told} {steps} = {wording.value(figure)}."


def _cards(whole: ScopeFigures, asking: Asking, currency: str) -> list[Card]:
    found = whole.figures
    response, pending = found["response_rate"], found["follow_up_attainment"].parts.get("pending", 0)
    named, own_word = found["coverage_named"], found["fresh_contacts"].parts.get("own_word", 0)
    return [
        figure_view.card(
            response,
            asking,
            of=f"{wording.counts(response)} answered",
            notes=[wording.bounces(response, found["response_rate_2"])] if response.counted else [],
        ),
        figure_view.card(
            found["coverage_fresh"], asking, notes=[f"named {wording.value(named)}, {wording.counts(named)}"]
        ),
        figure_view.card(
            found["fresh_contacts"],
            asking,
            notes=[f"{view.count(own_word, 'rests', 'rest')} on a CSM’s own word alone"] if own_word else [],
        ),
        figure_view.card(found["identified_promoters"], asking, notes=["latest answer 9 or 10, 365 days"]),
        _silent_card(found, asking, currency),
        figure_view.card(
            found["follow_up_attainment"],
            asking,
            of=f"{wording.counts(found['follow_up_attainment'])} due",
            notes=[f"{pending} more {'is' if pending == 1 else 'are'} open within the limit"] if pending else [],
        ),
    ]


def _silent_card(found: Mapping[str, Figure], asking: Asking, currency: str) -> Card:
    """The count stands large: a share of accounts says less than which they are."""
    silent, revenue = found["silent_accounts"], found["silent_arr"]
    gaps = [(silent.parts.get("not_asked", 0), "not asked"), (silent.parts.get("unreachable", 0), "unreachable")]
    told = view.listed([f"{count} {words}" for count, words in gaps if count])
    if silent.shown == Shown.REASON:
        return replace(figure_view.card(silent, asking), note=f"{told} of all" if told else "")
    money = f"with {view.money(revenue.numerator, currency)}" if revenue.numerator else ""
    share = view.percent(silent.value) if silent.shown != Shown.COUNTS else ""
    return Card(
        name="Silent accounts",
        value=view.number(silent.numerator),
        unit=f"of {view.number(silent.denominator)} asked",
        of=", ".join(one for one in (share, money) if one) or "no revenue known",
        note=f"{told}: gaps in coverage, not silence" if told else "",
        links=figure_view.links(silent, asking),
    )


def _in_flight(whole: ScopeFigures) -> str:
    if whole.flight is None:
        return ""
    heading = wording.heading_for(whole.flight)
    flying = view.count(whole.flight.invitations, "invitation is", "invitations are")
    told = f"In flight: {flying} not due yet. {wording.pace(whole.flight)}"
    return f"{told} {heading}" if heading else told


def _recommend(figure: Figure) -> str:
    told = wording.worst_case(figure)
    if told is None:
        return ""
    span = figure_view.span(figure)
    return f"Recommend score{f' ({span})' if span else ''}: {told}"


def _row(one: ScopeFigures, found: Engagement, wanted: Wanted, *, own: bool) -> Row:
    comparison = one.comparison
    return _line(
        one,
        wanted.asking,
        currency=found.currency,
        href=wanted.address(csm=one.id),
        own=own,
        standing=_standing(comparison),
        against_standard=_against_standard(one),
        against_team=(wording.against_team(comparison, found.comparisons) or "") if comparison else "",
        beyond=comparison is not None and comparison.beyond and _below_team(comparison),
        trend=_trend(one, found),
    )


def _total(one: ScopeFigures, found: Engagement, asking: Asking) -> Row:
    figure = one.figures["response_rate"]
    span = figure_view.span(figure)
    return _line(
        one,
        asking,
        currency=found.currency,
        name="All" if one.scope != Scope.CSM else one.name,
        against_standard=_against_all(figure, found.comparisons.standard),
        against_team=f"{span}, widened because colleagues answer alike" if span else "",
    )


def _line(
    one: ScopeFigures,
    asking: Asking,
    *,
    currency: str,
    against_standard: str,
    against_team: str,
    name: str | None = None,
    href: str = "",
    own: bool = False,
    standing: str = "",
    beyond: bool = False,
    trend: tuple[Markup | None, str] = (None, ""),
) -> Row:
    census, invited, delivered, answered = _counts(one.figures)
    figures, who = one.figures, name or one.name
    response = figures["response_rate"]
    return Row(
        name=who,
        href=href,
        accounts=view.count(one.accounts, "account"),
        own=own,
        chain=[view.number(count) for count in (census, invited, delivered, answered)] if census else [],
        delivered=delivered / census if census else 0.0,
        answered=answered / census if census else 0.0,
        response=figure_view.cell(response, asking, who=who),
        standing=standing,
        against_standard=against_standard,
        against_team=against_team,
        beyond=beyond,
        trend=trend[0],
        no_trend=trend[1],
        coverage=figure_view.cell(figures["coverage_fresh"], asking, who=who),
        fresh=figure_view.cell(figures["fresh_contacts"], asking, who=who),
        promoters=figure_view.cell(figures["identified_promoters"], asking, who=who),
        silent=_silent_cell(figures, asking, currency, who),
        in_time=figure_view.cell(figures["follow_up_attainment"], asking, who=who),
    )


def _silent_cell(figures: Mapping[str, Figure], asking: Asking, currency: str, who: str) -> Cell:
    silent, revenue = figures["silent_accounts"], figures["silent_arr"]
    if silent.shown == Shown.REASON:
        return Cell("none asked")
    money = view.money(revenue.numerator, currency) if revenue.numerator else ("none" if not silent.numerator else "")
    href = asking.rows(silent) if asking.mine else ""
    return Cell(wording.counts(silent), money, href, f"Silent accounts, {who}")


def _standing(comparison: Comparison | None) -> str:
    return comparison.standard if comparison and comparison.standard in ("meets", "below") else ""


def _against_standard(one: ScopeFigures) -> str:
    told = wording.against_standard(one.comparison) if one.comparison else "Nobody was asked in this period."
    late = f" {view.count(one.inherited, 'invitation')} after a hand-over count for the team." if one.inherited else ""
    return f"{told}{late}"


def _against_all(figure: Figure, standard: float) -> str:
    if figure.interval is None:
        return ""
    if figure.interval.low >= standard:
        return wording.STANDARD["meets"]
    return wording.STANDARD["below" if figure.interval.high < standard else "not_shown"]


def _below_team(comparison: Comparison) -> bool:
    rate = comparison.team_rate
    return rate is not None and comparison.answered < rate * comparison.invitations


def _trend(one: ScopeFigures, found: Engagement) -> tuple[Markup | None, str]:
    """The nightly response, a point a month, from 30 invitations on; else why there is none."""
    figure = one.figures["response_rate"]
    if figure.shown != Shown.TREND:
        return None, "fewer than 30 due"
    points = monthly(found.trend.get(one.id, ()), to_on=found.window.to_on)
    if len(points) < 2:
        return None, "no earlier months kept yet"
    told = ", ".join(f"{100 * share:.0f}" for share in points)
    label = f"{one.name}, response over the last {len(points)} months: {told} percent"
    return charts.spark(points, low=0.0, high=1.0, label=label, standard=found.comparisons.standard), ""


def monthly(snapshots: Sequence[tuple[date, float]], *, to_on: date) -> list[float]:
    """The latest snapshot of each month back from that day, the oldest first; months without one are left out."""
    found = []
    for step in range(TREND_POINTS):
        last, first = to_on - step * TREND_STEP, to_on - (step + 1) * TREND_STEP
        of_month = [share for on, share in snapshots if first < on <= last]
        found += of_month[-1:]
    return found[::-1]


def _funnel(found: Engagement, wanted: Wanted, preferences: Preferences) -> Funnel | None:
    """Only with two books large enough to draw."""
    compared = found.comparisons
    lines = [(one, one.comparison) for one in found.lines if one.comparison is not None]
    drawn = [(one, that) for one, that in lines if that.state == "ok" and that.effective >= DRAWN_FROM]
    team_line = wanted.team_line and compared.team_rate is not None
    if len(drawn) < 2:
        return None
    around = compared.team_rate if team_line and compared.team_rate is not None else compared.standard
    what = "the team" if team_line else "the standard"
    books = [
        Book(one.name, that.answered, that.invitations, that.effective, low=_is_low(that, team_line=team_line))
        for one, that in drawn
    ]
    other = Link("Against the standard instead", wanted.address(team_line=False) + "#h-funnel")
    if not team_line:
        other = Link("Against the team instead", wanted.address(team_line=True) + "#h-funnel")
    says = [said for one, that in drawn if (said := _says(one, that, compared)) is not None]
    small = sum(1 for _, that in lines if that.invitations) - len(drawn)
    return Funnel(
        heading=f"Response against {what}",
        links=[Link("How to read it", "/definitions#g-chance"), other],
        drawing=funnel(
            books,
            line_at=around,
            line_name=f"{'team' if team_line else 'standard'} {view.percent(around)}",
            limits=partial(compared.limits, team=team_line),
            title=f"Response against {what}",
        ),
        caption=_caption(small),
        rows=[
            (
                one.name,
                view.of(that.answered, that.invitations),
                f"{that.effective:.0f}",
                view.percent(that.answered / that.invitations),
            )
            for one, that in drawn
        ],
        says=says,
        rest=_rest(len(drawn) - len(says)),
        power=_power(preferences.response_standard, [that.deff for _, that in drawn]),
    )


def _is_low(that: Comparison, *, team_line: bool) -> bool:
    return (that.beyond and _below_team(that)) if team_line else that.standard == "below"


def _caption(small: int) -> str:
    told = (
        "Inside the solid lines (1 in 22) nothing is said. The lines are drawn for reading; "
        "the words are decided by the exact chance of each book."
    )
    if not small:
        return told
    return f"{told} {view.count(small, 'book is', 'books are')} too small to draw."


def _says(one: ScopeFigures, that: Comparison, compared: Comparisons) -> Says | None:
    """What the two comparisons say together (3-metrics 2.2); None where they say nothing."""
    unlike = that.team in ("edge", "beyond") or that.beyond
    team = wording.against_team(that, compared) or ""
    team = f"Against the team: {team[:1].lower()}{team[1:]}"
    words = wording.STANDARD[that.standard] if that.standard else ""
    if that.standard == "below":
        words += (
            f" {team} Look at the book together." if unlike else " Like the team: the process is short, not the person."
        )
    elif unlike:
        words += f" {team}{' Ask what differs.' if not _below_team(that) else ''}"
    else:
        return None
    return Says(f"{one.name}, {view.of(that.answered, that.invitations)}", words)


def _rest(quiet: int) -> str:
    if not quiet:
        return ""
    books = view.count(quiet, "book says", "books say")
    return f"{books} nothing: a longer period would tell more, sharper words would not."


def _power(standard: float, deffs: Sequence[float]) -> str:
    low = standard - 0.15
    if low <= 0:
        return ""
    needed = n_needed(p0=standard, p1=low, k=2, deff=sum(deffs) / len(deffs))
    gap = f"a true {view.percent(low)} against {view.percent(standard)}"
    return f"To see {gap} in 4 of 5 periods takes {needed} invitations."


FILE_HEADS = (
    "CSM", "Accounts", "Revenue", "Places", "Invited places", "Delivered places", "Answered places", "Answered",
    "Invitations", "Response", "From", "To", "Against the standard", "Against the team", "Fresh coverage points",
    "Coverage points", "Fresh contacts", "Contacts", "Promoters", "Promoter places", "Silent accounts",
    "Accounts asked", "Silent revenue", "Follow-ups in time", "Follow-ups due",
)  # fmt: skip


def file_row(one: ScopeFigures, found: Engagement) -> list[FileCell]:
    figures, comparison = one.figures, one.comparison
    response = figures["response_rate"]
    span = (response.interval.low, response.interval.high) if response.interval else (None, None)
    pairs: list[FileCell] = []
    for name in ("coverage_fresh", "fresh_contacts", "identified_promoters", "silent_accounts"):
        pairs += [figures[name].numerator, figures[name].denominator]
    return [
        one.name,
        one.accounts,
        round(one.arr, 2),
        *_counts(figures),
        response.numerator,
        response.denominator,
        response.value if response.shown not in (Shown.REASON, Shown.COUNTS) else None,
        *span,
        _against_standard(one),
        (wording.against_team(comparison, found.comparisons) or "") if comparison else "",
        *pairs,
        figures["silent_arr"].numerator,
        figures["follow_up_attainment"].numerator,
        figures["follow_up_attainment"].denominator,
    ]
