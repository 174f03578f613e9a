"""The table as a file."""

from voc.metrics import wording
from voc.metrics.run.csms import CsmsPage, Line
from voc.reports.cells import Cell as FileCell
from voc.reports.tables import Column, Kind
from voc.web.csms_view.words import against_team

FILE_COLUMNS = (
    Column("CSM"),
    Column("Answered", Kind.WHOLE),
    Column("Invitations", Kind.WHOLE),
    Column("Accounts asked", Kind.WHOLE),
    Column("Effective invitations", Kind.NUMBER, "After widening: colleagues answer alike"),
    Column("Against the standard"),
    Column("Against the team"),
    Column("Chance", Kind.NUMBER, "p of the comparison with the team"),
    Column("False discovery rate", Kind.NUMBER),
    Column("Best guess", Kind.SHARE),
    Column("From", Kind.SHARE),
    Column("To", Kind.SHARE),
    Column("Expected from the mix", Kind.NUMBER),
    Column("Ratio to the mix", Kind.NUMBER),
)


def file_row(one: Line, found: CsmsPage) -> tuple[FileCell, ...]:
    that = one.comparison
    # As on the page: of a book that is too small nothing is guessed.
    known, mixed = (one.guess, one.mix) if that.state == "ok" else (None, None)
    span = known.interval if known and known.interval else (None, None)
    return (
        one.name,
        that.answered,
        that.invitations,
        that.accounts,
        round(that.effective, 1),
        wording.against_standard(that) if that.invitations else "",
        against_team(one, found),
        one.judged.p,
        one.judged.q,
        known.rate if known else None,
        *span,
        None if mixed is None else round(mixed.expected, 1),
        None if mixed is None else mixed.ratio,
    )
