"""One CSM's month: the same page for the CSM and for the leader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc.metrics.cards import months, wording
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.store.cards import Frozen
from voc.web import view
from voc.web.cards_view.lines import Amounts, LineShown, line_shown, opening
from voc.web.cards_view.paths import csm_path, month_path, month_words, state_words
from voc.web.parts import Link


@dataclass(frozen=True)
class CsmMonth:
    """One CSM's month: the same page for the CSM and for the leader."""

    heading: str
    lede: str
    title: str
    card: str
    month: str
    month_words: str
    state: str
    grave: bool
    lines: Sequence[LineShown]
    beside: Sequence[LineShown]
    pays: bool
    points: str
    paid: str
    full: str
    weight: str
    notes: Sequence[str]
    missing: Sequence[tuple[str, str]]
    others: Sequence["Before"]
    back: Link


@dataclass(frozen=True)
class Before:
    """Another month of the same CSM."""

    words: str
    href: str
    points: str
    paid: str
    share: float | None
    state: str


def csm_month(
    card: Scorecard,
    result: Result,
    month: Month,
    frozen: Frozen | None,
    *,
    others: Sequence[tuple[Frozen, Result]],
    today: date,
    amounts: Amounts,
    has_rows: bool = False,
    counted: str = "",
) -> CsmMonth:
    """`counted`: when a night counted a month under way."""
    opens = opening(card, month, frozen, has_rows=has_rows, today=today)
    lines = [line_shown(one, result, month, opens=opens, amounts=amounts) for one in result.lines]
    words = month_words(month)
    pays = any(one.pays for one in result.lines)
    return CsmMonth(
        heading=f"{result.name}, {words}: {wording.sum_of(result)}",
        lede=f"{card.title}. {view.count(result.accounts, 'account')} at the month’s end. "
        "Each line against its own standard, and nobody against anybody.",
        title=card.title,
        card=card.name,
        month=months.written(month),
        month_words=words,
        state=state_words(frozen, month, today, counted=counted),
        grave=frozen is None or frozen.approved_at is None,
        lines=lines,
        beside=[line_shown(one, result, month, opens=opens, amounts=amounts) for one in result.beside],
        pays=pays,
        points=view.DASH if result.points is None else f"{result.points:.1f}",
        paid=amounts.exact(result.money) if pays else "",
        full=amounts.exact(result.full_money) if pays else "",
        weight=f"{sum(one.weight for one in result.lines):g}",
        notes=_notes(card, result, amounts, pays=pays),
        missing=[(one.label, one.missing) for one in lines if one.missing],
        others=[_before(card, one, amounts) for one in others if one[0].month != month],
        back=Link(words, month_path(card.name, month)),
    )


_LEFT_AND_KEPT = frozenset({"customer_churn", "logo_retention", "revenue_churn", "grr", "nrr"})


def _notes(card: Scorecard, result: Result, amounts: Amounts, *, pays: bool) -> list[str]:
    found = []
    if part := wording.part_of_month(result):
        shrinks = pays and card.proration == "days"
        found.append(f"{part} The amount is for those days: {amounts.exact(result.full_money)}." if shrinks else part)
    if not _LEFT_AND_KEPT.isdisjoint(card.figures):
        found.append("Influenced, not owned: churn has many parents, and a CSM is one of them.")
    if pays and result.money is None:
        found.append("Nothing could be counted, so no sum is named. What is paid is the leader’s to decide.")
    return found


def _before(card: Scorecard, one: tuple[Frozen, Result], amounts: Amounts) -> Before:
    frozen, result = one
    return Before(
        words=month_words(frozen.month),
        href=csm_path(card.name, frozen.month, result.id),
        points=view.DASH if result.points is None else f"{result.points:.0f}",
        paid=amounts.exact(result.money) if result.money is not None else "",
        share=None if result.points is None else result.points / 100,
        state="approved" if frozen.approved_at else "not approved yet",
    )
