"""What silence costs here, as the page of silent accounts shows it: the sentence, the table, the segments, the test."""

from voc.web.cost_view.renewals import FILE_COLUMNS, chosen, file_rows, renewals_page
from voc.web.cost_view.under_the_list import CostSection, section

__all__ = ["FILE_COLUMNS", "CostSection", "chosen", "file_rows", "renewals_page", "section"]
