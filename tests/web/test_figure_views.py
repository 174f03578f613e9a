"""The pure parts of the figures' pages: the curve of follow-ups, the months of a trend."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from tests.web.company import Company
from voc.base.preferences import Preferences
from voc.base.words import FigureState, Scope
from voc.metrics.cards import months
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.cost.backtest import band_of
from voc.metrics.model import Figure, Interval, IntervalKind, Shown, Window
from voc.metrics.near_views import Refused, View
from voc.metrics.pages import ScopeFigures
from voc.metrics.run import near_views
from voc.statistics.silence import band
from voc.web import code_book_view, figure_view, rows_view
from voc.web.cards_view import paths
from voc.web.engagement_view import monthly
from voc.web.engagement_view.cards import silent_card
from voc.web.engagement_view.chain import product
from voc.web.engagement_view.overview import counted_words
from voc.web.figure_view import Asking
from voc.web.survival_view import Lasted, chart, curve, median

TWELVE = [
    *(Lasted(float(day), resolved=True) for day in range(1, 9)),
    *(Lasted(20.0, resolved=False) for _ in range(4)),
]


def test_under_ten_cases_there_is_no_curve() -> None:
    assert curve(TWELVE[:9], limit_days=10) is None


def test_open_cases_are_kept_at_their_age_and_not_left_out() -> None:
    drawn = curve(TWELVE, limit_days=10)
    assert drawn is not None
    assert drawn.still_open == [20.0] * 4
    assert drawn.median == 6.0  # of the closed ones alone it would be 4
    assert drawn.share_at(10) == pytest.approx(4 / 12)


def test_the_caption_says_how_many_are_open_and_what_is_left_at_the_limit() -> None:
    shown = chart(TWELVE, limit_days=10)
    assert shown is not None
    assert "4 upright marks are cases still open" in shown.caption
    assert "33% are still open at the limit of 10 working days." in shown.caption
    assert shown.rows[1][0] == "1.0"


def test_while_more_than_half_are_open_there_is_no_median() -> None:
    assert median([Lasted(1, resolved=True), *(Lasted(40, resolved=False) for _ in range(11))]) == (None, None)


def test_a_trend_takes_the_latest_night_of_each_month() -> None:
    today = date(2026, 3, 3)
    nights = [(today - timedelta(days=age), age / 100) for age in range(70, -1, -1)]
    assert monthly(nights, to_on=today) == [0.6, 0.3, 0.0]


def test_the_chain_tells_shares_only_where_five_stand_at_each_step() -> None:
    """The example of the definitions; of four that were delivered two answers are no half."""
    assert product((50, 44, 40, 26)) == "88% invited × 91% delivered × 65% answered = 52%."
    assert product((24, 5, 4, 2)) == ""
    assert product((24, 0, 0, 0)) == ""


def test_a_month_without_a_night_is_left_out() -> None:
    today = date(2026, 3, 3)
    assert monthly([(today, 0.5), (today - timedelta(days=100), 0.4)], to_on=today) == [0.4, 0.5]


def test_every_page_has_a_figure_s_standard_from_its_definition() -> None:
    told = {one.name: figure_view.standard(one.name, Preferences()) for one in CATALOGUE}
    assert {name: words for name, words in told.items() if words != "–"} == {
        "response_rate": "50%",
        "response_target": "60%",
        "coverage_fresh": "70%",
        "identified_promoters": "25%",
        "silent_accounts": "at most 5%",
        "invitation_guideline": "80%",
        "follow_up_attainment": "90%",
    }


def test_agreement_is_cut_and_not_rounded_to_its_target() -> None:
    assert [code_book_view.kappa(value) for value in (0.6957, 0.7, 0.784, -0.05, 1.0)] == [
        ".69",
        ".70",
        ".78",
        "−.05",
        "1.00",
    ]


def test_a_line_of_a_scorecard_says_over_which_days_it_counts() -> None:
    """What stands on a day has no period; what was done in the month has one, though it is today's owner's."""
    october = months.parse("2026-10")
    assert paths.period("coverage_fresh", 180) == "at the month’s end"
    assert paths.period("voc_contribution", None) == "the month"
    assert paths.period("voc_contribution", 31, october) == "the month"
    assert paths.period("nrr", 365, october) == "365 days to the month’s end"


TODAY = date(2026, 3, 3)


def told(name: str, shown: Shown, *, part: float, whole: float, counted: int = 0, accounts: int = 1) -> Figure:
    value = part / whole if whole else None
    window = Window(180, TODAY - timedelta(days=180), TODAY)
    return Figure(
        name=name,
        scope=Scope.TOTAL,
        scope_id="",
        value=value,
        numerator=part,
        denominator=whole,
        interval=None,
        state=FigureState.OK,
        reason=None,
        shown=shown,
        counted=counted,
        accounts=accounts,
        window=window,
        as_of=TODAY,
        definition_version=1,
    )


def test_a_count_names_what_it_counts_once_and_one_of_it_as_one() -> None:
    few = [told("onboarding_rating", Shown.COUNTS, part=4.5 * many, whole=many, counted=many) for many in (1, 2)]
    assert [figure_view.counts(one) for one in few] == ["1 answer", "2 answers"]
    assert figure_view.counts(told("onboarding_rating", Shown.TREND, part=54, whole=12, counted=12)) == "12 answers"
    assert figure_view.counts(told("response_rate", Shown.COUNTS, part=2, whole=4, counted=4)) == "2 of 4 invitations"


def test_rows_that_are_more_than_their_accounts_are_not_called_accounts() -> None:
    shared = told("expansion", Shown.TREND, part=200_000, whole=1_000_000, counted=70, accounts=60)
    assert rows_view.counts_of(shared, "EUR").endswith(", 70 rows")
    assert rows_view.counts_of(told("expansion", Shown.TREND, part=1, whole=2, counted=9, accounts=9), "EUR").endswith(
        ", 9 accounts"
    )


def test_where_no_account_is_silent_no_revenue_is_missed() -> None:
    """Unknown is only the revenue of accounts that are silent."""

    def beside(silent: float, revenue: float) -> list[str]:
        found = {
            "silent_accounts": told("silent_accounts", Shown.TREND, part=silent, whole=6, counted=6, accounts=6),
            "silent_arr": told("silent_arr", Shown.TREND, part=revenue, whole=9_000, counted=6, accounts=6),
        }
        return [one.words for one in silent_card(found, Asking(TODAY, 180), "EUR").beside]

    assert beside(0, 0) == []
    assert beside(1, 0) == ["no revenue known"]
    assert beside(1, 4_000) == ["with €4 k"]


def test_a_band_of_the_score_has_one_name_on_every_page() -> None:
    assert [band_of(score) for score in (0, 24.9, 25, 50, 75)] == [band(score) for score in (0, 24.9, 25, 50, 75)]


def test_a_past_day_that_is_counted_now_says_whose_accounts_it_counts() -> None:
    assert counted_words(TODAY, kept=False, past=False) == ""
    assert "accounts are of that day; their roles, segments and teams are of today" in counted_words(
        TODAY, kept=False, past=True
    )
    assert "it stays as it is" in counted_words(TODAY, kept=True, past=True)


@pytest.mark.parametrize("why", [Refused(), Refused(View(180))])
def test_what_is_kept_back_beside_another_view_opens_no_rows_and_bears_no_mark(why: Refused) -> None:
    """The rows of a narrow view would name the few people whom its number was kept back for."""
    shown = told("nps_people", Shown.COUNTS, part=2, whole=4, counted=4)
    sent = told("response_rate", Shown.COUNTS, part=2, whole=4, counted=4)
    line = ScopeFigures(Scope.TOTAL, "", "All", {one.name: one for one in (shown, sent)}, accounts=1, arr=0.0)
    kept_back = near_views.silenced(line, why).figures
    said, asking = kept_back["nps_people"], Asking()
    assert near_views.is_kept_back(said)
    assert [one.words for one in figure_view.links(said, asking)] == ["Definition"]
    assert figure_view.card(said, asking).mark is None
    assert figure_view.cell(said, asking, who="Dana") == figure_view.Cell("not shown")
    for one in (shown, kept_back["response_rate"]):  # as shown before, and what nobody said
        assert not near_views.is_kept_back(one)
        assert len(figure_view.links(one, asking)) == 2
        assert figure_view.card(one, asking).mark is not None
        assert figure_view.cell(one, asking, who="Dana").href


def test_rows_lead_back_to_the_page_that_shows_their_figure_and_say_why_there_are_none(company: Company) -> None:
    marcus = company.enter("marcus")
    for name in ("onboarding_rating", "training_score", "stuck_accounts", "onboarding_time", "grr"):
        assert '<p class="crumb"><a href="/retention' in marcus.get(f"/engagement/rows?figure={name}&scope=total").text
    rows = marcus.get("/engagement/rows?figure=response_rate&scope=total&state=luck").text
    assert "No row of this figure has the state luck. Without that choice all of them show." in rows


def test_recovery_says_by_which_owner_it_counts_and_that_scorecards_count_by_another(company: Company) -> None:
    marcus = company.enter("marcus")
    for page in ("/follow-ups", "/follow-ups/recovery"):
        assert "Scorecards count it under who owned the account when the next wave was sent" in marcus.get(page).text


def test_a_median_of_which_nothing_is_known_has_no_range() -> None:
    """A thousand onboardings open and one done: not even the shortest median can be said, in no page's days."""
    known = Interval(20.0, float("inf"), 0.95, IntervalKind.KAPLAN_MEIER)
    for interval, words in ((known, "20 days or more"), (replace(known, low=float("inf")), "")):
        open_ = replace(told("onboarding_time", Shown.TREND, part=1, whole=1_002, counted=1_002), interval=interval)
        assert figure_view.span(open_) == words
