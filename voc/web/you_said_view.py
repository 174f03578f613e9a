"""You said, we did: the lines that customers are told, with who reads each in their next invitation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import FollowUpKind
from voc.campaigns.you_said import Line as Told
from voc.followup.model import FollowUp
from voc.followup.store.lines import Line
from voc.followup.you_said import LONGEST, draft
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.followups_view import CAUSES, KINDS


@dataclass(frozen=True)
class LineCard:
    id: int
    text: str
    about: str  # whose answer, what was behind it
    follow_up_id: int | None
    improvement_id: int | None
    readers: str
    colleagues: bool
    withdrawn: bool
    written: str
    typed: str
    error: str


@dataclass(frozen=True)
class OfAccount:
    account_id: str
    name: str
    lines: Sequence[LineCard]


@dataclass(frozen=True)
class YouSaidPage:
    heading: str
    lede: str
    accounts: Sequence[OfAccount]
    longest: int = LONGEST


Readers = Mapping[int, Sequence[str]]
"""Line -> the names of those whose next invitation carries it."""


def readers_of(told: Mapping[tuple[str, str], Sequence[Told]], names: Mapping[tuple[str, str], str]) -> Readers:
    found: dict[int, list[str]] = {}
    for person, lines in told.items():
        for line in lines:
            found.setdefault(line.id, []).append(names.get(person, person[0]))
    return found


def page(lines: Sequence[Line], readers: Readers, *, refused: tuple[int, str, str] | None = None) -> YouSaidPage:
    """`refused` is the line that could not be changed, what was typed, and why."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.account_id, []).append(line)
    standing = [line for line in lines if line.withdrawn_at is None and readers.get(line.id)]
    people = {name for line in standing for name in readers[line.id]}
    whom = f"{view.count(len(standing), 'line')} for {view.count(len(people), 'person', 'people')}"
    return YouSaidPage(
        heading=f"{whom} in the next invitations" if standing else "Nothing to tell customers yet",
        lede=(
            "What came of an answer, in one line from you. It stands in that person’s next invitation, once. A "
            "colleague reads it only if you allow it, it names nobody, and three others there answered too."
        ),
        accounts=[
            OfAccount(id, mine[0].account_name, cards(mine, readers, refused=refused)) for id, mine in found.items()
        ],
    )


def cards(lines: Sequence[Line], readers: Readers, *, refused: tuple[int, str, str] | None = None) -> list[LineCard]:
    return [_card(line, readers, refused if refused is not None and refused[0] == line.id else None) for line in lines]


def _card(line: Line, readers: Readers, refused: tuple[int, str, str] | None) -> LineCard:
    _id, typed, error = refused or (line.id, line.text, "")
    return LineCard(
        id=line.id,
        text=line.text,
        about=_about(line),
        follow_up_id=line.follow_up_id,
        improvement_id=line.improvement_id,
        readers=_readers(line, readers.get(line.id, ())),
        colleagues=line.colleagues,
        withdrawn=line.withdrawn_at is not None,
        written=f"{line.written_by}, {view.short_day(line.changed_at or line.written_at)}",
        typed=typed,
        error=error,
    )


def _about(line: Line) -> str:
    if line.improvement is not None:
        return f"{line.contact_name}: improvement “{line.improvement}”"
    kind = KINDS[line.kind] if line.kind is not None else "A line of your own"
    cause = f", {CAUSES[line.cause][:1].lower()}{CAUSES[line.cause][1:]}" if line.cause is not None else ""
    return (
        f"{kind}{cause}" if line.contact_name is None else f"{line.contact_name}: {kind[:1].lower()}{kind[1:]}{cause}"
    )


def _readers(line: Line, names: Sequence[str]) -> str:
    if line.withdrawn_at is not None:
        return f"Taken back on {view.day(line.withdrawn_at)}; nobody is told."
    if not names:
        return "Nobody reads it next: those it is for were told, have left, or never answered."
    some = list(names[:6]) + ([f"{len(names) - 6} more"] if len(names) > 6 else [])
    return f"In the next invitation of {view.listed(some)}."


@dataclass(frozen=True)
class Telling:
    """The form on the page of a closed case: the line that stands, or a draft of one."""

    text: str
    colleagues: bool
    stands: bool
    withdrawn: bool
    id: int | None
    who: str
    longest: int = LONGEST


def telling(case: FollowUp, line: Line | None) -> Telling | None:
    """None while the case is open, and where nobody answered: there is nothing to tell."""
    if case.open or case.kind == FollowUpKind.SILENT_ACCOUNT:
        return None
    stands = line is not None and line.withdrawn_at is None
    return Telling(
        text=line.text if line is not None else draft(case.cause, case.outcome),
        colleagues=line is not None and line.colleagues,
        stands=stands,
        withdrawn=line is not None and not stands,
        id=line.id if line is not None else None,
        who=case.contact_name or "the account",
    )


FILE_COLUMNS = (
    Column("Account"),
    Column("Account id", meaning="Of the CRM"),
    Column("Whose answer"),
    Column("About", meaning="What the line came of: a follow-up with its cause, or an improvement"),
    Column("Line", meaning="As the customer reads it"),
    Column("Colleagues too", Kind.YES, "Others at the account may read it, where at least three others answered"),
    Column("Read next by", Kind.WHOLE, "People whose next invitation carries it"),
    Column("Readers"),
    Column("Written", Kind.MOMENT),
    Column("Written by"),
    Column("Changed", Kind.MOMENT),
    Column("Taken back", Kind.MOMENT, "Nobody is told it from then on"),
)


def file_row(line: Line, names: Sequence[str]) -> Sequence[Cell]:
    told = () if line.withdrawn_at is not None else names
    return (
        line.account_name,
        line.account_id,
        line.contact_name,
        _about(line),
        line.text,
        line.colleagues,
        len(told),
        ", ".join(told) or None,
        line.written_at,
        line.written_by,
        line.changed_at,
        line.withdrawn_at,
    )
