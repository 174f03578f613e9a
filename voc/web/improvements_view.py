"""Improvements: what departments do about themes, who raised them, and what those people are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voc.base.words import ImprovementState
from voc.followup.improving import ANYBODY, LONGEST, Improvement, Step
from voc.followup.store.improvements import Drafted, Raiser
from voc.metrics.forest.languages import NAMES
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.parts import Link, Mark, files

_GLYPHS = {
    ImprovementState.PLANNED: "open",
    ImprovementState.UNDER_WAY: "half",
    ImprovementState.DONE: "done",
    ImprovementState.DROPPED: "none",
}
_STEPS = {
    "opened": "Opened",
    "changed": "Changed",
    "begun": "Begun",
    "done": "Done",
    "dropped": "Dropped",
    "reopened": "Reopened",
    "drafted": "Lines drafted",
}


@dataclass(frozen=True)
class Row:
    id: int
    title: str
    theme: str
    department: str
    owner: str
    due: str
    overdue: bool
    state: str
    glyph: str
    raised: str
    told: str
    mark: Mark


@dataclass(frozen=True)
class ListPage:
    heading: str
    lede: str
    rows: Sequence[Row]
    links: Sequence[Link]
    may_change: bool


def list_page(found: Sequence[Improvement], *, today: date, may_change: bool) -> ListPage:
    links = [Link("Forest", "/forest"), Link("You said, we did", "/you-said")]
    links += files("/improvements", "of improvements")
    return ListPage(
        heading=_heading(found, today),
        lede=(
            "An improvement takes a theme to a department, for every account that raised it. Closing it drafts a line"
            " for each of those people, which their CSM may change before the next invitation."
        ),
        rows=[_row(one, today) for one in found],
        links=links,
        may_change=may_change,
    )


def _heading(found: Sequence[Improvement], today: date) -> str:
    going = [one for one in found if one.open]
    late = sum(one.overdue(today) for one in going)
    if not found:
        return "No improvement yet"
    if not going:
        return f"{view.count(len(found), 'improvement')}, none open"
    told = f"{view.count(len(going), 'improvement')} open"
    return f"{told}, {late} overdue" if late else f"{told}, none overdue"


def _row(one: Improvement, today: date) -> Row:
    return Row(
        id=one.id,
        title=one.title,
        theme=one.theme,
        department=one.department,
        owner=one.owner,
        due=view.short_day(one.due_on),
        overdue=one.overdue(today),
        state=view.word(one.state),
        glyph=_GLYPHS[one.state],
        raised=raised(one),
        told=_told(one),
        mark=Mark("improvement", one.accounts, one.accounts, f"/improvements/{one.id}"),
    )


def raised(one: Improvement) -> str:
    return f"{view.count(one.accounts, 'account')}, {view.count(one.people, 'person', 'people')}"


def _told(one: Improvement) -> str:
    if not one.drafted:
        return view.DASH
    return f"{view.count(one.drafted, 'line')}, {one.told} gone out"


FILE_COLUMNS = (
    Column("Improvement"),
    Column("Theme"),
    Column("Department"),
    Column("Owner"),
    Column("Due", Kind.DAY),
    Column("State"),
    Column("Overdue", Kind.YES),
    Column("Accounts", Kind.WHOLE),
    Column("People", Kind.WHOLE),
    Column("Lines drafted", Kind.WHOLE),
    Column("Invited since", Kind.WHOLE),
    Column("Opened", Kind.DAY),
    Column("Opened by"),
    Column("Closed", Kind.DAY),
    Column("What was done"),
)


def file_row(one: Improvement, today: date) -> Sequence[Cell]:
    return (
        one.title,
        one.theme,
        one.department,
        one.owner,
        one.due_on,
        view.low_word(one.state),
        one.overdue(today),
        one.accounts,
        one.people,
        one.drafted,
        one.told,
        one.opened_at.date(),
        one.opened_by,
        one.closed_at.date() if one.closed_at else None,
        one.done,
    )


# --- one ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonRow:
    name: str
    href: str
    csm: str
    line: str
    state: str
    line_href: str


@dataclass(frozen=True)
class AccountRows:
    name: str
    href: str
    people: Sequence[PersonRow]


@dataclass(frozen=True)
class Language:
    code: str
    label: str
    text: str


@dataclass(frozen=True)
class Happened:
    day: str
    what: str
    by: str
    note: str


@dataclass(frozen=True)
class OnePage:
    id: int
    title: str
    state: str
    glyph: str
    overdue: bool
    lede: str
    facts: Sequence[tuple[str, str]]
    theme_href: str
    theme: str
    open: bool
    planned: bool
    done: bool
    done_words: str
    languages: Sequence[Language]
    accounts: Sequence[AccountRows]
    raised: str
    counted: tuple[int, int]  # accounts, people: everybody’s
    missing: int
    steps: Sequence[Happened]
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    longest: int = LONGEST


def one_page(
    found: Improvement,
    people: Sequence[Raiser],
    drafted: Mapping[tuple[str, str], Drafted],
    *,
    csms: Mapping[str, str],
    everybody: Sequence[Raiser],
    today: date,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> OnePage:
    """`people` are those of accounts the viewer sees, `everybody` whom closing it tells."""
    shown = typed or {}
    return OnePage(
        id=found.id,
        title=found.title,
        state=view.word(found.state),
        glyph=_GLYPHS[found.state],
        overdue=found.overdue(today),
        lede=_lede(found, today),
        facts=[
            ("Department", found.department),
            ("Owner", found.owner),
            ("Due", view.day(found.due_on)),
            ("Comments since", view.day(found.since_on)),
            ("Opened", f"{view.day(found.opened_at)} by {found.opened_by}"),
        ],
        theme_href=f"/forest/comments?theme={found.theme_id}",
        theme=found.theme,
        open=found.open,
        planned=found.state == ImprovementState.PLANNED,
        done=found.state == ImprovementState.DONE,
        done_words=found.done or "",
        languages=_languages(found, everybody, shown),
        accounts=_accounts(people, drafted, csms),
        raised=raised(found),
        counted=(found.accounts, found.people),
        missing=sum((one.account_id, one.contact_id) not in drafted for one in everybody),
        steps=[_happened(one) for one in reversed(found.steps)],
        typed={**_plan(found), **shown, "seen": _seen(found, shown, errors or {})},
        errors=errors or {},
    )


def _seen(found: Improvement, shown: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """What was seen stays seen while another field is mended; whoever was told of a step has seen it."""
    return shown["seen"] if "seen" in shown and "seen" not in errors else str(len(found.steps))


def _plan(found: Improvement) -> dict[str, str]:
    return {
        "title": found.title,
        "department": found.department,
        "owner": found.owner,
        "due_on": found.due_on.isoformat(),
        "done": found.done or "",
        "note": "",
    }


def _lede(found: Improvement, today: date) -> str:
    about = f"{found.theme}: raised by {raised(found)}."
    if found.overdue(today):
        return f"{about} It was due {view.days_from(found.due_on, today)}."
    if found.open:
        return f"{about} Due {view.days_from(found.due_on, today)}."
    if found.state == ImprovementState.DONE:
        went = f"an invitation has gone to {found.told} of them since" if found.told else "no invitation has gone yet"
        return f"{about} {view.count(found.drafted, 'line')} stand for them; {went}."
    return about


def _languages(found: Improvement, everybody: Sequence[Raiser], shown: Mapping[str, str]) -> list[Language]:
    """A line for everybody, and one for each other language that those who raised it write."""
    count: dict[str, int] = {}
    for one in everybody:
        code = one.language.replace("_", "-").partition("-")[0].lower()
        count[code] = count.get(code, 0) + 1
    codes = sorted(code for code in count if code != "en" and code in NAMES)
    fields = [Language(ANYBODY, "What customers are told, in one line", _line(found, ANYBODY, shown))]
    return fields + [
        Language(code, f"The same in {NAMES[code]}, for {count[code]} of them", _line(found, code, shown))
        for code in codes
    ]


def _line(found: Improvement, code: str, shown: Mapping[str, str]) -> str:
    return shown.get(f"line:{code}", found.lines.get(code, ""))


def _accounts(
    people: Sequence[Raiser], drafted: Mapping[tuple[str, str], Drafted], csms: Mapping[str, str]
) -> list[AccountRows]:
    found: dict[str, list[Raiser]] = {}
    for one in people:
        found.setdefault(one.account_id, []).append(one)
    return [
        AccountRows(
            mine[0].account_name,
            f"/accounts/{id}",
            [_person(one, drafted.get((one.account_id, one.contact_id)), csms) for one in mine],
        )
        for id, mine in found.items()
    ]


def _person(one: Raiser, line: Drafted | None, csms: Mapping[str, str]) -> PersonRow:
    return PersonRow(
        name=one.contact_name,
        href=f"/contacts/{one.contact_id}",
        csm=csms.get(one.csm_id or "", "no CSM"),
        line=line.text if line is not None else "",
        state=_state(line),
        line_href=f"/you-said?account={one.account_id}#line-{line.you_said_id}" if line is not None else "",
    )


def _state(line: Drafted | None) -> str:
    if line is None:
        return "no line yet"
    if line.asked:
        return "an invitation went out with it since"
    return "taken back" if line.withdrawn_at is not None else "stands for the next invitation"


def _happened(one: Step) -> Happened:
    return Happened(view.short_day(one.at), _STEPS.get(one.what, one.what), one.by, one.note or "")
