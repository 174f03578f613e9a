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
    span = one.guess.interval if one.guess and one.guess.interval else (None, None)
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
        one.guess.rate if one.guess else None,
        *span,
        None if one.mix is None else round(one.mix.expected, 1),
        None if one.mix is None else one.mix.ratio,
    )
