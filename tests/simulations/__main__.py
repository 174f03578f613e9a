"""The long runs: `python -m tests.simulations` (some minutes). What it printed stands in decision 26."""

import math
import statistics
import sys
from collections.abc import Callable
from typing import TypeVar

from tests.simulations import worlds

Found = TypeVar("Found")


def over(seeds: range, world: Callable[[int], Found]) -> list[Found]:
    found = []
    for seed in seeds:
        found.append(world(seed))
        if seed % 10 == 9:
            print(f"\r{seed + 1} of {len(seeds)}", end="", file=sys.stderr)
    print("\r", end="", file=sys.stderr)
    return found


def geometric(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


def main() -> None:
    risks = over(range(40), lambda seed: worlds.silence_means_nothing(seed, customers=3000))
    print(f"silence means nothing: relative risk {geometric([one.landmark for one in risks]):.3f} at the landmark,")
    print(
        f"  {geometric([one.whole_year for one in risks]):.3f} read over the whole year (40 worlds of 3,000 customers)"
    )
    held = over(range(4000), worlds.interval_holds)
    print(f"the 95% interval holds the true ratio in {statistics.fmean(held):.3f} of 4,000 draws")
    flags = over(range(60), worlds.equal_csms)
    told = statistics.fmean(worlds.outside(one) for one in flags)
    naive = statistics.fmean(worlds.naively_outside(one) for one in flags)
    print(f"200 equal CSMs: {told:.1f} outside the inner lines, {flags[0].expected_outside:.1f} expected;")
    print(f"  {naive:.1f} if colleagues are taken as independent (60 companies)")


if __name__ == "__main__":
    main()
