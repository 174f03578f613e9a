"""What is wrong with one row, collected while it is read."""

from voc.accounts import clean
from voc.accounts.model import Cleaned, Incoming, Kind, Problem, ProblemLevel, Reason, Record

# The date is the point of the row.
_DATED = (Kind.ACTIVITY, Kind.MILESTONE)


class Notes:
    """Collects what is wrong with one row."""

    def __init__(self, kind: Kind, row: Incoming) -> None:
        self.kind = kind
        self.row = row
        self.problems: list[Problem] = []
        self.unreadable: set[str] = set()
        self.late: Reason | None = None
        self.missing: Reason | None = None

    def warn(self, reason: Reason, *, field: str | None = None, text: str | None = None) -> None:
        self.add(ProblemLevel.WARNING, reason, field=field, text=text)

    def add(self, level: ProblemLevel, reason: Reason, *, field: str | None, text: str | None) -> None:
        self.problems.append(
            Problem(
                level=level,
                reason=reason,
                object=self.kind,
                row=self.row.row,
                line=self.row.line,
                record_id=self.row.id,
                field=field,
                text=None if text is None else clean.without_control_characters(text)[:200],
            )
        )

    def unclean(self, field: str, reason: Reason, cell: str) -> None:
        if reason == Reason.BAD_DATE and field == "on" and self.kind in _DATED:
            self.late = reason
            return
        if reason == Reason.UNKNOWN_TIMEZONE:
            self.warn(reason, field=field, text=cell.strip())
            return
        if field == "created_on":
            return  # a system date: nobody can mend it
        self.add(ProblemLevel.FIELD_ERROR, reason, field=field, text=cell)
        if reason != Reason.INVALID_EMAIL:
            self.unreadable.add(field)

    def cleaned(self, record: Record) -> Cleaned:
        return Cleaned(
            record=record,
            problems=self.problems,
            late=self.late,
            unreadable=frozenset(self.unreadable),
            missing=self.missing,
        )
