"""Figures as each night kept them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base.schema import figure_snapshot
from voc.base.words import Scope
from voc.metrics.model import Shown
from voc.metrics.run.kept import BOOK
from voc.reports.star.joined import stream
from voc.reports.star.model import NUMBER, TEXT, WHOLE, Field, Of, Sort, StarTable, day_key, plain, refers


def _figures(db: Connection, _of: Of) -> Iterator[Any]:
    """In the order of the days, so that a quarter is written once and for good."""
    columns = figure_snapshot.c
    query = select(figure_snapshot).where(columns.window_days > 0, columns.name != BOOK)
    return stream(db, query.order_by(columns.as_of, columns.scope, columns.scope_id, columns.name, columns.window_days))


def of_scope(dimension: str, scope: Scope) -> Any:
    return lambda row, of: of.key(dimension, row.scope_id if row.scope == scope else None)


def _value(row: Any, _of: Of) -> float | None:
    """As a page tells it: under five only the counts."""
    shown = row.detail.get("shown") if row.detail else None
    return None if shown in (Shown.REASON, Shown.COUNTS) else row.value


_NO_INTERVAL = "under 10 or 3 accounts, or a figure without one"


FIGURE = StarTable(
    "fact_figure",
    Sort.FACT,
    "Figures as each night kept them, a file a quarter. What was kept is never counted again: the file of a past "
    "quarter stays the same, byte for byte, whatever is merged, handed over or answered late.",
    (
        refers("figure_key", "dim_figure", "Figure", lambda row, of: of.key("figure", row.name),
               "figure_snapshot.name"),
        day_key("as_of_date_key", "The night's day", lambda row: row.as_of, "figure_snapshot.as_of"),
        plain("scope", TEXT, "account, csm, team, segment, region or total", "figure_snapshot.scope"),
        refers("account_key", "dim_account", "Account, if it is of one; as it was, a merged one too",
               of_scope("account", Scope.ACCOUNT), "figure_snapshot.scope_id"),
        refers("csm_key", "dim_csm", "CSM, if it is of one", of_scope("csm", Scope.CSM), "figure_snapshot.scope_id"),
        refers("team_key", "dim_team", "Team, if it is of one", of_scope("team", Scope.TEAM),
               "figure_snapshot.scope_id"),
        refers("segment_key", "dim_segment", "Segment, if it is of one", of_scope("segment", Scope.SEGMENT),
               "figure_snapshot.scope_id"),
        refers("region_key", "dim_region", "Region, if it is of one", of_scope("region", Scope.REGION),
               "figure_snapshot.scope_id"),
        plain("window_days", WHOLE, "Period that ended that day", "figure_snapshot.window_days", unit="days"),
        Field("value", NUMBER, "In the figure's own measure", _value, "figure_snapshot.value", "see dim_figure.measure",
              nulls="nothing to count, or under five: then the counts alone are told"),
        plain("numerator", NUMBER, "What counts", "figure_snapshot.numerator", nulls="nothing to count"),
        plain("denominator", NUMBER, "Of how many", "figure_snapshot.denominator", nulls="nothing to count"),
        plain("low", NUMBER, "Lower end of its interval", "figure_snapshot.low", nulls=_NO_INTERVAL),
        plain("high", NUMBER, "Upper end", "figure_snapshot.high", nulls=_NO_INTERVAL),
        plain("level", NUMBER, "Of the interval, 0.95", "figure_snapshot.level", nulls=_NO_INTERVAL),
        plain("interval_kind", TEXT, "Which question it answers", "figure_snapshot.interval_kind", nulls=_NO_INTERVAL),
        plain("state", TEXT, "ok, too_few, none_asked, in_flight, suppressed or no_data", "figure_snapshot.state"),
        plain("reason", TEXT, "Why there is no value", "figure_snapshot.reason", nulls="there is one"),
        plain("definition_version", WHOLE, "Of the definition it was counted by",
              "figure_snapshot.definition_version"),
    ),
    _figures,
    "one figure of one scope, night and period",
    parted=lambda row: row.as_of,
)  # fmt: skip
