"""What a wave would do if nobody answered: played account by account, and what it comes to."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from voc.campaigns.model import Member, NotAsked, RehearsedMail, Step, Why


@dataclass(frozen=True, slots=True)
class Course:
    """What a wave would do if nobody answered, or the part of it at one account."""

    mails: tuple[RehearsedMail, ...]
    dropped: tuple[RehearsedMail, ...]
    closes_at: tuple[tuple[date, datetime], ...] = ()  # local day and moment each invitation falls due


@dataclass
class Totals:
    """What courses come to: mails by local day and step, steps moved and left out by reason, due dates by local day."""

    mails: Counter[tuple[date, Step]] = field(default_factory=Counter)
    moved: Counter[Why] = field(default_factory=Counter)
    left_out: Counter[Why] = field(default_factory=Counter)
    due_on: Counter[date] = field(default_factory=Counter)
    closes_at: datetime | None = None
    warned: set[str] = field(default_factory=set)  # accounts that get a heads-up

    def add(self, course: Course) -> None:
        for mail in course.mails:
            self.mails[mail.on, mail.step] += 1
            if mail.why is not None:
                self.moved[mail.why] += 1
            if mail.step == Step.HEADS_UP:
                self.warned.add(mail.account_id)
        self.left_out.update(mail.why for mail in course.dropped if mail.why is not None)
        for day, at in course.closes_at:
            self.due_on[day] += 1
            self.closes_at = at if self.closes_at is None else max(at, self.closes_at)

    @property
    def by_step(self) -> dict[Step, int]:
        counts = dict.fromkeys(Step, 0)
        for (_day, step), number in self.mails.items():
            counts[step] += number
        return counts

    @property
    def calendar(self) -> dict[date, dict[Step, int]]:
        """How many mails at most on which local day."""
        days: dict[date, dict[Step, int]] = {}
        for day, step in sorted(self.mails, key=lambda one: (one[0], list(Step).index(one[1]))):
            days.setdefault(day, {})[step] = self.mails[day, step]
        return days


@dataclass(frozen=True)
class Rehearsal:
    """What a launch now would do, from now to the close. Nothing of it is written.

    `courses` are played anew each time they are gone through, an account at a time: a company with a million people
    has four million mails, and nobody holds them.
    """

    campaign: str
    questionnaire: str
    at: datetime
    members: tuple[Member, ...]
    courses: Iterable[Course]
    refusals: tuple[str, ...] = ()  # what a launch now would be refused for
    unreviewed: dict[str, str] = field(default_factory=dict)  # languages to be accepted by name: code -> name
    languages: int = 1
    confidential: bool = False

    @property
    def asked(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.asked)

    @property
    def not_asked(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if not member.asked)

    @property
    def reasons(self) -> dict[NotAsked, int]:
        """People per first reason, most frequent first."""
        counts: dict[NotAsked, int] = {}
        for member in self.members:
            if member.reason is not None:
                counts[member.reason] = counts.get(member.reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def totals(self) -> Totals:
        found = Totals()
        for course in self.courses:
            found.add(course)
        return found

    @property
    def mails(self) -> Iterator[RehearsedMail]:
        """Account by account, at each in the order of their moments."""
        return (mail for course in self.courses for mail in course.mails)

    @property
    def dropped(self) -> Iterator[RehearsedMail]:
        return (mail for course in self.courses for mail in course.dropped)
