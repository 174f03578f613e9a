"""CSMs against the standard first and against chance second (3-metrics 2). Pure. Never a rank."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from voc import statistics
from voc.statistics.compare import Verdict

LEAST_CSMS_FOR_SPREAD = 10
FALSE_DISCOVERY = 0.10


@dataclass(frozen=True)
class Comparison:
    """One CSM's response against the standard and against the team; fields are None when too few.

    `effective` is the number of invitations less what colleagues answering alike takes away (the
    funnel draws by it), `team_rate` the pooled rate of all CSMs in the view, `p` the chance of a
    deviation this large, `q` the same after the number of comparisons; `beyond` holds if either says
    so. `shrunk` is the best guess of the underlying rate. `spread_known`: the limits allow for how
    much CSMs differ here anyway.
    """

    csm_id: str
    answered: int
    invitations: int
    accounts: int
    deff: float
    effective: float
    state: Literal["ok", "too_few"]
    standard: Literal["meets", "not_shown", "below"] | None
    team: Literal["within", "edge", "beyond"] | None
    p: float | None
    q: float | None
    team_rate: float | None
    shrunk: float | None
    beyond: bool
    spread_known: bool
    enough: str = ""  # of too few: what is missing, and when it is likely there


@dataclass(frozen=True)
class Comparisons:
    """All CSMs of one view. `expected_outside` of `compared` are outside the inner lines by chance alone."""

    by_csm: dict[str, Comparison]
    standard: float
    team_rate: float | None
    tau2: float
    icc: float
    compared: int
    expected_outside: float

    def limits(self, n: float, k: float, *, team: bool = False) -> tuple[float, float]:
        """Funnel lines at n effective invitations, around the standard or around the team's rate."""
        if team and self.team_rate is not None:
            return statistics.p_limits(p0=self.team_rate, n=n, k=k, tau2=self.tau2)
        return statistics.p_limits(p0=self.standard, n=n, k=k)


@dataclass(frozen=True)
class RateBook:
    """What the comparison needs of one book: `deff` is what colleagues answering alike takes away."""

    part: float
    whole: float
    accounts: int
    deff: float


def compare(books: Mapping[str, RateBook], *, standard: float, icc: float) -> Comparisons:
    """`books` are the CSMs of the view: the team's rate and the family of comparisons are theirs."""
    asked = {id: book for id, book in books.items() if book.whole > 0}
    total = sum(book.whole for book in asked.values())
    rate = sum(book.part for book in asked.values()) / total if total else None
    tau2 = _spread(asked, rate)
    shrunk = statistics.eb_shrink(x=[one.part for one in asked.values()], n=[one.whole for one in asked.values()])
    guesses = dict(zip(asked, shrunk["shrunk"], strict=True)) if shrunk else {}
    verdicts = {
        id: statistics.verdict(
            x=round(book.part),
            n=round(book.whole),
            accounts=book.accounts,
            deff=book.deff,
            standard=standard,
            team=rate if rate is not None else standard,
            tau2=tau2,
        )
        for id, book in asked.items()
    }
    judged = [id for id, found in verdicts.items() if found["p"] is not None]
    rates = dict(zip(judged, statistics.bh_adjust(p=[_p(verdicts[id]) for id in judged]), strict=True))
    return Comparisons(
        by_csm={
            id: _comparison(
                id,
                book,
                verdict=verdicts.get(id, _TOO_FEW),
                rate=rate,
                q=rates.get(id),
                shrunk=guesses.get(id),
                tau2=tau2,
            )
            for id, book in books.items()
        },
        standard=standard,
        team_rate=rate,
        tau2=tau2,
        icc=icc,
        compared=len(judged),
        expected_outside=statistics.expected_flags(csms=len(judged))["two_sigma"],
    )


def _p(found: Verdict) -> float:
    p = found["p"]
    assert p is not None  # the caller keeps only the judged
    return p


def _spread(books: Mapping[str, RateBook], rate: float | None) -> float:
    """tau2, once ten CSMs differ by more than chance; on effective counts, so that clustering is not taken for it."""
    if rate is None or len(books) < LEAST_CSMS_FOR_SPREAD:
        return 0.0
    found = statistics.overdispersion(
        x=[one.part / one.deff for one in books.values()], n=[one.whole / one.deff for one in books.values()], p0=rate
    )
    return found["tau2"] if found is not None and found["phi"] > found["threshold"] else 0.0


_TOO_FEW: Verdict = {"state": "too_few", "standard": None, "team": None, "p": None}


def _comparison(
    csm_id: str,
    book: RateBook,
    *,
    verdict: Verdict,
    rate: float | None,
    q: float | None,
    shrunk: float | None,
    tau2: float,
) -> Comparison:
    return Comparison(
        csm_id=csm_id,
        answered=round(book.part),
        invitations=round(book.whole),
        accounts=book.accounts,
        deff=book.deff,
        effective=book.whole / book.deff if book.whole else 0.0,
        state=verdict["state"],
        standard=verdict["standard"],
        team=verdict["team"],
        p=verdict["p"],
        q=q,
        team_rate=rate,
        shrunk=shrunk,
        beyond=verdict["team"] == "beyond" or (q is not None and q <= FALSE_DISCOVERY),
        spread_known=tau2 > 0,
    )
