"""The table as a file."""

from voc.base.words import Scope
from voc.metrics.catalogue import BY_NAME
from voc.metrics.definition import Measure
from voc.metrics.model import Shown
from voc.metrics.money.page import Line, RetentionPage
from voc.reports.cells import Cell as FileCell
from voc.reports.tables import Column, Kind
from voc.web.retention_view.table import against_standard, against_team

FILE_NAMES = (
    "logo_retention",
    "customer_churn",
    "revenue_churn",
    "grr",
    "nrr",
    "on_time_renewal",
    "renewal_confirmed_90",
    "expansion",
    "upsell",
    "cross_sell",
    "whitespace",
    "onboarding_rating",
    "onboarding_time",
    "time_to_launch",
    "revenue_trained_30",
    "revenue_trained_90",
)
_HELD_AS = {Measure.SHARE: Kind.SHARE, Measure.MONEY: Kind.MONEY}
FILE_COLUMNS = (
    Column("CSM"),
    Column("Accounts", Kind.WHOLE),
    Column("Revenue", Kind.MONEY, "A year, in the reporting currency"),
    *(
        column
        for one in (BY_NAME[name] for name in FILE_NAMES)
        for column in (
            Column(one.label, _HELD_AS.get(one.measure, Kind.NUMBER), one.text),
            Column(f"{one.label}, counts", Kind.NUMBER, "Numerator"),
            Column(f"{one.label}, of", Kind.NUMBER, f"Denominator: {one.counts}"),
        )
    ),
    Column("Against the standard"),
    Column("Against chance"),
)


def file_row(one: Line, found: RetentionPage) -> list[FileCell]:
    cells: list[FileCell] = [one.name, one.accounts, round(one.arr, 2)]
    for name in FILE_NAMES:
        figure = one.figures[name]
        told = figure.shown not in (Shown.REASON, Shown.COUNTS) and figure.value != float("inf")
        cells += [figure.value if told else None, figure.numerator, figure.denominator]
    kept = found.compared.by_csm.get(one.id) if one.scope == Scope.CSM else None
    cells += [against_standard(kept), against_team(kept)] if kept is not None else ["", ""]
    return cells
