"""Codes of an authenticator app: the RFC's own numbers, a clock that is off by a step, and none twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.base import codes

SECRET = b"12345678901234567890"  # RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_numbers_are_those_of_the_rfc(seconds: int, digits: str) -> None:
    # The appendix prints eight digits; the six that apps show are the last of them.
    assert codes.code_of(SECRET, codes.step_of(datetime.fromtimestamp(seconds, UTC))) == digits[-6:]


NOW = datetime(2026, 3, 3, 9, 0, 10, tzinfo=UTC)
HERE = codes.step_of(NOW)


@pytest.mark.parametrize(("off_by", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(off_by: int, taken: bool) -> None:
    typed = codes.code_of(SECRET, HERE + off_by)
    assert codes.step_that_fits(SECRET, typed, now=NOW, last_step=None) == (HERE + off_by if taken else None)


def test_a_code_is_not_taken_twice_nor_one_before_it() -> None:
    typed = codes.code_of(SECRET, HERE)
    assert codes.step_that_fits(SECRET, typed, now=NOW, last_step=HERE) is None
    earlier = codes.code_of(SECRET, HERE - 1)
    assert codes.step_that_fits(SECRET, earlier, now=NOW, last_step=HERE) is None
    assert codes.step_that_fits(SECRET, typed, now=NOW, last_step=HERE - 1) == HERE


def test_people_may_group_the_digits() -> None:
    digits = codes.code_of(SECRET, HERE)
    for typed in (f"{digits[:3]} {digits[3:]}", f" {digits[:3]}-{digits[3:]} "):
        assert codes.step_that_fits(SECRET, typed, now=NOW, last_step=None) == HERE


@given(st.text(max_size=30))
def test_anything_else_is_no_code_and_no_error(typed: str) -> None:
    found = codes.step_that_fits(SECRET, typed, now=NOW, last_step=None)
    assert found is None or codes.plain(typed) == codes.code_of(SECRET, found)


def test_the_key_reads_the_same_as_picture_and_as_text() -> None:
    secret = codes.secret_from("A" * 32)
    assert len(secret) == 20
    address = codes.address(secret, issuer="Kestrel: Works & Sons", account="dana@vendor.example")
    assert address.startswith("otpauth://totp/Kestrel%20%20Works%20%26%20Sons:dana@vendor.example?secret=")
    assert codes.as_text(secret).replace(" ", "") in address


def test_a_recovery_code_has_80_bits_and_is_easy_to_copy() -> None:
    code = codes.recovery_from("x" * 32)
    assert len(code) == 19
    assert codes.plain(code.upper().replace("-", " ")) == codes.plain(code)
    assert timedelta(seconds=codes.SECONDS) == timedelta(seconds=30)
