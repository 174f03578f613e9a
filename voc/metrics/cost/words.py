"""The sentences of what silence costs (3-metrics 4.4 to 4.6). The published figure is a prior and never a fact."""

import math

from voc.metrics.cost.backtest import Backtest, Rival, TooEarly
from voc.metrics.cost.table import LEAST_IN_GROUP, LEAST_LOST, Cost, Share, Times, TwoByTwo
from voc.metrics.wording import MINUS, many, percent

LEAST_FOR_A_SHARE, LEAST_FOR_AN_INTERVAL = 5, 10  # 3-metrics 0.7
OTHERS = "Others report 7 times, at most 14."


def number(times: float) -> str:
    """3.4, 11; a ratio has no more to it than that."""
    if math.isinf(times):
        return "any number of"
    return f"{times:.1f}" if times < 9.95 else f"{times:.0f}"


def span(times: Times) -> str:
    """1.9 to 6.3; 2.1 and more."""
    if math.isinf(times.high):
        return f"{number(times.low)} and more"
    return f"{number(times.low)} to {number(times.high)}"


def against(table: TwoByTwo) -> str:
    a, b = table.silent, table.responding
    return f"{a.left} of {a.all} against {b.left} of {b.all}"


def headline(cost: Cost) -> str:
    """The one sentence: our own figure where it can be told, else that it cannot and what to go by until then."""
    table = cost.table
    if not table.enough or table.crude is None:
        return cannot_tell(table)
    if cost.stratified is not None:
        times = cost.stratified
        return (
            f"Silent accounts left {number(times.value)} times as often ({span(times)}), segment for segment: "
            f"{against(table)}."
        )
    if math.isinf(table.crude.value):
        return (
            f"Of {table.silent.all} silent accounts {table.silent.left} left, of {table.responding.all} responding "
            f"ones none: at least {number(table.crude.low)} times as often."
        )
    return f"Silent accounts left {number(table.crude.value)} times as often ({span(table.crude)}): {against(table)}."


def cannot_tell(table: TwoByTwo) -> str:
    a, b = table.silent, table.responding
    told = (
        f"Your own renewals cannot tell yet: {a.left} of {a.all} silent and {b.left} of {b.all} responding accounts "
        f"left. {OTHERS}"
    )
    if table.guess is None:
        return told
    times = table.guess.times
    return f"{told} Our cautious guess for you: {number(times.value)} times ({span(times)})."


def when_enough(table: TwoByTwo) -> str:
    """What is still missing, in renewals."""
    lost = table.silent.left + table.responding.left
    missing = [
        (LEAST_LOST - lost, "lost"),
        (LEAST_IN_GROUP - table.silent.all, "silent"),
        (LEAST_IN_GROUP - table.responding.all, "responding"),
    ]
    told = [f"{count} more {what}" for count, what in missing if count > 0]
    return f"It will be enough once {_listed(told)} accounts were decided." if told else ""


def _listed(told: list[str]) -> str:
    return " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]


def crude(cost: Cost) -> str:
    """The figure without regard to segments, and what the difference says."""
    table = cost.table
    if not table.enough or table.crude is None or cost.stratified is None:
        return ""
    told = f"Crude figure: {number(table.crude.value)} times ({span(table.crude)})"
    if cost.mix_explains:
        return f"{told}, more than a quarter away from the one above: the mix of segments explains part."
    return f"{told}, close to the one above, so the mix of segments explains little."


def treated(cost: Cost) -> str:
    """Our own rescue work changes what is seen; both readings stand side by side."""
    if not cost.treated:
        return ""
    a, b = cost.untreated.silent, cost.untreated.responding
    return (
        f"{cost.treated} of the {cost.table.silent.all} had a call of ours between that day and the decision; "
        f"without treated accounts {a.left} of {a.all} silent and {b.left} of {b.all} responding left."
    )


def exact(cost: Cost) -> str:
    if cost.exact is None:
        return ""
    chance = f"{cost.exact:.2g}" if cost.exact >= 0.0001 else "under 0.0001"
    return f"If silence meant nothing, a table at least this uneven would come up with a chance of {chance} (Fisher)."


def fitted(cost: Cost) -> str:
    model = cost.fitted
    lost = cost.table.silent.left + cost.table.responding.left
    if model is None:
        return f"A fitted model is shown from 20 lost accounts on; there are {lost}." if lost < 20 else ""
    how = "penalised likelihood, for there are under 100 losses" if model.penalised else "plain likelihood"
    return (
        f"With {' and '.join(model.predictors)} in one model, the odds of leaving are {number(model.times.value)} "
        f"times as high for a silent account ({span(model.times)}; {how})."
    )


def band(share: Share) -> str:
    """9 of 31 left (16 to 47%); of 5 to 9 the percentage, of fewer the counts alone."""
    told = f"{share.left} of {share.all} left"
    if share.interval is None or share.all < LEAST_FOR_A_SHARE:
        return told
    if share.all < LEAST_FOR_AN_INTERVAL:
        return f"{told} ({percent(share.left / share.all)})"
    low, high = share.interval
    return f"{told} ({100 * low:.0f} to {100 * high:.0f}%)"


def too_early(found: TooEarly) -> str:
    return (
        "Whether the score foresees who leaves can be tried from 10 lost and 30 kept accounts with a score on the day "
        f"they were read, in quarters that have an earlier one; of those there are {found.lost} and {found.kept}."
    )


def verdict(found: Backtest) -> str:
    """Whether the score is worth more than silent yes or no; if not, the plain reading stands first."""
    first = found.rivals[0] if found.beats else found.rivals[1]
    if found.beats:
        told = "The score sorts better than silent yes or no, by more than chance would give."
    else:
        told = "The score does not sort better than silent yes or no by more than chance would give: go by the state."
    return f"{told} {listed_first(first, found)}"


def listed_first(rival: Rival, found: Backtest) -> str:
    captured = (
        f"{rival.captured:.0f}" if abs(rival.captured - round(rival.captured)) < 0.05 else f"{rival.captured:.1f}"
    )
    return (
        f"Of the {many(rival.listed, 'account')} listed first by {rival.name}, {captured} left; "
        f"{rival.listed} drawn at random would have lost {found.by_chance:.1f}."
    )


def sorts(rival: Rival) -> str:
    """0.71 (0.60 to 0.82)."""
    if rival.low is None or rival.high is None:
        return f"{rival.auc:.2f}"
    return f"{rival.auc:.2f} ({rival.low:.2f} to {rival.high:.2f})"


def calibrated(found: Backtest) -> str:
    """Foretold by the bands of all earlier quarters against what happened."""
    told = f"Foretold by the bands of earlier quarters: {found.expected:.1f} lost; {found.lost} were"
    share = percent(found.lost / found.decided)
    slope = "" if found.slope is None else f"; slope {found.slope:.2f} (1 is right, under 1 too bold)"
    if found.intercept is not None:
        slope += f", intercept {found.intercept:.2f} (0 is right)".replace("-", MINUS)
    brier = "" if found.brier is None else f"; mean squared error {found.brier:.3f}"
    return f"{told} ({share} of {found.decided}){slope}{brier}."
