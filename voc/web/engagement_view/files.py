"""The table as a file."""

from dataclasses import replace

from voc.metrics import wording
from voc.metrics.model import Shown
from voc.metrics.pages import Engagement, ScopeFigures
from voc.reports.cells import Cell as FileCell
from voc.reports.tables import Column, Kind
from voc.web.engagement_view.chain import chain_counts
from voc.web.engagement_view.lines import against_all, standard_words, total_name

FILE_COLUMNS = (
    Column("CSM"),
    Column("Accounts", Kind.WHOLE),
    Column("Revenue", Kind.MONEY, "A year, in the reporting currency"),
    Column("Places", Kind.WHOLE, "Places of the census"),
    Column("Invited places", Kind.WHOLE),
    Column("Delivered places", Kind.WHOLE),
    Column("Answered places", Kind.WHOLE),
    Column("Answered", Kind.WHOLE, "Numerator of the response rate"),
    Column("Invitations", Kind.WHOLE, "Its denominator: due in the period, without bounces"),
    Column("Response", Kind.SHARE, "Empty under 5 invitations"),
    Column("From", Kind.SHARE, "95% interval, from 10 invitations at 3 accounts"),
    Column("To", Kind.SHARE),
    Column("Against the standard"),
    Column("Against the team"),
    Column("Fresh coverage points", Kind.NUMBER, "Weight of places with a fresh contact"),
    Column("Coverage points", Kind.NUMBER, "Weight of all places"),
    Column("Fresh contacts", Kind.NUMBER),
    Column("Contacts", Kind.NUMBER),
    Column("Promoters", Kind.NUMBER),
    Column("Promoter places", Kind.NUMBER),
    Column("Silent accounts", Kind.WHOLE),
    Column("Accounts asked", Kind.WHOLE),
    Column("Silent revenue", Kind.MONEY),
    Column("Follow-ups in time", Kind.WHOLE),
    Column("Follow-ups due", Kind.WHOLE),
)
_TITLES = [column.title for column in FILE_COLUMNS]


def file_total(one: ScopeFigures, found: Engagement) -> list[FileCell]:
    """The last line, as the page has it."""
    against = against_all(one.figures["response_rate"], found.comparisons.standard)
    cells = file_row(replace(one, name=total_name(one)), found)
    cells[_TITLES.index("Against the standard")] = against
    return cells


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
