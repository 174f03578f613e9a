"""Colleagues in one account answer alike, so a rate is less sure than the binomial says (3-metrics 1.7)."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

from voc.statistics.intervals import Interval, wilson

# (answered, invited) of each account; with a third number, the sum of squares, for scores other than 0 and 1
Accounts = Sequence[Sequence[float]]


class IccDeff(TypedDict):
    icc: float | None
    deff: float | None
    n_eff: float | None
    ci: Interval | None


class Correlation(NamedTuple):
    icc: float | None  # None when no CSM has two accounts, or no account two invitations
    spare_accounts: int  # accounts less CSMs: under 20 the default correlation is used instead


def correlation(groups: Mapping[str, Accounts]) -> Correlation:
    """ANOVA correlation of answers within account, within CSM, pooled over all CSMs."""
    books = [
        [(row[0], row[1], row[-1] if len(row) > 2 else row[0]) for row in accounts if row[1] > 0]
        for accounts in groups.values()
    ]
    books = [book for book in books if book]
    accounts = sum(len(book) for book in books)
    invitations = sum(m for book in books for _, m, _ in book)
    spare = accounts - len(books)
    if spare <= 0 or invitations <= accounts:
        return Correlation(None, max(spare, 0))
    between = within = weight = 0.0
    for book in books:
        size = sum(m for _, m, _ in book)
        rate = sum(x for x, _, _ in book) / size
        between += sum(m * (x / m - rate) ** 2 for x, m, _ in book)
        within += sum(squares - x * x / m for x, m, squares in book)
        weight += sum(m * m for _, m, _ in book) / size
    msb, msw = between / spare, within / (invitations - accounts)
    m0 = (invitations - weight) / spare
    total = msb + (m0 - 1) * msw
    return Correlation(max(0.0, (msb - msw) / total) if total > 0 else 0.0, spare)


def design_effect(*, sizes: Sequence[float], icc: float) -> float:
    """1 + (sum m^2 / sum m - 1) icc over the invitations of each account; 1 for an empty book."""
    total = sum(sizes)
    return 1 + (sum(m * m for m in sizes) / total - 1) * icc if total > 0 else 1.0


def icc_deff(*, groups: Mapping[str, Accounts], csm: str, conf: float = 0.95) -> IccDeff:
    """Correlation, the design effect and effective size of one CSM's book, and its honest interval.

    `groups` maps each CSM to (answered, invited) per account. Returns the measured correlation
    whatever the number of accounts; with under 20 spare ones the caller takes the default.
    """
    icc = correlation(groups).icc
    x, n = sum(row[0] for row in groups[csm]), sum(row[1] for row in groups[csm])
    if icc is None or n <= 0:
        return {"icc": icc, "deff": None, "n_eff": None, "ci": None}
    deff = design_effect(sizes=[row[1] for row in groups[csm]], icc=icc)
    n_eff = n / deff
    return {"icc": icc, "deff": deff, "n_eff": n_eff, "ci": wilson(x=x / n * n_eff, n=n_eff, conf=conf)}


def cluster_ratio_se(*, responded: Sequence[float], invited: Sequence[float]) -> float | None:
    """Standard error of a rate over accounts without a correlation (Cochran); None under two accounts."""
    k, total = len(invited), sum(invited)
    if k < 2 or total <= 0:
        return None
    p = sum(responded) / total
    squares = sum((x - p * m) ** 2 for x, m in zip(responded, invited, strict=True))
    return math.sqrt(k / (k - 1) * squares) / total
