"""Sums over accounts that can be added up in any order: all that clustering and weighted means need of them. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from voc.statistics.clustering import Correlation
from voc.statistics.intervals import t
from voc.statistics.nps import NpsWeighted


@dataclass
class Moments:
    """Of accounts with x of m each: `xx_m` sums x*x/m, `squares` the squares of the single answers, `r` x/m."""

    accounts: int = 0
    x: float = 0.0
    m: float = 0.0
    squares: float = 0.0
    mm: float = 0.0
    xx: float = 0.0
    xm: float = 0.0
    xx_m: float = 0.0
    r: float = 0.0
    rr: float = 0.0

    def add(self, x: float, m: float, squares: float) -> None:
        self.accounts += 1
        self.x += x
        self.m += m
        self.squares += squares
        self.mm += m * m
        self.xx += x * x
        self.xm += x * m
        self.xx_m += x * x / m
        self.r += x / m
        self.rr += x / m * (x / m)


def correlation_of(books: Iterable[Moments]) -> Correlation:
    """`clustering.correlation`, from the sums of each book."""
    found = [book for book in books if book.accounts]
    accounts, invitations = sum(book.accounts for book in found), math.fsum(book.m for book in found)
    spare = accounts - len(found)
    if spare <= 0 or invitations <= accounts:
        return Correlation(None, max(spare, 0))
    between = math.fsum(max(book.xx_m - book.x * book.x / book.m, 0.0) for book in found)
    within = math.fsum(max(book.squares - book.xx_m, 0.0) for book in found)
    weight = math.fsum(book.mm / book.m for book in found)
    msb, msw = between / spare, within / (invitations - accounts)
    m0 = (invitations - weight) / spare
    total = msb + (m0 - 1) * msw
    return Correlation(max(0.0, (msb - msw) / total) if total > 0 else 0.0, spare)


def weighted_of(book: Moments, *, conf: float = 0.95) -> NpsWeighted | None:
    """`nps_weighted` of accounts with weight m and score x/m each, from their sums."""
    if book.m <= 0:
        return None
    mean, a_eff = book.x / book.m, book.m * book.m / book.mm
    if book.accounts < 2:
        return {"est": 100 * mean, "a_eff": a_eff, "se": None, "lo": None, "hi": None}
    squares = max(book.xx - 2 * mean * book.xm + mean * mean * book.mm, 0.0)
    se = math.sqrt(book.accounts / (book.accounts - 1) * squares) / book.m
    if a_eff <= 2:
        return {"est": 100 * mean, "a_eff": a_eff, "se": 100 * se, "lo": None, "hi": None}
    half = t(conf, a_eff - 1) * se
    low, high = max(-1.0, mean - half), min(1.0, mean + half)
    return {"est": 100 * mean, "a_eff": a_eff, "se": 100 * se, "lo": 100 * low, "hi": 100 * high}


def mean_se_of(book: Moments) -> float | None:
    """Standard error of the mean of x/m over accounts, one account one vote; None under two."""
    if book.accounts < 2:
        return None
    squares = max(book.rr - book.r * book.r / book.accounts, 0.0)
    return math.sqrt(squares / (book.accounts - 1) / book.accounts)
