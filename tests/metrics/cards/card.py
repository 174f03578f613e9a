"""A catalogue of invented figures and a scorecard over it: the tests of scorecards say only what they are about."""

from collections.abc import Mapping
from datetime import date

from voc.base.words import FigureState, Scope
from voc.metrics.cards import months
from voc.metrics.cards.counting import Figures
from voc.metrics.cards.model import Book
from voc.metrics.catalogue import Definition, Direction, Kind, Measure, Owner
from voc.metrics.model import Figure, Shown, Window

MARCH = months.parse("2026-03")  # 31 days


def define(name: str, kind: Kind, **values: object) -> Definition:
    row = {"label": name.replace("_", " ").capitalize(), "text": "", "counts": "renewals", "owner": Owner.FACT}
    return Definition(name=name, kind=kind, **{**row, **values})  # type: ignore[arg-type]  # one builder for all


CATALOGUE = {
    one.name: one
    for one in (
        define("confirmed_ahead", Kind.RENEWAL),
        define("on_time_renewal", Kind.RENEWAL),
        define("voc_contribution", Kind.PROCESS, counts="accounts"),
        define("crm_upkeep", Kind.PROCESS, counts="weeks"),
        define("customer_churn", Kind.RENEWAL, direction=Direction.DOWN),
        define("time_to_launch", Kind.RENEWAL, direction=Direction.DOWN, measure=Measure.DAYS),
        define("success_stories", Kind.PROCESS, measure=Measure.NUMBER, counts="stories"),
        define("nps_accounts", Kind.SENTIMENT, measure=Measure.SCORE),
        define("call_quality", Kind.SENTIMENT, measure=Measure.MEAN, counts="reviews"),
        define("silent_accounts", Kind.STATE, direction=Direction.DOWN),
    )
}

PLAN = """
title = "Monthly plan"
about = "Renewals and upkeep."
amount = 1000

[[line]]
figure = "confirmed_ahead"
standard = "100%"
weight = 40
pays = 40

[[line]]
figure = "on_time_renewal"
standard = "100%"
weight = 25
pays = 25

[[line]]
figure = "voc_contribution"
standard = "100%"
weight = 25
pays = 25

[[line]]
figure = "crm_upkeep"
standard = "100%"
weight = 10
pays = 10
"""

DANA = Book("dana", "Dana Whitlock", "ingrid", 31, 10, 500_000.0)
JONAS = Book("jonas", "Jonas Brandt", "ingrid", 31, 30, 1_500_000.0)
LEADS = {"ingrid": "Ingrid Solheim"}


def figure(
    name: str,
    part: float | None,
    whole: float,
    *,
    scope: Scope = Scope.CSM,
    id: str = "dana",
    catalogue: Mapping[str, Definition] = CATALOGUE,
) -> Figure:
    """`part` of `whole`; None or nothing of nothing is no data."""
    days, definition = 31, catalogue[name]
    none = part is None or (whole == 0 and definition.measure != Measure.NUMBER)
    scale = 100.0 if definition.measure == Measure.SCORE else 1.0
    value = None if none or part is None else part if definition.measure in _WHOLE else scale * part / whole
    return Figure(
        name=name,
        scope=scope,
        scope_id=id,
        value=value,
        numerator=part or 0.0,
        denominator=whole,
        interval=None,
        state=FigureState.NO_DATA if none else FigureState.OK,
        reason="No renewal was due." if none else None,
        shown=Shown.REASON if none else Shown.PERCENT,
        counted=round(whole),
        accounts=round(whole),
        window=Window(days, date(2026, 2, 28), date(2026, 3, 31)),
        as_of=date(2026, 3, 31),
        definition_version=1,
    )


_WHOLE = (Measure.NUMBER, Measure.DAYS)

Shares = Mapping[str, tuple[float | None, float]]
"""(part, whole) by figure; None is no data."""


def figures(
    of: Mapping[str, Shares],
    *,
    everybody: bool = True,
    days: int = 31,
    catalogue: Mapping[str, Definition] = CATALOGUE,
) -> Figures:
    """(part, whole) by CSM and figure; the team and all are their sums, unless nobody has any."""
    found: dict[tuple[tuple[Scope, str], int], dict[str, Figure]] = {}
    for id, by_name in of.items():
        found[(Scope.CSM, id), days] = {
            name: figure(name, *pair, id=id, catalogue=catalogue) for name, pair in by_name.items()
        }
    for scope, id in ((Scope.TEAM, "ingrid"), (Scope.TOTAL, "")):
        found[(scope, id), days] = {}
        for name in catalogue:
            pairs = [by_name[name] for by_name in of.values() if name in by_name]
            part, whole = sum(pair[0] or 0.0 for pair in pairs), sum(pair[1] for pair in pairs)
            told = part if everybody and whole else None
            found[(scope, id), days][name] = figure(
                name, told, whole if everybody else 0.0, scope=scope, id=id, catalogue=catalogue
            )
    return found
