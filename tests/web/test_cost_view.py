"""What silence costs here, in the words of the page."""

from tests.metrics.test_cost import book
from voc.metrics.cost.backtest import TooEarly
from voc.metrics.cost.table import cost
from voc.metrics.run.cost import CostPage
from voc.web import cost_view


def test_a_segment_without_a_silent_renewal_is_named_and_never_drawn_as_a_guess() -> None:
    renewals = [
        *book((0, 0), (2, 12), segment="enterprise"),
        *book((1, 2), (3, 14), start=500, segment="mid-market"),
        *book((2, 3), (1, 9), start=900, segment="small"),
    ]
    found = CostPage(cost(renewals), [], TooEarly(2, 30, 0), renewals, frozenset(), own=0)
    page = cost_view.section(found)
    assert page is not None
    assert [name for name, *_ in page.drawn] == [
        "Mid-market",
        "Small",
        "All",
    ]  # a guess is not made segment for segment
    assert "Nothing to compare yet, so not drawn: Enterprise." in page.notes
