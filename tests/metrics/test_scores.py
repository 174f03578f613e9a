"""Scores: how many people must stand behind one before it is told, and how wide its range is, by hand."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import NOW
from tests.metrics.facts import DAY, account, asked
from voc.base.words import Scope
from voc.metrics import cohorts, figures, units, wording
from voc.metrics.figures import Counted
from voc.metrics.model import Facts, Figure, Person, Shown, Sum

CSM, FIRST = (Scope.CSM, "csm-1"), (Scope.ACCOUNT, "acc-0")


def counted(*books: Sequence[int | None]) -> Counted:
    """One account for each list: the score of everybody reached there, None for the silent. Due 39 days ago."""
    accounts = []
    for number, scores in enumerate(books):
        id = f"acc-{number}"
        mails = [_mail(f"{id}-{i}", score, account_id=id) for i, score in enumerate(scores)]
        accounts.append(account(*mails, account_id=id, name=id))
    found = Counted(cohorts.window(NOW, 180), icc_default=0.2)
    facts = Facts(NOW, tuple(accounts), {"csm-1": Person("csm-1", "Dana", None)})
    figures.count(found, facts, units.Terms(moment=NOW, days=180, response_standard=0.5, fresh_cut=0.7))
    return found


def _mail(id: str, score: int | None, **values: Any) -> Any:
    if score is None:
        return asked(id, days_ago=60, **values)
    return asked(id, days_ago=60, answered_after=2, score=score, score_at=NOW - 58 * DAY, **values)


def score(name: str, *books: Sequence[int | None], key: cohorts.Key = CSM) -> Figure:
    return figures.figure(counted(*books), key, name)


@pytest.mark.parametrize("name", ["nps_accounts", "nps_money"])
def test_nine_people_are_no_score_however_many_accounts_they_are_of(name: str) -> None:
    """Nine accounts with one person each are nine people; a tenth person makes a score of them."""
    nine = score(name, *[[9]] * 9)
    assert (nine.shown, wording.value(nine)) == (Shown.COUNTS, "9 accounts")
    assert nine.reason is not None
    assert nine.reason.startswith("Too few for a score: 9 people; enough from 10 people of 3 accounts: 1 more")
    # Eight of +1 and one of 0: mean .8889, squares .8889, standard error sqrt(9/8 x .8889)/9 = .1111, t(8) 2.306:
    # 63.3 to 114.5, cut off at 100.
    ten = score(name, *[[9]] * 8, [9, 0])
    assert (ten.shown, wording.value(ten)) == (Shown.INTERVAL, "+89")
    assert wording.interval(ten) == "+63 to +100, approximate"
    # Of seven accounts there is no range, and it says why.
    seven = score(name, *[[9, 9]] * 7)
    assert (wording.value(seven), seven.interval) == ("+100", None)
    assert str(wording.few_accounts(seven)).startswith("Rests on few")


def test_a_score_of_two_accounts_is_told_as_counts_but_on_the_account_itself() -> None:
    """12 people of two accounts: 6 promoters, 3 passives, 3 detractors. Of one account with 10 it is its own score."""
    two = score("nps_people", [9, 9, 9, 8, 8, 0], [9, 9, 9, 8, 0, 0])
    assert (two.shown, wording.counts(two)) == (Shown.COUNTS, "6 promoters, 3 passives, 3 detractors")
    assert two.reason == "Too few for a score: 12 people; enough from 10 people of 3 accounts: 1 more account."
    own = score("nps_people", [9, 9, 9, 9, 9, 8, 8, 8, 0, 0, None], key=FIRST)
    assert (own.shown, wording.value(own), own.interval) == (Shown.PERCENT, "+30", None)
    assert wording.worst_case(own) == "+30 from 10 of 11 asked. If every silent person were unhappy: +18."


def test_until_a_hundred_scores_exist_the_range_of_a_score_is_widened_as_that_of_the_response() -> None:
    """Three accounts of 8 asked and 4 scored each; 6 promoters, 3 passives, 3 detractors.

    Design effect of the response 1 + (8 - 1) x .2 = 2.4, so 12 scores are worth 5: 2.5, 1.25 and 1.25. Adjusted Wald
    of these: n' 8, p' 3.25/8 = .40625, d' 2/8 = .25, difference .15625, variance .65625 - .02441 = .63184, standard
    error sqrt(.63184/8) = .28103, half .55081: -39.5 to +70.7.
    """
    silent: list[int | None] = [None] * 4
    found = score("nps_people", [9, 9, 8, 0, *silent], [9, 9, 8, 0, *silent], [9, 9, 8, 0, *silent])
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((-39.456, 70.706), abs=0.001)
    assert wording.value(found) == "+25"


def test_the_mean_of_a_scale_has_its_range_over_accounts_from_ten_answers_of_three_accounts_on() -> None:
    """Four answers of mean 4.5, three of 4, three of 5: 45 of 10. Over the accounts: sd .5, se .28868, t(2) 4.3027.

    4.5 less 1.24206 is 3.258; above it the scale ends at 5.
    """
    found = Counted(cohorts.window(NOW, 180))
    for answers, mean in ((4, 4.5), (3, 4.0), (3, 5.0)):
        many = Sum(answers * mean, float(answers), answers * mean * mean, answers, Counter(answers=answers))
        found.tallies[CSM]["call_quality"].add(many, account_name="")
    told = figures.figure(found, CSM, "call_quality")
    assert told.interval is not None
    assert (told.value, told.interval.low, told.interval.high) == pytest.approx((4.5, 3.25794, 5.0), abs=1e-4)
    assert wording.interval(told) == "3.3 to 5.0, approximate"


def test_the_census_range_stands_only_beside_the_worst_and_the_best_case() -> None:
    """The example of the definitions: 20, 12 and 8 of 60 reached: +30, -13 to +53; alike 15.35 to 43.17."""
    given = [9] * 20 + [8] * 12 + [0] * 8
    books: list[list[int | None]] = [[given[2 * n], given[2 * n + 1], None] for n in range(20)]
    found = score("nps_people", *books)
    assert wording.value(found) == "+30"
    assert wording.everybody(found) == (
        "between \u221213 and +53 depending on the silent; +15 to +43 if they are like those heard"
    )
    everybody = score("nps_people", *[book[:2] for book in books])
    assert wording.everybody(everybody) is None
    assert wording.everybody(score("nps_people", [9, None], [8], [0])) is None
