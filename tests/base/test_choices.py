"""What an owner may set: nothing that would break a page later, whatever was typed."""

import math

import pytest
from msgspec.structs import fields, replace

from voc.base.choices import Preferences, check
from voc.base.errors import Refused

NUMBERS = {one.name: one.type for one in fields(Preferences) if one.type in (int, float)}


def test_the_defaults_make_sense() -> None:
    check(Preferences())
    assert len(NUMBERS) > 30


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_no_number_is_further_away_than_a_moment_can_be(name: str) -> None:
    wrong = [-1, 10**12] + ([math.nan, math.inf, -math.inf] if NUMBERS[name] is float else [])
    for value in wrong:
        with pytest.raises(Refused) as refused:
            check(replace(Preferences(), **{name: value}))
        assert refused.value.field == name
