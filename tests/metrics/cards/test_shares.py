"""The part of a month, a team's target by book, and months, by hand."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.base.errors import Refused
from voc.metrics.cards import months
from voc.metrics.cards.model import Proration
from voc.metrics.cards.shares import by_book, days_held, part_of_month

MARCH = months.parse("2026-03")


@pytest.mark.parametrize(
    ("spans", "held"),
    [
        ([(date(2020, 1, 1), None)], 31),
        ([(date(2026, 3, 17), None)], 15),  # joined on the 17th: 17 to 31
        ([(date(2025, 1, 1), date(2026, 3, 11))], 10),  # handed over on the 11th: 1 to 10
        ([(date(2025, 1, 1), date(2026, 3, 11)), (date(2026, 3, 6), date(2026, 3, 21))], 20),  # one after the other
        ([(date(2026, 4, 1), None)], 0),
        ([(date(2020, 1, 1), date(2026, 3, 1))], 0),
        ([(date(2026, 3, 31), None)], 1),
    ],
)
def test_days_with_a_book_by_hand(spans: list[tuple[date, date | None]], held: int) -> None:
    assert days_held(spans, MARCH) == held


def test_the_part_of_the_month_is_a_setting() -> None:
    assert part_of_month(15, MARCH, Proration.DAYS) == pytest.approx(15 / 31)
    assert part_of_month(15, MARCH, Proration.NONE) == 1.0


def test_a_target_is_divided_by_book() -> None:
    assert by_book({"dana": 10, "jonas": 30}) == {"dana": 0.25, "jonas": 0.75}
    assert by_book({"dana": 0, "jonas": 0}) == {"dana": None, "jonas": None}


@given(st.dictionaries(st.text(), st.floats(0, 1e9), min_size=1))
def test_the_shares_of_a_team_make_the_whole(books: dict[str, float]) -> None:
    found = [one for one in by_book(books).values() if one is not None]
    assert not found or sum(found) == pytest.approx(1)


def test_months_are_written_and_read() -> None:
    assert (MARCH.first_on, MARCH.last_on, MARCH.days) == (date(2026, 3, 1), date(2026, 3, 31), 31)
    assert months.written(months.before(months.parse("2026-01"))) == "2025-12"
    assert months.written(months.after(months.parse("2025-12"))) == "2026-01"
    assert months.last_whole(date(2026, 3, 31)) == months.parse("2026-02")
    assert months.parse("2028-02").days == 29
    for wrong in ("2026-13", "March", "2026-3", ""):
        with pytest.raises(Refused, match="Write it as 2026-03"):
            months.parse(wrong)
