"""Names and subjects that strangers chose, in the raw mails that leave us."""

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import update

from tests.builders import NOW
from tests.delivery.desk import Desk
from tests.delivery.world import SETTINGS, add_due_wave, frozen, install, messages, queue_all
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import InboundKind, MessageKind
from voc.delivery.model import Party
from voc.delivery.run.queueing import queue

NAMES = (
    "Ana\nBcc: evil@x.example", "Ana\r\n\r\n<script>alert(1)</script>", "\u202enaA", 'Ana "Q" <a@b.example>', "A" * 500,
    "\U0001f469\u200d\U0001f680 Zoë", "=?utf-8?q?x?=", "Ana\x00\x1b[31m", "a,b;c:d", "\u2028Ana\u2029", "Ana\x85B",
    "\ufeff",
    "Ana {{ company }} %s {0}", "[x](javascript:alert(1)) **b** <img src=x onerror=1>", "",
)  # fmt: skip
SUBJECTS = (
    b"=?utf-8?q?a=00b=1B=5B31m?=", b"=?utf-8?q?a=0D=0ABcc:_x@y.example?=", b"=?utf-8?b?4oCuYWJj?=", b"\xff\xfe \x00",
    b"=?utf-8?q?=ED=A0=80?=", b"x" * 5000, b"=?utf-7?q?+ACI-?=", b"=?nonsense?q?x?=", b"=?utf-8?q?=E2=80=A8=C2=85?=",
)  # fmt: skip


def judge(raw: bytes) -> None:
    """Every line ends as it should, no header is the stranger's, and nothing turns a line around."""
    assert re.search(rb"[^\r]\n|\r[^\n]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]", raw) is None
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail.defects == []
    assert "Bcc" not in mail
    for name in ("From", "To", "Subject"):
        assert len(mail.get_all(name, [])) == 1
        assert mail[name].defects == ()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f]", str(mail[name]))
    html = mail.get_body(("html",))
    assert html is not None
    assert not re.search(r"<script|<img src=x|href=.javascript", html.get_content())


def test_a_chase_with_any_name_is_a_mail_that_nobody_else_wrote_or_is_held(sqlite: Database, vault: Vault) -> None:
    with sqlite.begin() as db:
        install(db)
        add_due_wave(db, people=len(NAMES))
        for number, name in enumerate(NAMES, 1):
            contact, account = schema.contact.c.id == f"con-{number}", schema.account.c.id == f"acc-{number}"
            db.execute(update(schema.contact).where(contact).values(first_name=name, last_name=name))
            db.execute(update(schema.account).where(account).values(name=name))
    queue_all(sqlite, vault)
    held = [row for row in messages(sqlite) if row.body is None]
    assert {row.reply_text is not None and "control character" in row.reply_text for row in held} == {True}
    assert len(held) <= 5
    for row in messages(sqlite):
        if row.body is not None:
            judge(frozen(sqlite, row, vault))


@pytest.mark.parametrize("name", NAMES)
def test_mail_to_our_own_people_goes_out_whatever_a_stranger_is_called(
    sqlite: Database, vault: Vault, name: str
) -> None:
    with sqlite.begin() as db:
        install(db)
        queue(
            db,
            key="alert:1",
            kind=MessageKind.ALERT,
            to=Party(name, "dana@kestrel.example"),
            reply_to=Party(name, "ana@calder.example"),
            subject=f"{name} is unhappy",
            body_text=f"{name} at {name} said: {name}",
            now=NOW,
            vault=vault,
            tokens=RandomTokens(),
            settings=SETTINGS,
        )
    (row,) = messages(sqlite)
    judge(frozen(sqlite, row, vault))


def test_a_reply_with_any_subject_stops_the_chase_and_reaches_the_csm(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault, people=len(SUBJECTS))
    for number, (row, subject) in enumerate(zip(desk.all_sent, SUBJECTS, strict=True)):
        head = f"From: Ana <{row.address}>\r\nTo: {row.return_path}\r\nMessage-ID: <{number}@x.example>\r\nSubject: "
        raw = head.encode() + subject + b"\r\n\r\nCall me \x00 \xff \xe2\x80\xae abc\r\n.\r\nBcc: x\r\n"
        assert desk.receive(raw) is InboundKind.REPLY
    forwarded = [row for row in messages(sqlite) if row.kind == "follow_up"]
    assert len(forwarded) == len(SUBJECTS)
    for row in forwarded:
        judge(frozen(sqlite, row, vault))
