"""F18: forms that no page of ours makes. No error of ours, and no row that the questionnaire does not allow."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from litestar.testing import TestClient
from sqlalchemy import select

from tests.faults.databases import fresh
from tests.faults.page import _QUESTIONNAIRES, _SERVED_AT, Person, ask
from tests.faults.table import Result, Row, on_both
from tests.responses.world import FILES
from voc.base import schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.definition import DOES_NOT_APPLY, Kind, Questionnaire
from voc.web.asgi import create
from voc.web.context import App

ASKED = questionnaires.load(FILES)

_PATHS = ("/q/{}", "/q/{}", "/q/{}", "/q/{}/save", "/q/{}/confirm", "/q/{}/no", "/q/{}/colleague", "/u/{}")
_KEYS = (
    *(one.key for one in ASKED.questions),
    "nonce",
    "fax",
    "do",
    "of",
    "colleague_name",
    "colleague_address",
    "colleague_1_name",
    "List-Unsubscribe",
    "csrf",
)
_VALUES = (
    "", "0", "10", "11", "-1", "9.5", "1e9", "0x7", "9" * 40, "\u0669", "\uff19", "\u00b2", "NaN", "null", "true",
    "9\x00", "\x00", "\x1b[31m", "\r\nSet-Cookie: a=b", "\ud800", "\ufffe", "\u202egnp.exe", "\U0001f469\u200d",
    "e\u0301" * 500, "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{ 7 * 7 }}", "%s%n", "'; DROP TABLE answer",
    "../../etc/passwd", "x" * 25_000, "product", "yes", "na", "left", "never", "later", "changed", "One-Click",
    "bo@calder.example", "bo@gmail.com", "bo@calder.example\nBcc: x@y.example", '"a b"@calder.example', "@", "a@b@c",
)  # fmt: skip
_FORM = b"application/x-www-form-urlencoded"
_TYPES = (
    _FORM, _FORM, _FORM, _FORM + b"; charset=utf-16", b"multipart/form-data", b"multipart/form-data; boundary=x",
    b"application/json", b"text/plain", b"", b"\xff/\xfe",
)  # fmt: skip
_AGENTS = (b"A browser", b"", b"\xff\xfe", b"<script>", b"x" * 9_000, "\u202e\u0669".encode())
_QUERIES = (
    "", "", "", "?lang=de", "?lang=%0d%0aX-Evil:+1", "?lang=%E2%82%AC", "?lang=" + "x" * 5000, "?score=99&lang=%00",
    "?%ff=%fe", "?lang=../../x", "?lang=de&lang=en",
)  # fmt: skip
_SERVED = (200, 204, 303, 400, 404, 405, 413, 415, 422, 429)


@dataclass(frozen=True)
class Posted:
    """One form as bytes, and where it goes."""

    path: str
    body: bytes
    headers: dict[str, bytes]


@dataclass
class _Seen:
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def run(*, long: bool) -> Result:
    tries = 10_000 if long else 250

    def trial(engine: str) -> Row:
        seen, chance = _Seen(), Random(18)
        with fresh(engine) as database:
            people = ask(database, max(40, tries // 8))
            for posted, answer in _send(database, [_malformed(chance, people) for _ in range(tries)]):
                _judge(seen, posted, answer)
            kept, invalid = _rows(database, ASKED)
        said = ", ".join(f"{count} times {status}" for status, count in sorted(seen.statuses.items()))
        return Row(
            "malformed forms", engine, tries, f"{said}; {kept} answers kept", tuple([*seen.wrong, *invalid][:10])
        )

    return on_both("F18", trial)


def _malformed(chance: Random, people: Sequence[Person]) -> Posted:
    person = chance.choice(people)
    token = person.token if chance.random() < 0.95 else chance.choice(("", "x" * 3000, "%00", "..", person.token + "x"))
    path = chance.choice(_PATHS).format(quote_plus(token, safe="%")) + chance.choice(_QUERIES)
    fields = [("nonce", person.nonce)] if chance.random() < 0.8 else []
    fields += [("fax", "")] if chance.random() < 0.8 else []
    fields += [("recommend", "9")] if chance.random() < 0.7 else []
    fields += [(chance.choice(_KEYS), chance.choice(_VALUES)) for _ in range(chance.choice((0, 0, 0, 1, 2, 7)))]
    fields *= chance.choice((1, 1, 1, 1, 1, 1, 2, 60))
    return Posted(
        path, _bytes(chance, fields), {"content-type": chance.choice(_TYPES), "user-agent": chance.choice(_AGENTS)}
    )


def _bytes(chance: Random, fields: list[tuple[str, str]]) -> bytes:
    body = urlencode(fields, errors="surrogatepass").encode()
    match chance.randrange(12):
        case 0:
            return body.replace(b"%", b"%%", 3) + b"%zz%f&=&&;=%"
        case 1:
            return bytes(chance.randrange(256) for _ in range(200))
        case 2:
            return b'--x\r\nContent-Disposition: form-data; name="recommend"\r\n\r\n9\r\n--x--\r\n'
        case 3:
            return (
                b'--x\r\nContent-Disposition: form-data; name="why"; filename="a"\r\nContent-Type: \xff\r\n\r\n' + body
            )
        case 4:
            return body[: chance.randrange(len(body) + 1)]
        case 5:
            return b"&".join([body] * 30)
    return body


def _send(database: Database, forms: Sequence[Posted]) -> Iterator[tuple[Posted, httpx.Response | str]]:
    app = App(Settings(), database, SetClock(_SERVED_AT), RandomTokens(), Vault([new_key()]), _QUESTIONNAIRES)
    with TestClient(create(app), base_url="http://testserver.local", raise_server_exceptions=False) as client:
        client.follow_redirects = False
        for posted in forms:
            client.cookies.clear()
            try:
                yield posted, client.post(posted.path, content=posted.body, headers=_sent(posted.headers))
            except httpx.RemoteProtocolError as broken:
                yield posted, str(broken)


def _sent(headers: dict[str, bytes]) -> dict[bytes, bytes]:
    return {name.encode(): value for name, value in headers.items()}


def _judge(seen: _Seen, posted: Posted, answer: httpx.Response | str) -> None:
    if isinstance(answer, str):
        seen.wrong.append(f"{answer} for {posted.path[:80]}")
        return
    seen.statuses[answer.status_code] += 1
    if answer.status_code not in _SERVED:
        seen.wrong.append(f"{answer.status_code} for {posted.path[:60]} {posted.headers} {posted.body[:200]!r}")
    if "x-evil" in answer.headers or any(one.startswith("a=b") for one in answer.headers.get_list("set-cookie")):
        seen.wrong.append(f"a header of the caller's: {posted.path[:80]}")
    if b"<script>alert(1)" in answer.content or b"Traceback" in answer.content:
        seen.wrong.append(f"shown as it came: {posted.path[:60]}")


# --- what is in the database --------------------------------------------------------------------


def _rows(database: Database, asked: Questionnaire) -> tuple[int, list[str]]:
    """How many answers there are, and what should not be."""
    with database.read() as db:
        responses = db.execute(select(schema.response)).all()
        answers = db.execute(select(schema.answer)).all()
        suggested = db.execute(select(schema.suggestion)).all()
        suppressed = db.execute(select(schema.suppression)).all()
    questions = {one.key: one for one in asked.questions}
    wrong = [f"an answer to no question: {row.question!r}" for row in answers if row.question not in questions]
    scores = {row.response_id: row.number for row in answers if row.question == "recommend"}
    for row in responses:
        if row.state == "submitted" and row.score != scores.get(row.id):
            wrong.append(f"response {row.id} has score {row.score} and answer {scores.get(row.id)}")
    for row in answers:
        if row.question in questions and (why := _why_invalid(questions[row.question], row)):
            wrong.append(f"{why}: {row.question} {row.number!r} {row.choices!r} {str(row.verbatim)[:60]!r}")
    for row in suggested:
        if row.address is not None and not row.address.endswith("@calder.example"):
            wrong.append(f"an address elsewhere was taken: {row.address!r}")
        if any(letter < " " for letter in f"{row.name or ''}{row.address or ''}"):
            wrong.append(f"a control character in a name: {row.name!r}")
    wrong += [f"suppressed as {row.reason}" for row in suppressed if row.reason not in ("opt_out", "left")]
    return len(answers), wrong


def _why_invalid(question: Any, row: Any) -> str | None:
    if row.verbatim is not None and (len(row.verbatim) > question.longest or "\x00" in row.verbatim):
        return "a text that is not allowed"
    if row.number is not None and not question.lowest <= row.number <= question.highest:
        return "a number beyond the scale"
    chosen = row.choices or []
    if set(chosen) - {*question.options, DOES_NOT_APPLY} or (len(chosen) > 1 and question.kind is not Kind.CHOICES):
        return "a choice that is none"
    if question.kind is Kind.CHOICES and len(chosen) > question.most:
        return "more choices than may be"
    return None
