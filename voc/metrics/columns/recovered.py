"""Answers beside the same person's next ones, for a whole company: as `recovery.pairs` says of one history. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from voc.metrics.columns.kinds import Column, here
from voc.metrics.recovery import DETRACTOR_TO, Cell, Cells, Contact

CONTACTS = tuple(Contact)


@dataclass(frozen=True)
class Histories:
    """One row for each invitation; `score` is -1 for none, `contact` the place in CONTACTS, -1 without a follow-up."""

    id: Column
    wave: Column
    person: Column
    owner: Column  # the place of whoever owns the account today, -1 for nobody
    sent: Column
    due: Column
    score: Column
    contact: Column


def by_owner(found: Histories, *, moment: int) -> Mapping[int, Cells]:
    order = np.lexsort((found.id, found.sent, found.person))
    person, wave, score = found.person[order], found.wave[order], found.score[order]
    then, there = next_of(person, wave)
    due = found.due[order]
    settled = (here(due) & (due <= moment)) | (score >= 0)
    told = score >= 0
    paired = told & there & settled[then]
    waiting = told & (score <= DETRACTOR_TO) & ~paired
    owner, contact = found.owner[order], found.contact[order]
    kept: dict[int, list[Cell]] = {}
    for at, cell in _cells(owner[paired], score[paired], score[then[paired]], contact[paired]):
        kept.setdefault(at, []).append(cell)
    books = int(owner.max(initial=-1)) + 2  # of nobody, -1, stands first
    waits = np.bincount(owner[waiting] + 1, minlength=books).tolist()
    scores = np.bincount((owner[told] + 1) * 11 + score[told], minlength=books * 11).reshape(books, 11).tolist()
    return {at: Cells(kept.get(at, []), waits[at + 1], scores[at + 1]) for at in np.unique(owner[told]).tolist()}


def next_of(person: Column, wave: Column) -> tuple[Column, Column]:
    """The row of each one's next invitation in another wave, and whether there is one."""
    last = len(person) - 1
    then = np.arange(len(person)) + 1
    while True:
        at = np.minimum(then, last)
        same = (then <= last) & (person[at] == person) & (wave[at] == wave)
        if not same.any():
            return at, (then <= last) & (person[at] == person)
        then[same] += 1


def _cells(owner: Column, first: Column, then: Column, contact: Column) -> Iterator[tuple[int, Cell]]:
    kinds, counts = np.unique(np.stack([owner, first, then, contact]), axis=1, return_counts=True)
    for at, score, next_score, code, count in zip(*kinds.tolist(), counts.tolist(), strict=True):
        kind = CONTACTS[code] if code >= 0 else Contact.NONE
        yield at, Cell(score, None if next_score < 0 else next_score, kind, code >= 0, count)
