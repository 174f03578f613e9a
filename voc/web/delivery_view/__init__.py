"""How delivery stands, as its page says it: the heading is what a person should know first."""

from voc.web.delivery_view.came_back import BOUNCES
from voc.web.delivery_view.messages import KINDS, row, what, why
from voc.web.delivery_view.overview import page
from voc.web.delivery_view.parts import DAYS, Filter, Moment, Row, Seen, Stuck
from voc.web.delivery_view.records import dns_part, dns_words

__all__ = [
    "BOUNCES",
    "DAYS",
    "KINDS",
    "Filter",
    "Moment",
    "Row",
    "Seen",
    "Stuck",
    "dns_part",
    "dns_words",
    "page",
    "row",
    "what",
    "why",
]
