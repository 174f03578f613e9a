"""A mail out of a stencil reads exactly as the plain way makes it, whatever somebody is called."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import date
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from types import MappingProxyType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.delivery.languages import TRANSLATED
from tests.delivery.test_mail import ASKED, ENGLISH, HOSTILE, TOKEN, letter
from voc.base.errors import Refused
from voc.base.words import Step
from voc.campaigns.definition import Language, Mail, MailText
from voc.campaigns.printing import used_otherwise
from voc.delivery import headers, mime, stencil
from voc.delivery.model import Party
from voc.delivery.plain import one_line
from voc.delivery.render import Letter, render

ID = "<0123@kestrel.example>"
CSM = Party("Dana Whitlock", "dana@kestrel.example")


def by_stencil(of: Letter, language: Language = ENGLISH) -> bytes | None:
    values = stencil.values_of(of, language)
    cut = stencil.stencil(TRANSLATED, language, of, stencil.widths_of(values))
    if cut is None:
        return None
    head = mime.head(
        origin=mime.origin(CSM, ()),
        to=Party(values[1], "ana@calder.example"),
        subject_line=cut.subject_line(values),
        message_id=ID,
        date="Tue, 03 Mar 2026 09:00:00 +0000",
        more=headers.list_unsubscribe(f"{of.base_url}/u/{of.unsubscribe_token}"),
    )
    return head + cut.filled(values, border=mime.border(ID))


def plainly(of: Letter, language: Language = ENGLISH) -> bytes:
    rendered = render(TRANSLATED, language, of)
    return mime.assemble(
        sender=CSM,
        to=Party(" ".join(of.name.split()), "ana@calder.example"),
        subject_line=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=ID,
        at=NOW,
        more=headers.list_unsubscribe(f"{of.base_url}/u/{of.unsubscribe_token}"),
    )


def read(raw: bytes) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Headers, and content types with contents, as a mail program sees them."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    assert not any(part.defects for part in parts)
    return list(parsed.items()), [(part.get_content_type(), part.get_content()) for part in parts]


def is_clean(raw: bytes) -> None:
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    head, _blank, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"." not in body.split(b"\r\n")


TRICKY = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab é李ع😀\u202e .=?_&<\"'", max_size=200),
    st.sampled_from(
        ["", ".", " ", HOSTILE, "=?utf-8?q?x?=", "محمد عبد الله", "Ünïcødé " * 40, "x" * 1200, "\ue000\ue100"]
    ),
)
LETTERS = st.builds(
    letter,
    step=st.sampled_from(list(Step)),
    first_name=st.none() | TRICKY,
    name=TRICKY,
    account=TRICKY,
    company=st.just("Kestrel Works") | TRICKY,
    csm_name=st.none() | TRICKY,
    csm_title=st.none() | TRICKY,
    closes_on=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    answer_token=st.sampled_from([None, TOKEN]),
    you_said=st.lists(TRICKY, max_size=2).map(tuple),
)


@given(LETTERS, st.sampled_from(["en", "de", "ar"]))
@example(letter(name="Ana\r\nBcc: all@evil.example"), "en")
@example(letter(name=": \u202a"), "en")
@example(letter(csm_name="0", csm_title="000" + 8 * "\x80" + 2 * "\U00010000" + "0"), "en")  # 76 columns, and more
@example(letter(account="a" * 76, csm_name="Dana", csm_title="a" * 73 + "é"), "en")
@example(letter(first_name="." * 80, account="a " * 300), "de")
@example(letter(first_name="سارة", you_said=("We named a contact.",)), "ar")
@settings(max_examples=60, deadline=None)
def test_a_mail_out_of_a_stencil_reads_as_the_plain_one_does(of: Letter, code: str) -> None:
    language = TRANSLATED.languages[code]
    if re.search("[\ue000-\uf8ff]", of.company):
        assert by_stencil(of, language) is None
        return
    try:
        plain = plainly(of, language)
    except Refused:
        with pytest.raises(Refused):
            by_stencil(of, language)
        return
    filled = by_stencil(of, language)
    assert filled is not None
    is_clean(filled)
    assert read(filled) == read(plain)
    assert len(filled) < len(plain) + 1000


@given(st.lists(TRICKY, min_size=2, max_size=2))
@settings(max_examples=60, deadline=None)
def test_any_name_and_subject_is_read_back_as_it_was_written(texts: list[str]) -> None:
    name, subject = map(one_line, texts)
    try:
        raw = f"To: {headers.party(Party(name, 'ana@calder.example'))}\r\nSubject: {headers.subject(subject)}\r\n\r\n"
    except Refused:
        return
    assert max(map(len, raw.split("\r\n"))) <= 998
    # The newer parser of Python 3.11 leaves the blanks between the encoded words of a name; RFC 2047 drops them.
    to = email.message_from_string(raw)["To"]
    shown, _blank, address = to.rpartition("<")
    encoded = str(make_header(decode_header(shown.strip())))
    assert encoded == name if "=?" in to else parseaddr(to)[0] == name
    assert address.removesuffix(">") == "ana@calder.example"
    assert str(email.message_from_string(raw, policy=email.policy.default)["Subject"]) == subject


@pytest.mark.parametrize(
    ("source", "otherwise"),
    [
        ("{{ first_name }} {% if first_name and not account %}{{ account or first_name }}{% endif %}", set()),
        ("{{ first_name if first_name else 'you' }}{% for line in you_said %}{{ line }}{% endfor %}", set()),
        ("{% if you_said %}now{% else %}{% for x in you_said %}{% else %}{{ account }}{% endfor %}{% endif %}", set()),
        ("{{ first_name | upper }}", {"first_name"}),
        ("{% if first_name == 'Ana' %}x{% endif %}", {"first_name"}),
        ("{% if account | length > 10 %}x{% endif %}", {"account"}),
        ("{% for letter in account %}{{ letter }}{% endfor %}", {"account"}),
        ("{{ you_said }}", {"you_said"}),
        ("{% for line in you_said %}{{ line | title }}{% endfor %}", {"line"}),
        ("{% for line in you_said if line != account %}x{% endfor %}", {"you_said", "account"}),
        ("{% set x = account %}{{ x }}", {"account"}),
        ("{% filter upper %}{{ account }}{% endfilter %}", {"account"}),
        ("{% with x = account ~ '!' %}{{ x }}{% endwith %}", {"account"}),
        ("{% macro m() %}{{ account }}{% endmacro %}{{ m() }}", {"account"}),
        ("{{ company | upper }}", set()),
    ],
)
def test_a_template_is_read_for_what_it_computes_with(source: str, otherwise: set[str]) -> None:
    found = used_otherwise(source, values={"first_name", "account"}, lists={"you_said"})
    assert found >= otherwise
    assert bool(found) == bool(otherwise)


def test_a_template_that_computes_with_a_name_goes_the_plain_way() -> None:
    body = "{% if first_name == 'Ana' %}It is you.{% endif %}\n\n{{ scale }}\n"
    mails = {**ENGLISH.mails, Mail.INVITE: MailText("Hello {{ first_name | upper }}", body)}
    other = replace(ENGLISH, code="xx", mails=MappingProxyType(mails))
    assert by_stencil(letter(), other) is None
    assert "It is you." in plainly(letter(), other).decode()


@pytest.mark.parametrize("code", ["en", "de", "ar"])
@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_whole_in_every_language_and_direction(step: Step, code: str) -> None:
    language = TRANSLATED.languages[code]
    raw = by_stencil(letter(step, first_name="سارة", you_said=("We named a night contact.",)), language)
    assert raw is not None
    (_plain, text), (_html, page) = read(raw)[1]
    assert f'<html lang="{code}" dir="{language.direction}"' in page
    assert page.count(f'dir="{language.direction}"') == 2  # mail programs throw the outer one away
    assert ("?score=10" in text) == ("?score=10" in page) == (step is not Step.HEADS_UP)
    assert not re.search(
        r"\{\{|\{%|\[\[|QZ\d|[\ue000-\uf8ff]|None", re.sub("<style>.*</style>", "", text + page, flags=re.S)
    )
    assert "سارة" in text
    if step is Step.INVITE:
        assert "<bdi>We named a night contact.</bdi>" in page


def test_one_stencil_serves_everybody_and_one_with_an_empty_name_has_its_own() -> None:
    cuts = set()
    for name, token in (("Ana", TOKEN), ("Zoë", "x" * 32), (None, TOKEN)):
        of = letter(first_name=name, answer_token=token)
        cuts.add(id(stencil.stencil(ASKED, ENGLISH, of, stencil.widths_of(stencil.values_of(of, ENGLISH)))))
    assert len(cuts) == 2
