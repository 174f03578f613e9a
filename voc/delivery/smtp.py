"""Our mail server, spoken to command by command: the moment before the final dot has to be ours.

smtplib's `sendmail` hides that moment, so MAIL, RCPT, DATA, body and dot are driven by hand. The
connection is kept open across messages; one that the server closed meanwhile is opened once more,
which is safe because nothing of the message was handed over.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable

from voc.base import clock
from voc.base.settings import Mail
from voc.delivery.model import Envelope, Handed, Outcome, Stage

_LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")
_GOODBYE = 421
_TROUBLE = (OSError, smtplib.SMTPException)


class SmtpRelay:
    """One connection to one server, at most `per_second` messages a second. For one thread at a time."""

    def __init__(self, mail: Mail, *, password: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._mail = mail
        self._password = password
        self._tls = tls
        self._smtp: smtplib.SMTP | None = None
        self._next_slot = clock.seconds()

    @property
    def name(self) -> str:
        return f"{self._mail.host}:{self._mail.port}"

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], None]) -> Handed:
        self._wait_for_slot()
        try:
            kept = self._smtp is not None
            smtp = self._smtp or self._connect()
        except _TROUBLE as trouble:
            return self._unreachable(trouble)
        refused = self._announce(smtp, envelope, kept=kept)
        if refused is not None:
            return refused
        assert self._smtp is not None
        return self._deliver(self._smtp, envelope.mime, before_final_dot)

    def close(self) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except _TROUBLE:
                self._smtp.close()
            self._smtp = None

    def _wait_for_slot(self) -> None:
        wait = self._next_slot - clock.seconds()
        if wait > 0:
            clock.pause(wait)
        self._next_slot = max(self._next_slot, clock.seconds()) + 1 / self._mail.per_second

    def _connect(self) -> smtplib.SMTP:
        mail = self._mail
        us = (mail.bounce_domain or mail.from_address.rpartition("@")[2]).strip("[]")
        if mail.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, us, timeout=mail.timeout_seconds, context=self._context()
            )
        else:
            smtp = smtplib.SMTP(mail.host, mail.port, us, timeout=mail.timeout_seconds)
        self._smtp = smtp
        # The dot is a packet of its own: held back until the body is acknowledged it would cost 40 ms.
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()
        if mail.security == "starttls":
            smtp.starttls(context=self._context())
            smtp.ehlo_or_helo_if_needed()
        if mail.username is not None:
            smtp.login(mail.username, self._password or "")
        return smtp

    def _context(self) -> ssl.SSLContext:
        self._tls = self._tls or ssl.create_default_context()
        return self._tls

    def _announce(self, smtp: smtplib.SMTP, envelope: Envelope, *, kept: bool) -> Handed | None:
        """MAIL, RCPT and DATA; None once the server waits for the body. Nothing here can be accepted yet."""
        commands = (
            (Stage.MAIL, f"MAIL FROM:<{envelope.return_path}>", (250,)),
            (Stage.RCPT, f"RCPT TO:<{envelope.recipient}>", (250, 251)),
            (Stage.DATA, "DATA", (354,)),
        )
        for stage, command, welcome in commands:
            try:
                code, text = smtp.docmd(command)
            except _TROUBLE as trouble:
                if kept:
                    return self._again(envelope)
                self._drop()
                return Handed(Outcome.LATER, stage, *_said(trouble))
            if code == _GOODBYE and kept:
                return self._again(envelope)
            if code not in welcome:
                return self._refused(stage, code, text)
        return None

    def _again(self, envelope: Envelope) -> Handed | None:
        """The server had closed the connection we kept: once more with a new one."""
        self._drop()
        try:
            smtp = self._connect()
        except _TROUBLE as trouble:
            return self._unreachable(trouble)
        return self._announce(smtp, envelope, kept=False)

    def _unreachable(self, trouble: Exception) -> Handed:
        self._drop()
        return Handed(Outcome.LATER, Stage.CONNECT, *_said(trouble), relay_down=True)

    def _deliver(self, smtp: smtplib.SMTP, mime: bytes, before_final_dot: Callable[[], None]) -> Handed:
        try:
            smtp.send(_LINE_STARTS_WITH_DOT.sub(b"..", mime))
        except _TROUBLE as trouble:
            self._drop()
            return Handed(Outcome.LATER, Stage.BODY, *_said(trouble))
        try:
            before_final_dot()
        except BaseException:
            self._drop()  # without the dot the server has nothing to accept
            raise
        try:
            smtp.send(b".\r\n")
            code, text = smtp.getreply()
        except _TROUBLE as trouble:
            self._drop()
            return Handed(Outcome.UNKNOWN, Stage.DOT, *_said(trouble))
        if 200 <= code < 300:
            return Handed(Outcome.SENT, Stage.DOT, code, _words(text))
        return self._refused(Stage.DOT, code, text)

    def _refused(self, stage: Stage, code: int, text: bytes) -> Handed:
        if code == _GOODBYE:
            self._drop()
            return Handed(Outcome.LATER, stage, code, _words(text), relay_down=True)
        if stage is not Stage.DOT:
            self._reset()
        if 400 <= code < 500:
            return Handed(Outcome.LATER, stage, code, _words(text))
        if 500 <= code < 600:
            return Handed(Outcome.FAILED, stage, code, _words(text))
        self._drop()  # an answer that SMTP does not know; after the dot it may mean anything
        return Handed(Outcome.UNKNOWN if stage is Stage.DOT else Outcome.LATER, stage, code, _words(text))

    def _reset(self) -> None:
        try:
            if self._smtp is not None and self._smtp.docmd("RSET")[0] != 250:
                self._drop()
        except _TROUBLE:
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace").replace("\n", " ")[:500]


def _said(trouble: Exception) -> tuple[int | None, str]:
    """Code and words of what went wrong; a broken connection has no code."""
    if isinstance(trouble, smtplib.SMTPResponseException):
        error = trouble.smtp_error
        code = trouble.smtp_code if trouble.smtp_code > 0 else None
        return code, _words(error if isinstance(error, bytes) else str(error).encode())
    return None, (str(trouble) or type(trouble).__name__)[:500]
