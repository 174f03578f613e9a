"""Themes in figures, worked out by hand; and what must not be told of few people."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.metrics.forest.cutting import cut_table
from voc.metrics.forest.growing import grow
from voc.metrics.forest.hiding import admitted, beside_few, complete, hidden_cells, population
from voc.metrics.forest.people import LEAST_PEOPLE, Comment, Count, Cut, people_of
from voc.statistics import suppress

A, B = 1, 2


def said(account: str, person: str, *themes: int, **values: Any) -> Comment:
    row: dict[str, Any] = {
        "response_id": 1,
        "question": "why",
        "account_id": account,
        "account_name": account.upper(),
        "contact_id": person,
        "team_id": None,
        "at": NOW,
        "score": 8,
        "segment": "enterprise",
        "roles": ("champion",),
        "region": None,
        "arr": 100.0,
        "themes": frozenset(themes),
    }
    return Comment(**{**row, **values})


def many(accounts: int, each: int, *themes: int, start: int = 0, **values: Any) -> list[Comment]:
    """So many accounts with so many people each."""
    return [
        said(f"a{account}", f"p{account}-{person}", *themes, **values)
        for account in range(start, start + accounts)
        for person in range(each)
    ]


def test_a_loud_account_counts_once_and_a_person_once() -> None:
    loud = [said("a0", "p0", A), said("a0", "p0", A), said("a0", "p1", A)]
    (line,) = grow([*loud, said("a1", "p2", A), said("a2", "p3")], [A], protected=False).lines
    assert line.count == Count(people=3, accounts=2)
    assert (round(line.low or 0, 3), round(line.high or 0, 3)) == (0.208, 0.939)  # Wilson of 2 of 3


def test_ties_share_the_best_rank_and_the_order_is_said_to_be_uncertain() -> None:
    comments = [*many(3, 2, A), *many(3, 2, B, start=3), *many(2, 3, 3, start=6)]
    lines = {one.theme_id: one for one in grow(comments, [A, B, 3], protected=False).lines}
    assert [lines[theme].rank for theme in (A, B, 3)] == [1, 1, 3]
    assert all((one.first, one.last, one.uncertain) == (1, 3, True) for one in lines.values())


def test_an_order_is_certain_where_the_intervals_part() -> None:
    comments = [*many(60, 1, A), *many(4, 2, B, start=60)]
    first, second = grow(comments, [A, B], protected=False).lines
    assert (first.first, first.last, second.first, second.last) == (1, 1, 2, 2)  # .84-.98 against .02-.15


def test_revenue_is_not_shown_where_one_account_holds_over_seven_tenths() -> None:
    small = [said("a0", "p0", A, arr=700.0), said("a1", "p1", A, arr=200.0), said("a2", "p2", A, arr=100.0)]
    rest = [said("a2", "p3", A, arr=100.0), said("a2", "p4", A, arr=100.0)]
    (at_the_limit,) = grow([*small, *rest], [A], protected=True).lines
    assert (at_the_limit.arr, at_the_limit.of_one) == (1000.0, False)
    (beyond,) = grow([said("a0", "p0", A, arr=701.0), *small[1:], *rest], [A], protected=True).lines
    assert (beyond.arr, beyond.of_one) == (None, True)


def test_accounts_without_a_rate_are_named_and_left_out_of_the_revenue() -> None:
    forest = grow([said("a0", "p0", A, arr=None), said("a1", "p1", A)], [A], protected=False)
    assert (forest.without_rate, forest.lines[0].arr) == (("A0",), 100.0)


@pytest.mark.parametrize(("accounts", "each", "hidden"), [(3, 2, False), (4, 1, True), (2, 5, True)])
def test_a_theme_needs_five_people_and_three_accounts_before_others_see_it(
    accounts: int, each: int, hidden: bool
) -> None:
    comments = many(accounts, each, A)
    assert grow(comments, [A], protected=True).lines[0].hidden == hidden
    assert not grow(comments, [A], protected=False).lines[0].hidden  # a CSM knows them by name


def test_the_first_themes_reach_accounts_together() -> None:
    comments = [*many(4, 2, A), *many(3, 2, B, start=2)]
    assert grow(comments, [A, B], protected=False).covered == (4, 5)


def test_what_promoters_would_miss_is_no_cause() -> None:
    comments = [*many(8, 1, A, score=10), *many(3, 2, B, start=8, score=7), *many(2, 1, B, start=8, score=3)]
    praised, blamed = grow(comments, [A, B], protected=True).lines
    assert (praised.theme_id, praised.below) == (A, Count(0, 0))
    # p8-0 and p9-0 scored 3 after their 7: six people at three accounts, none a promoter.
    assert (blamed.theme_id, blamed.below, blamed.below_arr) == (B, Count(6, 3), 300.0)


@pytest.mark.parametrize("others", [1, 4])
def test_a_cause_is_kept_back_where_it_would_tell_of_few_promoters(others: int) -> None:
    unhappy = many(4, 2, A, score=5)
    (line,) = grow([*unhappy, *many(others, 1, A, start=4, score=9)], [A], protected=True).lines
    assert (line.count.people, line.below) == (8 + others, None)
    (own,) = grow([*unhappy, *many(others, 1, A, start=4, score=9)], [A], protected=False).lines
    assert own.below == Count(8, 4)  # a CSM knows them by name


def test_a_cause_of_few_people_is_kept_back_however_many_promoters_there_are() -> None:
    (line,) = grow([*many(2, 2, A, score=5), *many(20, 1, A, start=2, score=9)], [A], protected=True).lines
    assert line.below is None


people_by_score = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([None, 3, 7, 8, 9, 10])), max_size=60)


@given(people_by_score)
def test_a_shown_cause_beside_the_cut_by_score_never_parts_one_to_four_people(
    some: list[tuple[int, int | None]],
) -> None:
    comments = [said(f"a{account}", f"p{number}", A, score=score) for number, (account, score) in enumerate(some)]
    (line,) = grow(comments, [A], protected=True).lines
    cells = cut_table(people_of(comments), [A], Cut.SCORE, protected=True).rows[A]
    everybody = {part: sum(one.part(Cut.SCORE) == part for one in people_of(comments)) for part in cells}
    if line.below is None or line.hidden:
        return
    # What a reader can work out: the unhappy less their shown parts, and the others less theirs.
    shown = {part: number for part, number in everybody.items() if cells[part].count is not None}
    unhappy = line.below.people - sum(shown.get(part, 0) for part in ("detractor", "passive"))
    others = len(some) - line.below.people - sum(shown.get(part, 0) for part in ("promoter", ""))
    assert not 0 < unhappy < LEAST_PEOPLE
    assert not 0 < others < LEAST_PEOPLE
    assert not line.below.small


def test_a_person_of_several_roles_is_in_one_part_of_the_cut() -> None:
    people = people_of([said("a0", "p0", A, roles=("end_user", "decision_maker"))])
    assert [one.part(Cut.ROLE) for one in people] == ["decision_maker"]


# --- suppression --------------------------------------------------------------------------------


def test_a_hidden_cell_never_stands_alone_beside_a_total() -> None:
    # Twelve, four, nine and five: four is small; with five beside it the two hold nine, and nobody can part them.
    counts = {"A": 12, "B": 4, "C": 9, "D": 5}
    assert complete(counts, {"B"}, least=5) == {"B", "D"} == set(suppress(counts=counts, min_n=5))


def test_rows_and_then_columns_until_nothing_changes() -> None:
    def cells(*people: int) -> dict[str, Count]:
        return {name: Count(count, min(count, 3)) for name, count in zip("xyz", people, strict=True)}

    table = {1: cells(20, 4, 9), 2: cells(9, 8, 30), 3: cells(7, 12, 11)}
    # Row 1 hides y (4), and z (9) with it. Column y has one hidden: 2y (8) goes too; column z: 3z (11).
    # Row 2 has y hidden alone: x (9) goes. Row 3 has z alone: x (7) goes. Column x now has two hidden: stable.
    assert hidden_cells(table) == {(1, "y"), (1, "z"), (2, "y"), (3, "z"), (2, "x"), (3, "x")}


def test_a_cell_of_too_few_accounts_is_small_however_many_people() -> None:
    people = people_of([*many(2, 6, A), *many(5, 2, A, start=2, segment="small"), *many(4, 2, A, start=8, segment="x")])
    table = cut_table(people, [A], Cut.SEGMENT, protected=True)
    assert table.rows[A]["enterprise"].count is None
    assert cut_table(people, [A], Cut.SEGMENT, protected=False).rows[A]["enterprise"].count == Count(12, 2)


counts_of = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 40), min_size=1)


@given(counts_of)
def test_with_small_cells_alone_it_is_the_rule_of_the_statistics(counts: dict[str, int]) -> None:
    small = {name for name, count in counts.items() if 0 < count < LEAST_PEOPLE}
    assert complete(counts, small, least=LEAST_PEOPLE) == set(suppress(counts=counts, min_n=LEAST_PEOPLE))


tables = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), min_size=3, max_size=3), min_size=1, max_size=6
)


@given(tables)
def test_no_line_of_a_table_ever_has_one_hidden_cell_beside_a_shown_one(rows: list[list[tuple[int, int]]]) -> None:
    table = {
        number: {
            name: Count(people, min(people, accounts)) for name, (people, accounts) in zip("xyz", row, strict=True)
        }
        for number, row in enumerate(rows)
    }
    hidden = hidden_cells(table)
    lines = [[(row, column) for column in "xyz"] for row in table]
    lines += [[(row, column) for row in table] for column in "xyz"]
    for line in lines:
        filled = [cell for cell in line if table[cell[0]][cell[1]].people]
        gone = [cell for cell in filled if cell in hidden]
        if gone and len(gone) < len(filled):
            assert len(gone) >= 2
            assert sum(table[row][column].people for row, column in gone) >= LEAST_PEOPLE
    assert all((row, column) in hidden for row in table for column in "xyz" if table[row][column].small)


def test_a_view_that_differs_by_one_to_four_people_is_refused() -> None:
    everybody = frozenset(("a", str(number)) for number in range(20))
    views = {
        "half a year": everybody,
        "a quarter": frozenset(sorted(everybody)[:17]),  # three people fewer
        "a year": everybody | {("b", str(number)) for number in range(5)},  # five more
        "a team": everybody,  # the same people tell nothing more
    }
    assert admitted(views) == {"half a year": None, "a quarter": "half a year", "a year": None, "a team": None}


@given(st.lists(st.frozensets(st.integers(0, 12).map(lambda one: ("a", str(one)))), max_size=7))
def test_no_two_shown_views_part_few_people(views: list[frozenset[tuple[str, str]]]) -> None:
    named = {str(number): one for number, one in enumerate(views)}
    shown = [named[name] for name, near in admitted(named).items() if near is None]
    assert all(not 0 < len(one ^ other) < LEAST_PEOPLE for one in shown for other in shown)


@given(st.dictionaries(st.text("abcd", min_size=1, max_size=1), st.integers(5, 40)), st.integers(0, 12))
def test_what_is_left_of_a_whole_without_its_shown_parts_is_nobody_or_five(parts: dict[str, int], small: int) -> None:
    whole = sum(parts.values()) + small
    hidden = beside_few(whole, parts)
    left = whole - sum(number for name, number in parts.items() if name not in hidden)
    assert left == 0 or left >= LEAST_PEOPLE or hidden == set(parts)
    assert bool(hidden) == (0 < small < LEAST_PEOPLE and bool(parts))


def test_the_population_of_a_view_is_its_people_at_their_accounts() -> None:
    comments = [said("a", "p"), said("a", "p", at=NOW - timedelta(days=1)), said("b", "p")]
    assert population(comments) == frozenset({("a", "p"), ("b", "p")})
