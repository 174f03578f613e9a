"""Scorecards as pages show them: the list, one card, a month of everybody, a month of one CSM."""

from voc.web.cards_view.card import beside, defined
from voc.web.cards_view.everybody import MonthPage, month_page
from voc.web.cards_view.lines import Amounts
from voc.web.cards_view.one_csm import csm_month
from voc.web.cards_view.paths import card_path, csm_path, month_path, month_words, recent_months

__all__ = [
    "Amounts",
    "MonthPage",
    "beside",
    "card_path",
    "csm_month",
    "csm_path",
    "defined",
    "month_page",
    "month_path",
    "month_words",
    "recent_months",
]
