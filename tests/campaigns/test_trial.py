"""Does a heads-up help? The difference of two halves drawn by account, over one wave or several."""

from hypothesis import given, settings
from hypothesis import strategies as some

from voc.campaigns.trial import Half, Halves, compare
from voc.statistics import newcombe_diff


def wave(with_heads_up: list[tuple[int, int]], without: list[tuple[int, int]], id: int = 1) -> Halves:
    return Halves(id, f"Wave {id}", True, Half(tuple(with_heads_up)), Half(tuple(without)))


def test_without_people_in_both_halves_there_is_nothing_to_compare() -> None:
    assert compare([]) is None
    assert compare([wave([(1, 3)], [])]) is None


def test_few_accounts_give_the_difference_but_no_interval_and_say_how_many_more() -> None:
    found = compare([wave([(3, 4), (2, 4)], [(1, 4), (2, 4)])])
    assert found is not None
    assert (found.estimate, found.low, found.tells) == (0.25, None, False)
    assert found.needed is not None
    assert found.needed > 20


def test_with_one_person_an_account_the_interval_is_near_to_newcombes() -> None:
    found = compare([wave([(1, 1)] * 84 + [(0, 1)] * 68, [(1, 1)] * 71 + [(0, 1)] * 79)])
    alone = newcombe_diff(x1=84, n1=152, x2=71, n2=150)
    assert found is not None
    assert alone is not None
    for mine, theirs in zip((found.estimate, found.low, found.high), alone, strict=True):
        assert mine is not None
        assert abs(mine - theirs) < 0.005


def test_colleagues_who_answer_alike_make_the_interval_wider() -> None:
    alike = compare([wave([(4, 4)] * 10 + [(0, 4)] * 10, [(4, 4)] * 8 + [(0, 4)] * 12)])
    apart = compare([wave([(2, 4)] * 20, [(2, 4)] * 12 + [(1, 4)] * 8)])
    assert alike is not None
    assert apart is not None
    assert alike.low is not None
    assert apart.low is not None
    assert alike.high is not None
    assert apart.high is not None
    assert alike.high - alike.low > 3 * (apart.high - apart.low)


def test_waves_are_compared_within_each_so_that_a_good_year_is_no_effect() -> None:
    """Half got a heads-up in the wave in which everybody answered, few in the one in which nobody did."""
    good = wave([(9, 10)] * 20, [(9, 10)] * 5, id=1)
    bad = wave([(1, 10)] * 5, [(1, 10)] * 20, id=2)
    found = compare([good, bad])
    assert found is not None
    assert abs(found.estimate) < 1e-9
    assert not found.tells


HALF = some.lists(
    some.integers(1, 6).flatmap(lambda n: some.integers(0, n).map(lambda x: (x, n))), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(some.lists(some.tuples(HALF, HALF), min_size=1, max_size=3))
def test_the_difference_lies_in_its_interval_and_turns_with_its_halves(
    waves: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    found = compare([wave(a, b, id=number) for number, (a, b) in enumerate(waves)])
    turned = compare([wave(b, a, id=number) for number, (a, b) in enumerate(waves)])
    assert found is not None
    assert turned is not None
    assert abs(found.estimate + turned.estimate) < 1e-9
    assert found.needed == turned.needed
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.estimate <= found.high <= 1
        assert (found.needed is None) == found.tells
