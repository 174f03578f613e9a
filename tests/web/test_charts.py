"""The charts are pure: values in, SVG out."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import voc.web
from tests.builders import NOW
from voc.web.charts_funnel import Book, funnel
from voc.web.charts_score import Part, seven, seven_heads, seven_words
from voc.web.charts_survival import Curve, Point, survival
from voc.web.charts_trend import Happened, Line, Spot, trend
from voc.web.plot import Box, Frame, n, ticks


def limits(size: float, sigma: int) -> Sequence[float]:
    reach = sigma * (0.25 / size) ** 0.5
    return (max(0.0, 0.5 - reach), min(1.0, 0.5 + reach))


def drawn(svg: Markup) -> ET.Element:
    return ET.fromstring(f"<all>{svg}</all>")


def words(svg: Markup) -> list[str]:
    return [found.text or "" for found in drawn(svg).iter("text")]


def a_funnel(*books: Book) -> Markup:
    return funnel(books, line_at=0.5, line_name="standard 50%", limits=limits, title="Response against the standard")


DANA = Book("Dana Whitlock", 22, 34, 24.3)
JONAS = Book("Jonas Brandt", 16, 62, 39.0, low=True)


def test_each_book_is_named_at_its_mark_with_its_count() -> None:
    assert "Dana Whitlock 22/34" in words(a_funnel(DANA, JONAS))


def test_the_narrow_drawing_uses_first_names() -> None:
    assert "Jonas 16/62" in words(a_funnel(DANA, JONAS))


def test_two_people_with_one_first_name_keep_their_whole_names_on_a_phone() -> None:
    svg = a_funnel(DANA, Book("Dana Okoro", 5, 20, 15.0))
    assert words(svg).count("Dana Okoro 5/20") == 2


def test_a_book_below_the_line_by_more_than_chance_is_a_triangle_in_the_signal_and_said_in_words() -> None:
    svg = a_funnel(DANA, JONAS)
    assert svg.count('class="f-sig"') == 2  # one in each drawing
    assert "Jonas Brandt, 16 of 62, lies below by more than chance" in svg


def test_a_book_of_under_ten_effective_invitations_is_not_drawn() -> None:
    assert a_funnel(Book("Samuel Okoro", 2, 4, 3.0)) == ""


def test_labels_never_lie_on_each_other_even_when_all_books_are_alike() -> None:
    same = [Book(f"Person Number{i}", 10 + i % 3, 20, 18.0 + i / 10) for i in range(40)]
    svg = a_funnel(*same)
    assert svg.count("<circle") == 80
    assert 0 < sum("Person" in found for found in words(svg)) < 80


def test_hostile_names_stay_text() -> None:
    svg = a_funnel(Book('<script>alert(1)</script> "x', 22, 34, 24.3))
    assert "<script>" not in svg
    drawn(svg)


def test_a_drawing_is_an_image_with_a_title_a_description_and_no_style() -> None:
    for svg in drawn(a_funnel(DANA, JONAS)):
        assert svg.get("role") == "img"
        ids = (svg.get("aria-labelledby") or "").split()
        assert ids == [part.get("id") for part in svg if part.tag in ("title", "desc")]
    assert "style=" not in a_funnel(DANA, JONAS)


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(1, 300), st.floats(0.5, 300)).filter(lambda b: b[0] <= b[1]),
        min_size=1,
        max_size=30,
    )
)
def test_any_books_give_a_wellformed_drawing(raw: list[tuple[int, int, float]]) -> None:
    drawn(a_funnel(*[Book(f"P{i} Q", x, size, eff) for i, (x, size, eff) in enumerate(raw)]))


CURVE = Curve(
    points=[Point(0, 1, 1, 1), Point(2, 0.8, 0.6, 0.95), Point(6, 0.5, 0.3, 0.7), Point(9, 0.2, 0.05, 0.4)],
    still_open=[1.0, 7.5],
    median=6.0,
    limit=10.0,
    unit="working days",
)


def test_every_open_case_is_marked_at_its_age() -> None:
    svg = survival(CURVE, title="How long", description="...")
    assert svg.count('stroke-width="1.6"') == 2 * len(CURVE.still_open)


def test_the_median_and_the_limit_are_labelled_at_the_line() -> None:
    said = words(survival(CURVE, title="How long", description="..."))
    assert "half done by day 6" in said
    assert "limit: 10 days" in said


def test_no_median_is_drawn_while_more_than_half_are_open() -> None:
    curve = Curve(points=CURVE.points[:2], still_open=[3.0], median=None, limit=None, unit="working days")
    assert not any("half" in said for said in words(survival(curve, title="t", description="d")))


def test_the_curve_reads_the_last_step_at_or_before_a_moment() -> None:
    assert [CURVE.share_at(t) for t in (0, 1.9, 2, 8)] == [1, 1, 0.8, 0.5]


SEVEN = [
    Part("recency", 19.09, 25),
    Part("roles", 15, 20),
    Part("decision maker", 15, 15),
    Part("coverage", 3, 10),
    Part("bounces", 1, 5),
    Part("detractor", 0, 15),
    Part("renewal", 4.13, 10),
]


def test_each_of_the_seven_tracks_is_as_long_as_its_greatest_number_of_points() -> None:
    wide = drawn(seven(SEVEN))[0]
    tracks = [float(r.get("width") or 0) for r in wide.iter("rect") if r.get("class") == "f-track"]
    assert [width / tracks[0] for width in tracks] == [part.most / 25 for part in SEVEN]


def test_the_seven_parts_are_also_words() -> None:
    assert seven_words(SEVEN).startswith("recency 19.1, roles 15, decision maker 15, coverage 3")
    assert seven_words(SEVEN) in seven(SEVEN)


def test_the_heads_stand_over_their_tracks() -> None:
    heads = [float(found.get("x") or 0) for found in drawn(seven_heads(SEVEN)).iter("text")]
    starts = [float(r.get("x") or 0) for r in drawn(seven(SEVEN))[0].iter("rect") if r.get("class") == "f-track"]
    assert heads == starts


@given(st.floats(-1e6, 1e6))
def test_a_coordinate_never_has_an_exponent_or_a_negative_zero(value: float) -> None:
    assert n(value) != "-0"
    assert n(round(value / 100)) == n(round(value / 100)).lower().replace("e", "")


@pytest.mark.parametrize(("low", "high", "expected"), [(5, 45, [10, 20, 30, 40]), (0, 21, [0, 5, 10, 15, 20])])
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_touching_boxes_do_not_meet() -> None:
    assert not Box(0, 0, 1, 1).meets(Box(1, 0, 2, 1))
    assert Frame(width=100, height=100, x_high=10).y(0) == 60


def test_every_mark_of_a_drawing_has_a_style() -> None:
    """The upright lines of a trend were drawn in a colour that no style named, and nobody saw them."""
    web = Path(voc.web.__file__).parent
    styles = "".join(one.read_text("utf-8") for one in (web / "static").glob("*.css"))
    drawn_by = "".join(one.read_text("utf-8") for one in web.glob("*.py"))
    used = set(re.findall(r"\b[kft]-[a-z][a-z0-9]*\b", drawn_by))
    assert {"k-line2", "f-tint"} <= used
    assert sorted(one for one in used if f".{one}" not in styles) == []


def test_what_happened_stands_before_the_band_and_the_standard_is_not_hidden_by_it() -> None:
    nights = [Spot(NOW.date() + timedelta(days=7 * week), 0.5, 0.4, 0.6) for week in range(4)]
    one = Line(nights, [Happened(nights[1].on, 1)], standard=0.55)
    svg = str(trend(one, title="Response", description="Four weeks"))
    wide = svg[: svg.index("</svg>")]
    assert wide.index("<polygon") < wide.index('stroke-dasharray="2 3"') < wide.index(">standard<")
