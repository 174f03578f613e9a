"""A line for each CSM: what was kept, against the standard first, against chance second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from voc.metrics import enough, wording
from voc.metrics.catalogue import BY_NAME
from voc.metrics.definition import Measure
from voc.metrics.enough import LEAST_COMPARED, NOTHING, Missing
from voc.metrics.model import Figure, Shown
from voc.metrics.money.compared import Kept
from voc.metrics.money.page import Line, RetentionPage
from voc.web import figure_view, view
from voc.web.figure_view import Asking, Cell
from voc.web.retention_view.cards import IN_MONEY


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


COLUMNS = (
    ("Revenue lost", "revenue_churn"),
    ("Gross", "grr"),
    ("Net", "nrr"),
    ("Expansion", "expansion"),
    ("Onboarding rating", "onboarding_rating"),
    ("Time to launch", "time_to_launch"),
    ("Trained in 30 days", "revenue_trained_30"),
    ("Trained in 90 days", "revenue_trained_90"),
)


def row_of(one: Line, found: RetentionPage, asking: Asking, *, own: bool, kept: Kept | None) -> Row:
    return Row(
        name=one.name,
        of=view.count(one.accounts, "account"),
        own=own,
        kept=_cell(one.figures["logo_retention"], asking, one.name, found.currency),
        standing=kept.standard if kept is not None and kept.standard in ("meets", "below") else "",
        against_standard=against_standard(kept) if kept is not None else "",
        against_team=against_team(kept) if kept is not None else "",
        beyond=kept is not None and kept.beyond,
        cells=[(head, _cell_of(one, name, asking, found.currency)) for head, name in COLUMNS],
    )


def _cell_of(one: Line, name: str, asking: Asking, currency: str) -> Cell:
    """Of expansion what new units and new products brought, apart."""
    cell = _cell(one.figures[name], asking, one.name, currency)
    if name != "expansion" or one.figures[name].shown in (Shown.REASON, Shown.COUNTS):
        return cell
    parts = [
        f"{words} {view.money(one.figures[part].numerator, currency)}".replace(" ", "\u00a0")
        for part, words in (("whitespace", "units"), ("cross_sell", "products"))
        if one.figures[part].numerator
    ]
    return replace(cell, of="; ".join([cell.of, *parts]))


def _cell(figure: Figure, asking: Asking, who: str, currency: str) -> Cell:
    if figure.shown == Shown.COUNTS and figure.name in IN_MONEY:
        return replace(figure_view.cell(figure, asking, who=who, of=_few(figure)), value="too few")
    if figure.shown in (Shown.REASON, Shown.COUNTS):
        return figure_view.cell(figure, asking, who=who)
    of = wording.counts(figure)
    if figure.name in IN_MONEY:
        of = f"of {view.money(figure.denominator, currency)}, {view.count(figure.counted, 'row')}"
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


def against_team(kept: Kept) -> str:
    """Chance second, given the mix of segments and sizes."""
    if kept.team is None:
        return ""
    mix = f" The same mix would keep {view.number(kept.expected, 1)}." if kept.mixed else ""
    if kept.beyond:
        return f"More than chance would give. This does not say why.{mix}"
    if kept.team == "edge":
        return f"Worth a look. About 1 average book in 22 lands this far out by chance.{mix}"
    return f"Within what chance alone would give for {view.count(kept.decided, 'renewal')}.{mix}"
