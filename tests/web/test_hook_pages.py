"""Settings > Webhooks: a key goes in or is made, is shown at most once, and works from then on."""

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from html import unescape

import pytest
from sqlalchemy import select

from tests.builders import NOW
from tests.delivery.callers import caller
from tests.web.company import Company
from tests.web.people import Visitor
from voc.base import schema

PATH = "/settings/webhooks"


def test_a_key_made_here_is_shown_once_and_signs_a_call_that_is_taken(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(f"{PATH}/generic")
    shown = clara.post(f"{PATH}/generic", do="make").text
    key = unescape(re.findall(r"<pre>([^<]+)</pre>", shown)[0])
    assert key not in clara.get(f"{PATH}/generic").text
    body, at = json.dumps({"id": "one", "event": "delivered"}).encode(), str(int(NOW.timestamp()))
    signed = "v1=" + hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Voc-Timestamp": at, "X-Voc-Signature": signed, "Content-Type": "application/json"}
    assert clara.client.post("/hooks/generic", content=body, headers=headers).status_code == 200
    assert clara.client.post("/hooks/generic", content=body + b" ", headers=headers).status_code == 401
    page = clara.get(f"{PATH}/generic").text
    assert "1 waiting to be read" in page
    assert "with a signature or password that does not fit" in page
    assert "The test event was taken" in clara.post(f"{PATH}/generic", do="test").text
    with company.app.database.read() as db:
        assert db.execute(select(schema.audit.c.action).order_by(schema.audit.c.id.desc())).first() == (
            "webhook key made",
        )
        stored = db.execute(select(schema.secret.c.ciphertext)).scalars().all()
    assert not any(key.encode() in one for one in stored)


def test_an_older_key_is_good_until_it_is_dropped(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(f"{PATH}/mailgun")
    for key in ("mailgun-signing-key", "mailgun-signing-key-2"):
        clara.post(f"{PATH}/mailgun", do="enter", key=key)
    assert _knock(clara, "first") == 200
    clara.get(f"{PATH}/mailgun")
    clara.post(f"{PATH}/mailgun", do="drop_older")
    assert _knock(clara, "second") == 401
    clara.get(f"{PATH}/mailgun")
    assert "is removed" in clara.post(f"{PATH}/mailgun", do="remove").text


def _knock(clara: Visitor, token: str) -> int:
    body = {"signature": caller("mailgun").signature(token, NOW), "event-data": {"event": "delivered"}}
    return int(clara.client.post("/hooks/mailgun", json=body).status_code)


def test_what_is_no_key_is_refused_in_plain_words(company: Company) -> None:
    clara = company.enter("clara")
    for provider, key, words in (
        ("ses", "arn:aws:sqs:eu-west-1:123456789012:x", "no topic"),
        ("sendgrid", "SG.api-key", "no verification key"),
        ("mailgun", "short", "That is no key"),
    ):
        clara.get(f"{PATH}/{provider}")
        answer = clara.post(f"{PATH}/{provider}", do="enter", key=key)
        assert answer.status_code == 400
        assert words in answer.text


def test_a_forger_learns_nothing_of_why(company: Company) -> None:
    clara = company.enter("clara")
    clara.get(f"{PATH}/postmark")
    without_key = clara.client.post("/hooks/postmark", json={})
    clara.post(f"{PATH}/postmark", do="make")
    forged = clara.client.post("/hooks/postmark", json={}, auth=("voc", "guess"))
    assert without_key.status_code == forged.status_code == 401
    assert without_key.json() == forged.json()
    assert clara.client.post("/hooks/nobody", json={}).status_code == 404


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the example calls openssl")
def test_the_example_of_the_page_signs_as_we_do() -> None:
    body = '{"id": "event-1", "event": "bounced"}'
    script = (
        """S=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac "$KEY" -r | cut -d' ' -f1); printf %s "$S" """
    )
    ran = subprocess.run(
        ["sh", "-c", script], env={"T": "1772528400", "BODY": body, "KEY": "a key", "PATH": "/usr/bin:/bin"},
        capture_output=True, check=True,
    )  # fmt: skip
    assert ran.stdout.decode() == hmac.new(b"a key", f"1772528400.{body}".encode(), hashlib.sha256).hexdigest()
