"""What accounts name, with an owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.base.words import Cause
from voc.metrics.board import Board, CauseLine
from voc.metrics.forest.people import BELOW, Cut
from voc.metrics.run.forest.views import Asked
from voc.web import view
from voc.web.followups_view.words import CAUSES
from voc.web.forest_view import words
from voc.web.parts import Mark


@dataclass(frozen=True)
class CauseRow:
    name: str
    accounts: str
    mark: Mark | None
    revenue: str
    owner: str
    doing: str


def causes_heading(causes: Sequence[CauseLine]) -> str:
    if not causes:
        return "No cause to show yet"
    number = ("One cause", "Two causes", "Three causes")[len(causes) - 1]
    without = sum(not one.owner for one in causes)
    if not without:
        return f"{number}, {'each ' if len(causes) > 1 else ''}with an owner"
    if without == len(causes):
        return f"{number}, without an owner"
    return f"{number}, {without} of them without an owner"


def cause_row(one: CauseLine, found: Board, rows: Asked | None) -> CauseRow:
    """`rows` is the view of the Forest that the causes are of, where it still says the same."""
    share = f", {view.percent(one.accounts / found.heard)}" if found.heard >= max(5, one.accounts) else ""
    owner = f"{one.owner}, {view.short_day(one.due_on)}" if one.owner else "nobody yet"
    return CauseRow(
        cause_name(one.name),
        f"{one.accounts}{share}",
        _mark(one, rows),
        view.DASH if one.arr is None else view.money(one.arr, found.currency),
        owner,
        one.doing or "open an improvement to give it an owner",
    )


def _mark(one: CauseLine, rows: Asked | None) -> Mark | None:
    if one.theme_id is None or rows is None:
        return None
    return words.accounts_mark(one.accounts, words.comments_address(rows, one.theme_id, Cut.SCORE, BELOW))


def cause_name(name: str) -> str:
    """A theme has its own name; a root cause is one of our words."""
    return CAUSES[Cause(name)] if name in {one.value for one in Cause} else name


def causes_note(found: Board) -> str:
    if not found.causes:
        return ""
    if len(found.causes) == 1:
        return "Written of by people who scored 8 or less."
    first, second = found.order_certain
    told = "Written of by people who scored 8 or less. An account can name several."
    if not first:
        return f"{told} The order of the causes is not certain."
    return f"{told} The order of the second and third is not certain." if not second else told
