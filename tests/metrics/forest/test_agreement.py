"""Agreement of rule and person, words that no theme has, and drivers: worked out by hand or against the plain way."""

from random import Random

import pytest

from voc.metrics.forest.agreement import Case, agreement, total
from voc.metrics.forest.book import Theme
from voc.metrics.forest.drivers import Full, drivers
from voc.metrics.forest.matching import Matcher
from voc.metrics.forest.suggesting import suggest
from voc.statistics import relative_weights


def cases(both: int, only_person: int, only_rule: int, neither: int, *, fresh: bool = True) -> list[Case]:
    counted = ((both, True, True), (only_person, True, False), (only_rule, False, True), (neither, False, False))
    return [Case(1, person, rule, fresh) for count, person, rule in counted for _ in range(count)]


def test_kappa_of_a_table_of_sixty_comments() -> None:
    # Agreed 52 of 60; by chance (20·18 + 40·42) / 60² = .5667: (.8667 − .5667) / .4333 = .6923
    found = agreement(cases(15, 5, 3, 37))
    assert (found.both, found.only_person, found.only_rule, found.chosen) == (15, 5, 3, 23)
    assert found.kappa == pytest.approx(0.6923, abs=5e-5)
    assert found.met is False


def test_nothing_is_said_of_fewer_than_fifty_comments_nor_of_a_theme_that_few_chose() -> None:
    assert agreement(cases(15, 2, 2, 30)).kappa is None
    assert agreement(cases(15, 2, 2, 30)).missing == 1
    assert agreement(cases(4, 3, 2, 60)).kappa is None
    assert agreement(cases(5, 3, 2, 60)).kappa is not None


def test_a_comment_sorted_before_the_words_changed_does_not_count() -> None:
    found = agreement([*cases(20, 0, 0, 40), *cases(0, 30, 0, 0, fresh=False)])
    assert (found.stale, found.only_person, found.kappa) == (30, 0, 1.0)


def test_over_all_themes_each_comment_is_a_case_of_each() -> None:
    found = total([cases(15, 5, 3, 37), cases(15, 5, 3, 37)], comments=60)
    assert (found.comments, found.both) == (60, 30)
    assert found.kappa == pytest.approx(0.6923, abs=5e-5)
    assert total([cases(15, 5, 3, 17)], comments=40).kappa is None


def comments(score: int, text: str, accounts: int) -> list[tuple[str, int | None, str, str]]:
    return [(f"a{number}", score, "en", text) for number in range(accounts)]


BOOK = Matcher([Theme(1, "price", "Price", "Commercial", {"en": ["price"]})])


def test_a_word_of_detractors_at_three_accounts_is_suggested_and_one_with_a_theme_is_not() -> None:
    against = comments(3, "The parking and the prices", 8)
    found = suggest([*against, *comments(10, "Wonderful planning", 8)], BOOK, names=[])
    assert [(one.word, one.detractors, one.accounts) for one in found if one.z > 0] == [("parking", 8, 8)]
    assert {one.word for one in found if one.z < 0} == {"planning", "wonderful"}


def test_a_word_of_one_loud_account_and_the_name_of_a_customer_are_not_suggested() -> None:
    loud = [("a1", 2, "en", "parking")] * 20
    named = comments(2, "Globex", 9)
    assert [one.word for one in suggest([*loud, *named, *comments(10, "fine", 9)], BOOK, names=["Globex Ltd"])] == [
        "fine"
    ]


def answers(count: int, *, seed: int = 1, accounts: int = 40) -> list[Full]:
    """The first driver goes with the score, the second a little, the third not at all."""
    chance = Random(seed)
    found = []
    for number in range(count):
        first, second, third = (chance.gauss(0, 1) for _ in range(3))
        score = 1.6 * first + 0.5 * second + chance.gauss(0, 1)
        found.append(Full(f"a{number % accounts}", score, (first, second, third)))
    return found


def test_drivers_wait_for_thirty_answers_and_are_weighed_from_a_hundred() -> None:
    assert not drivers(["x", "y", "z"], answers(29)).enough
    thirty = drivers(["x", "y", "z"], answers(30))
    assert thirty.enough
    assert {one.weight for one in thirty.drivers} == {None}
    assert drivers(["x", "y", "z"], answers(100)).drivers[0].weight is not None


def test_a_first_driver_is_named_only_where_nine_of_ten_draws_have_it_first() -> None:
    clear = drivers(["x", "y", "z"], answers(200))
    assert (clear.named, clear.drivers[0].key) == ("x", "x")
    assert (clear.drivers[0].first or 0) >= 0.9
    alike = [Full(one.account_id, one.values[0] + one.values[1] + one.values[2], one.values) for one in answers(200)]
    assert drivers(["x", "y", "z"], alike).named is None


def test_the_weights_are_those_of_the_statistics_and_sum_to_the_whole() -> None:
    found = drivers(["x", "y", "z"], answers(150))
    assert sum(one.weight or 0 for one in found.drivers) == pytest.approx(1)
    assert 0 < (found.r2 or 0) < 1
    plain = relative_weights(rxx=[[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], rxy=[0.6, 0.5, 0.35])
    assert plain["raw"] == pytest.approx([0.242534, 0.127683, 0.056033], abs=5e-7)


def test_the_draws_follow_from_the_answers_whatever_their_order() -> None:
    some = answers(120)
    again = [one.first for one in drivers(["x", "y", "z"], list(reversed(some))).drivers]
    assert [one.first for one in drivers(["x", "y", "z"], some).drivers] == again


def test_what_everybody_answered_alike_is_named_and_left_out() -> None:
    some = [Full(one.account_id, one.score, (*one.values[:2], 1.0)) for one in answers(120)]
    found = drivers(["x", "y", "z"], some)
    assert found.unvaried == ("z",)
    assert {one.key for one in found.drivers} == {"x", "y"}


def test_two_drivers_that_always_agree_are_not_weighed_against_each_other() -> None:
    some = [Full(one.account_id, one.score, (one.values[0], one.values[0])) for one in answers(120)]
    assert {one.weight for one in drivers(["x", "y"], some).drivers} == {None}
