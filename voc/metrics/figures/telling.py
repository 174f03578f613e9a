"""From tallies to figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from voc.base.words import FigureState
from voc.metrics import cohorts, enough
from voc.metrics.catalogue import BY_NAME, Definition, Measure, Owner, Spread
from voc.metrics.cohorts import Key
from voc.metrics.figures.counted import SCORES_OF_ACCOUNTS, Counted
from voc.metrics.figures.ranges import interval_of, score_extra
from voc.metrics.figures.showing import UNTOLD, shown_of, state_of
from voc.metrics.model import CountedRow, Figure, Shown, Tally, Window, sample_of

_IN_CONFIDENCE = (
    "Asked in confidence. What may be told comes when the wave is over, and of no fewer than 5 people at 2 accounts."
)


def figure(counted: Counted, key: Key, name: str) -> Figure:
    """One figure of one scope, from what was counted."""
    definition, tally = BY_NAME[name], counted.tallies[key][name]
    state, reason = state_of(definition, tally, scope=key[0], flying=counted.flying.get(key, 0))
    if state == FigureState.NONE_ASKED and definition.owner == Owner.ASKED and key in counted.in_confidence:
        state, reason = FigureState.SUPPRESSED, _IN_CONFIDENCE
    reckoned = None
    if definition.reckon and state not in UNTOLD:
        reckoned = definition.reckon(tally.sample or sample_of(tally.units))
        if reckoned.value is None:
            state, reason = FigureState.NO_DATA, definition.nothing
    untold = state in UNTOLD
    people = counted.people_behind(key, name)
    shown = Shown.REASON if untold else shown_of(definition, tally, scope=key[0], people=people)
    interval = None
    if shown in (Shown.INTERVAL, Shown.TREND):
        interval = reckoned.interval if reckoned else interval_of(counted, key, definition, tally)
    found = Figure(
        name=name,
        scope=key[0],
        scope_id=key[1],
        value=None if untold else reckoned.value if reckoned else _value(definition, tally),
        numerator=reckoned.numerator if reckoned else tally.part,
        denominator=reckoned.denominator if reckoned else tally.whole,
        interval=interval,
        state=state,
        reason=reason,
        shown=shown,
        counted=tally.counted,
        accounts=tally.accounts,
        window=counted.window,
        as_of=counted.window.to_on,
        definition_version=definition.version,
        parts=dict(sorted(tally.labels.items())),
        extra=dict(reckoned.extra) if reckoned else _extra(counted, key, definition, tally),
        left_out=sorted(set(tally.left_out)),
    )
    return msgspec.structs.replace(found, reason=enough.of_figure(found)) if shown == Shown.COUNTS else found


def _value(definition: Definition, tally: Tally) -> float:
    return (100.0 if definition.measure == Measure.SCORE else 1.0) * tally.part / tally.whole


def _extra(counted: Counted, key: Key, definition: Definition, tally: Tally) -> dict[str, float | None]:
    if definition.spread == Spread.SCORE:
        return score_extra(tally)
    if definition.name in SCORES_OF_ACCOUNTS:
        return {"people": float(counted.people_behind(key, definition.name))}
    total = key == cohorts.TOTAL
    if definition.name == "response_rate":
        deff = {"deff": counted.deff(key)} if tally.whole > 0 else {}
        return {**deff, "icc": counted.icc} if total else {**deff}
    return dict(counted.norms.reach) if total and definition.name == "reach" else {}


def of_rows(rows: Sequence[CountedRow], key: Key, definition: Definition, window: Window) -> Figure:
    """The figure that rows of one scope add up to, without a range."""
    tally, counted = Tally(), [row for row in rows if row.whole > 0]
    tally.part, tally.whole = sum(row.part for row in counted), sum(row.whole for row in counted)
    tally.counted, tally.labels = len(counted), Counter(row.label for row in rows)
    return _plain(tally, len({row.account_id for row in counted}), key, definition, window)


def of_sums(
    part: int, labels: Mapping[str, int], accounts: int, key: Key, definition: Definition, *, window: Window
) -> Figure:
    """The same of rows that were added up elsewhere, each of which counts one; `labels` are how many of each."""
    tally, counted = Tally(), sum(labels.values())
    tally.part, tally.whole = float(part), float(counted)
    tally.counted, tally.labels = counted, Counter({label: many for label, many in labels.items() if many})
    return _plain(tally, accounts, key, definition, window)


def _plain(tally: Tally, accounts: int, key: Key, definition: Definition, window: Window) -> Figure:
    nothing = not tally.counted
    return Figure(
        name=definition.name,
        scope=key[0],
        scope_id=key[1],
        value=None if nothing else _value(definition, tally),
        numerator=tally.part,
        denominator=tally.whole,
        interval=None,
        state=FigureState.NO_DATA if nothing else FigureState.OK,
        reason=definition.nothing if nothing else None,
        shown=shown_of(replace(definition, spread=Spread.PLAIN), tally, scope=key[0]),
        counted=tally.counted,
        accounts=accounts,
        window=window,
        as_of=window.to_on,
        definition_version=definition.version,
        parts=dict(sorted(tally.labels.items())),
    )
