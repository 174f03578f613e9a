"""Improvements: what a department does about a theme, and the line that those who raised it are told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from voc.base.errors import Refused
from voc.base.words import ImprovementState
from voc.followup.you_said import LONGEST, checked

__all__ = ["LONGEST", "OPEN", "Act", "Improvement", "ImprovementState", "Plan", "Step", "draft", "line_for", "plan"]

OPEN = (ImprovementState.PLANNED, ImprovementState.UNDER_WAY)
ANYBODY = ""
"""The language of the line for whoever reads none of the others."""
_LONGEST_TITLE = 120


class Act(StrEnum):
    BEGIN = "begin"
    CLOSE = "close"
    DROP = "drop"
    REOPEN = "reopen"


FROM: Mapping[Act, tuple[ImprovementState, ...]] = {
    Act.BEGIN: (ImprovementState.PLANNED,),
    Act.CLOSE: OPEN,
    Act.DROP: OPEN,
    Act.REOPEN: (ImprovementState.DONE, ImprovementState.DROPPED),
}
TO: Mapping[Act, ImprovementState] = {
    Act.BEGIN: ImprovementState.UNDER_WAY,
    Act.CLOSE: ImprovementState.DONE,
    Act.DROP: ImprovementState.DROPPED,
    Act.REOPEN: ImprovementState.UNDER_WAY,
}


@dataclass(frozen=True)
class Step:
    """Something that happened to an improvement."""

    at: datetime
    what: str
    by: str
    note: str | None


@dataclass(frozen=True)
class Improvement:
    """`lines` are what customers are told, by language; `told` of `drafted` people have had an invitation since."""

    id: int
    theme_id: int
    theme: str
    title: str
    department: str
    owner: str
    due_on: date
    since_on: date
    state: ImprovementState
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    done: str | None
    lines: Mapping[str, str]
    accounts: int = 0  # that raised the theme, of those the viewer sees
    people: int = 0
    drafted: int = 0
    told: int = 0
    steps: tuple[Step, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in OPEN

    def overdue(self, today: date) -> bool:
        return self.open and self.due_on < today


@dataclass(frozen=True)
class Plan:
    """What somebody means to do."""

    title: str
    department: str
    owner: str
    due_on: date


def plan(*, title: str, department: str, owner: str, due_on: str | date, not_before: date | None) -> Plan:
    """The plan as it was typed, checked. `not_before`: a new one is not overdue on its first day."""
    found = {"title": _tidy(title), "department": _tidy(department), "owner": _tidy(owner)}
    asks = {
        "title": "Say in a few words what is to be better",
        "department": "Say which department does it",
        "owner": "Name the person who sees it through",
    }
    for field, ask in asks.items():
        if not 0 < len(found[field]) <= _LONGEST_TITLE:
            raise Refused(f"{ask}, in at most {_LONGEST_TITLE} characters", field=field)
    day = _day(due_on)
    if not_before is not None and day < not_before:
        raise Refused("The due date is past", field="due_on")
    return Plan(**found, due_on=day)


def _day(text: str | date) -> date:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("Write the due date as 2026-03-31", field="due_on") from None


def _tidy(text: str) -> str:
    return " ".join(text.split())


# What a theme is called to a customer, where its own name is ours: nobody is "at the account".
_TO_THEM = {
    "our people at the account": "the people who look after you",
    "missing in the product": "what you miss in the product",
    "value for the money": "what you get for your money",
    "contract and invoices": "your contract and invoices",
    "onboarding and set-up": "how you got started",
}


def draft(theme: str, done: str | None) -> str:
    """A line to begin with, as long as a line may be."""
    what = _tidy(done or "")
    if not what:
        return ""
    about = _TO_THEM.get(theme.casefold(), f"{theme[:1].lower()}{theme[1:]}")
    line = f"You told us about {about}. What we did: {what}"
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def closing(done: str, lines: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """What was done, and the lines for customers, checked. Without a line for anybody nothing can be told."""
    what = done.strip()
    if not what:
        raise Refused("Write what was done; it is what customers are told", field="done")
    found = {
        language: checked(line, colleagues=False, case=None) for language, line in sorted(lines.items()) if line.strip()
    }
    if ANYBODY not in found:
        raise Refused("Write the line that customers are told", field="line")
    return what, found


def line_for(lines: Mapping[str, str], language: str) -> str:
    """In the person's language if somebody wrote one, else the line for anybody."""
    return lines.get(language.replace("_", "-").partition("-")[0].lower()) or lines[ANYBODY]
