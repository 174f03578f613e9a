"""The six programme figures, each with its count and what changed since."""

from dataclasses import dataclass

from voc.base.preferences import Preferences
from voc.base.words import AccountState
from voc.metrics import wording
from voc.metrics.board import Board, Change, SixLine, least_compared
from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import Figure, Shown
from voc.metrics.run.near_views import is_kept_back
from voc.web import figure_view, view
from voc.web.figure_view import Asking
from voc.web.parts import Mark


@dataclass(frozen=True)
class Six:
    name: str
    now: str
    of: str
    standard: str
    since: str
    mark: Mark | None


def six_of(one: SixLine, preferences: Preferences, asking: Asking, currency: str, found: Board) -> Six:
    figure = one.now
    of = figure_view.counts(figure)
    if figure.name == "silent_accounts" and figure.shown != Shown.REASON:
        silent = next((line for line in found.states if line.state == AccountState.SILENT), None)
        of = f"{of.removesuffix(' accounts')} asked" + (f", {view.money(silent.arr, currency)}" if silent else "")
    of = "; ".join(one for one in (of, wording.more(figure)) if one)
    return Six(
        name=BY_NAME[figure.name].label,
        now=_now(figure),
        of=of,
        standard=figure_view.standard(figure.name, preferences),
        since=since_words(one),
        mark=None if is_kept_back(figure) else figure_view.mark(figure, asking),
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
