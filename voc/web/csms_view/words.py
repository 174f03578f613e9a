"""What is said of one CSM's book, and how we know it."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc import statistics
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.run.csms import CsmsPage, Line
from voc.web import view

USUAL_DEFF = 1.6  # twenty accounts of four people who answer alike by 0.2


def yardstick(found: CsmsPage) -> str:
    if found.by_mix:
        return (
            "Segments answer unlike each other, so each book is compared with what the team gets from the same "
            "segments, roles and channels."
        )
    return "Segments answer alike, so each book is compared with the team’s rate."


def footer(found: CsmsPage) -> str:
    return wording.expected(_usual(found))


def _usual(found: CsmsPage) -> wording.Usual:
    return wording.Usual(found.compared, found.expected_outside)


def in_all(found: CsmsPage) -> str:
    """Why the lines add up to less than the segments; nothing of one book, or where they do not."""
    page = found.engagement
    if page.whole.scope == Scope.CSM:
        return ""
    figure = page.whole.figures["response_rate"]
    apart = figure.counted - sum(line.figures["response_rate"].counted for line in page.lines)
    if apart <= 0:
        return ""
    told = f"In all {wording.counts(figure)} answered, as on Engagement: {view.count(apart, 'invitation')}"
    return f"{told} of accounts just handed over or without a CSM {'stands' if apart == 1 else 'stand'} in no line."


def against_team(one: Line, found: CsmsPage) -> str:
    """The second comparison in the words of the definitions; by the mix where segments differ."""
    judged = one.judged
    if judged.team is None:
        return ""
    late = one.comparison.spread_known and not judged.by_mix
    return wording.chance(one.comparison, judged.team, _usual(found), beyond=judged.beyond, late=late)


def guess(one: Line) -> str:
    return view.percent(one.guess.rate) if one.guess and one.comparison.state == "ok" else view.DASH


def guess_of(one: Line) -> str:
    if one.guess is None or one.comparison.state != "ok":
        return ""
    if one.guess.interval is None:
        return "the team’s"
    return view.span(*one.guess.interval).rstrip("%")


def mix(one: Line) -> str:
    if one.mix is None or one.comparison.state != "ok":
        return view.DASH
    return f"{one.mix.expected:.0f}"


def mix_of(one: Line) -> str:
    if one.mix is None or one.mix.ratio is None or one.comparison.state != "ok":
        return ""
    return f"ratio {one.mix.ratio:.2f}"


def how(found: CsmsPage, preferences: Preferences) -> list[str]:
    standard, compared = preferences.response_standard, found.comparisons
    deffs = [one.comparison.deff for one in found.lines if one.comparison.state == "ok"]
    told = [
        "A book of few invitations moves a lot by chance. Colleagues in one account answer alike "
        f"(correlation {compared.icc:.2f}), so invitations count for less than their number: the effective ones."
    ]
    if found.worth is not None:
        told.append(
            "The best guess of the underlying rate draws each book to the team’s rate, which is worth "
            f"{found.worth:.0f} invitations here. The counts stay the headline; the guess is for setting targets."
        )
    else:
        told.append(
            "The books do not differ by more than chance, so the best guess of every underlying rate is the team’s."
        )
    if compared.tau2 > 0:
        told.append(
            "CSMs differ here by more than chance; the lines around the team allow for that much, and a flag means "
            "unusual even so."
        )
    told.append(
        "Several books are looked at together: one is beyond chance too if at most 1 in 10 of those named would be "
        "named by chance (false discovery rate)."
    )
    power = power_words(standard, deffs)
    return [*told, power] if power else told


@dataclass(frozen=True)
class Power:
    """True response, and the invitations it takes at the inner and the outer lines."""

    deff: float
    rows: Sequence[tuple[str, str, str]]


def power() -> Power:
    """Against 50% at the usual design effect: for the help, where nobody's book is looked at (3-metrics 2.6)."""
    rows = [
        (view.percent(low), *(view.number(_needed(0.5, low, k=k, deff=USUAL_DEFF)) for k in (2, 3)))
        for low in (0.35, 0.40)
    ]
    return Power(USUAL_DEFF, [(name, inner, outer) for name, inner, outer in rows])


def _needed(standard: float, low: float, *, k: int, deff: float) -> int:
    return statistics.n_needed(p0=standard, p1=low, k=k, deff=deff)


def power_words(standard: float, deffs: Sequence[float]) -> str:
    """What it would take to see a true shortfall: honest power."""
    if not deffs:
        return ""
    deff = sum(deffs) / len(deffs)
    told = []
    for gap in (0.15, 0.10):
        low = standard - gap
        if low > 0:
            inner, outer = (_needed(standard, low, k=k, deff=deff) for k in (2, 3))
            told.append(
                f"a true {view.percent(low)} takes {view.number(inner)} invitations at the inner lines and "
                f"{view.number(outer)} at the outer ones"
            )
    if not told:
        return ""
    return (
        f"To see, against {view.percent(standard)} and in 4 of 5 periods, {'; '.join(told)} "
        f"(design effect {deff:.1f}). "
        "Most books are smaller: use longer windows, not sharper words."
    )
