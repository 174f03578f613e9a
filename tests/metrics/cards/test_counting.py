"""A month worked out by hand: shares, gaps that are said and not nought, money in cents, teams, leave-one-out."""

import msgspec
import pytest

from tests.metrics.cards.card import CATALOGUE, DANA, JONAS, LEADS, MARCH, PLAN, Shares, define, figures
from voc.base.words import Scope
from voc.metrics.cards import files, wording
from voc.metrics.cards.counting import Figures, count, without_one
from voc.metrics.cards.model import Book, Gap, Result
from voc.metrics.catalogue import Kind
from voc.metrics.model import Shown

GOOD: Shares = {
    "confirmed_ahead": (3.0, 4.0),
    "on_time_renewal": (4.0, 4.0),
    "voc_contribution": (18.0, 20.0),
    "crm_upkeep": (4.0, 4.0),
}
QUIET: Shares = {**GOOD, "confirmed_ahead": (None, 0.0), "on_time_renewal": (None, 0.0)}


def counted(text: str, of: Figures, *books: Book) -> dict[tuple[Scope, str], Result]:
    card = files.load("plan", text, catalogue=CATALOGUE)
    found = count(card, MARCH, books=books or (DANA, JONAS), leads=LEADS, figures=of, catalogue=CATALOGUE)
    return {(one.scope, one.id): one for one in found}


def test_a_month_of_the_plan_in_points_and_in_money() -> None:
    dana = counted(PLAN, figures({"dana": GOOD, "jonas": GOOD}))[Scope.CSM, "dana"]
    assert dana.points == pytest.approx(87.5)
    assert [one.money for one in dana.lines] == [300.0, 250.0, 225.0, 100.0]
    assert dana.money == 875.0
    assert (dana.lines[0].numerator, dana.lines[0].denominator) == (3.0, 4.0)


def test_a_month_without_renewals_pays_by_what_there_was() -> None:
    """22.5 + 10 of 35 are reached: 92.86 points and $928.57."""
    dana = counted(PLAN, figures({"dana": QUIET, "jonas": GOOD}))[Scope.CSM, "dana"]
    assert dana.points == pytest.approx(100 * 32.5 / 35)
    assert dana.money == 928.57
    assert [one.gap for one in dana.lines] == [Gap.NOTHING_DUE, Gap.NOTHING_DUE, None, None]
    assert dana.lines[0].reason == "No renewal was due."
    assert dana.lines[0].value is None
    assert not dana.misses_facts


@pytest.mark.parametrize(("without", "money"), [("full", 650 + 225 + 100), ("nothing", 225 + 100)])
def test_a_month_without_renewals_may_pay_in_full_or_nothing(without: str, money: float) -> None:
    text = PLAN.replace("amount = 1000", f'amount = 1000\nwithout = "{without}"')
    assert counted(text, figures({"dana": QUIET, "jonas": GOOD}))[Scope.CSM, "dana"].money == money


def test_a_fact_that_nobody_has_is_missing_and_pays_nobody_in_full() -> None:
    text = PLAN.replace("amount = 1000", 'amount = 1000\nwithout = "full"')
    dana = counted(text, figures({"dana": QUIET, "jonas": QUIET}))[Scope.CSM, "dana"]
    assert [one.gap for one in dana.lines[:2]] == [Gap.NO_FACTS, Gap.NO_FACTS]
    assert dana.misses_facts
    assert dana.money == 928.57  # shared, as if the lines were not there


def test_no_facts_at_all_is_no_sum_and_no_money() -> None:
    dana = counted(PLAN, figures({"dana": {}, "jonas": {}}))[Scope.CSM, "dana"]
    assert (dana.points, dana.money) == (None, None)
    assert {one.gap for one in dana.lines} == {Gap.NO_FACTS}


def test_joined_on_the_seventeenth_is_paid_for_fifteen_days_of_thirty_one() -> None:
    joined = msgspec.structs.replace(DANA, days_held=15)
    dana = counted(PLAN, figures({"dana": GOOD, "jonas": GOOD}), joined, JONAS)[Scope.CSM, "dana"]
    assert dana.points == pytest.approx(87.5)  # how well is not how long
    assert dana.full_money == pytest.approx(1000 * 15 / 31)
    assert dana.money == 423.39
    assert sum(one.money or 0 for one in dana.lines) == pytest.approx(423.39)
    whole = PLAN.replace("amount = 1000", 'amount = 1000\nproration = "none"')
    assert counted(whole, figures({"dana": GOOD}), joined)[Scope.CSM, "dana"].money == 875.0


def test_a_figure_that_came_to_be_an_opinion_pays_nobody_though_the_file_says_so() -> None:
    """The file was right when it was saved. 30 + 25 + 22.5 of the 90 that still pay: 861.11; it weighs as before."""
    later = {**CATALOGUE, "crm_upkeep": define("crm_upkeep", Kind.SENTIMENT)}
    card = files.reread("plan", PLAN + "least = 1\n", catalogue=later)
    of = figures({"dana": GOOD, "jonas": GOOD})
    dana = count(card, MARCH, books=(DANA, JONAS), leads=LEADS, figures=of, catalogue=later)[0]
    assert (dana.money, [one.money for one in dana.lines]) == (861.11, [333.33, 277.78, 250.0, None])
    assert dana.points == pytest.approx(87.5)
    assert "pays nothing" in wording.missing(dana.lines[3])
    assert [wording.missing(one) for one in dana.lines[:3]] == ["", "", ""]


def test_a_figure_that_is_no_more_is_missing_and_the_others_count() -> None:
    """(30 + 25 + 22.5) of 90 points."""
    later = {name: one for name, one in CATALOGUE.items() if name != "crm_upkeep"}
    card = files.reread("plan", PLAN, catalogue=later)
    of = figures({"dana": {**GOOD}, "jonas": GOOD})
    dana = count(card, MARCH, books=(DANA, JONAS), leads=LEADS, figures=_without("crm_upkeep", of), catalogue=later)[0]
    assert (dana.lines[3].gap, dana.lines[3].label) == (Gap.NO_FACTS, "Crm upkeep")
    assert dana.points == pytest.approx(100 * 77.5 / 90)
    assert dana.money == 861.11


RETAINED = """
title = "Retention"
about = "Customers kept."
[[line]]
figure = "logo_retention"
standard = "90%"
weight = 50
[[line]]
figure = "crm_upkeep"
standard = "100%"
weight = 50
[[beside]]
figure = "logo_retention"
"""


def test_of_fewer_than_ten_decisions_only_the_counts_are_told() -> None:
    """Six of seven kept: too few for a percentage, so upkeep alone counts. The team's 14 of 17 are enough: 82%."""
    later = {**CATALOGUE, "logo_retention": define("logo_retention", Kind.RENEWAL, least=10)}
    card = files.load("plan", RETAINED, catalogue=later)
    kept: dict[str, tuple[float, float]] = {"dana": (6, 7), "jonas": (8, 10)}
    of = figures({id: {"logo_retention": pair, "crm_upkeep": (3, 4)} for id, pair in kept.items()}, catalogue=later)
    found = count(card, MARCH, books=(DANA, JONAS), leads=LEADS, figures=of, catalogue=later)
    dana, jonas, team = found[:3]
    for one in (dana.lines[0], dana.beside[0]):
        assert (one.gap, one.value, one.attainment) == (Gap.TOO_FEW, None, None)
        assert (wording.value(one), wording.counts(one)) == ("too few", "6 of 7 renewals")
    assert dana.points == pytest.approx(75)
    assert (wording.value(jonas.lines[0]), wording.value(team.lines[0])) == ("80%", "82%")
    assert (wording.value(dana.lines[1]), wording.counts(dana.lines[1])) == ("3 of 4", "weeks")


def test_a_score_of_which_a_page_tells_the_counts_alone_is_no_line_either() -> None:
    """Nine accounts with a person each: enough accounts, too few people for a score."""
    text = RETAINED.replace("logo_retention", "nps_accounts").replace('standard = "90%"', "standard = 30")
    card = files.load("plan", text, catalogue=CATALOGUE)
    of = figures({"dana": {"nps_accounts": (9, 9), "crm_upkeep": (3, 4)}})
    (dana,) = [key for key in of if key[0] == (Scope.CSM, "dana")]
    few = msgspec.structs.replace(of[dana]["nps_accounts"], shown=Shown.COUNTS, reason="Too few for a score: 9 people.")
    told = {**of, dana: {**of[dana], "nps_accounts": few}}
    line = count(card, MARCH, books=(DANA, JONAS), leads=LEADS, figures=told, catalogue=CATALOGUE)[0].lines[0]
    assert (line.gap, line.value, line.reason) == (Gap.TOO_FEW, None, "Too few for a score: 9 people.")


def _without(name: str, of: Figures) -> Figures:
    return {key: {one: found for one, found in by.items() if one != name} for key, by in of.items()}


STORIES = """
title = "Stories"
about = "Stories."
[[line]]
figure = "success_stories"
standard = 4
weight = 100
"""


def test_a_number_of_the_month_shrinks_with_the_days_and_none_is_a_real_nought() -> None:
    joined = msgspec.structs.replace(DANA, days_held=15)
    of = figures({"dana": {"success_stories": (1.0, 1.0)}, "jonas": {}})
    found = counted(STORIES, of, joined, JONAS)
    assert found[Scope.CSM, "dana"].lines[0].standard == pytest.approx(4 * 15 / 31)
    assert found[Scope.CSM, "dana"].points == pytest.approx(100 * 31 / 60)
    jonas = found[Scope.CSM, "jonas"].lines[0]
    assert (jonas.value, jonas.attainment, jonas.gap) == (0.0, 0.0, None)


def test_a_teams_target_is_split_by_book_and_the_split_is_kept() -> None:
    text = STORIES.replace("standard = 4", "team_standard = 12")
    of = figures({"dana": {"success_stories": (3.0, 3.0)}, "jonas": {"success_stories": (3.0, 3.0)}})
    found = counted(text, of)
    own = {id: found[Scope.CSM, id].lines[0] for id in ("dana", "jonas")}
    assert {id: one.standard for id, one in own.items()} == {"dana": 3.0, "jonas": 9.0}  # 10 and 30 accounts
    assert {id: one.book_share for id, one in own.items()} == {"dana": 0.25, "jonas": 0.75}
    assert own["jonas"].attainment == pytest.approx(1 / 3)
    assert found[Scope.TEAM, "ingrid"].lines[0].standard == pytest.approx(12)
    by_revenue = counted(text.replace('about = "Stories."', 'about = "S."\nsplit = "revenue"'), of)
    assert by_revenue[Scope.CSM, "dana"].lines[0].standard == 3.0  # 0.5 of 2 million


QUALITY = """
title = "Quality"
about = "Calls."
[[line]]
figure = "call_quality"
standard = 4
weight = 50
[[line]]
figure = "crm_upkeep"
standard = "100%"
weight = 50
[[beside]]
figure = "nps_accounts"
"""


def test_too_few_opinions_are_told_by_their_number_and_do_not_count() -> None:
    of = figures({"dana": {"call_quality": (8.0, 4.0), "crm_upkeep": (4.0, 4.0), "nps_accounts": (3.0, 10.0)}})
    dana = counted(QUALITY, of, DANA)[Scope.CSM, "dana"]
    assert (dana.lines[0].gap, dana.lines[0].attainment, dana.lines[0].value) == (Gap.TOO_FEW, None, None)
    assert dana.points == 100.0
    assert dana.beside[0].value == 30.0
    assert dana.beside[0].weight == 0


def test_team_and_all_are_counted_over_all_rows_and_add_the_money_up() -> None:
    poor: Shares = {**GOOD, "confirmed_ahead": (0.0, 4.0)}
    found = counted(PLAN, figures({"dana": GOOD, "jonas": poor}))
    team, whole = found[Scope.TEAM, "ingrid"], found[Scope.TOTAL, ""]
    assert (team.lines[0].numerator, team.lines[0].denominator, team.lines[0].value) == (3.0, 8.0, 0.375)
    assert team.money == whole.money == 875.0 + 575.0
    assert whole.lines[0].money == 300.0
    assert whole.accounts == 40


def test_all_without_one_shows_who_stands_out() -> None:
    """3 of 8 without Dana's 3 of 4 is 0 of 4."""
    poor: Shares = {**GOOD, "confirmed_ahead": (0.0, 4.0)}
    found = counted(PLAN, figures({"dana": GOOD, "jonas": poor}))
    whole = found[Scope.TOTAL, ""].lines[0]
    assert without_one(whole, found[Scope.CSM, "dana"].lines[0]) == 0.0
    assert without_one(whole, found[Scope.CSM, "jonas"].lines[0]) == 0.75
    alone = counted(PLAN, figures({"dana": GOOD}), DANA)
    assert without_one(alone[Scope.TOTAL, ""].lines[0], alone[Scope.CSM, "dana"].lines[0]) is None


def test_people_stand_in_alphabetical_order_whatever_they_reach() -> None:
    card = files.load("plan", PLAN, catalogue=CATALOGUE)
    best = figures({"jonas": GOOD, "dana": {**GOOD, "confirmed_ahead": (0.0, 4.0)}})
    found = count(card, MARCH, books=[JONAS, DANA], leads=LEADS, figures=best, catalogue=CATALOGUE)
    assert [one.name for one in found] == ["Dana Whitlock", "Jonas Brandt", "Ingrid Solheim", "All"]


def test_a_result_outlives_its_way_through_the_database() -> None:
    dana = counted(PLAN, figures({"dana": QUIET, "jonas": GOOD}))[Scope.CSM, "dana"]
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(dana)), Result) == dana
