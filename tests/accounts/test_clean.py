"""From the texts of a CRM to values; what means nothing is refused with its reason, nothing is guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.accounts import clean
from voc.accounts.clean import Unclean
from voc.accounts.model import Reason, Role


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ana@x.example", "ana@x.example"),
        ("  Ana.Ruiz@X.Example\t", "ana.ruiz@x.example"),
        ("Ana Ruiz <ana@x.example>", "ana@x.example"),
        ('"Ruiz, Ana" <Ana@X.example>', "ana@x.example"),
        ('"ana@x.example" <ana@x.example>', "ana@x.example"),
        ("<ana@x.example>", "ana@x.example"),
        ("mailto:ana@x.example?subject=Hello", "ana@x.example"),
        ("ana@x.example;", "ana@x.example"),
        ("\u200bana\u00a0@x.example".replace("\u00a0", ""), "ana@x.example"),
        ("\u00a0ana@x.example\u00a0", "ana@x.example"),
        ("ana@xn--bcher-kva.example", "ana@bücher.example"),
        ("ana@BU\u0308CHER.example", "ana@bücher.example"),
        ("o'neil+voc@x.example", "o'neil+voc@x.example"),
        ("用户@例え.テスト", "用户@例え.テスト"),
        ("", None),
        (" \u200b ", None),
    ],
)
def test_one_address_is_found_in_what_was_written(written: str, meant: str | None) -> None:
    assert clean.address(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "n/a",
        "unknown",
        "none@",
        "@x.example",
        "ana@@x.example",
        "ana at x.example",
        "ana@x",
        "ana@x..example",
        ".ana@x.example",
        "ana@-x.example",
        "ana@10.0.0.1",
        "ana@x.example; jon@x.example",
        "ana@x.example, jon@x.example",
        "ana@x.example jon@x.example",
        "jon@x.example <ana@x.example>",
        "Ana <ana@x.example> Jon <jon@x.example>",
        "ana ruiz@x.example",
        "ana@x_y.example",
        "ana@xn--\u00fc.example",
        "ana@x-.example",
        "a" * 65 + "@x.example",
    ],
)
def test_two_addresses_or_none_are_no_address(written: str) -> None:
    with pytest.raises(Unclean) as unclean:
        clean.address(written)
    assert unclean.value.reason == Reason.INVALID_EMAIL


@given(st.text(max_size=40))
def test_a_clean_address_stays_as_it_is_when_cleaned_again(written: str) -> None:
    try:
        once = clean.address(written)
    except Unclean:
        return
    assert once is None or clean.address(once) == once


def test_two_ids_are_one_when_their_first_fifteen_characters_are() -> None:
    assert clean.salesforce_id("0015f00000odvqm") == "0015f00000odvqmAAA"
    assert clean.salesforce_id("0015f00000odvqM") == "0015f00000odvqMAAQ"
    assert clean.salesforce_id(" 0015f00000odvqMAAQ ") == "0015f00000odvqMAAQ"
    assert clean.salesforce_id("0015f00000odvqMaaq") == "0015f00000odvqMAAQ"
    assert clean.salesforce_id("con-17") == "con-17"


@given(st.from_regex(r"[A-Za-z0-9]{15}", fullmatch=True))
def test_the_long_form_of_an_id_survives_losing_its_capitals(short: str) -> None:
    long = clean.salesforce_id(short)
    assert clean.salesforce_id(long) == long
    bits = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ012345".index(letter) for letter in long[15:]]
    capitals = [bool(bits[place // 5] >> (place % 5) & 1) for place in range(15)]
    assert "".join(c.upper() if up else c for c, up in zip(short.lower(), capitals, strict=True)) == short


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        (" 2026-03-02 ", date(2026, 3, 2)),
        ("2026-03-02T23:15:00.000Z", date(2026, 3, 2)),
        ("2026-03-02 10:00:00", date(2026, 3, 2)),
        ("", None),
    ],
)
def test_iso_days_are_read(written: str, meant: date | None) -> None:
    assert clean.day(written) == meant


@pytest.mark.parametrize("written", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "1899-12-31", "2200-01-01"])
def test_the_first_and_last_day_that_a_system_can_write_are_no_days(written: str) -> None:
    """They mean "none" and "never" there; a renewal on such a day stopped the night."""
    with pytest.raises(Unclean) as refused:
        clean.day(written)
    assert refused.value.reason == Reason.BAD_DATE


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,250,000.00", Decimal(1250000)),
        ("5,000", Decimal(5000)),
        ("29000.0", Decimal(29000)),
        ("-12.345", Decimal("-12.34")),
        ("1.25E6", Decimal(1250000)),
        ("", None),
    ],
)
def test_plain_numbers_are_read(written: str, meant: Decimal | None) -> None:
    assert clean.amount(written) == meant


@pytest.mark.parametrize("written", ["TBD", "$5,000", "1.250.000,00", "12,34", "NaN", "inf", "1e99", "٣", "1 000"])
def test_anything_else_is_no_number(written: str) -> None:
    with pytest.raises(Unclean) as unclean:
        clean.amount(written)
    assert unclean.value.reason == Reason.BAD_NUMBER


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("(GMT-08:00) Pacific Standard Time (America/Los_Angeles)", "America/Los_Angeles"),
        ("", None),
    ],
)
def test_zones_are_iana_names_or_salesforces_labels(written: str, meant: str | None) -> None:
    assert clean.zone(written) == meant


@pytest.mark.parametrize("written", ["Mars/Phobos", "Central Time maybe", "(GMT+01:00) Somewhere (Europe/Atlantis)"])
def test_other_zones_are_not_understood(written: str) -> None:
    with pytest.raises(Unclean) as unclean:
        clean.zone(written)
    assert unclean.value.reason == Reason.UNKNOWN_TIMEZONE


def test_roles_are_read_without_case_hyphens_and_spaces_in_the_order_of_the_vocabulary() -> None:
    known = clean.default_spellings().roles
    found, unknown = clean.roles("end-user;Economic Buyer; champion ;Gatekeeper;Gatekeeper;", known)
    assert found == (Role.BUDGET_HOLDER, Role.CHAMPION, Role.END_USER)
    assert unknown == ["Gatekeeper"]


def test_a_spelling_of_a_role_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="boss"):
        clean.spellings({"roles": {"chief": "boss"}})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Germany", "DE"),
        ("  united   KINGDOM ", "GB"),
        ("UK", "GB"),
        ("de", "DE"),
        ("U.S.A.", "US"),
        ("Österreich", "AT"),
    ],
)
def test_a_country_has_its_iso_code(written: str, meant: str) -> None:
    assert clean.country_code(written) == meant


@pytest.mark.parametrize("written", [None, "", " ", "Atlantis"])
def test_a_country_nobody_knows_has_none(written: str | None) -> None:
    assert clean.country_code(written) is None


@pytest.mark.parametrize(
    ("written", "meant"), [("en_GB", "en-GB"), ("iw", "he"), ("DE", "de"), ("pt_br", "pt-BR"), ("", None)]
)
def test_languages_have_one_form_and_their_new_codes(written: str, meant: str | None) -> None:
    assert clean.language(written) == meant
