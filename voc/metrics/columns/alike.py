"""Sums over the accounts of each CSM's book, which the likeness of colleagues is read from. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column, numbered, sum_of
from voc.statistics.moments import Moments


class Answered(NamedTuple):
    """Of so many `asked` at an account under a CSM so many answered; an account may stand there several times."""

    account: Column
    csm: Column
    answered: Column
    asked: Column


def books(found: Answered) -> Iterator[Moments]:
    """One for each CSM."""
    place, accounts, first = numbered(found.csm, found.account)
    x, m = (sum_of(place, one.astype(np.float64), accounts) for one in (found.answered, found.asked))
    book, count, _ = numbered(found.csm[first])
    share = x / m if accounts else x
    sums = (np.ones(accounts), x, m, x, m * m, x * x, x * m, x * share, share, share * share)
    for number, *told in np.array([sum_of(book, one, count) for one in sums]).T.tolist():
        yield Moments(int(number), *told)
