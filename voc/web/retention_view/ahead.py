"""What is to come: renewals that wait for a decision, and goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc.metrics.catalogue import BY_NAME
from voc.metrics.definition import Measure
from voc.metrics.money.page import Goal, Open, RetentionPage
from voc.web import view


@dataclass(frozen=True)
class OpenRow:
    name: str
    href: str
    csm: str
    due: str
    late: bool
    at_stake: str
    confirmed: str


@dataclass(frozen=True)
class GoalRow:
    name: str
    target: str
    how: str
    parts: Sequence[tuple[str, str]]


def open_words(found: RetentionPage) -> str:
    told = view.count(found.waiting, "renewal waits", "renewals wait") + " for a decision"
    told += f"; {view.count(found.late, 'is', 'are')} past the day." if found.late else "."
    return told + (f" The {len(found.open)} that are due first:" if found.waiting > len(found.open) else "")


def open_row(one: Open, found: RetentionPage, today: date) -> OpenRow:
    return OpenRow(
        name=one.account_name,
        href=f"/accounts/{one.account_id}",
        csm=found.names.get(one.csm_id or "", view.DASH),
        due=f"{view.short_day(one.due_on)}, {view.days_from(one.due_on, today)}",
        late=one.due_on is not None and one.due_on < today,
        at_stake=view.money(one.at_stake, found.currency) if one.at_stake is not None else "no amount",
        confirmed=f"confirmed {view.short_day(one.confirmed_on)}" if one.confirmed_on else "not confirmed",
    )


def goal_row(one: Goal, found: RetentionPage) -> GoalRow:
    definition = BY_NAME[one.name]

    def said(number: float) -> str:
        if definition.measure == Measure.SHARE:
            return view.percent(number)
        return view.number(number, 1)

    how = "everybody’s own standard"
    if one.is_sum:
        how = "split by revenue of the book" if found.split_by == "arr" else "split by number of accounts"
    parts = [(found.names.get(id, id), said(part)) for id, part in one.parts.items()]
    return GoalRow(definition.label, said(one.target), how, parts)
