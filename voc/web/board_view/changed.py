"""What changed in the period, and what is still ours to do."""

from dataclasses import dataclass

from voc.metrics.board import Board
from voc.web import view
from voc.web.figure_view import Asking
from voc.web.parts import Mark

NAMED_SHOWN = 3


@dataclass(frozen=True)
class Changed:
    name: str
    words: str
    mark: Mark | None = None


def changed_of(found: Board, asking: Asking) -> list[Changed]:
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
    empty = f"{view.of(found.empty_places, found.places)} places have nobody we can reach{senior}."
    told.append(Changed("Still ours", empty, mark if found.empty_places else None))
    return told
