"""From the places that should be heard to those that answered, one denominator."""

from collections.abc import Mapping

from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.model import Figure, Shown
from voc.metrics.pages import ScopeFigures
from voc.web import figure_view, view
from voc.web.figure_view import Asking
from voc.web.parts import Chain, Stage

LEAST_FOR_A_SHARE = 5  # 3-metrics 0.7


def chain_counts(figures: Mapping[str, Figure]) -> tuple[int, int, int, int]:
    """Census, invited, delivered, answered: places, each the numerator of its own figure."""
    return (
        round(figures["participation"].denominator or 0),
        round(figures["places_invited"].numerator or 0),
        round(figures["places_delivered"].numerator or 0),
        round(figures["participation"].numerator or 0),
    )


def participation_chain(one: ScopeFigures, asking: Asking, *, is_whole: bool) -> Chain:
    census, invited, delivered, answered = counts = chain_counts(one.figures)
    parts = one.figures["participation"].parts
    no_contact = parts.get("no_contact", 0)
    if census == 0:
        return _empty_chain(one.name)
    missing = census - invited
    asked_now = parts.get("in_flight", 0)
    not_invited = "has no contact" if missing == 1 else "have no contact"
    gone = (
        f"{view.number(missing)} {not_invited}"
        if missing == no_contact
        else f"{view.number(missing - asked_now)} not invited"
    )
    if asked_now:
        gone += f", {view.number(asked_now)} being asked now"
    lost = (
        "places, the census",
        gone,
        f"{view.count(invited - delivered, 'place')} lost to bounces",
        f"{view.number(delivered - answered)} gave no answer",
    )
    names = ("should be heard", "invited", "delivered", "answered")
    figures = ("participation", "places_invited", "places_delivered", "participation")
    stages = [
        Stage(name, view.number(count), count / census, words, figure_view.mark(one.figures[figure], asking))
        for name, count, words, figure in zip(names, counts, lost, figures, strict=True)
    ]
    heading = one.name if not is_whole or one.scope == Scope.CSM else f"All, {view.count(one.accounts, 'account')}"
    return Chain(stages, f"Participation in places, {heading}", heading, _sentence(one, counts))


def _empty_chain(name: str) -> Chain:
    waits = ("no places yet", "no wave yet", "nothing sent", "none asked")
    names = ("should be heard", "invited", "delivered", "answered")
    stages = [Stage(one, view.DASH, 0.0, words) for one, words in zip(names, waits, strict=True)]
    return Chain(
        stages, "Participation, nothing counted yet", name, "A dash is not a zero: nobody was asked.", ghost=True
    )


def _sentence(one: ScopeFigures, counts: tuple[int, int, int, int]) -> str:
    figure = one.figures["participation"]
    told = wording.chain(figure, who="we")
    shares = "" if figure.shown in (Shown.COUNTS, Shown.REASON) else product(counts)
    return f"{told} {shares}" if shares else told


def product(counts: tuple[int, int, int, int]) -> str:
    """88% invited × 91% delivered × 65% answered = 52%; empty where a share would be one of fewer than five places."""
    census, invited, delivered, answered = counts
    steps = ((invited, census, "invited"), (delivered, invited, "delivered"), (answered, delivered, "answered"))
    if min(whole for _, whole, _ in steps) < LEAST_FOR_A_SHARE:
        return ""
    told = " × ".join(f"{view.percent(part / whole)} {name}" for part, whole, name in steps)
    return f"{told} = {view.percent(answered / census)}."
