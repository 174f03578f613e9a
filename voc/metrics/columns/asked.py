"""Figures over invitations, people and accounts (3-metrics 1.2, 1.4, 3), of all books at once. As in `units`. Pure."""

from collections.abc import Iterator

import numpy as np

from voc.base.words import PASSIVE_FROM, PROMOTER_FROM, Disposition, Role
from voc.metrics.columns.kinds import Column, any_of, count_of, here, last_of, numbered, sum_of
from voc.metrics.columns.model import DISPOSITIONS, ROLES, Asked, bits_of
from voc.metrics.columns.rows import Rows, yes_no
from voc.metrics.model import NO_RATE
from voc.metrics.units import UNKNOWN_STILL_THERE

GROUPS = ("promoter", "passive", "detractor", "silent")


def rates(due: Asked, book: Column) -> Iterator[tuple[str, Rows]]:
    """The six rates over invitations; `due` are those that the window counts."""
    complete, answered = due.is_(Disposition.COMPLETE), due.on_time
    unknown = due.is_(Disposition.UNKNOWN)
    chance = np.where(np.isnan(due.freshness), UNKNOWN_STILL_THERE, due.freshness)
    for name, part, bounced in (
        ("response_rate_1", complete, 1.0),
        ("response_rate_2", answered, 1.0),
        ("response_rate_3", complete, chance),
        ("response_rate_4", answered, chance),
        ("response_rate_5", complete, 0.0),
        ("response_rate", answered, 0.0),
    ):
        whole = np.where(due.not_eligible, 0.0, np.where(unknown, bounced, 1.0))
        yield name, Rows(book, part.astype(np.float64), whole, due.disposition, DISPOSITIONS)


class People:
    """Who was reached, each once a book, with the latest score."""

    def __init__(self, due: Asked, book: Column) -> None:
        reached = due.delivered & ~due.not_eligible
        rows = np.flatnonzero(reached)
        person, self.count, first = numbered(due.person[rows], book[rows])
        self.rows, self.book = rows, book[rows][first]
        self.account = due.account[rows][first]
        self.heard = any_of(person, here(due.answered[rows]), self.count)
        scored = (due.score[rows] >= 0) & here(due.score_at[rows])
        chosen = rows[scored]
        latest = last_of(person[scored], (due.score_at[chosen], due.id[chosen]), self.count)
        score = due.score[chosen][latest] if len(chosen) else np.full(self.count, -1)
        self.voted = latest >= 0
        self.group = np.where(score >= PROMOTER_FROM, 0, np.where(score >= PASSIVE_FROM, 1, 2))
        self.sign = np.where(self.voted, 1.0 - self.group, 0.0)

    def reach(self) -> Rows:
        return yes_no(self.book, self.heard, 1.0, yes="answered", no="silent")

    def scores(self) -> Rows:
        return Rows(self.book, self.sign, self.voted.astype(np.float64), np.where(self.voted, self.group, 3), GROUPS)


def of_accounts(due: Asked, book: Column, books: int, people: People, *, standard: float) -> Iterator[tuple[str, Rows]]:
    """One row for each book that somebody was reached in."""
    rows = people.rows
    reached = count_of(book[rows], books)
    asked = np.flatnonzero(reached)
    answered = here(due.answered)
    heard = any_of(book, answered, books)
    senior = any_of(book, answered & (due.roles & bits_of(Role.DECISION_MAKER) > 0), books)
    roles = np.zeros(books, np.int64)
    np.bitwise_or.at(roles, book[answered], due.roles[answered].astype(np.int64))
    two: Column = np.sum([(roles >> place) & 1 for place in range(len(ROLES))], axis=0) >= 2
    in_time = sum_of(book[rows], due.on_time[rows], books)
    share = in_time[asked] / reached[asked]
    yield "account_response", yes_no(asked, heard[asked], 1.0, yes="heard", no="not heard")
    yield "two_roles_heard", yes_no(asked, two[asked], 1.0, yes="two roles or more", no="one role or none")
    yield "decision_maker_heard", yes_no(asked, senior[asked], 1.0, yes="heard", no="not heard")
    yield "response_target", yes_no(asked, (share >= standard) & senior[asked], 1.0, yes="met", no="not met")
    arr = _latest_arr(due, book, books, rows)[asked]
    known = ~np.isnan(arr)
    weight = np.where(known, arr, 0.0)
    label = np.where(known, np.where(heard[asked], 0, 1), 2)
    yield "arr_heard", Rows(asked, weight * heard[asked], weight, label, ("heard", "not heard", NO_RATE))


def scores_of_accounts(due: Asked, book: Column, books: int, people: People) -> Iterator[tuple[str, Rows]]:
    votes = sum_of(people.book, people.voted, books)
    scored = np.flatnonzero(votes)
    score = sum_of(people.book, people.sign, books)[scored] / votes[scored]
    ones, zeros = np.ones(len(scored)), np.zeros(len(scored), np.int64)
    yield "nps_accounts", Rows(scored, score, ones, zeros, ("heard",))
    arr = _latest_arr(due, book, books, np.arange(len(due)))[scored]
    known = ~np.isnan(arr)
    weight = np.where(known, arr, 0.0)
    yield "nps_money", Rows(scored, score * weight, weight, np.where(known, 0, 1), ("heard", NO_RATE))


def _latest_arr(due: Asked, book: Column, books: int, rows: Column) -> Column:
    """The revenue frozen when each book's account was last asked."""
    at = np.where(here(due.sent), due.sent, due.due)
    latest = last_of(book[rows], (at[rows], due.id[rows]), books)
    found = due.arr[rows]
    return np.where(latest >= 0, found[latest], np.nan) if len(found) else np.full(books, np.nan)
