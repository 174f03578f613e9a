"""What accounts name, with an owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.base.words import Cause
from voc.metrics.board import Board, CauseLine
from voc.web import view
from voc.web.followups_view.words import CAUSES


@dataclass(frozen=True)
class CauseRow:
    name: str
    accounts: str
    revenue: str
    owner: str
    doing: str


def causes_heading(causes: Sequence[CauseLine]) -> str:
    if not causes:
        return "No cause is named by 3 accounts yet"
    number = ("One cause", "Two causes", "Three causes")[len(causes) - 1]
    without = sum(not one.owner for one in causes)
    if not without:
        return f"{number}, {'each ' if len(causes) > 1 else ''}with an owner"
    if without == len(causes):
        return f"{number}, without an owner"
    return f"{number}, {without} of them without an owner"


def cause_row(one: CauseLine, found: Board) -> CauseRow:
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


def causes_note(found: Board) -> str:
    if len(found.causes) < 2:
        return ""
    first, second = found.order_certain
    told = "An account can name several."
    if not first:
        return f"{told} The order of the causes is not certain."
    return f"{told} The order of the second and third is not certain." if not second else told
