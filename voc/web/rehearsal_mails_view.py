"""Every mail of a rehearsal, or of the rest of a wave: a line each with moment and reason, and a calendar. Pure.

Whoever gets nothing has a line too, with the reason.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from voc.base.words import Step
from voc.campaigns.calendar import Calendar
from voc.campaigns.choices import working_days_after
from voc.campaigns.model import CampaignSettings, Candidate, Member, RehearsedMail, Why
from voc.campaigns.rehearsal import Course
from voc.campaigns.store.underway import Person
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.parts import Choice, Link, address, choice, files
from voc.web.rehearsal_words import REASONS, STEPS, STOPS, WHYS

MOST = 100  # lines of one page; the file has them all
NOTHING = "nothing"  # the step of a line that says why nothing is sent


@dataclass(frozen=True)
class Line:
    """One mail, or why there is none. `at` is None for what is not sent; `step` for a person who gets nothing."""

    contact_id: str
    name: str
    account_id: str
    account: str
    address: str
    csm_id: str
    csm: str
    step: Step | None
    on: date | None
    at: datetime | None
    zone: str
    country: str | None
    why: str
    kind: str  # on its day, moved, left out, nothing

    @property
    def what(self) -> str:
        if self.step is None:
            return "nothing"
        return STEPS[self.step] if self.at is not None else f"no {STEPS[self.step]}"

    @property
    def there(self) -> str:
        return view.moment(self.at, ZoneInfo(self.zone)) if self.at is not None else view.short_day(self.on)


KINDS: Mapping[str, str] = {
    "planned": "on its day",
    "moved": "moved to another day",
    "left_out": "a step left out",
    "nothing": "nothing at all",
}


def of_courses(courses: Iterable[Course], settings: CampaignSettings, csms: Mapping[str, str]) -> Iterator[Line]:
    """Mails and steps that are left out, account by account; `settings` say why a mail goes on its day."""
    for course in courses:
        yield from in_order(_of_mail(mail, settings, csms) for mail in (*course.mails, *course.dropped))


def _of_mail(mail: RehearsedMail, settings: CampaignSettings, csms: Mapping[str, str]) -> Line:
    if mail.at is None:
        kind, why = "left_out", WHYS[mail.why or Why.TOO_LATE]
    elif mail.why is not None:
        kind, why = "moved", f"moved: {WHYS[mail.why]}"
    else:
        days, what = working_days_after(settings, mail.step)
        kind, why = "planned", f"{view.count(days, 'working day')} {what}" if days else what
    return Line(
        contact_id=mail.contact_id,
        name=mail.name,
        account_id=mail.account_id,
        account=mail.account_name,
        address=mail.address,
        csm_id=mail.csm_id or "",
        csm=csms.get(mail.csm_id or "", "no CSM we know"),
        step=mail.step,
        on=mail.on,
        at=mail.at,
        zone=mail.time_zone,
        country=mail.country,
        why=why,
        kind=kind,
    )


def of_members(members: Iterable[Member], csms: Mapping[str, str]) -> Iterator[Line]:
    """Those of the census who would not be asked."""
    for member in members:
        if member.reason is not None:
            words = REASONS[member.reason][0]
            yield _nothing(member.candidate, f"{words}, {member.detail}" if member.detail else words, csms)


def of_people(people: Iterable[Person], csms: Mapping[str, str]) -> Iterator[Line]:
    """Those of a wave under way who get nothing more."""
    return (_nothing(one.candidate, _over(one), csms) for one in people)


def _over(one: Person) -> str:
    if one.answered_at is not None:
        return f"answered on {view.short_day(one.answered_at)}"
    if one.stopped is not None:
        return f"stopped: {STOPS[one.stopped]}"
    if one.held_because:
        return f"held for a person: {one.held_because}"
    return "every step has been sent; it is open until it is due"


def _nothing(candidate: Candidate, why: str, csms: Mapping[str, str]) -> Line:
    return Line(
        contact_id=candidate.contact_id,
        name=candidate.name,
        account_id=candidate.account_id,
        account=candidate.account_name,
        address=candidate.address or "",
        csm_id=candidate.csm_id or "",
        csm=csms.get(candidate.csm_id or "", "no CSM we know"),
        step=None,
        on=None,
        at=None,
        zone=candidate.time_zone,
        country=candidate.country,
        why=why,
        kind="nothing",
    )


@dataclass(frozen=True)
class Filter:
    """What the page was asked to show; empty is all."""

    account: str = ""
    csm: str = ""
    step: str = ""
    reason: str = ""

    def fits(self, line: Line) -> bool:
        return (
            self.account in ("", line.account_id)
            and self.csm in ("", line.csm_id)
            and self.step in ("", line.step or NOTHING)
            and self.reason in ("", line.kind)
        )


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By moment; what has none stands by its day, and who gets nothing last."""
    return sorted(lines, key=_place)


def _place(line: Line) -> tuple[date, bool, str, str, str]:
    return line.on or date.max, line.at is None, line.account.casefold(), line.name, line.why


# --- the calendar -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """One day with what goes out on it; `closed` says where or why nothing does."""

    on: date
    counts: Sequence[tuple[int, str]]
    closed: str
    due: int

    @property
    def marked(self) -> bool:
        return bool(self.counts or self.due)


def days(
    counts: Mapping[tuple[date, Step], int],
    due_on: Mapping[date, int],
    countries: Mapping[str, int],
    calendar: Calendar,
) -> list[Day]:
    """Every weekday from the first mail to the last due date, and weekends on which something happens."""
    busy = {on for on, _step in counts} | set(due_on)
    if not busy:
        return []
    first, last = min(busy) - timedelta(days=min(busy).weekday()), max(busy)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        Day(
            on=on,
            counts=[(counts[on, step], STEPS[step]) for step in Step if counts.get((on, step))],
            closed=_closed(on, calendar, countries),
            due=due_on.get(on, 0),
        )
        for on in span
        if on.weekday() < 5 or on in busy
    ]


def _closed(on: date, calendar: Calendar, countries: Mapping[str, int]) -> str:
    if on in calendar.blackout:
        return "no mail: our own day"
    if on.weekday() > 4:
        return ""
    closed = {code: people for code, people in countries.items() if not calendar.is_working(on, code or None)}
    if not closed:
        return ""
    names = sorted(code for code in closed if code)
    some = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
    return f"holiday for {view.count(sum(closed.values()), 'person', 'people')}: {some}"


# --- the page -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MailsPage:
    crumbs: Sequence[Link]
    heading: str
    lede: str
    path: str
    hidden: Sequence[tuple[str, str]]
    filters: Sequence[Choice]
    days: Sequence[Day]
    lines: Sequence[Line]
    ours: Sequence[str]
    more: str
    links: Sequence[Link]


@dataclass
class _Tally:
    """Lines as they come, each looked at once: of a company with a million people nobody holds four million mails."""

    asked: Filter
    number: int = 0
    counts: Counter[tuple[date, Step]] = field(default_factory=Counter)
    countries: dict[str, str] = field(default_factory=dict)  # of the people shown
    mailed: set[str] = field(default_factory=set)
    last_on: date = date.min
    accounts: dict[str, str] = field(default_factory=dict)
    csms: dict[str, str] = field(default_factory=dict)
    steps: set[Step | None] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def fitting(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Those that are shown; all are counted, for the filters."""
        for line in lines:
            self._meet(line)
            if self.asked.fits(line):
                self._show(line)
                yield line

    def _meet(self, line: Line) -> None:
        self.accounts[line.account_id] = line.account
        self.csms[line.csm_id] = line.csm
        self.steps.add(line.step)
        self.kinds.add(line.kind)

    def _show(self, line: Line) -> None:
        self.number += 1
        self.countries[line.contact_id] = line.country or ""
        if line.at is not None and line.on is not None and line.step is not None:
            self.counts[line.on, line.step] += 1
            self.mailed.add(line.contact_id)
            self.last_on = max(self.last_on, line.on)


def page(
    lines: Iterable[Line],
    asked: Filter,
    *,
    due_on: Mapping[date, int],
    calendar: Calendar,
    crumbs: Sequence[Link],
    path: str,
    hidden: Mapping[str, str],
    lede: str,
    zone: ZoneInfo,
) -> MailsPage:
    """`lines` are all of them, in any order; the filter narrows calendar and table alike.

    `due_on` may fill while the lines are gone through.
    """
    tally = _Tally(asked)
    first = heapq.nsmallest(MOST, tally.fitting(lines), key=_place)
    query = {**hidden, "account": asked.account, "csm": asked.csm, "step": asked.step, "reason": asked.reason}
    due = due_on if asked == Filter() else {}
    return MailsPage(
        crumbs=crumbs,
        heading=_heading(tally),
        lede=lede,
        path=path,
        hidden=list(hidden.items()),
        filters=_filters(tally),
        days=days(tally.counts, due, Counter(tally.countries.values()), calendar),
        lines=first,
        ours=[view.moment(line.at, zone) for line in first],
        more=f"The first {MOST} of {view.number(tally.number)}; the file has all." if tally.number > MOST else "",
        links=files(address(path, **query), f"of these {tally.number}"),
    )


def _heading(tally: _Tally) -> str:
    if not tally.counts:
        return "No mail is to come" if tally.number else "Nothing fits"
    whom = view.count(len(tally.mailed), "person", "people")
    return f"{view.count(tally.counts.total(), 'mail')} at most to {whom}, until {view.day(tally.last_on)}"


def _filters(tally: _Tally) -> list[Choice]:
    asked = tally.asked
    accounts = sorted(tally.accounts.items(), key=lambda one: one[1].casefold())
    csms = sorted(((id, name) for id, name in tally.csms.items() if id), key=lambda one: one[1].casefold())
    steps = [(step.value, STEPS[step]) for step in Step if step in tally.steps]
    steps += [(NOTHING, "nothing")] if None in tally.steps else []
    return [
        choice("account", "Account", [("", "all"), *accounts], asked.account),
        *([choice("csm", "CSM", [("", "all"), *csms], asked.csm)] if len(csms) > 1 else []),
        choice("step", "Step", [("", "all"), *steps], asked.step),
        choice(
            "reason",
            "Goes",
            [("", "all"), *((key, words) for key, words in KINDS.items() if key in tally.kinds)],
            asked.reason,
        ),
    ]


FILE_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Address"),
    Column("CSM"),
    Column("Step"),
    Column("Day there", Kind.DAY),
    Column("Moment there"),
    Column("Time zone"),
    Column("Moment", Kind.MOMENT),
    Column("Why"),
)


def rows(lines: Iterable[Line], asked: Filter) -> Iterator[Sequence[Cell]]:
    """Account by account, as they come."""
    return (
        (
            line.account,
            line.name,
            line.address,
            line.csm,
            line.what,
            line.on,
            line.at.astimezone(ZoneInfo(line.zone)).strftime("%Y-%m-%d %H:%M") if line.at is not None else "",
            line.zone,
            line.at,
            line.why,
        )
        for line in lines
        if asked.fits(line)
    )
