"""From two shown views nobody can take a group of one to four people; nor from a whole and its shown parts."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from voc.metrics.near_views import FILTERS, LEAST, Cell, Refused, View, _views, is_far, refused

PERIODS = (180, 365, 90)
CELLS = st.dictionaries(
    st.builds(
        Cell,
        st.sampled_from(["", "eva", "mia"]),
        st.sampled_from(["small", "enterprise"]),
        st.sampled_from(["Europe", "Americas"]),
        st.sampled_from(PERIODS),
    ),
    st.integers(0, 9),
    max_size=12,
)


def cells(**by_team: int) -> dict[Cell, int]:
    return {Cell(team, "small", "Europe", 90): number for team, number in by_team.items()}


def people(view: View, found: dict[Cell, int]) -> dict[Cell, int]:
    return {cell: number for cell, number in found.items() if number and view.holds(cell)}


def differ(one: dict[Cell, int], other: dict[Cell, int]) -> int:
    return sum(number for cell, number in (one | other).items() if (cell in one) != (cell in other))


@settings(max_examples=60, deadline=None)
@given(CELLS)
def test_no_two_shown_views_differ_by_one_to_four_people(found: dict[Cell, int]) -> None:
    why = refused(found, periods=PERIODS)
    everyone = {view: people(view, found) for view in _views(found, PERIODS)}
    shown = {view: some for view, some in everyone.items() if some and view not in why}
    for one, other in combinations(shown, 2):
        if one.narrowed_by or other.narrowed_by:
            assert not 0 < differ(shown[one], shown[other]) < LEAST, (one, other)
    assert not any(0 < sum(some.values()) < LEAST for view, some in shown.items() if view.narrowed_by)


@settings(max_examples=60, deadline=None)
@given(CELLS)
def test_what_is_not_shown_of_a_shown_view_is_nobody_or_five_and_more(found: dict[Cell, int]) -> None:
    why = refused(found, periods=PERIODS)
    views = list(_views(found, PERIODS))
    for whole in (view for view in views if view not in why):
        for name in FILTERS:
            if getattr(whole, name) is None:
                parts = [one for one in views if getattr(one, name) is not None and one.without(name) == whole]
                hidden = sum(sum(people(one, found).values()) for one in parts if one in why)
                nothing_more = hidden == sum(people(whole, found).values())  # than what the whole says already
                assert hidden == 0 or hidden >= LEAST or nothing_more, (whole, name)


@given(CELLS)
@settings(max_examples=30, deadline=None)
def test_a_refused_view_names_a_view_and_the_same_people_give_the_same_answer(found: dict[Cell, int]) -> None:
    why = refused(found, periods=PERIODS)
    assert why == refused(dict(reversed(found.items())), periods=PERIODS)
    assert all(one.near is None or one.near != view for view, one in why.items())
    assert not any(view.narrowed_by == () for view in why)


def test_the_team_that_is_all_but_three_is_refused_with_the_three() -> None:
    assert refused(cells(eva=40, mia=3), periods=(180,)) == {
        View(180, "mia"): Refused(),
        View(180, "eva"): Refused(View(180)),
        **{view: Refused() for view in crossed("mia")},
        **{view: Refused(View(180)) for view in crossed("eva")},
    }


def crossed(team: str) -> list[View]:
    return [View(180, team, segment, region) for segment in (None, "small") for region in (None, "Europe")][1:]


def test_beside_two_large_teams_a_third_of_three_takes_the_smaller_one_with_it() -> None:
    why = refused(cells(eva=40, mia=30, olaf=3), periods=(180,))
    assert why[View(180, "mia")] == Refused(View(180), beside=True)
    assert View(180, "eva") not in why


def test_two_small_ones_of_five_together_hide_nobody_else() -> None:
    why = refused(cells(eva=40, mia=3, olaf=2), periods=(180,))
    assert {view.team for view in why} == {"mia", "olaf"}


def test_another_period_with_three_people_more_is_refused_and_the_usual_one_is_not() -> None:
    found = {Cell("eva", "small", "Europe", 180): 20, Cell("eva", "small", "Europe", 365): 3,
             Cell("mia", "small", "Europe", 90): 50}  # fmt: skip
    why = refused(found, periods=PERIODS)
    assert why[View(365, "eva")] == Refused(View(180, "eva"))
    assert View(180, "eva") not in why


def test_a_filter_that_takes_nobody_away_is_shown() -> None:
    why = refused(cells(eva=40, mia=50), periods=(180,))
    assert why == {}


@settings(max_examples=60, deadline=None)
@given(CELLS, st.integers(1, 40))
def test_what_counts_alone_call_far_is_shown(found: dict[Cell, int], times: int) -> None:
    found = {cell: number * times for cell, number in found.items()}
    counts = {view: sum(people(view, found).values()) for view in _views(found, PERIODS) if len(view.narrowed_by) < 2}
    why = refused(found, periods=PERIODS)
    assert not any(is_far(view, counts) and view in why for view in counts if view.narrowed_by)


def test_a_large_company_is_told_apart_by_counts_alone() -> None:
    found = cells(eva=400, mia=900) | {Cell("olaf", "enterprise", "Americas", 90): 3_000}
    counts = {view: sum(people(view, found).values()) for view in _views(found, PERIODS) if len(view.narrowed_by) < 2}
    assert [is_far(View(180, team), counts) for team in ("eva", "mia", "olaf")] == [True, True, False]


def test_hundreds_of_views_of_a_large_company_are_told_apart_in_little_time() -> None:
    """Twenty teams, three segments, four regions, three periods: 1,680 views."""
    found = {
        Cell(f"team-{team}", segment, region, days): 3 + (team * 7 + len(segment) * 5 + len(region) * 3 + days) % 40
        for team in range(20)
        for segment in ("small", "mid-market", "enterprise")
        for region in ("Europe", "Americas", "Asia-Pacific", "Africa")
        for days in PERIODS
    }
    why = refused(found, periods=PERIODS)
    assert 0 < len(why) < 1_680
