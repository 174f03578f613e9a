"""A file becomes a scorecard, or every mistake in it at once: line, key, what is wrong and what to write."""

import pytest

from tests.metrics.cards.card import CATALOGUE, PLAN
from voc.metrics.cards import files
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.model import Counting, Proration, Split, Without


def mistakes(text: str, name: str = "plan") -> list[str]:
    with pytest.raises(CardMistakes) as caught:
        files.load(name, text, catalogue=CATALOGUE)
    return [str(one) for one in caught.value.mistakes]


def only(text: str) -> str:
    (found,) = mistakes(text)
    return found


LINE = '[[line]]\nfigure = "{figure}"\nstandard = {standard}\nweight = 100\n'


def one_line(figure: str = "crm_upkeep", standard: str = '"90%"', more: str = "", top: str = "") -> str:
    return f'title = "T"\nabout = "A"\n{top}\n' + LINE.format(figure=figure, standard=standard) + more


def test_the_monthly_plan_is_read_with_its_defaults() -> None:
    card = files.load("plan", PLAN, catalogue=CATALOGUE)
    assert (card.title, card.amount, card.proration, card.split) == (
        "Monthly plan",
        1000.0,
        Proration.DAYS,
        Split.ACCOUNTS,
    )
    first = card.lines[0]
    assert (first.figure, first.standard, first.weight, first.pays, first.days) == (
        "confirmed_ahead",
        1.0,
        40,
        40,
        None,
    )
    assert (first.without, first.counting, first.most, first.least) == (
        Without.SHARED,
        Counting.IN_PROPORTION,
        1.0,
        1,
    )


@pytest.mark.parametrize(
    ("figure", "standard", "read"),
    [
        ("crm_upkeep", '"90%"', 0.9),
        ("crm_upkeep", '"92.5 %"', 0.925),
        ("time_to_launch", '"60 days"', 60),
        ("success_stories", "3", 3),
        ("nps_accounts", "30", 30),
        ("call_quality", "4.3", 4.3),
    ],
)
def test_each_figure_has_its_own_way_to_write_a_standard(figure: str, standard: str, read: float) -> None:
    assert files.load("t", one_line(figure, standard), catalogue=CATALOGUE).lines[0].standard == read


def test_an_opinion_counts_from_five_on_and_work_from_one() -> None:
    assert files.load("t", one_line("call_quality", "4"), catalogue=CATALOGUE).lines[0].least == 5
    assert files.load("t", one_line("call_quality", "4", "least = 8"), catalogue=CATALOGUE).lines[0].least == 8
    assert files.load("t", one_line(), catalogue=CATALOGUE).lines[0].least == 1


def test_an_unknown_figure_is_named_with_those_that_look_like_it() -> None:
    assert only(one_line("on_time_renewals")) == (
        "plan.toml, line 5, line.figure: there is no figure 'on_time_renewals'. Write on_time_renewal"
    )
    assert "Write customer_churn" in only(one_line("churn_of_customers"))
    assert "Definitions" in only(one_line("xyz"))


def test_weights_that_do_not_make_a_hundred_are_added_up_before_ones_eyes() -> None:
    assert only(PLAN.replace("weight = 10\n", "weight = 5\n")) == (
        "plan.toml, line 27, line.weight: the weights add up to 95, not to 100. 40 + 25 + 25 + 5: 5 are missing"
    )
    assert "the shares of the amount add up to 110" in only(PLAN.replace("pays = 10", "pays = 20"))


@pytest.mark.parametrize(
    ("figure", "standard", "kind"),
    [("nps_accounts", "30", "sentiment"), ("call_quality", "4", "sentiment"), ("silent_accounts", '"5%"', "state")],
)
def test_money_for_an_opinion_or_a_state_is_refused(figure: str, standard: str, kind: str) -> None:
    said = only(one_line(figure, standard, "pays = 100", "amount = 500"))
    assert said.startswith(f"plan.toml, line 8, line.pays: {figure} is a {kind} figure and cannot pay money. Leave out")


@pytest.mark.parametrize("figure", ["crm_upkeep", "on_time_renewal"])
def test_money_for_work_and_renewals_is_taken(figure: str) -> None:
    assert files.load("t", one_line(figure, more="pays = 100", top="amount = 500"), catalogue=CATALOGUE).amount == 500


def test_an_amount_and_lines_that_pay_belong_together() -> None:
    assert "lines pay, but there is no amount. Write amount = 1000" in only(one_line(more="pays = 100"))
    assert "there is an amount, but no line pays" in only(one_line(top="amount = 500"))


def test_a_line_without_a_standard_is_no_line() -> None:
    text = one_line().replace('standard = "90%"\n', "")
    assert only(text).endswith('there is no standard. Write standard = "90%": the value that counts as reached')


@pytest.mark.parametrize("standard", ["90", "0.9", '"90"', '"0%"', "true"])
def test_a_share_is_written_with_its_sign(standard: str) -> None:
    assert "%" in only(one_line(standard=standard))


@pytest.mark.parametrize("period", ['"quarter"', '"5 days"', '"900 days"', "30", '"month "'])
def test_a_period_is_the_month_or_days_that_end_with_it(period: str) -> None:
    assert 'is not a period. Write "month", or "90 days"' in only(one_line(more=f"period = {period}"))


@pytest.mark.parametrize("key", ["rank", "sort_by", "league", "top"])
def test_people_are_not_ranked(key: str) -> None:
    said = only(one_line(top=f'{key} = "points"'))
    assert said == (
        f"plan.toml, line 3, {key}: people are not ranked. Leave it out: people stand in alphabetical order, "
        "each against the standard"
    )
    assert "people are not ranked" in only(one_line(more=f"{key} = 1"))


def test_a_teams_target_is_a_number_that_can_be_split() -> None:
    text = one_line("success_stories", "3").replace("standard = 3", "team_standard = 12")
    line = files.load("t", text, catalogue=CATALOGUE).lines[0]
    assert (line.standard, line.team_standard) == (None, 12.0)
    rate = one_line().replace("standard", "team_standard")
    assert "crm_upkeep is no sum that a team shares" in only(rate)
    assert "there are two standards" in only(one_line("success_stories", "3", "team_standard = 12"))


def test_a_floor_better_than_the_standard_is_a_slip() -> None:
    assert "the floor is better than the standard" in only(one_line(more='floor = "95%"'))
    assert "the floor is better" in only(one_line("time_to_launch", '"60 days"', 'floor = "30 days"'))


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = PLAN.replace("crm_upkeep", "crm_upkep").replace('"100%"\nweight = 40', '"all"\nweight = 40')
    text = text.replace('about = "Renewals and upkeep."', 'abuot = "x"').replace("amount = 1000", "amount = -1")
    found = mistakes(text)
    assert len(found) == 5
    assert [one.split(", ")[1] for one in found if "line " in one.split(", ")[1]] == [
        "line 3",
        "line 4",
        "line 8",
        "line 25",
    ]
    assert any("there is no key 'abuot'. Write about" in one for one in found)


def test_what_is_no_toml_is_told_with_its_line() -> None:
    assert only("title = Monthly").startswith("plan.toml, line 1: this is not TOML")


def test_the_same_figure_twice_in_one_period_is_a_slip() -> None:
    text = one_line().replace("100", "50") + LINE.format(figure="crm_upkeep", standard='"80%"').replace("100", "50")
    assert "crm_upkeep stands in an earlier line already" in only(text)
    assert files.load("t", text + 'period = "90 days"\n', catalogue=CATALOGUE)


def test_an_empty_file_and_a_wrong_name_are_told_in_words() -> None:
    assert any("there is no line. Write [[line]]" in one for one in mistakes(""))
    assert "cannot be a name" in mistakes(PLAN, name="My Plan")[0]


def test_what_is_never_read_alone_has_its_company_though_the_file_leaves_it_out() -> None:
    """How much was done beside what it was worth; what customers state beside what they were given for it."""
    text = one_line("activity", "3", '[[beside]]\nfigure = "customer_stated_value"\nperiod = "180 days"\n')
    card = files.load("plan", text)
    assert [(one.figure, one.days) for one in card.beside] == [
        ("customer_stated_value", 180),
        ("meetings_valued", None),
        ("concessions", 180),
    ]
    told = files.load("plan", text + '[[beside]]\nfigure = "meetings_valued"\nperiod = "90 days"\n')
    assert [one.figure for one in told.beside] == ["customer_stated_value", "meetings_valued", "concessions"]
    assert told.beside[1].days == 90
