"""Addresses with a query."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from voc.web.parts import address


@given(
    st.dictionaries(st.sampled_from(["figure", "scope", "id", "days"]), st.one_of(st.text(min_size=1), st.integers()))
)
def test_an_address_says_what_a_form_with_the_same_fields_would_send(fields: dict[str, str | int]) -> None:
    told = address("/engagement/rows", **fields)
    assert told == ("/engagement/rows?" + urlencode(fields) if fields else "/engagement/rows")


def test_an_address_leaves_out_what_has_no_value() -> None:
    assert address("/silent", state="", csm=None, days=90) == "/silent?days=90"
