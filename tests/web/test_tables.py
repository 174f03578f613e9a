"""A downloaded table is read by spreadsheets, and its words come from strangers."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.web.tables import csv_text, download, harmless


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "|calc", "%0A=1"])
def test_no_cell_starts_a_formula(start: str) -> None:
    assert harmless(start).startswith("'")


def test_numbers_stay_numbers_even_below_zero() -> None:
    assert [harmless(value) for value in (-3, -2.5, Decimal("-1.50"), True)] == ["-3", "-2.5", "-1.50", "yes"]


def test_moments_are_iso_and_nothing_is_empty() -> None:
    moment = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert [harmless(v) for v in (moment, date(2026, 3, 3), None)] == ["2026-03-03T09:00:00+00:00", "2026-03-03", ""]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)))
def test_every_row_comes_back_as_many_cells(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))
    assert read[1:] == [[harmless(cell) for cell in row] for row in rows]


def test_a_file_says_its_name_and_its_encoding() -> None:
    response = download("engagement-rows", ["Account"], [["Kühne"]])
    assert response.content.decode("utf-8-sig") == "Account\r\nKühne\r\n"
    assert response.headers["Content-Disposition"] == 'attachment; filename="engagement-rows.csv"'
