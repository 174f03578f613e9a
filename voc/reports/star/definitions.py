"""The catalogue of figures as a dimension."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base.schema import figure_snapshot
from voc.metrics.catalogue import CATALOGUE, Definition
from voc.reports.star.model import TEXT, WHOLE, Field, Of, Plain, Sort, StarTable, own_key, plain


def _definitions(db: Connection, _of: Of) -> Iterator[Any]:
    """The catalogue, and figures that were kept under a name it does not have any more."""
    for one in CATALOGUE:
        yield _defined(one)
    known = {one.name for one in CATALOGUE}
    kept = select(figure_snapshot.c.name).where(figure_snapshot.c.window_days > 0).distinct()
    for name in sorted(set(db.execute(kept).scalars()) - known):
        yield Plain({"name": name, "label": name, "text": None, "counts": None, "measure": None, "direction": None,
                     "sort": None, "definition_version": None})  # fmt: skip


def _defined(one: Definition) -> Plain:
    return Plain(
        {
            "name": one.name,
            "label": one.label,
            "text": one.text,
            "counts": one.counts,
            "measure": one.measure,
            "direction": one.direction,
            "sort": one.kind,
            "definition_version": one.version,
        }
    )


_OLD = "a name the catalogue does not have any more"


DEFINITION = StarTable(
    "dim_figure",
    Sort.DIMENSION,
    "Definitions of the figures, as they stand today.",
    (
        own_key("figure_key", "Figure", lambda row, of: of.key("figure", row.name), "catalogue"),
        plain("name", TEXT, "Its key in the catalogue", "catalogue", label=True),
        plain("label", TEXT, "What a page calls it", "catalogue", nulls="in the first row"),
        plain("text", TEXT, "Its definition in words", "catalogue", nulls=_OLD),
        plain("counts", TEXT, "What one row of the denominator is", "catalogue", nulls=_OLD),
        plain("measure", TEXT, "share (0 to 1), score (-100 to 100), mean, days, money or number", "catalogue",
              nulls=_OLD),
        plain("direction", TEXT, "up: more is better", "catalogue", nulls=_OLD),
        Field("kind", TEXT, "process, sentiment, state, renewal or mixed: the first and the fourth may pay money",
              lambda row, _of: row.sort, "catalogue", nulls=_OLD),
        plain("definition_version", WHOLE, "Of today's definition; a fact has the one it was counted by", "catalogue",
              nulls=_OLD),
    ),
    _definitions,
    "one figure",
)  # fmt: skip
