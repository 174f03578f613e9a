"""Guesses as their page shows them: an input for each account, and what came of the earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.base.errors import Refused
from voc.metrics.guesses import Compared, Guessed, summary
from voc.metrics.store.guesses import Open
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.parts import Link, files


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    of: str
    value: str
    closed: bool
    error: str


@dataclass(frozen=True)
class Past:
    account: str
    href: str
    wave: str
    guess: str
    answered: str
    gap: str


@dataclass(frozen=True)
class Page:
    heading: str
    error: str
    rows: Sequence[Row]
    closed: int
    past_heading: str
    past_words: str
    past: Sequence[Past]
    past_files: Sequence[Link]


def page(
    accounts: Sequence[Open],
    standing: Mapping[str, Guessed],
    past: Sequence[Compared],
    *,
    typed: Mapping[str, str],
    wrong: Refused | None,
) -> Page:
    made = sum(one.id in standing for one in accounts)
    return Page(
        heading=f"{view.of(made, len(accounts))} accounts guessed for the next wave"
        if accounts
        else "You have no book",
        error="" if wrong is None else f"{wrong.reason}. Nothing was kept yet; what you typed is still here.",
        rows=[_row(one, standing.get(one.id), typed.get(one.id), wrong) for one in accounts],
        closed=sum(one.asked_now for one in accounts),
        past_heading=f"What came of {view.count(len(past), 'guess', 'guesses')}"
        if past
        else "What came of earlier ones",
        past_words=summary(past) or "Nothing yet: a guess is compared once its wave has answers.",
        past=[_past(one) for one in past],
        past_files=files("/guesses", "of guesses and answers"),
    )


def _row(one: Open, guess: Guessed | None, typed: str | None, wrong: Refused | None) -> Row:
    kept = "" if guess is None else str(guess.score)
    return Row(
        one.id,
        one.name,
        view.money(one.arr, one.currency),
        kept if typed is None else typed,
        one.asked_now,
        wrong.reason if wrong is not None and wrong.field == f"guess:{one.id}" else "",
    )


def _past(one: Compared) -> Past:
    gap = "right" if abs(one.gap) < 0.05 else f"{view.number(abs(one.gap), 1)} too {'high' if one.gap > 0 else 'low'}"
    return Past(
        one.account_name,
        f"/accounts/{one.account_id}",
        one.wave,
        str(one.guess),
        f"{view.number(one.mean, 1)} from {view.count(one.answers, 'answer')}",
        gap,
    )


FILE_COLUMNS = (
    Column("Account"),
    Column("Account id", meaning="Of the CRM"),
    Column("Wave"),
    Column("Asked", Kind.DAY, "The day the wave asked this account first"),
    Column("Guess", Kind.WHOLE, "0 to 10, made before"),
    Column("Answered", Kind.NUMBER, "Mean of the answers, 0 to 10"),
    Column("Answers", Kind.WHOLE, "How many the mean is of; none given in confidence"),
    Column("Gap", Kind.NUMBER, "Guess less answered: above 0 it was too high"),
)


def file_row(one: Compared) -> Sequence[Cell]:
    day, mean, gap = one.asked_at.date(), round(one.mean, 2), round(one.gap, 2)
    return (one.account_name, one.account_id, one.wave, day, one.guess, mean, one.answers, gap)
