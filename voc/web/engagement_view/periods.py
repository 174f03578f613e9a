"""A period beside the one before: same people and mix, never one number alone."""

from dataclasses import replace
from datetime import timedelta

from voc.metrics import wording
from voc.metrics.cohorts import Key
from voc.metrics.columns.periods import LEAST_PEOPLE, Change
from voc.metrics.model import Window
from voc.metrics.run import Beside
from voc.web import view
from voc.web.engagement_view.parts import Period, Periods
from voc.web.figure_view import Asking
from voc.web.parts import Mark, Told


def periods_of(found: Beside, asking: Asking, key: Key, *, scores: bool = True) -> Periods:
    """Both are counted for this page, so their rows are too. `scores`: whether what people said is told."""
    live = replace(asking, live=True)
    earlier = found.earlier.to_on

    def rows(name: str) -> tuple[str, str]:
        return live.rows_of(name, key, to=earlier), live.rows_of(name, key, to=found.window.to_on)

    rows_told = [
        _row("Response of people", found.response, "reached_in_time", rows("reached_in_time"), share=True),
    ]
    if scores:
        rows_told.append(_row("Recommend", found.recommend, "nps_people", rows("nps_people"), share=False))
    return Periods(
        heading=f"{_period(found.window)}, beside {_period(found.earlier)}",
        rows=rows_told,
        sentence=" ".join(one for one in (_sentence(found.response), _rounded(found)) if one),
    )


def _period(window: Window) -> str:
    return f"{view.day(window.after_on + timedelta(days=1))} to {view.day(window.to_on)}"


def _rounded(found: Beside) -> str:
    """Whole points need not add up; nothing is said where they do."""
    for change, by in ((found.response, 100), (found.recommend, 1)):
        if change.whole is not None and change.same is not None and change.mix is not None:
            whole, same, mix = (round(by * one) for one in (change.whole[0], change.same[0], change.mix))
            told = None if change.before is None or change.after is None else _apart(change, by)
            if whole != same + mix or (told is not None and told != whole):
                return "Each number is rounded by itself, so they may add up to one more or less."
    return ""


def _apart(change: Change, by: int) -> int:
    return round(by * (change.after or 0.0)) - round(by * (change.before or 0.0))


def _row(name: str, change: Change, figure: str, rows: tuple[str, str], *, share: bool) -> Period:
    return Period(
        name=name,
        before=_told(change.before, change.people_before, figure, rows[0], share=share),
        after=_told(change.after, change.people_after, figure, rows[1], share=share),
        change=_moved(change.whole, share) if change.whole else "too few to compare",
        same=f"{_moved(change.same, share)}, {view.count(change.both, 'person', 'people')}"
        if change.same
        else f"too few: {view.count(change.both, 'person', 'people')} in both, {LEAST_PEOPLE} would do",
        mix=_points(change.mix, share) if change.mix is not None else view.DASH,
    )


def _told(value: float | None, people: int, figure: str, rows: str, *, share: bool) -> Told:
    return Told(_value(value, people, share), Mark(figure, _part(value, people, share), people, rows))


def _part(value: float | None, people: int, share: bool) -> float | None:
    """The numerator behind a share or a score; not told where there are too few."""
    return None if value is None else round(value * people / (1 if share else 100))


def _value(value: float | None, people: int, share: bool) -> str:
    if value is None:
        return f"{view.count(people, 'person', 'people')}: too few, {LEAST_PEOPLE} in 3 accounts would do"
    told = wording.percent(value) if share else wording.points(value)
    return f"{told} of {view.number(people)}" if share else f"{told} from {view.number(people)}"


def _points(value: float, share: bool) -> str:
    return wording.points(100 * value if share else value)


def _moved(change: tuple[float, float | None, float | None], share: bool) -> str:
    value, low, high = change
    if low is None or high is None:
        return _points(value, share)
    span = f"{_points(value, share)} ({_points(low, share)} to {_points(high, share)})"
    return span if low > 0 or high < 0 else f"{span}: not distinguishable from no change"


def _sentence(change: Change) -> str:
    if change.whole is None or change.same is None or change.mix is None:
        return (
            "Once both are enough, a change is split into what the same people did and what is another mix of people."
        )
    whole, (same, low, high) = change.whole[0], change.same
    moved = f"{'rose' if whole > 0 else 'fell'} by {view.count(round(abs(100 * whole)), 'point')}"
    told = (
        f"The response of people {moved if round(100 * whole) else 'stayed where it was'}: "
        f"{_points(same, share=True)} among the {view.count(change.both, 'person', 'people')} asked in both periods, "
        f"{_points(change.mix, share=True)} from asking other people."
    )
    return told if low > 0 or high < 0 else f"{told} What the same people did is not distinguishable from no change."
