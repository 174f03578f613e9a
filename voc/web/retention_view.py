"""Retention as its page shows it: counts before percent, the standard first, chance second, never a rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from voc.base.words import Scope
from voc.metrics import enough, wording
from voc.metrics.catalogue import BY_NAME
from voc.metrics.definition import Measure
from voc.metrics.enough import LEAST_COMPARED, NOTHING, Missing
from voc.metrics.model import Figure, Shown
from voc.metrics.money.compared import Comparison, Kept
from voc.metrics.money.page import Goal, Line, Open, RetentionPage
from voc.reports.cells import Cell as FileCell
from voc.reports.tables import Column, Kind
from voc.web import figure_view, view
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking, Cell
from voc.web.parts import Card, Choice, Link, files

INFLUENCED = (
    "Influenced, not owned: churn has many parents (price, product, a merger), and a CSM is one of them. A renewal "
    "stands under whoever owned the account 90 days before the decision, or at the notice date if that is earlier."
)
_IN_MONEY = frozenset(
    ("revenue_churn", "grr", "nrr", "expansion", "upsell", "cross_sell", "whitespace", "net_profitability",
     "revenue_trained_30", "revenue_trained_90")
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    name: str
    of: str
    own: bool
    kept: Cell
    standing: str
    against_standard: str
    against_team: str
    beyond: bool
    cells: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class OpenRow:
    name: str
    href: str
    csm: str
    due: str
    late: bool
    at_stake: str
    confirmed: str


@dataclass(frozen=True)
class GoalRow:
    name: str
    target: str
    how: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    heading: str
    lede: str
    filters: Sequence[Choice]
    as_of: str
    today: str
    renewals: Sequence[Card]
    growth: Sequence[Card]
    onboarding: Sequence[Card]
    table_heading: str
    table_links: Sequence[Link]
    standard: str
    heads: Sequence[str]
    rows: Sequence[Row]
    total: Row
    footer: str
    notes: Sequence[str]
    open_words: str
    open: Sequence[OpenRow]
    without: Sequence[tuple[str, str, str]]
    without_words: str
    goals: Sequence[GoalRow]
    missing: Sequence[tuple[str, str]]


def page(
    found: RetentionPage,
    *,
    wanted: Wanted,
    filters: Sequence[Choice],
    heading: str,
    own_csm_id: str | None,
    today: date,
) -> Page:
    asking = wanted.asking
    several = len(found.lines) > 1
    return Page(
        heading=heading,
        lede=_lede(found),
        filters=filters,
        as_of=found.window.to_on.isoformat(),
        today=today.isoformat(),
        renewals=[
            _card(found, asking, name)
            for name in ("customer_churn", "revenue_churn", "grr", "nrr", "on_time_renewal", "renewal_confirmed_90")
        ],
        growth=[_expansion(found, asking), _card(found, asking, "net_profitability")],
        onboarding=[
            _card(found, asking, name)
            for name in (
                "onboarding_rating",
                "onboarding_time",
                "time_to_launch",
                "live_in_time",
                "stuck_accounts",
                "revenue_trained_30",
                "revenue_trained_90",
                "training_score",
            )
        ],
        table_heading="By CSM, in alphabetical order" if several else "Your book",
        table_links=files(wanted.address("/retention/by-csm"), "of the table"),
        standard=view.percent(found.compared.standard),
        heads=[head for head, _ in _COLUMNS],
        rows=[
            _row(one, found, asking, own=one.id == own_csm_id, kept=found.compared.by_csm.get(one.id))
            for one in found.lines
        ],
        total=_row(found.whole, found, asking, own=False, kept=None),
        footer=_footer(found.compared),
        notes=_notes(found),
        open_words=_open_words(found),
        open=[_open(one, found, today) for one in found.open],
        without=_without(found),
        without_words=f"Net retention with everybody: {wording.value(found.whole.figures['nrr'])}.",
        goals=[_goal(one, found) for one in found.goals],
        missing=_missing(found),
    )


def _lede(found: RetentionPage) -> str:
    decided = found.whole.figures["customer_churn"]
    waiting = decided.parts.get("not_decided", 0)
    told = f"{view.count(round(decided.denominator or 0), 'renewal')} decided in the {found.window.days} days to "
    told += f"{view.day(found.window.to_on)}."
    if waiting:
        told += f" {view.count(waiting, 'more is', 'more are')} not decided yet."
    return told if found.kept_on is None else f"{told} As of last night."


def _card(found: RetentionPage, asking: Asking, name: str) -> Card:
    figure = found.whole.figures[name]
    card = figure_view.card(figure, asking, notes=_extras(figure, found.currency))
    if figure.shown not in (Shown.REASON, Shown.COUNTS):
        card = replace(card, of=amounts(figure, found.currency))
    return card


def amounts(figure: Figure, currency: str) -> str:
    """The count behind it, in money where it counts money, with the number of rows."""
    definition = BY_NAME[figure.name]
    if figure.name in _IN_MONEY:
        money = f"{view.money(figure.numerator, currency)} of {view.money(figure.denominator, currency)}"
        # An account that changed hands has a row for each of its owners.
        rows = figure.accounts if definition.rows == "accounts" else figure.counted
        return f"{money}, {view.number(rows)} {definition.rows}"
    return figure_view.counts(figure)


def _extras(figure: Figure, currency: str) -> list[str]:
    notes = []
    if figure.name == "nrr" and (figure.extra.get("largest_share") or 0) > 0.25:
        notes.append(f"one account is {view.percent(figure.extra['largest_share'])} of it")
    if figure.name in ("onboarding_time", "time_to_launch") and figure.extra.get("open"):
        oldest = figure.extra.get("oldest_open")
        notes.append(
            f"{view.number(figure.extra['open'])} open, the oldest for {view.count(round(oldest or 0), 'day')}"
        )
    if figure.left_out:
        notes.append(f"without {view.listed(figure.left_out)}: no exchange rate for {currency}")
    if figure.parts.get("no_revenue"):
        notes.append(f"{view.count(figure.parts['no_revenue'], 'row')} without an amount in the CRM")
    return notes


def _expansion(found: RetentionPage, asking: Asking) -> Card:
    """New units and new products apart."""
    figures = found.whole.figures
    card = _card(found, asking, "expansion")
    if figures["expansion"].shown == Shown.REASON:
        return card
    parts = [
        f"{words} {view.money(figures[name].numerator, found.currency)}"
        for name, words in (("whitespace", "new units"), ("cross_sell", "new products"), ("upsell", "more of the same"))
    ]
    links = [link for name in ("whitespace", "cross_sell", "upsell") for link in _rows_link(figures[name], asking)]
    return replace(card, note="; ".join([*parts, *([card.note] if card.note else [])]), links=[*card.links, *links])


def _rows_link(figure: Figure, asking: Asking) -> list[Link]:
    words = {"whitespace": "units", "cross_sell": "products", "upsell": "more"}[figure.name]
    return [Link(words, asking.rows(figure), f"behind {BY_NAME[figure.name].label}")] if figure.counted else []


_COLUMNS = (
    ("Revenue lost", "revenue_churn"),
    ("Gross", "grr"),
    ("Net", "nrr"),
    ("Expansion", "expansion"),
    ("Onboarding rating", "onboarding_rating"),
    ("Time to launch", "time_to_launch"),
    ("Trained in 30 days", "revenue_trained_30"),
    ("Trained in 90 days", "revenue_trained_90"),
)


def _row(one: Line, found: RetentionPage, asking: Asking, *, own: bool, kept: Kept | None) -> Row:
    return Row(
        name=one.name,
        of=view.count(one.accounts, "account"),
        own=own,
        kept=_cell(one.figures["logo_retention"], asking, one.name, found.currency),
        standing=kept.standard if kept is not None and kept.standard in ("meets", "below") else "",
        against_standard=against_standard(kept) if kept is not None else "",
        against_team=against_team(kept, found.compared) if kept is not None else "",
        beyond=kept is not None and kept.beyond,
        cells=[(head, _cell(one.figures[name], asking, one.name, found.currency)) for head, name in _COLUMNS],
    )


def _cell(figure: Figure, asking: Asking, who: str, currency: str) -> Cell:
    if figure.shown == Shown.COUNTS and figure.name in _IN_MONEY:
        return replace(figure_view.cell(figure, asking, who=who, of=_few(figure)), value="too few")
    if figure.shown in (Shown.REASON, Shown.COUNTS):
        return figure_view.cell(figure, asking, who=who)
    of = wording.counts(figure)
    if figure.name in _IN_MONEY:
        of = f"of {view.money(figure.denominator, currency)}"
    elif BY_NAME[figure.name].measure == Measure.MEAN:
        of = f"{of} {BY_NAME[figure.name].counts}"
    span = figure_view.span(figure)
    return figure_view.cell(figure, asking, who=who, of=f"{of}; {span}" if span and figure.name == "nrr" else of)


def _few(figure: Figure) -> str:
    return "; ".join(one for one in (wording.counts(figure), wording.more(figure, short=True)) if one)


def against_standard(kept: Kept) -> str:
    if not kept.decided:
        return "No renewal was decided."
    if kept.standard is None:
        missing = Missing("renewals", kept.decided, LEAST_COMPARED, least_accounts=0)
        return f"Too few to say: {view.count(kept.decided, 'renewal')}; {enough.words(missing, NOTHING, days=None)}."
    return wording.STANDARD[kept.standard]


def against_team(kept: Kept, compared: Comparison) -> str:
    """Chance second, given the mix of segments and sizes."""
    if kept.team is None:
        return ""
    mix = f" The same mix would keep {view.number(kept.expected, 1)}." if kept.mixed else ""
    if kept.beyond:
        return f"More than chance would give. This does not say why.{mix}"
    if kept.team == "edge":
        return f"Worth a look. About 1 average book in 22 lands this far out by chance.{mix}"
    return f"Within what chance alone would give for {view.count(kept.decided, 'renewal')}.{mix}"


def _footer(compared: Comparison) -> str:
    if not compared.compared:
        return INFLUENCED
    outside = f"{view.number(compared.expected_outside, 1)} of {compared.compared}"
    return f"{INFLUENCED} Expected by chance on this page: about {outside} outside the inner lines."


def _notes(found: RetentionPage) -> list[str]:
    notes = [
        "Customers kept are compared from 10 renewals in 3 accounts on; gross and net retention are never compared: "
        "one large account decides them. Under 8 renewals only counts are told."
    ]
    if found.inherited:
        words = view.count(found.inherited, "renewal counts", "renewals count")
        notes.append(
            f"{words} for the team and no CSM: who owned the account 90 days before is not known, because we had not "
            "read the CRM then."
        )
    return notes


def _open_words(found: RetentionPage) -> str:
    told = view.count(found.waiting, "renewal waits", "renewals wait") + " for a decision"
    told += f"; {view.count(found.late, 'is', 'are')} past the day." if found.late else "."
    return told + (f" The {len(found.open)} that are due first:" if found.waiting > len(found.open) else "")


def _open(one: Open, found: RetentionPage, today: date) -> OpenRow:
    return OpenRow(
        name=one.account_name,
        href=f"/accounts/{one.account_id}",
        csm=found.names.get(one.csm_id or "", view.DASH),
        due=f"{view.short_day(one.due_on)}, {view.days_from(one.due_on, today)}",
        late=one.due_on is not None and one.due_on < today,
        at_stake=view.money(one.at_stake, found.currency) if one.at_stake is not None else "no amount",
        confirmed=f"confirmed {view.short_day(one.confirmed_on)}" if one.confirmed_on else "not confirmed",
    )


def _without(found: RetentionPage) -> list[tuple[str, str, str]]:
    if found.whole.figures["nrr"].shown in (Shown.REASON, Shown.COUNTS):
        return []
    return [(one.name, "account" if one.kind == "account" else "CSM", view.percent(one.value)) for one in found.without]


def _goal(one: Goal, found: RetentionPage) -> GoalRow:
    definition = BY_NAME[one.name]

    def said(number: float) -> str:
        if definition.measure == Measure.SHARE:
            return view.percent(number)
        return view.number(number, 1)

    how = "everybody’s own standard"
    if one.is_sum:
        how = "split by revenue of the book" if found.split_by == "arr" else "split by number of accounts"
    parts = [(found.names.get(id, id), said(part)) for id, part in one.parts.items()]
    return GoalRow(definition.label, said(one.target), how, parts)


_IMPORTS: Mapping[str, str] = {
    "onboarding_time": "onboarding_started and went_live",
    "time_to_launch": "opportunities of the type New Business, and went_live",
    "revenue_trained_90": "onboarding_started and training_completed",
    "training_score": "training_completed with the score, 1 to 5, as its value",
    "net_profitability": "cost_service and the other costs with the amount as their value, and set the gross margin "
    "under Settings › Standards",
}


def _missing(found: RetentionPage) -> list[tuple[str, str]]:
    """What cannot be told, why, and what would bring it."""
    missing = []
    for name, figure in found.whole.figures.items():
        if figure.shown != Shown.REASON:
            continue
        bring = _IMPORTS.get(name)
        reason = (figure.reason or "").split(": import")[0].rstrip(".") + "."
        missing.append((BY_NAME[name].label, f"{reason} Import {bring}." if bring else reason))
    no_day = found.whole.figures["on_time_renewal"].parts.get("no_due_date", 0)
    if no_day:
        words = (
            f"{view.count(no_day, 'renewal')} decided without a renewal date on the account: not counted as in time."
        )
        missing.append(("Renewed on time", words))
    return missing


FILE_NAMES = (
    "logo_retention",
    "customer_churn",
    "revenue_churn",
    "grr",
    "nrr",
    "on_time_renewal",
    "renewal_confirmed_90",
    "expansion",
    "upsell",
    "cross_sell",
    "whitespace",
    "onboarding_rating",
    "onboarding_time",
    "time_to_launch",
    "revenue_trained_30",
    "revenue_trained_90",
)
_HELD_AS = {Measure.SHARE: Kind.SHARE, Measure.MONEY: Kind.MONEY}
FILE_COLUMNS = (
    Column("CSM"),
    Column("Accounts", Kind.WHOLE),
    Column("Revenue", Kind.MONEY, "A year, in the reporting currency"),
    *(
        column
        for one in (BY_NAME[name] for name in FILE_NAMES)
        for column in (
            Column(one.label, _HELD_AS.get(one.measure, Kind.NUMBER), one.text),
            Column(f"{one.label}, counts", Kind.NUMBER, "Numerator"),
            Column(f"{one.label}, of", Kind.NUMBER, f"Denominator: {one.counts}"),
        )
    ),
    Column("Against the standard"),
    Column("Against chance"),
)


def file_row(one: Line, found: RetentionPage) -> list[FileCell]:
    cells: list[FileCell] = [one.name, one.accounts, round(one.arr, 2)]
    for name in FILE_NAMES:
        figure = one.figures[name]
        told = figure.shown not in (Shown.REASON, Shown.COUNTS) and figure.value != float("inf")
        cells += [figure.value if told else None, figure.numerator, figure.denominator]
    kept = found.compared.by_csm.get(one.id) if one.scope == Scope.CSM else None
    cells += [against_standard(kept), against_team(kept, found.compared)] if kept is not None else ["", ""]
    return cells
