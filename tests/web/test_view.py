"""Words and numbers as pages write them."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.base.preferences import Preferences
from voc.web import charts, settings_fields, view
from voc.web.charts_score import Part
from voc.web.settings_fields import GROUPS, Kind, Unreadable
from voc.web.visit import unveiled, veiled


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        (view.money(Decimal(310_000), "EUR"), "€310 k"),
        (view.money(Decimal("1250000"), "EUR"), "€1.25 M"),
        (view.money(999_600, "USD"), "$1 M"),
        (view.money(950, "GBP"), "£950"),
        (view.money(-31_000, "CHF"), "−CHF 31 k"),
        (view.money(None, "EUR"), "–"),
        (view.number(1204), "1,204"),
        (view.number(-0.04, 1), "0.0"),
        (view.number(-3.5, 1), "−3.5"),
        (view.signed(3), "+3"),
        (view.signed(0), "0"),
        (view.percent(0.254), "25%"),
        (view.percent(None), "–"),
        (view.span(0.45, 0.58), "45 to 58%"),
        (view.of(26, 50), "26 of 50"),
        (view.day(date(2026, 11, 16)), "16 November 2026"),
        (view.days_from(date(2027, 1, 31), date(2026, 11, 16)), "in 76 days"),
        (view.days_from(date(2026, 11, 15), date(2026, 11, 16)), "1 day ago"),
        (view.count(1, "person", "people"), "1 person"),
        (view.count(1204, "person", "people"), "1,204 people"),
        (view.word("decision_maker"), "Decision maker"),
        (view.low_word("csm"), "CSM"),
        (view.listed(["Ana", "Jon", "Ruth"]), "Ana, Jon and Ruth"),
    ],
)
def test_a_value_is_written_as_the_pages_write_it(shown: str, written: str) -> None:
    assert shown == written


def test_a_moment_is_in_the_companys_zone() -> None:
    at = datetime(2026, 11, 16, 6, 40, tzinfo=UTC)
    assert view.moment(at, ZoneInfo("Europe/Berlin")) == "Mon 16 Nov 2026, 07:40"


@given(share=st.floats(allow_nan=False), mark=st.none() | st.floats(0, 1), whole=st.floats(0, 1))
def test_a_bar_never_leaves_its_track(share: float, mark: float | None, whole: float) -> None:
    drawn = charts.bar(share, mark=mark, whole=whole)
    widths = [float(part.split('"')[0]) for part in drawn.split('width="')[1:]]
    assert all(0 <= width <= 100 for width in widths)
    assert 'style="' not in drawn


def test_charts_escape_what_they_are_given() -> None:
    hostile = "<script>alert('x')</script>"
    for drawn in (
        charts.parts([Part(hostile, 1, 2)], {hostile: hostile}),
        charts.spark([0.1, None, 0.3], low=0, high=1, label=hostile),
    ):
        assert "<script" not in drawn


def test_every_setting_stands_in_the_form_once() -> None:
    named = [one.name for group in GROUPS for one in group.fields]
    assert sorted(named) == sorted(set(Preferences.__struct_fields__) - {"test_mode", "test_address"})


def test_what_a_setting_shows_reads_back_as_the_same_value() -> None:
    values = Preferences(
        blackout_days=[date(2026, 12, 24)], currency_rates={"GBP": 1.27}, deal_kinds={"Neu": "new"}, goals={"nrr": 1.05}
    )
    for field in (one for group in GROUPS for one in group.fields):
        shown = settings_fields.shown(values, field)
        text, many = ("", shown) if isinstance(shown, list) else (shown, [])
        read = settings_fields.parsed(field, text, many)
        again = values if field.kind == Kind.TEXT else read
        assert again is not None
        if field.kind not in (Kind.TIME, Kind.DAYS):
            assert read == getattr(values, field.name), field.name


@given(text=st.text(max_size=30), many=st.lists(st.text(max_size=3), max_size=3))
def test_whatever_is_typed_is_a_value_or_told_in_words(text: str, many: list[str]) -> None:
    for field in (one for group in GROUPS for one in group.fields):
        with contextlib.suppress(Unreadable):
            settings_fields.parsed(field, text, many)


class _Counting:
    def __init__(self) -> None:
        self.count = 0

    def new(self) -> str:
        self.count += 1
        return f"{self.count:032}"


@given(secret=st.text("abcdefghijklmnopqrstuvwxyz-_", min_size=32, max_size=32), junk=st.text(max_size=40))
def test_a_veiled_secret_comes_back_and_junk_does_not_break_it(secret: str, junk: str) -> None:
    assert unveiled(veiled(secret, _Counting())) == secret
    assert unveiled(junk) != secret
