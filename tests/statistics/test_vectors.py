"""Every numeric case of the definitions. VOC_VECTORS names another file of the same form."""

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from voc import statistics

FILE = Path(os.environ.get("VOC_VECTORS") or Path(__file__).with_name("statistics.json"))
CASES = json.loads(FILE.read_text("utf-8"))["vectors"]
NOT_BUILT: frozenset[str] = frozenset()


def same(got: Any, expected: Any, tolerance: float) -> bool:
    """Null must be None, 'inf' infinite; numbers agree to the case's tolerance."""
    if expected is None:
        return got is None
    if expected == "inf":
        return isinstance(got, float) and math.isinf(got) and got > 0
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(
            key in got and same(got[key], value, tolerance) for key, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(expected)
            and all(same(a, b, tolerance) for a, b in zip(got, expected, strict=True))
        )
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return (
            isinstance(got, int | float)
            and not isinstance(got, bool)
            and math.isclose(got, expected, rel_tol=tolerance, abs_tol=1e-9)
        )
    return bool(got == expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']}-{case['function']}")
def test_the_figure_is_exact(case: dict[str, Any]) -> None:
    if case["function"] in NOT_BUILT:
        pytest.skip(f"{case['function']} is not built yet")
    got = getattr(statistics, case["function"])(**case["input"])
    assert same(got, case["expected"], case.get("tolerance", 1e-6)), f"{got} is not {case['expected']}"


def test_nothing_that_is_listed_as_not_built_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{len(CASES)} cases; not built: {', '.join(sorted(NOT_BUILT)) or 'none'}")
    assert [name for name in sorted(NOT_BUILT) if hasattr(statistics, name)] == []
