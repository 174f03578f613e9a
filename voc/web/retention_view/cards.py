"""One figure as a card, in money where it counts money."""

from dataclasses import replace

from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import Figure, Shown
from voc.metrics.money.page import RetentionPage
from voc.web import figure_view, view
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.parts import Card, Link

IN_MONEY = frozenset(
    ("revenue_churn", "grr", "nrr", "expansion", "upsell", "cross_sell", "whitespace", "net_profitability",
     "revenue_trained_30", "revenue_trained_90")
)  # fmt: skip


def card_of(found: RetentionPage, wanted: Wanted, name: str) -> Card:
    figure = found.whole.figures[name]
    card = figure_view.card(figure, wanted.asking, notes=_extras(figure, found.currency))
    card = replace(card, links=[*card.links, *figure_view.longer(figure, wanted, "/retention")])
    if figure.shown not in (Shown.REASON, Shown.COUNTS):
        card = replace(card, of=amounts(figure, found.currency))
    return card


def amounts(figure: Figure, currency: str) -> str:
    """The count behind it, in money where it counts money, with the number of rows."""
    if figure.name in IN_MONEY:
        money = f"{view.money(figure.numerator, currency)} of {view.money(figure.denominator, currency)}"
        return f"{money}, {rows_of(figure)}"
    return figure_view.counts(figure)


def rows_of(figure: Figure) -> str:
    """55 renewals; 60 accounts in 70 rows, for an account that changed hands has one for each of its owners."""
    what = BY_NAME[figure.name].rows
    if what != "accounts" or figure.accounts == figure.counted:
        return f"{view.number(figure.counted)} {what if figure.counted != 1 else what.removesuffix('s')}"
    return f"{view.count(figure.accounts, 'account')} in {view.number(figure.counted)} rows, one for each owner"


def _extras(figure: Figure, currency: str) -> list[str]:
    notes = []
    if figure.name == "nrr" and (figure.extra.get("largest_share") or 0) > 0.25:
        notes.append(f"one account is {view.percent(figure.extra['largest_share'])} of it")
    if figure.name in ("onboarding_time", "time_to_launch") and figure.extra.get("open"):
        oldest = figure.extra.get("oldest_open")
        notes.append(
            f"{view.number(figure.extra['open'])} open, the oldest for {view.count(round(oldest or 0), 'day')}"
        )
    if figure.name == "onboarding_time" and figure.extra.get("open"):
        notes[-1] += ", of those that began in the period"
    if figure.name == "stuck_accounts" and figure.counted:
        notes.append(
            f"steps open now in {view.count(figure.accounts, 'account')}, whenever they began: waiting for the start, "
            "going live or in training"
        )
        if figure.parts.get("no_yardstick"):
            few = figure.parts["no_yardstick"]
            notes.append(f"{view.count(few, 'more is', 'more are')} open with too few completed to compare")
    if figure.left_out:
        notes.append(f"without {view.listed(figure.left_out)}: no exchange rate for {currency}")
    if figure.parts.get("no_revenue"):
        notes.append(f"{view.count(figure.parts['no_revenue'], 'row')} without an amount in the CRM")
    return notes


def expansion_of(found: RetentionPage, wanted: Wanted) -> Card:
    """New units and new products apart."""
    figures, asking = found.whole.figures, wanted.asking
    card = card_of(found, wanted, "expansion")
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
