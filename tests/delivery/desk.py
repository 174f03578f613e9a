"""Mail that comes back, for a wave that was sent."""

from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from tests.builders import NOW, add_staff
from tests.delivery.world import SETTINGS, Sink, add_due_wave, install, messages, queue_all, relay_to, serving
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import InboundKind
from voc.delivery import run


class Desk:
    """Ana Ruiz was sent the invitation, and so were others; `receive` takes what comes back."""

    def __init__(self, database: Database, vault: Vault, *, people: int = 2, **wanted: Any) -> None:
        self.database, self.vault = database, vault
        with database.begin() as db:
            install(db, **wanted)
            add_due_wave(db, people=people)
            add_staff(db, "clara@kestrel.example", name="Clara Wendt", role="admin")
        queue_all(database, vault)
        sink = Sink()
        with serving(sink) as port:
            relay = relay_to(port)
            run.send_due(database, relay, now=NOW, vault=vault, worker="one")
            relay.close()
        self.letters = sink.letters()
        self.all_sent = messages(database)
        self.sent, self.other = self.all_sent[:2]

    def receive(self, mail: EmailMessage | bytes) -> InboundKind | None:
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        return run.receive(self.database, raw, now=NOW, vault=self.vault, tokens=RandomTokens(), settings=SETTINGS)

    def rows(self, table: Any) -> list[Any]:
        with self.database.read() as db:
            return list(db.execute(select(table).order_by(table.c.id)).all())

    @property
    def invited(self) -> Any:
        return self.rows(schema.invitation)[0]

    def desk(self) -> run.Desk:
        return run.Desk(self.vault, RandomTokens(), SETTINGS)

    def reply(self, text: str, *, to: str | None = None, sender: str | None = None, **headers: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = sender or f"Ana Ruiz <{self.sent.address}>"
        mail["To"] = to or self.sent.return_path
        mail["Subject"] = headers.pop("subject", "Re: " + self.sent.subject)
        mail["Message-ID"] = "<answer-1@calder.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail

    def bounce(
        self, status: str, said: str, *, to: str | None = None, recipient: str | None = None, action: str = "failed"
    ) -> bytes:
        return (
            f"From: Mail Delivery System <MAILER-DAEMON@mx.calder.example>\r\nTo: {to or self.sent.return_path}\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <b1@mx.calder.example>\r\n"
            "MIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.calder.example\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient or self.sent.address}\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; {said}\r\n\r\n--b--\r\n"
        ).encode()

    def one_of_each(self) -> dict[InboundKind, bytes]:
        """A mail of each kind that ends or moves a chase, each about another of five people."""
        gone, cross, away, left, person = self.all_sent
        automatic = {"subject": "Automatic reply", "Auto_Submitted": "auto-replied"}
        text = "I have left Calder & Moss. Please contact Jon Vik at jon.vik@calder.example."
        found = {
            InboundKind.HARD_BOUNCE: self.bounce("5.1.1", "550 unknown", to=gone.return_path, recipient=gone.address),
            InboundKind.COMPLAINT: complaint(cross.return_path),
        }
        for kind, about, words, more in (
            (InboundKind.AWAY, away, "I am away until 11 March.", automatic),
            (InboundKind.LEFT, left, text, automatic),
            (InboundKind.REPLY, person, "Could we talk? Nobody picks up at night.", {}),
        ):
            mail = self.reply(words, to=about.return_path, sender=about.address, **more)
            mail.replace_header("Message-ID", f"<{kind}@calder.example>")
            found[kind] = mail.as_bytes()
        return found

    def assert_each_once(self, *, source: str) -> None:
        """What follows from `one_of_each`, and that it followed once."""
        rows = self.rows(schema.inbound)
        assert sorted((row.kind, row.source) for row in rows) == sorted((kind, source) for kind in self.one_of_each())
        stopped = [row.stopped for row in self.rows(schema.invitation)]
        assert stopped == ["bounced", "complained", None, "left", "replied"]
        assert self.rows(schema.invitation)[2].intended_on.isoformat() == "2026-03-12"
        assert [row.reason for row in self.rows(schema.suppression)] == ["bounced", "complaint"]
        suggested = [(row.kind, row.address) for row in self.rows(schema.suggestion)]
        assert sorted(suggested, key=str) == [
            ("bounced", self.all_sent[0].address),
            ("left", None),
            ("successor", "jon.vik@calder.example"),
        ]
        assert [row.kind for row in messages(self.database)[5:]] == ["follow_up"]
        assert all(self.vault.decrypt(row.raw).strip() for row in rows)


def unrelated(text: str = "Lunch?") -> bytes:
    return (
        f"From: bo@home.example\r\nTo: feedback@kestrel.example\r\nMessage-ID: <{text}@home.example>\r\n\r\n{text}"
    ).encode()


def complaint(return_path: str) -> bytes:
    return (
        f"From: fbl@isp.example\r\nTo: {return_path}\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b--\r\n"
    ).encode()
