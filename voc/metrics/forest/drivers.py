"""What goes with the score: rank correlations, and from a hundred answers relative weights (Johnson 2000). Pure.

Colleagues answer alike, so draws are of whole accounts. The draws follow from the answers themselves:
the same answers give the same result, on every machine and every day.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voc.statistics.forest import relative_weights, spearman_ci

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST, LEAST_FOR_WEIGHTS, LEAST_PER_DRIVER = 30, 100, 10
DRAWS = 1_000
SURE = 0.9  # of the draws, before a first driver is named


@dataclass(frozen=True, slots=True)
class Full:
    """A complete answer: the score, and a value for every driver."""

    account_id: str
    score: float
    values: tuple[float, ...]


@dataclass(frozen=True)
class Driver:
    """`r` is Spearman's with its interval. `weight` is the share of R² that goes with it, None where too few answered.

    `first` is the share of draws in which it is the first.
    """

    key: str
    r: float
    low: float | None
    high: float | None
    weight: float | None = None
    first: float | None = None


@dataclass(frozen=True)
class Drivers:
    """`drivers` by weight or strength. `named` is the first one, if it is first in nine of ten draws."""

    answers: int
    accounts: int
    drivers: tuple[Driver, ...]
    r2: float | None = None
    named: str | None = None
    unvaried: tuple[str, ...] = ()  # everybody gave the same answer

    @property
    def enough(self) -> bool:
        return self.answers >= LEAST


def drivers(keys: Sequence[str], answers: Sequence[Full]) -> Drivers:
    """None at all under 30 complete answers; weights from 100, and from 10 for each driver."""
    accounts = len({one.account_id for one in answers})
    if len(answers) < LEAST:
        return Drivers(len(answers), accounts, ())
    scores = [one.score for one in answers]
    found: dict[int, Driver] = {}
    for place, key in enumerate(keys):
        r = spearman_ci(x=[one.values[place] for one in answers], y=scores)
        if r is not None:
            found[place] = Driver(key, *r)
    unvaried = tuple(key for place, key in enumerate(keys) if place not in found)
    places = list(found)
    if len(answers) < max(LEAST_FOR_WEIGHTS, LEAST_PER_DRIVER * len(places)) or len(places) < 2:
        ranked = sorted(found.values(), key=lambda one: (-abs(one.r), one.key))
        return Drivers(len(answers), accounts, tuple(ranked), unvaried=unvaried)
    return _weighed([found[place] for place in places], places, answers, unvaried)


def _weighed(
    drivers: Sequence[Driver], places: Sequence[int], answers: Sequence[Full], unvaried: tuple[str, ...]
) -> Drivers:
    ranks = _ranks(answers, places)
    whole = _correlations(_sums(ranks).sum(axis=0)[None, :], len(places))
    rxx, rxy = whole[0, :-1, :-1], whole[0, :-1, -1]
    if _singular(rxx):
        return Drivers(len(answers), len({one.account_id for one in answers}), tuple(drivers), unvaried=unvaried)
    weights = relative_weights(rxx=rxx.tolist(), rxy=rxy.tolist())
    first = _first_shares(ranks, answers, len(places))
    found = [
        Driver(one.key, one.r, one.low, one.high, weight=weights["share"][at], first=float(first[at]))
        for at, one in enumerate(drivers)
    ]
    ranked = sorted(found, key=lambda one: (-(one.weight or 0.0), one.key))
    leader = ranked[0]
    return Drivers(
        answers=len(answers),
        accounts=len({one.account_id for one in answers}),
        drivers=tuple(ranked),
        r2=weights["r2"],
        named=leader.key if (leader.first or 0.0) >= SURE else None,
        unvaried=unvaried,
    )


def _ranks(answers: Sequence[Full], places: Sequence[int]) -> "NDArray[Any]":
    """One line an answer: mid-ranks of the drivers, the score's last; centred, so that sums stay small."""
    import numpy as np
    from scipy.stats import rankdata

    columns = [[one.values[place] for one in answers] for place in places] + [[one.score for one in answers]]
    ranks = np.column_stack([rankdata(column) for column in columns])
    centred: NDArray[Any] = ranks - ranks.mean(axis=0)
    return centred


def _sums(ranks: "NDArray[Any]") -> "NDArray[Any]":
    """Per line: 1, the values, and their products; correlations follow from the sum of any lines."""
    import numpy as np

    products = ranks[:, :, None] * ranks[:, None, :]
    found: NDArray[Any] = np.hstack([np.ones((len(ranks), 1)), ranks, products.reshape(len(ranks), -1)])
    return found


def _correlations(sums: "NDArray[Any]", drivers: int) -> "NDArray[Any]":
    """A matrix of drivers and score for each line of sums; what never varies goes with nothing."""
    import numpy as np

    size = drivers + 1
    n = sums[:, :1]
    mean = sums[:, 1 : 1 + size] / n
    cross = sums[:, 1 + size :].reshape(-1, size, size) / n[:, :, None] - mean[:, :, None] * mean[:, None, :]
    spread = np.sqrt(np.clip(np.einsum("dii->di", cross), 0, None))
    scale = spread[:, :, None] * spread[:, None, :]
    found = np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 1e-12)
    np.einsum("dii->di", found)[:] = 1.0
    checked: NDArray[Any] = found
    return checked


def _singular(rxx: "NDArray[Any]") -> bool:
    """Two drivers that always agree cannot be told apart."""
    import numpy as np

    return bool(np.linalg.eigvalsh(rxx).min() < 1e-9)


def _first_shares(ranks: "NDArray[Any]", answers: Sequence[Full], drivers: int) -> "NDArray[Any]":
    """In which share of the draws each driver has the greatest weight."""
    import numpy as np

    ids = sorted({one.account_id for one in answers})
    at = {id: place for place, id in enumerate(ids)}
    by_account = np.zeros((len(ids), _sums(ranks[:1]).shape[1]))
    np.add.at(by_account, [at[one.account_id] for one in answers], _sums(ranks))
    drawn = np.random.default_rng(_seed(answers)).multinomial(len(ids), np.full(len(ids), 1 / len(ids)), size=DRAWS)
    found = _correlations(drawn @ by_account, drivers)
    leaders = _raw_weights(found[:, :-1, :-1], found[:, :-1, -1]).argmax(axis=1)
    shares: NDArray[Any] = np.bincount(leaders, minlength=drivers) / DRAWS
    return shares


def _raw_weights(rxx: "NDArray[Any]", rxy: "NDArray[Any]") -> "NDArray[Any]":
    """`statistics.relative_weights` for many matrices at once; directions without spread carry nothing."""
    import numpy as np

    values, vectors = np.linalg.eigh(rxx)
    values = np.clip(values, 0, None)
    turned = np.swapaxes(vectors, 1, 2)
    roots = vectors @ (np.sqrt(values)[:, :, None] * turned)
    inverse = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0.0)
    beta = (vectors @ (inverse[:, :, None] * turned) @ rxy[:, :, None])[:, :, 0]
    found: NDArray[Any] = ((roots**2) @ (beta**2)[:, :, None])[:, :, 0]
    return found


def _seed(answers: Sequence[Full]) -> int:
    """From the answers, whatever their order."""
    lines = sorted(f"{one.account_id}|{one.score}|{one.values}" for one in answers)
    return int.from_bytes(hashlib.sha256("\n".join(lines).encode()).digest()[:8], "big")
