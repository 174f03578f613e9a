"""Lines of scorecards, frozen with their month."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from voc.base.schema import measure_file, scorecard_month, scorecard_result
from voc.base.words import Scope
from voc.metrics.cards.model import Result
from voc.reports.star.figures import of_scope
from voc.reports.star.joined import stream
from voc.reports.star.model import MONEY, NUMBER, TEXT, WHOLE, YES, Of, Plain, Sort, StarTable, day_key, plain, refers

_OF_LINE = (
    "figure", "days", "value", "numerator", "denominator", "state", "standard", "weight", "weight_counted",
    "attainment", "points", "pays", "money", "gap", "definition_version",
)  # fmt: skip


def _lines(db: Connection, _of: Of) -> Iterator[Any]:
    month, result = scorecard_month.c, scorecard_result.c
    query = (
        select(month.name, month.month, month.revision, month.approved_at, measure_file.c.number, scorecard_result)
        .select_from(
            scorecard_month.join(scorecard_result, result.month_id == month.id).join(
                measure_file, measure_file.c.id == month.file_id
            )
        )
        .order_by(month.month, month.name, month.revision, result.scope, result.scope_id)
    )
    for row in stream(db, query):
        found = msgspec.convert(row.result, Result)
        for place, line in enumerate(found.lines, 1):
            yield Plain(
                {
                    "card": row[0],
                    "month": row.month,
                    "revision": row.revision,
                    "approved": row.approved_at is not None,
                    "file_version": row.number,
                    "scope": row.scope,
                    "scope_id": row.scope_id,
                    "lead_id": row.lead_id,
                    "place": place,
                    **{name: getattr(line, name) for name in _OF_LINE},
                }
            )


SCORECARD_LINE = StarTable(
    "fact_scorecard_line",
    Sort.FACT,
    "Lines of scorecards, frozen with their month. A correction is a further revision: read the highest of each month.",
    (
        plain("card", TEXT, "Name of the scorecard", "scorecard_month.name"),
        day_key("month_date_key", "First day of the month", lambda row: row.month, "scorecard_month.month"),
        plain("revision", WHOLE, "1, or more after a correction", "scorecard_month.revision"),
        plain("approved", YES, "A leader approved this revision", "scorecard_month.approved_at"),
        plain("file_version", WHOLE, "Version of the scorecard's file it was counted by", "measure_file.number"),
        plain("scope", TEXT, "csm, team or total", "scorecard_result.scope"),
        refers("csm_key", "dim_csm", "CSM, if it is of one", of_scope("csm", Scope.CSM), "scorecard_result.scope_id"),
        refers("team_key", "dim_team", "Team: of a CSM as it was then",
               lambda row, of: of.key("team", row.scope_id if row.scope == Scope.TEAM else row.lead_id),
               "scorecard_result.lead_id"),
        plain("place", WHOLE, "Line of the scorecard", "scorecard_result.result"),
        refers("figure_key", "dim_figure", "Figure", lambda row, of: of.key("figure", row.figure),
               "scorecard_result.result"),
        plain("days", WHOLE, "Period", "scorecard_result.result", unit="days"),
        plain("value", NUMBER, "In the figure's own measure", "scorecard_result.result", nulls="see gap and state"),
        plain("numerator", NUMBER, "What counts", "scorecard_result.result", nulls="nothing to count"),
        plain("denominator", NUMBER, "Of how many", "scorecard_result.result", nulls="nothing to count"),
        plain("state", TEXT, "ok, too_few, none_asked, in_flight, suppressed or no_data", "scorecard_result.result"),
        plain("gap", TEXT, "nothing_due, too_few or no_facts", "scorecard_result.result", nulls="it has a value"),
        plain("standard", NUMBER, "What it should reach", "scorecard_result.result", nulls="it has none"),
        plain("weight", NUMBER, "Of a hundred, as the file says", "scorecard_result.result"),
        plain("weight_counted", NUMBER, "After what was left out is shared", "scorecard_result.result"),
        plain("attainment", NUMBER, "Value over standard, up to the line's most", "scorecard_result.result",
              nulls="no value"),
        plain("points", NUMBER, "Weight counted times attainment", "scorecard_result.result"),
        plain("pays", NUMBER, "Share of the sum of money", "scorecard_result.result", unit="percent"),
        plain("money", MONEY, "What it pays", "scorecard_result.result", nulls="it pays nothing",
              unit="reporting currency"),
        plain("definition_version", WHOLE, "Of the figure's definition it was counted by", "scorecard_result.result"),
    ),
    _lines,
    "one line of one month, revision and person, team or company",
)  # fmt: skip
