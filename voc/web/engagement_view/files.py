"""The table as a file."""

from voc.metrics import wording
from voc.metrics.model import Shown
from voc.metrics.pages import Engagement, ScopeFigures
from voc.web.engagement_view.chain import chain_counts
from voc.web.engagement_view.lines import standard_words
from voc.web.tables import Cell as FileCell

FILE_HEADS = (
    "CSM", "Accounts", "Revenue", "Places", "Invited places", "Delivered places", "Answered places", "Answered",
    "Invitations", "Response", "From", "To", "Against the standard", "Against the team", "Fresh coverage points",
    "Coverage points", "Fresh contacts", "Contacts", "Promoters", "Promoter places", "Silent accounts",
    "Accounts asked", "Silent revenue", "Follow-ups in time", "Follow-ups due",
)  # fmt: skip


def file_row(one: ScopeFigures, found: Engagement) -> list[FileCell]:
    figures, comparison = one.figures, one.comparison
    response = figures["response_rate"]
    span = (response.interval.low, response.interval.high) if response.interval else (None, None)
    pairs: list[FileCell] = []
    for name in ("coverage_fresh", "fresh_contacts", "identified_promoters", "silent_accounts"):
        pairs += [figures[name].numerator, figures[name].denominator]
    return [
        one.name,
        one.accounts,
        round(one.arr, 2),
        *chain_counts(figures),
        response.numerator,
        response.denominator,
        response.value if response.shown not in (Shown.REASON, Shown.COUNTS) else None,
        *span,
        standard_words(one),
        (wording.against_team(comparison, found.comparisons) or "") if comparison else "",
        *pairs,
        figures["silent_arr"].numerator,
        figures["follow_up_attainment"].numerator,
        figures["follow_up_attainment"].denominator,
    ]
