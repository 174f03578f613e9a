"""The board page on screen and as one A4 page: the finding first, each figure with its count, causes with an owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.base.words import AccountState, Cause, Scope
from voc.metrics import wording
from voc.metrics.board import Board, CauseLine, Change, SixLine, StateLine, least_compared
from voc.metrics.catalogue import BY_NAME, VERSION
from voc.metrics.cost import words as cost_words
from voc.metrics.model import Figure, Shown
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import figure_view, paper, view
from voc.web.figure_view import Asking
from voc.web.followups_view.words import CAUSES
from voc.web.parts import Choice, Link, Mark, address, choice, files

NO_FEED = "No figure on this page feeds pay or discipline by itself."
NAMED_SHOWN = 3
_MEANS: Mapping[AccountState, tuple[str, str]] = {
    AccountState.HEARD: ("one answer or more", "heard"),
    AccountState.SILENT: ("asked, reached, nobody answered", "silent"),
    AccountState.NOT_ASKED: ("ours to mend: nobody was invited", "not_asked"),
    AccountState.QUIET: ("not asked enough to call it silence", "quiet"),
    AccountState.UNREACHABLE: ("every mail bounced", "other"),
    AccountState.ALL_OPTED_OUT: ("all asked never to be asked again", "other"),
    AccountState.IN_FLIGHT: ("nothing is due yet", "rest"),
    AccountState.IN_CONFIDENCE: ("asked in confidence: shown to nobody", "rest"),
    AccountState.TOO_NEW: ("customers under 90 days", "rest"),
}
_TONES = {
    "heard": "f-acc",
    "silent": "f-sig",
    "not_asked": "hatch",
    "quiet": "f-ink",
    "other": "f-faint k-ink",
    "rest": "f-track k-ink",
}


@dataclass(frozen=True)
class Six:
    name: str
    now: str
    of: str
    standard: str
    since: str
    mark: Mark


@dataclass(frozen=True)
class State:
    name: str
    swatch: Markup
    revenue: str
    share: str
    accounts: str
    means: str
    style: str
    part: float
    mark: Mark | None


@dataclass(frozen=True)
class CauseRow:
    name: str
    accounts: str
    revenue: str
    owner: str
    doing: str


@dataclass(frozen=True)
class Changed:
    name: str
    words: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Page:
    crumb: str
    heading: str
    links: Sequence[Link]
    filters: Sequence[Choice]
    since: str
    six: Sequence[Six]
    revenue_heading: str
    bar: Markup
    states: Sequence[State]
    total_revenue: str
    total_accounts: str
    cost: str
    causes_heading: str
    causes_of: str
    causes: Sequence[CauseRow]
    causes_note: str
    causes_none: str
    changed: Sequence[Changed]
    foot: str


def page(
    found: Board,
    *,
    preferences: Preferences,
    team: str,
    teams: Mapping[str, str],
    who: str,
    as_of: date | None,
    today: date,
) -> Page:
    """`team` is the lead's id that was asked for, `teams` those one may choose from, `who` the words for the scope."""
    money = sum(one.arr for one in found.states)
    since = (
        f"{found.before.to_on:%B %Y}"
        if found.before.to_on.year != found.window.to_on.year
        else f"{found.before.to_on:%B}"
    )
    # The rows are those of the night it is from; of a page counted when it is looked at, those of then.
    asking = Asking(found.kept_on or as_of, found.window.days, live=found.kept_on is None)
    on = found.window.to_on if as_of or found.kept_on else today
    back = {"team": team, "as_of": as_of.isoformat() if as_of else None}
    return Page(
        crumb=f"{who}, {found.window.days} days to {view.day(found.window.to_on)}; before: {found.before.days} days to "
        f"{view.day(found.before.to_on)}",
        heading=_heading(found, money),
        links=[
            Link("PDF", address("/board.pdf", **back), "of this page", file=True),
            *files(address("/board", **back), "of the six figures"),
        ],
        filters=_filters(team, teams),
        since=since,
        six=[_six(one, preferences, asking, found.currency, found) for one in found.six],
        revenue_heading=_revenue_heading(found, money),
        bar=_bar(found.states, money, found.currency),
        states=[_state(one, money, found, asking) for one in found.states],
        total_revenue=view.money(money, found.currency),
        total_accounts=view.number(sum(one.accounts for one in found.states)),
        cost=cost_words.headline(found.cost) if found.cost.renewals else "",
        causes_heading="Causes" if found.why_no_causes else _causes_heading(found.causes),
        causes_of=f"Accounts of {found.heard} heard",
        causes=[_cause(one, found) for one in found.causes],
        causes_note=_causes_note(found),
        causes_none=found.why_no_causes or "Causes appear here when three accounts name the same one.",
        changed=_changed(found, asking),
        foot=f"As of {view.day(on)}. Definitions, version {VERSION}. {NO_FEED}",
    )


def _heading(found: Board, money: float) -> str:
    if not found.states:
        return "Nothing to show yet: no account has a census"
    by_state = {one.state: one for one in found.states}
    if money <= 0:
        heard = by_state.get(AccountState.HEARD)
        accounts = sum(one.accounts for one in found.states)
        return f"We hear from {view.of(heard.accounts if heard else 0, accounts)} accounts."
    shares = {state: one.arr / money for state, one in by_state.items()}
    heard_share, silent = shares.get(AccountState.HEARD, 0.0), shares.get(AccountState.SILENT, 0.0)
    told = f"We hear from accounts carrying {view.percent(heard_share)} of revenue."
    return f"{told} {view.percent(silent)} is silent."


def _filters(team: str, teams: Mapping[str, str]) -> list[Choice]:
    if not teams:
        return []
    return [choice("team", "Team", [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())], team)]


def _six(one: SixLine, preferences: Preferences, asking: Asking, currency: str, found: Board) -> Six:
    figure = one.now
    of = figure_view.counts(figure)
    if figure.name == "silent_accounts":
        silent = next((line for line in found.states if line.state == AccountState.SILENT), None)
        of = f"{of.removesuffix(' accounts')} asked" + (f", {view.money(silent.arr, currency)}" if silent else "")
    of = "; ".join(one for one in (of, wording.more(figure)) if one)
    return Six(
        name=BY_NAME[figure.name].label,
        now=_now(figure),
        of=of,
        standard=figure_view.standard(figure.name, preferences),
        since=since_words(one),
        mark=figure_view.mark(figure, asking),
    )


def _now(figure: Figure) -> str:
    return "too few" if figure.shown == Shown.COUNTS else wording.value(figure)


def since_words(one: SixLine) -> str:
    if one.change is None:
        return _why_no_change(one)
    return change_words(one.change)


def change_words(change: Change) -> str:
    """+8 points (−1 to +17): not distinguishable from no change."""
    value, low, high = (view.signed(100 * share) for share in (change.value, change.low, change.high))
    points = f"{value} points ({low} to {high})"
    return (
        f"{points}: {'more than chance would give' if change.beyond_chance else 'not distinguishable from no change'}"
    )


def _why_no_change(one: SixLine) -> str:
    if one.now.shown == Shown.REASON:
        return "nothing to compare"
    if one.before.shown == Shown.REASON:
        return "nothing counted before"
    few = min(one.now.counted, one.before.counted)
    least = least_compared(one.now.name)
    if few >= least:
        return "too few to compare: they are of fewer than 3 accounts"
    return f"too few to compare: enough from {least} in 3 accounts on, there were {few}"


def _revenue_heading(found: Board, money: float) -> str:
    accounts = view.count(sum(one.accounts for one in found.states), "account")
    told = f"Recurring revenue by state, {view.money(money, found.currency)} in {accounts}"
    if found.without_rate:
        told += f"; {len(found.without_rate)} without an exchange rate left out"
    return told


def _state(one: StateLine, money: float, found: Board, asking: Asking) -> State:
    (means, style), currency = _MEANS[one.state], found.currency
    silent = next((line.now for line in found.six if line.now.name == "silent_accounts"), None)
    return State(
        name=view.word(one.state),
        swatch=_swatch(style),
        revenue=view.money(one.arr, currency),
        share=_share(one.arr, money),
        accounts=view.number(one.accounts),
        means=means,
        style=style,
        part=one.arr / money if money else 0.0,
        mark=None if silent is None else _of_state(one, asking.rows(silent, label=one.state.value)),
    )


def _share(arr: float, money: float) -> str:
    """Whole percent; what is there is never shown as none."""
    if not money:
        return view.DASH
    return "under 1%" if 0 < arr / money < 0.005 else view.percent(arr / money)


def _of_state(one: StateLine, rows: str) -> Mark:
    return Mark(f"silent_accounts:{one.state.value}", one.accounts, one.accounts, rows)


def _swatch(style: str) -> Markup:
    if style == "not_asked":
        inner = Markup(
            '<rect class="k-ink f-none" x=".5" y=".5" width="11" height="11"/>'
            '<path class="k-ink" stroke-width="1.6" d="M1 7l6-6M3 11l8-8M8 11l3-3"/>'
        )
    else:
        inner = Markup('<rect class="{} k-ink" stroke-width=".6" width="12" height="12"/>').format(_TONES[style])
    return Markup('<svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{}</svg>').format(inner)


def _bar(states: Sequence[StateLine], money: float, currency: str) -> Markup:
    """Hatched where nobody asked: told apart without colour too."""
    if money <= 0:
        return Markup("")
    words = ", ".join(f"{view.low_word(one.state)} {view.money(one.arr, currency)}" for one in states)
    x, parts = 0.0, []
    for one in states:
        width = 700 * one.arr / money
        style = _MEANS[one.state][1]
        wide = max(width - 2, 0.5)
        if style == "not_asked":
            parts.append(
                Markup(
                    '<rect class="k-ink f-none" x="{a:.1f}" width="{w:.1f}" y=".5" height="27"/>'
                    '<rect fill="url(#hatch)" x="{a:.1f}" width="{w:.1f}" height="28"/>'
                ).format(a=x, w=wide)
            )
        else:
            parts.append(
                Markup('<rect class="{}" x="{:.1f}" width="{:.1f}" height="28"/>').format(_TONES[style], x, wide)
            )
        x += width
    return Markup(
        '<svg class="revbar" viewBox="0 0 700 28" preserveAspectRatio="none" height="28" width="100%" role="img"'
        ' aria-label="Recurring revenue by state: {words}."><defs><pattern id="hatch" width="6" height="6"'
        ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="k-ink" stroke-width="2" d="M0 0V6"/>'
        "</pattern></defs>{parts}</svg>"
    ).format(words=words, parts=Markup("").join(parts))


def _causes_heading(causes: Sequence[CauseLine]) -> str:
    if not causes:
        return "No cause is named by 3 accounts yet"
    number = ("One cause", "Two causes", "Three causes")[len(causes) - 1]
    without = sum(not one.owner for one in causes)
    if not without:
        return f"{number}, {'each ' if len(causes) > 1 else ''}with an owner"
    if without == len(causes):
        return f"{number}, without an owner"
    return f"{number}, {without} of them without an owner"


def _cause(one: CauseLine, found: Board) -> CauseRow:
    share = f", {view.percent(one.accounts / found.heard)}" if found.heard >= max(5, one.accounts) else ""
    owner = f"{one.owner}, {view.short_day(one.due_on)}" if one.owner else "nobody yet"
    return CauseRow(
        cause_name(one.name),
        f"{one.accounts}{share}",
        view.DASH if one.arr is None else view.money(one.arr, found.currency),
        owner,
        one.doing or "open an improvement to give it an owner",
    )


def cause_name(name: str) -> str:
    """A theme has its own name; a root cause is one of our words."""
    return CAUSES[Cause(name)] if name in {one.value for one in Cause} else name


def _causes_note(found: Board) -> str:
    if len(found.causes) < 2:
        return ""
    first, second = found.order_certain
    told = "An account can name several."
    if not first:
        return f"{told} The order of the causes is not certain."
    return f"{told} The order of the second and third is not certain." if not second else told


def _changed(found: Board, asking: Asking) -> list[Changed]:
    told = []
    for name, moved in (("Heard again", found.heard_again), ("Newly silent", found.newly_silent)):
        words = "none"
        if moved.names:
            shown = list(moved.names[:NAMED_SHOWN])
            more = moved.accounts - len(shown)
            words = view.listed([*shown, f"{more} more"] if more else shown)
            words += f", {view.money(moved.arr, found.currency)}" if moved.arr else ""
        told.append(Changed(name, f"{words}."))
    half = f"; half are resolved within {found.median_days:.0f} working days" if found.median_days is not None else ""
    told.append(Changed("Followed up", f"{view.count(found.confirmed, 'case')} confirmed by customers{half}."))
    senior = f", {found.empty_senior} of them decision makers or budget holders" if found.empty_senior else ""
    key = (found.six[0].now.scope, found.six[0].now.scope_id)
    mark = Mark(
        "coverage_named:gap",
        found.empty_places,
        found.empty_places,
        asking.rows_of("coverage_named", key, label="gap"),
    )
    empty = f"{view.of(found.empty_places, found.places)} places have no contact{senior}."
    told.append(Changed("Still ours", empty, mark if found.empty_places else None))
    return told


def scope_words(scope: Scope, name: str) -> str:
    return {Scope.TOTAL: "All teams", Scope.TEAM: f"Team of {name}", Scope.CSM: f"Book of {name}"}.get(scope, name)


def sheet(page: Page) -> paper.Sheet:
    """The same as one A4 page."""
    return paper.Sheet(
        crumb=page.crumb,
        title=page.heading,
        blocks=[
            paper.Heading("Six programme figures"),
            paper.Table(
                heads=("Figure", "Now", "Counted", "Standard", f"Since {page.since}, 95% interval"),
                rows=[(one.name, one.now, one.of, one.standard, one.since) for one in page.six],
                widths=(0.2, 0.09, 0.22, 0.13, 0.36),
                right=frozenset({1, 3}),
                strong=frozenset({1}),
            ),
            paper.Heading(page.revenue_heading),
            paper.Bar([(one.part, one.style) for one in page.states]),
            paper.Table(
                heads=("State", "Revenue", "Share", "Accounts", "What it means"),
                rows=[(one.name, one.revenue, one.share, one.accounts, one.means) for one in page.states],
                widths=(0.22, 0.16, 0.11, 0.13, 0.38),
                right=frozenset({1, 2, 3}),
                total=("All", page.total_revenue, "100%", page.total_accounts, ""),
            ),
            *([paper.Words(page.cost, small=True)] if page.cost else []),
            paper.Heading(page.causes_heading),
            *_cause_blocks(page),
            paper.Heading(f"What changed since {page.since}"),
            *(paper.Words(one.words, lead=f"{one.name}:") for one in page.changed),
        ],
        foot=page.foot,
    )


def _cause_blocks(page: Page) -> list[paper.Block]:
    if not page.causes:
        return [paper.Words(page.causes_none, small=True)]
    table = paper.Table(
        heads=("Cause", page.causes_of, "Revenue", "Owner, due", "What is being done"),
        rows=[(one.name, one.accounts, one.revenue, one.owner, one.doing) for one in page.causes],
        widths=(0.25, 0.13, 0.12, 0.21, 0.29),
        right=frozenset({1, 2}),
    )
    return [table, *([paper.Words(page.causes_note, small=True)] if page.causes_note else [])]


# --- as files ---

SIX_COLUMNS = (
    Column("Figure"),
    Column("Key", meaning="Of its definition"),
    Column("Value", Kind.SHARE, "Empty under five"),
    Column("Counts", Kind.NUMBER),
    Column("Of", Kind.NUMBER),
    Column("From", Kind.SHARE),
    Column("To", Kind.SHARE),
    Column("State"),
    Column("Before", Kind.SHARE),
    Column("Counts before", Kind.NUMBER),
    Column("Of before", Kind.NUMBER),
    Column("Change", Kind.NUMBER),
    Column("Change from", Kind.NUMBER, "95% interval"),
    Column("Change to", Kind.NUMBER),
)


def six_rows(found: Board) -> list[Sequence[Cell]]:
    return [_six_row(one) for one in found.six]


def _six_row(one: SixLine) -> Sequence[Cell]:
    now, before, change = one.now, one.before, one.change
    return (
        BY_NAME[now.name].label,
        now.name,
        _told(now),
        now.numerator,
        now.denominator,
        *((now.interval.low, now.interval.high) if now.interval else (None, None)),
        now.state,
        _told(before),
        before.numerator,
        before.denominator,
        *((change.value, change.low, change.high) if change else (None, None, None)),
    )


def _told(figure: Figure) -> float | None:
    return None if figure.shown in (Shown.REASON, Shown.COUNTS) else figure.value


STATE_COLUMNS = (
    Column("State"),
    Column("Accounts", Kind.WHOLE),
    Column("Revenue", Kind.MONEY, "A year, in the reporting currency"),
    Column("Currency"),
    Column("What it means"),
)


def state_rows(found: Board) -> list[Sequence[Cell]]:
    return [
        (view.word(one.state), one.accounts, round(one.arr, 2), found.currency, _MEANS[one.state][0])
        for one in found.states
    ]
