"""Nothing that people say of us pays money: not by a file, not by a copy that is edited, not from beside the lines."""

import pytest

from tests.metrics.cards.card import CATALOGUE, DANA, LEADS, MARCH, PLAN, Shares, figures
from tests.metrics.cards.test_months import IN_MARCH
from voc.base.db import Database
from voc.base.words import MeasureFile, Scope
from voc.metrics.cards import amounts, files
from voc.metrics.cards.counting import count
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Result
from voc.metrics.catalogue import BY_NAME, Definition, Kind
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store

OPINIONS = [one for one in BY_NAME.values() if one.kind == Kind.SENTIMENT]
UPKEEP = 'figure = "crm_upkeep"'


def paying(one: Definition) -> str:
    """A scorecard whose only line is that figure, for 500."""
    line = f'figure = "{one.name}"\nstandard = {amounts.example(one)}\nweight = 100\npays = 100\n'
    return f'title = "T"\nabout = "A"\namount = 500\n[[line]]\n{line}'


def refused(text: str) -> str:
    with pytest.raises(CardMistakes) as caught:
        files.load("plan", text)
    return str(caught.value)


def test_no_opinion_of_the_catalogue_is_paid_by_a_file() -> None:
    assert len(OPINIONS) >= 12
    for one in OPINIONS:
        assert f"{one.name} is a sentiment figure and cannot pay money" in refused(paying(one))
    assert files.load("plan", paying(BY_NAME["crm_upkeep"])).amount == 500  # the same file, of our own work


@pytest.mark.parametrize("key", ["pays", "weight", "standard", "amount"])
def test_beside_the_lines_there_is_nothing_to_pay_by(key: str) -> None:
    beside = f'[[beside]]\nfigure = "nps_people"\n{key} = 40\n'
    assert f"there is no key '{key}'" in refused(paying(BY_NAME["crm_upkeep"]) + beside)


def test_a_copied_plan_is_not_saved_with_an_opinion_in_a_line_that_pays(sqlite: Database) -> None:
    with sqlite.begin() as db:
        run.copy(db, "monthly-plan", name="our-plan", by="Clara", now=IN_MARCH)
        text = run.text_of(db, "our-plan")
    assert text.count(UPKEEP) == 1
    for one in OPINIONS:
        edited = text.replace(UPKEEP, f'figure = "{one.name}"')
        with pytest.raises(CardMistakes, match="sentiment figure and cannot pay money"), sqlite.begin() as db:
            run.save(db, "our-plan", edited, by="Clara", now=IN_MARCH)
    with sqlite.read() as db:
        assert [one.text for one in store.versions(db, MeasureFile.SCORECARD, "our-plan")] == [text]


def plan_month(text: str, score: tuple[float, float]) -> Result:
    """Dana's month: three of four confirmed ahead, the rest reached; and what people said, (part, whole)."""
    worked: Shares = {
        "confirmed_ahead": (3.0, 4.0),
        "on_time_renewal": (4.0, 4.0),
        "voc_contribution": (20.0, 20.0),
        "crm_upkeep": (4.0, 4.0),
        "nps_accounts": score,
    }
    card = files.load("plan", text, catalogue=CATALOGUE)
    found = count(card, MARCH, books=(DANA,), leads=LEADS, figures=figures({"dana": worked}), catalogue=CATALOGUE)
    return next(one for one in found if one.scope == Scope.CSM)


def test_the_best_and_the_worst_score_beside_or_weighing_change_no_cent() -> None:
    """30 of the 40 and all of the other 60: $900, whatever was said; a line that only weighs moves points alone."""
    beside = PLAN + '[[beside]]\nfigure = "nps_accounts"\n'
    weighs = PLAN.replace("weight = 10\n", "weight = 5\n") + (
        '[[line]]\nfigure = "nps_accounts"\nstandard = 30\nweight = 5\n'
    )
    for text in (beside, weighs):
        worst, best = (plan_month(text, score) for score in ((0.0, 10.0), (10.0, 10.0)))
        assert (worst.money, best.money) == (900.0, 900.0)
        assert [one.money for one in (*best.lines, *best.beside) if one.kind == Kind.SENTIMENT] == [None]
    assert worst.points is not None
    assert best.points == pytest.approx(worst.points + 5)
