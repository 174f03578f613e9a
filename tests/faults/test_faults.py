"""Each fault in its short form, one by one; and the promise, whose every sentence a fault proves."""

import pytest

from tests.faults import module, names


@pytest.mark.slow
@pytest.mark.parametrize("fault", names())
def test_the_fault_is_survived(fault: str) -> None:
    result = module(fault).run(long=False)
    assert result.passed, "\n".join(result.found)
