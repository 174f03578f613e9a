"""Mail that is made to keep us busy: whoever knows a return path may send it, and it is read inside a transaction."""

from collections.abc import Iterator
from datetime import date

import pytest

from voc.base import clock
from voc.delivery import inbound
from voc.delivery.inbound import LONGEST
from voc.delivery.providers import mailgun, reading
from voc.delivery.providers.model import Call

HEAD = b"From: mailer-daemon@calder.example\r\nSubject: Undeliverable\r\nMessage-ID: <1@calder.example>\r\n"
PERSON = b"From: ana@calder.example\r\nSubject: Thursday\r\nMessage-ID: <1@calder.example>\r\n"
REPORT = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/feedback-report\r\n\r\n"


def full_of(piece: bytes) -> bytes:
    return piece * (LONGEST // len(piece))


def layers(number: int) -> Iterator[bytes]:
    for layer in range(number):
        yield b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (layer, layer)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + full_of(b"<style "), id="styles that do not end"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + full_of(b"<"), id="tags that do not end"),
        pytest.param(HEAD + b"Cc: " + full_of(b"a@b.example, ") + b"\r\n\r\n", id="a long header"),
        pytest.param(HEAD + b"Content-Type: text/plain; " + full_of(b"a*0=b; ") + b"\r\n\r\n", id="many parameters"),
        pytest.param(HEAD + b"Cc: " + full_of(b"(") + b"\r\n\r\n", id="comments in comments"),
        pytest.param(HEAD + b"".join(layers(1000)), id="a thousand layers"),
        pytest.param(HEAD + b"".join(layers(30)) + b"\r\n" + full_of(b"\n"), id="many lines in many layers"),
        pytest.param(HEAD + b"".join(layers(1)) + full_of(b"\r\n--b0\r\n\r\n"), id="many parts"),
        pytest.param(HEAD + full_of(b"Content-Type: message/rfc822\r\n\r\n"), id="mail in mail in mail"),
        pytest.param(HEAD + REPORT + full_of(b"<http://a/u/"), id="links that do not end"),
        pytest.param(HEAD + REPORT + b"\r\nReturn-Path: " + full_of(b"a@") + b"<", id="an address that does not end"),
        pytest.param(PERSON + b"\r\non Thursday wrote" + full_of(b" ") + b".", id="spaces where a quotation begins"),
        pytest.param(HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\nxn--a.", id="a charset that is none"),
    ],
)
def test_a_mail_that_is_made_to_keep_us_busy_does_not(raw: bytes) -> None:
    began = clock.seconds()
    mail = inbound.parse(raw)
    inbound.is_complaint(mail)
    inbound.reported(mail)
    inbound.understand(mail, recipient="ana@calder.example", received_on=date(2026, 3, 3))
    assert clock.seconds() - began < 8  # the worst of them took hours


def test_a_mail_with_ordinary_parts_is_still_read_whole() -> None:
    text = b"Content-Type: text/plain\r\n\r\nCall me.\r\n"
    assert inbound.parse(PERSON + b"".join(layers(5)) + text).text.strip() == "Call me."


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"--x\r\n\r\n", id="parts without a name"),
        pytest.param(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', id="many fields"),
        pytest.param(b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", id="forms in forms"),
        pytest.param(b"--x\r\nContent-Disposition: form-data; " + b"a*0=b; " * 900, id="many parameters"),
    ],
)
def test_a_form_that_is_made_to_keep_us_busy_does_not(body: bytes) -> None:
    began = clock.seconds()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    found = reading.form(Call(headers, body * (mailgun.LARGEST // len(body))))
    assert set(found) <= {"a"}
    assert clock.seconds() - began < 8  # anybody may send it, before any signature is looked at; it took minutes


def test_a_form_is_read_as_it_was_written() -> None:
    lines = (
        "before", "--b x", 'Content-Disposition: form-data; filename="n.eml"; name="body-mime"', "", "From: a", "",
        "--b", "--b x", 'content-disposition: form-data; name="token"', "Content-Type: text/plain", "", "t", "--b x--",
        "after",
    )  # fmt: skip
    call = Call({"content-type": 'Multipart/Form-Data; Boundary="b x"'}, "\r\n".join(lines).encode())
    assert reading.form(call) == {"body-mime": b"From: a\r\n\r\n--b", "token": b"t"}
    assert reading.form(Call({"content-type": "multipart/form-data"}, call.body)) == {}
